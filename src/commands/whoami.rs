//! `whoami`: the identity that the cluster sees.

use clap::Args;
use futures_util::future::join;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::reviews::survey::Reviews;
use crate::commands::Context;
use crate::error::Result;
use crate::model::reviews::review::ClusterIdentity;
use crate::model::settings::Flags;
use crate::process::runtime;
use crate::ui::{joined_or_dash, or_dash};

/// Show the identity that the cluster sees: user name, groups, IAM role, session name.
///
/// -o wide adds the ARNs and what else the cluster's authenticator reports.
#[derive(Debug, Args)]
pub(crate) struct WhoamiArgs {
    /// Namespace to use
    pub(crate) namespace: Option<String>,
}

/// The identity that a cluster sees.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Whoami {
    /// Namespace that was asked in.
    namespace: String,
    /// EKS cluster.
    cluster: String,
    /// User name in the cluster.
    username: String,
    /// Unique id in the cluster.
    uid: Option<String>,
    /// Groups in the cluster.
    groups: Vec<String>,
    /// Of the session, as AWS STS names it.
    arn: Option<String>,
    /// Name of the role's session.
    session_name: Option<String>,
    /// Of the role, as the cluster's authenticator names it.
    canonical_arn: Option<String>,
    /// Of the role.
    principal_id: Option<String>,
    /// What else the cluster's authenticator says.
    extra: Vec<Extra>,
}

/// An attribute of an identity.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Extra {
    /// Name.
    name: String,
    /// Values.
    values: Vec<String>,
}

/// Runs the verb.
///
/// # Errors
/// When the cluster cannot be asked, or does not know the role.
pub(crate) fn run(context: Context<'_>, args: &WhoamiArgs) -> Result<()> {
    let chain = &context.open(&Flags::default())?;
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    let whoami = runtime::run(async {
        let cluster = chain.cluster(&access).await?;
        let (identity, arn) = join(Reviews::of(&cluster).identity(), Reviews::of(&cluster).caller_arn()).await;
        let place = (access.namespace.to_string(), cluster.cluster().name);
        Ok(Whoami::of(place, identity?, arn))
    })?;
    context.ui.print_document(&whoami, || context.ui.table(&["ATTRIBUTE", "VALUE"], &whoami.rows(context.ui.is_wide())))
}

/// What has a field of its own. The access key's id is not secret, but it should not spread through logs and tickets either.
const NOT_EXTRA: [&str; 5] = ["arn", "sessionName", "canonicalArn", "principalId", "accessKeyId"];

impl Whoami {
    fn of((namespace, cluster): (String, String), identity: ClusterIdentity, arn: Option<String>) -> Self {
        let ClusterIdentity { username, uid, groups, extra } = identity;
        let first = |name: &str| extra.get(name)?.first().filter(|value| !value.is_empty()).cloned();
        let arn = arn.or_else(|| first("arn"));
        let session_name = first("sessionName").or_else(|| arn.as_deref().and_then(session_of));
        let (canonical_arn, principal_id) = (first("canonicalArn"), first("principalId"));
        let extra = extra.into_iter().filter(|(name, _)| !NOT_EXTRA.contains(&name.as_str()));
        let extra = extra.map(|(name, values)| Extra { name, values }).collect();
        Whoami { namespace, cluster, username, uid, groups, arn, session_name, canonical_arn, principal_id, extra }
    }

    fn rows(&self, is_wide: bool) -> Vec<Vec<String>> {
        let account = self.arn.as_deref().and_then(|arn| arn.split(':').nth(4));
        let role = self.arn.as_deref().and_then(role_of);
        let groups = joined_or_dash(&self.groups, ", ");
        let mut rows = vec![("username", self.username.clone()), ("groups", groups)];
        // Without a role the ARN is that of a user, and short.
        rows.push(match role {
            Some(role) => ("role", role.to_owned()),
            None => ("arn", or_dash(self.arn.as_deref())),
        });
        rows.push(("account", or_dash(account)));
        rows.extend(self.session_name.clone().map(|name| ("session name", name)));
        rows.extend([("namespace", self.namespace.clone()), ("cluster", self.cluster.clone())]);
        if is_wide {
            rows.extend(role.and(self.arn.clone()).map(|arn| ("arn", arn)));
            rows.push(("canonical arn", or_dash(self.canonical_arn.as_deref())));
            rows.push(("principal id", or_dash(self.principal_id.as_deref())));
            rows.push(("uid", or_dash(self.uid.as_deref())));
            rows.extend(self.extra.iter().map(|extra| (extra.name.as_str(), extra.values.join(", "))));
        }
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
    }
}

/// The role of `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
fn role_of(arn: &str) -> Option<&str> {
    arn.split_once(":assumed-role/")?.1.split('/').next()
}

/// The last part of an assumed role's ARN.
fn session_of(arn: &str) -> Option<String> {
    let (_, session) = arn.split_once(":assumed-role/")?.1.rsplit_once('/')?;
    (!session.is_empty()).then(|| session.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_session_has_its_role_and_name() {
        let arn = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x_01/ada@example.com";
        assert_eq!(role_of(arn), Some("AWSReservedSSO_x_01"));
        assert_eq!(session_of(arn).as_deref(), Some("ada@example.com"));
        assert_eq!(role_of("arn:aws:iam::111122223333:user/ada"), None);
    }

    #[test]
    fn what_the_authenticator_adds_is_named_in_one_style() {
        let value = |text: &str| vec![text.to_owned()];
        let extra = [
            ("canonicalArn", value("arn:c")),
            ("principalId", value("AROA")),
            ("accessKeyId", value("ASIA")),
            ("sigs.k8s.io/x", value("y")),
        ];
        let extra = extra.into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
        let identity = ClusterIdentity { username: "ada".into(), extra, ..ClusterIdentity::default() };
        let whoami = Whoami::of(("idp-dev".into(), "demo".into()), identity, None);
        let json = serde_json::to_value(&whoami).expect("JSON");
        assert_eq!(json["canonical_arn"], "arn:c");
        assert_eq!(json["principal_id"], "AROA");
        assert!(json["arn"].is_null() && !json.to_string().contains("ASIA"), "{json}");
        assert_eq!(json["extra"], serde_json::json!([{"name": "sigs.k8s.io/x", "values": ["y"]}]));
        assert_eq!(whoami.rows(false).len(), 6);
        assert!(whoami.rows(true).contains(&vec!["sigs.k8s.io/x".to_owned(), "y".to_owned()]));
    }
}
