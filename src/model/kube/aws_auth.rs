//! `mapRoles` of the ConfigMap aws-auth, as the cluster reads it: aws-iam-authenticator, `pkg/mapper/configmap`.

use serde::Deserialize;

/// A role, and the groups that it is mapped to.
#[derive(Debug, Default, Deserialize)]
struct RoleMapping {
    #[serde(default)]
    rolearn: String,
    #[serde(default)]
    groups: Vec<String>,
}

/// The groups that a role is mapped to. `None`: it is not mapped, or the text is not YAML, for then no role is. Of duplicates
/// the last counts, and letters of an ARN are compared without their case.
pub(crate) fn groups_of(map_roles: &str, role_arn: &str) -> Option<Vec<String>> {
    let roles: Vec<RoleMapping> = serde_saphyr::from_str(map_roles).ok()?;
    let found = roles.into_iter().rfind(|role| role.rolearn.eq_ignore_ascii_case(role_arn));
    found.map(|role| role.groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_as_the_cluster_finds_it() {
        let map_roles = "- rolearn: arn:aws:iam::1:role/a\n  username: a\n  groups: [first]\n\
            - rolearn: arn:aws:iam::1:role/A\n  username: a\n  groups:\n    - second\n\
            - rolearn: arn:aws:iam::1:role/none\n";
        let groups = |arn| groups_of(map_roles, arn);
        assert_eq!(groups("arn:aws:iam::1:role/a"), Some(vec!["second".to_owned()]));
        assert_eq!(groups("arn:aws:iam::1:role/none"), Some(vec![]));
        // With its path it is another text, and so not mapped.
        assert_eq!(groups("arn:aws:iam::1:role/path/a"), None);
        assert_eq!(groups_of("- rolearn: [", "arn:aws:iam::1:role/a"), None);
    }
}
