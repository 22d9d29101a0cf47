//! The ARNs that an identity is mapped by in a cluster. STS returns the caller without the role's path. EKS access entries need the
//! path, the aws-auth ConfigMap must not have it (kubernetes-sigs/aws-iam-authenticator#268).

use crate::model::aws::identity::Identity;

/// The ARN of a role or user, for both ways to map it in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleArns {
    /// With the path.
    pub(crate) access_entry: String,
    /// Without the path.
    pub(crate) aws_auth: String,
}

/// How a cluster maps an identity, which STS calls by the caller's ARN. `None` where that does not tell.
pub(crate) fn of(identity: &Identity, caller_arn: &str) -> Option<RoleArns> {
    match identity {
        Identity::PermissionSet(set) => from_caller(caller_arn, &set.portal.region),
        Identity::Role { role, .. } => {
            let (partition, account, name) = split(caller_arn)?;
            Some(RoleArns {
                access_entry: role.arn.clone(),
                aws_auth: format!("arn:{partition}:iam::{account}:role/{name}"),
            })
        }
        // A user keeps the path in both; of a role's session the path is not known.
        Identity::Profile(_) => {
            let is_user = caller_arn.split(':').nth(5).is_some_and(|resource| resource.starts_with("user/"));
            is_user.then(|| RoleArns { access_entry: caller_arn.to_owned(), aws_auth: caller_arn.to_owned() })
        }
    }
}

/// From the caller's ARN (`arn:aws:sts::<account>:assumed-role/<role>/<session>`) and Identity Center's region.
/// `None` if it is not an assumed role of Identity Center.
pub(crate) fn from_caller(caller_arn: &str, sso_region: &str) -> Option<RoleArns> {
    let (partition, account, role) = split(caller_arn)?;
    role.strip_prefix("AWSReservedSSO_")?;
    // An instance in us-east-1 leaves the region out of the path:
    // https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    let region = if sso_region == "us-east-1" { String::new() } else { format!("{sso_region}/") };
    Some(RoleArns {
        access_entry: format!("arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/{region}{role}"),
        aws_auth: format!("arn:{partition}:iam::{account}:role/{role}"),
    })
}

fn split(caller_arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = caller_arn.splitn(6, ':');
    let (_, partition, _, _, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let mut resource = resource.split('/');
    (resource.next()? == "assumed-role").then_some((partition, account, resource.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str =
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_idp-ns-idp-dev_0123456789abcdef/ada@example.com";

    #[test]
    fn both_forms_are_made_from_the_caller() {
        let arns = from_caller(CALLER, "eu-west-1").expect("a permission set's role");
        assert_eq!(
            arns.access_entry,
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_idp-ns-idp-dev_0123456789abcdef"
        );
        assert_eq!(arns.aws_auth, "arn:aws:iam::111122223333:role/AWSReservedSSO_idp-ns-idp-dev_0123456789abcdef");
    }

    #[test]
    fn an_instance_in_us_east_1_has_no_region_in_the_path() {
        let arns = from_caller(CALLER, "us-east-1").expect("a permission set's role");
        assert!(arns.access_entry.contains("role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_"), "{arns:?}");
    }

    #[test]
    fn other_callers_have_none() {
        for other in ["arn:aws:iam::1:user/ada", "arn:aws:sts::1:assumed-role/Admin/ada", "", "a:b:c:d:e:f"] {
            assert_eq!(from_caller(other, "eu-west-1"), None, "{other}");
        }
    }
}
