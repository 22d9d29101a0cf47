//! A role that the cluster does not recognize.

use crate::error::{Error, Kind, ask_platform_team};
use crate::model::aws::role_arn;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;

/// A 401: authentication worked at AWS, and the cluster has no mapping for the role. Both forms of the ARN are named,
/// because each kind of mapping takes only one of them.
pub(crate) fn not_mapped(target: &Target, cluster: &Cluster, caller_arn: Option<&str>) -> Error {
    let what = if target.identity.role().is_some() { "the role" } else { "the identity" };
    let error =
        Error::new(Kind::Denied, format!("the cluster {} does not recognize {}", cluster.name, target.identity.who()))
            .because(format!(
                "it returned 401: {what} is mapped neither by an access entry nor in the aws-auth ConfigMap"
            ))
            .lacks(target.as_missing())
            .ask_doctor();
    let Some(arns) = caller_arn.and_then(|caller| role_arn::of(&target.identity, caller)) else {
        return error.try_next(ask_platform_team(format_args!("to map {what}")));
    };
    let error = match cluster.authentication_mode.as_deref() {
        Some("CONFIG_MAP") => error,
        _ => error.because(format!("in an access entry, its ARN is {}", arns.access_entry)),
    };
    let error = match cluster.authentication_mode.as_deref() {
        Some("API") => error,
        _ if arns.aws_auth == arns.access_entry => error.because(format!("in aws-auth, its ARN is {}", arns.aws_auth)),
        _ => error.because(format!("in aws-auth, its ARN is {} (without the path)", arns.aws_auth)),
    };
    error
        .try_next(ask_platform_team(format_args!("to map {what}")))
        .try_next(format!("nsaccess login {}   # once it is mapped", target.access))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aws::identity::{Identity, PermissionSet};
    use crate::model::aws::target::Portal;
    use crate::model::kube::access::{Access, AccessName};
    use crate::model::kube::namespace::Namespace;

    #[test]
    fn an_unmapped_role_is_named_in_the_forms_that_the_cluster_takes() {
        let target = Target {
            access: Access {
                name: AccessName::parse("idp-dev").expect("a name"),
                namespace: Namespace::parse("idp-dev").expect("a name"),
            },
            entry: "idp-ns-idp-dev".into(),
            identity: Identity::PermissionSet(PermissionSet {
                portal: Portal { session_name: "s".into(), start_url: "u".into(), region: "eu-west-1".into() },
                account: "111122223333".into(),
                name: "idp-ns-idp-dev".into(),
            }),
        };
        let cluster = |mode: &str| Cluster {
            name: "demo".into(),
            arn: String::new(),
            region: "eu-west-1".into(),
            endpoint: String::new(),
            tls_server_name: None,
            certificate_authority_data: String::new(),
            authentication_mode: Some(mode.into()),
            version: None,
        };
        let caller = Some("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x_0123456789abcdef/ada");
        let text = |mode| not_mapped(&target, &cluster(mode), caller).because.join("\n");
        assert!(text("API").contains("aws-reserved") && !text("API").contains("aws-auth, its ARN is"));
        assert!(text("CONFIG_MAP").contains("aws-auth, its ARN is") && !text("CONFIG_MAP").contains("aws-reserved"));
        assert!(
            text("API_AND_CONFIG_MAP").contains("aws-reserved")
                && text("API_AND_CONFIG_MAP").contains("aws-auth, its ARN is")
        );
    }
}
