//! An IAM role or user that gets access, and the names that are made from it.

mod name;

use std::fmt;

pub(crate) use name::PrincipalName;
use sha2::{Digest, Sha256};

/// Identity Center names the role of a permission set `AWSReservedSSO_<name>_<16 hex digits>`.
const PERMISSION_SET_ROLE: &str = "AWSReservedSSO_";
const LONGEST_LABEL: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PrincipalKind {
    Role,
    User,
}

impl PrincipalKind {
    /// In ARNs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            PrincipalKind::Role => "role",
            PrincipalKind::User => "user",
        }
    }
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Principal {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub(crate) partition: String,
    /// Twelve digits.
    pub(crate) account: String,
    pub(crate) kind: PrincipalKind,
    /// `/`, or like `/a/b/`.
    pub(crate) path: String,
    pub(crate) name: String,
}

impl Principal {
    /// The principal of a role's or user's ARN. Errors say why it is none.
    pub(crate) fn parse(arn: &str) -> Result<Self, String> {
        name::principal(arn)
    }

    /// With its path, as access entries want it.
    pub(crate) fn arn(&self) -> String {
        let Principal { partition, account, kind, path, name } = self;
        format!("arn:{partition}:iam::{account}:{}{path}{name}", kind.word())
    }

    pub(crate) fn arn_without_path(&self) -> String {
        let Principal { partition, account, kind, name, .. } = self;
        format!("arn:{partition}:iam::{account}:{}/{name}", kind.word())
    }

    /// As aws-auth wants it: what STS says of the caller. That is without the path for a role, and with it for a user.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
    pub(crate) fn arn_in_aws_auth(&self) -> String {
        match self.kind {
            PrincipalKind::Role => self.arn_without_path(),
            PrincipalKind::User => self.arn(),
        }
    }

    /// The permission set that the role was made for.
    pub(crate) fn permission_set(&self) -> Option<&str> {
        if self.kind != PrincipalKind::Role {
            return None;
        }
        let (name, suffix) = self.name.strip_prefix(PERMISSION_SET_ROLE)?.rsplit_once('_')?;
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (!name.is_empty() && suffix.len() == 16 && suffix.chars().all(is_hex)).then_some(name)
    }

    /// A DNS label for the names of its objects. It stays when Identity Center makes the role of a permission set anew, with
    /// another suffix.
    pub(crate) fn slug(&self) -> String {
        match self.permission_set() {
            Some(name) => slug_of_permission_set(&self.account, name),
            None => slug(&self.name, &self.arn_without_path().to_ascii_lowercase()),
        }
    }

    /// The username that EKS gives to an access entry, as a template of aws-auth.
    pub(crate) fn username_template(&self) -> String {
        let Principal { partition, account, name, .. } = self;
        match self.kind {
            PrincipalKind::Role => format!("arn:{partition}:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"),
            PrincipalKind::User => self.arn(),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn())
    }
}

/// The slug of a permission set's role, whatever its suffix.
pub(crate) fn slug_of_permission_set(account: &str, name: &str) -> String {
    slug(name, &identity_of_permission_set(account, name))
}

/// How a permission set is named where its role is not known.
pub(crate) fn identity_of_permission_set(account: &str, name: &str) -> String {
    format!("permission-set:{account}:{name}")
}

/// A readable label, and digits that tell similar names apart.
fn slug(name: &str, identity: &str) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let label: String = name.chars().map(plain).collect::<String>().trim_start_matches('-').to_owned();
    let label = label[..label.len().min(LONGEST_LABEL)].trim_end_matches('-');
    let digest = Sha256::digest(identity);
    let digits: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    if label.is_empty() { digits } else { format!("{label}-{digits}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(path: &str, name: &str) -> Principal {
        Principal {
            partition: "aws".to_owned(),
            account: "111122223333".to_owned(),
            kind: PrincipalKind::Role,
            path: path.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_role_has_one_arn_for_entries_and_another_for_aws_auth() {
        let ci = role("/team/ci/", "deploy");
        assert_eq!(ci.arn(), "arn:aws:iam::111122223333:role/team/ci/deploy");
        assert_eq!(ci.arn_in_aws_auth(), "arn:aws:iam::111122223333:role/deploy");
        assert_eq!(ci.username_template(), "arn:aws:sts::111122223333:assumed-role/deploy/{{SessionName}}");
    }

    #[test]
    fn a_user_keeps_its_path_everywhere() {
        let ada = Principal { kind: PrincipalKind::User, ..role("/team/", "ada") };
        let arn = "arn:aws:iam::111122223333:user/team/ada";
        assert_eq!([ada.arn(), ada.arn_in_aws_auth(), ada.username_template()], [arn, arn, arn]);
    }

    #[test]
    fn a_permission_set_is_read_from_its_role() {
        let of = |name| role("/", name).permission_set().map(str::to_owned);
        assert_eq!(of("AWSReservedSSO_idp_ns_a_0123456789abcdef").as_deref(), Some("idp_ns_a"));
        for other in [
            "AWSReservedSSO_a_0123456789abcde",
            "AWSReservedSSO_a_0123456789ABCDEF",
            "AWSReservedSSO__0123456789abcdef",
            "AWSReservedSSO_0123456789abcdef",
            "xAWSReservedSSO_a_0123456789abcdef",
            "deploy",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        let user = Principal { kind: PrincipalKind::User, ..role("/", "AWSReservedSSO_a_0123456789abcdef") };
        assert_eq!(user.permission_set(), None);
    }

    #[test]
    fn a_slug_outlives_the_suffix_of_a_permission_set() {
        let first = role("/", "AWSReservedSSO_idp-ns-a_0123456789abcdef").slug();
        assert_eq!(first, role("/aws-reserved/", "AWSReservedSSO_idp-ns-a_ffffffffffffffff").slug());
        // sha256 of "permission-set:111122223333:idp-ns-a"
        assert_eq!(first, "idp-ns-a-387f5636");
        assert_eq!(first, slug_of_permission_set("111122223333", "idp-ns-a"));
        assert_ne!(first, slug_of_permission_set("111122223334", "idp-ns-a"));
    }

    #[test]
    fn a_slug_is_a_label_and_tells_similar_names_apart() {
        let slugs = ["deploy.ci", "deploy_ci", "deploy-ci"].map(|name| role("/", name).slug());
        assert!(slugs.iter().all(|slug| slug.starts_with("deploy-ci-") && slug.len() == 18), "{slugs:?}");
        assert!(slugs[0] != slugs[1] && slugs[1] != slugs[2], "{slugs:?}");
        // IAM's names are unique without their case, and a role's path is no part of its name.
        assert_eq!(role("/x/", "Deploy-CI").slug(), slugs[2]);
        let long = role("/", &"x".repeat(64)).slug();
        assert_eq!(long.len(), 49);
        let odd = role("/", "+=,").slug();
        assert!(odd.len() == 8 && odd.chars().all(|c| c.is_ascii_hexdigit()), "{odd}");
        let cut = role("/", &format!("{}__________", "x".repeat(35))).slug();
        assert!(cut.starts_with(&format!("{}-", "x".repeat(35))) && !cut.contains("--"), "{cut}");
    }
}
