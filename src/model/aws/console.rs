//! Links to the AWS console through the access portal.
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/createshortcutlink.html>

use crate::model::aws::partition::Partition;
use crate::model::wire::percent;

/// Where in the console a link leads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'a> {
    /// As in the console's URLs, like `secretsmanager`.
    pub(crate) service: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    /// The EKS cluster, for `eks`.
    pub(crate) cluster: Option<&'a str>,
}

/// The portal's shortcut to the console of an account as a role.
pub(crate) fn shortcut(start_url: &str, account: &str, role: &str, destination: Destination<'_>) -> String {
    let start = start_url.trim_end_matches('/').trim_end_matches("/#").trim_end_matches('/');
    let link = format!("{start}/#/console?account_id={}&role_name={}", percent::encode(account), percent::encode(role));
    match destination_url(destination) {
        Some(url) => format!("{link}&destination={}", percent::encode(&url)),
        None => link,
    }
}

/// The URL within the console.
fn destination_url(destination: Destination<'_>) -> Option<String> {
    let region = destination.region?;
    let host = match Partition::of_region(region).name {
        "aws-cn" => format!("{region}.console.amazonaws.cn"),
        "aws-us-gov" => format!("{region}.console.amazonaws-us-gov.com"),
        "aws-eusc" => format!("{region}.console.amazonaws-eusc.eu"),
        _ => format!("{region}.console.aws.amazon.com"),
    };
    let path = match (destination.service, destination.cluster) {
        (None, _) => "console/home".to_owned(),
        (Some("eks"), Some(cluster)) => format!("eks/clusters/{}", percent::encode(cluster)),
        (Some("secretsmanager"), _) => "secretsmanager/listsecrets".to_owned(),
        (Some(service), _) => format!("{service}/home"),
    };
    Some(format!("https://{host}/{path}?region={region}"))
}

/// Checks that a service's name can be part of a URL.
pub(crate) fn service(name: &str) -> Result<&str, String> {
    let fits =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(name) } else { Err("a service is named as in the console's addresses: a-z, 0-9 and '-'".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(service: Option<&str>, region: Option<&str>) -> String {
        shortcut(
            "https://acme.awsapps.com/start/#/",
            "111122223333",
            "idp-ns-idp-dev",
            Destination { service, region, cluster: Some("idp-nonprod-1") },
        )
    }

    #[test]
    fn shortcuts_lead_to_the_destination() {
        let start = "https://acme.awsapps.com/start/#/console?account_id=111122223333&role_name=idp-ns-idp-dev";
        assert_eq!(link(None, None), start);
        assert_eq!(
            link(Some("eks"), Some("eu-west-1")),
            format!(
                "{start}&destination=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Feks%2Fclusters%2Fidp-nonprod-1%3Fregion%3Deu-west-1"
            )
        );
        assert!(
            link(Some("secretsmanager"), Some("cn-north-1"))
                .contains("cn-north-1.console.amazonaws.cn%2Fsecretsmanager")
        );
        assert!(link(None, Some("us-gov-west-1")).contains("console.amazonaws-us-gov.com%2Fconsole%2Fhome"));
        assert!(service("s3").is_ok() && service("../x").is_err() && service("").is_err());
    }
}
