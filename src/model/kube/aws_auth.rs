//! `mapRoles` of the ConfigMap aws-auth, as the cluster reads it.

use aws_auth_edit::{List, read, winner};

/// The groups that a role is mapped to. `None`: it is not mapped, or the text is not YAML, for then no role is.
pub(crate) fn groups_of(map_roles: &str, role_arn: &str) -> Option<Vec<String>> {
    let roles = read(map_roles, List::Roles).ok()?;
    winner(&roles, role_arn).map(|role| role.groups.clone())
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
