//! `whoami`: who the cluster thinks we are.

use clap::Args;
use futures_util::future::join;
use serde_json::json;

use crate::actions::reviews::survey::Reviews;
use crate::commands::Context;
use crate::error::Result;
use crate::model::reviews::review::ClusterIdentity;
use crate::model::settings::Flags;
use crate::process::runtime;

/// Show who the cluster thinks you are: user name, groups, ARN, session name.
#[derive(Debug, Args)]
pub(crate) struct WhoamiArgs {}

/// Runs the verb.
///
/// # Errors
/// When the cluster cannot be asked, or does not know the role.
pub(crate) fn run(context: Context<'_>, _: &WhoamiArgs) -> Result<()> {
    let chain = &context.open(&Flags::default())?;
    let access = chain.access(context.named(None))?;
    let (identity, arn, cluster) = runtime::run(async {
        let cluster = chain.cluster(&access).await?;
        let (identity, arn) = join(Reviews::of(&cluster).identity(), Reviews::of(&cluster).caller_arn()).await;
        Ok((identity?, arn, cluster.cluster().name))
    })?;
    let arn = arn.or_else(|| extra(&identity, "arn"));
    let session = extra(&identity, "sessionName").or_else(|| arn.as_deref().and_then(session_of));
    // The access key's id is not secret, but it should not spread through logs and tickets either.
    let more =
        identity.extra.iter().filter(|(name, _)| !["arn", "sessionName", "accessKeyId"].contains(&name.as_str()));
    let more: Vec<(&String, &Vec<String>)> = more.collect();
    let value = json!({
        "namespace": access.namespace.as_str(),
        "cluster": cluster,
        "username": identity.username,
        "uid": identity.uid,
        "groups": identity.groups,
        "arn": arn,
        "session_name": session,
        "extra": more.iter().map(|(name, values)| ((*name).clone(), json!(values))).collect::<serde_json::Map<_, _>>(),
    });
    context.ui.print_document(&value, || {
        let mut rows = vec![vec!["username".to_owned(), identity.username.clone()]];
        rows.push(vec!["groups".to_owned(), identity.groups.join(", ")]);
        rows.extend(arn.clone().map(|arn| vec!["arn".to_owned(), arn]));
        rows.extend(session.clone().map(|session| vec!["session name".to_owned(), session]));
        rows.extend(identity.uid.clone().map(|uid| vec!["uid".to_owned(), uid]));
        rows.extend(more.iter().map(|(name, values)| vec![(*name).clone(), values.join(", ")]));
        rows.push(vec!["cluster".to_owned(), cluster.clone()]);
        context.ui.table(&["ATTRIBUTE", "VALUE"], &rows)
    })
}

fn extra(identity: &ClusterIdentity, name: &str) -> Option<String> {
    identity.extra.get(name)?.first().filter(|value| !value.is_empty()).cloned()
}

/// The last part of `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
fn session_of(arn: &str) -> Option<String> {
    let (_, session) = arn.split_once(":assumed-role/")?.1.rsplit_once('/')?;
    (!session.is_empty()).then(|| session.to_owned())
}
