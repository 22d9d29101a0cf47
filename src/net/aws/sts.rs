//! `sts`: GetCallerIdentity.

use aws_sdk_sts::Client;

use crate::model::aws::access_keys::AccessKeys;
use crate::net::aws::Aws;
use crate::net::aws::failure::Failure;

pub(crate) async fn get_caller_arn(aws: &Aws, keys: &AccessKeys, region: &str) -> Result<String, Failure> {
    let call = Client::new(&aws.config("STS", region, Some(keys))).get_caller_identity();
    let answer = call.send().await.map_err(|error| Failure::from_sdk("GetCallerIdentity", &error))?;
    Ok(answer.arn().unwrap_or_default().to_owned())
}
