//! How people name a principal, and what cannot be one.

use super::{PERMISSION_SET_ROLE, Principal, PrincipalKind};

const EXAMPLES: &str =
    "arn:aws:iam::111122223333:role/NAME, arn:aws:iam::111122223333:user/NAME or permission-set:NAME";
const LONGEST_NAME: usize = 64;
const LONGEST_PATH: usize = 512;
/// Its role's name has 64 characters at most, of which 32 are not its own.
const LONGEST_PERMISSION_SET: usize = 32;

/// What a person typed for a principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PrincipalName {
    Arn(Principal),
    /// Its role has a suffix that only IAM knows.
    PermissionSet(String),
    /// A caller, or the role of a permission set without its path: the path is not known, and here `/`.
    Caller(Principal),
}

impl PrincipalName {
    /// Errors say why it is none, after the text: "arn:… is the root of an account: …".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        check_text(text)?;
        if let Some(name) = text.strip_prefix("permission-set:") {
            return permission_set(name);
        }
        let arn = Arn::split(text)?;
        let principal = match (arn.service, arn.kind) {
            ("sts", "assumed-role") => return Ok(PrincipalName::Caller(arn.assumed_role()?)),
            _ => arn.principal()?,
        };
        // Without its path it is the form of aws-auth, and no role is there.
        let lost_path = principal.permission_set().is_some() && principal.path == "/";
        Ok(if lost_path { PrincipalName::Caller(principal) } else { PrincipalName::Arn(principal) })
    }
}

/// The principal of a role's or user's ARN.
pub(super) fn principal(text: &str) -> Result<Principal, String> {
    check_text(text)?;
    let arn = Arn::split(text)?;
    match (arn.service, arn.kind) {
        ("sts", "assumed-role") => {
            arn.assumed_role()?;
            Err("is a role session; an access entry needs the role's own ARN".to_owned())
        }
        _ => arn.principal(),
    }
}

fn check_text(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("is empty; expected {EXAMPLES}"));
    }
    if text.trim() != text {
        return Err("begins or ends with whitespace".to_owned());
    }
    if let Some(wrong) = text.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(format!("has the invalid character {wrong:?}"));
    }
    Ok(())
}

fn permission_set(name: &str) -> Result<PrincipalName, String> {
    if name.contains(['*', '?']) {
        return Err("has a wildcard; a grant is for a single permission set".to_owned());
    }
    if name.starts_with(PERMISSION_SET_ROLE) {
        return Err("is an IAM role name; remove AWSReservedSSO_ and the suffix".to_owned());
    }
    check_name(name, "permission set", LONGEST_PERMISSION_SET)?;
    Ok(PrincipalName::PermissionSet(name.to_owned()))
}

/// The parts of an ARN of IAM or STS.
struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    account: &'a str,
    /// `role`, `user`, `assumed-role`, …
    kind: &'a str,
    /// What stands behind the kind's slash.
    rest: Option<&'a str>,
}

impl<'a> Arn<'a> {
    fn split(text: &'a str) -> Result<Self, String> {
        if !text.starts_with("arn:") {
            return Err(format!("is not an ARN; expected {EXAMPLES}"));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts[..] else {
            return Err(format!("is not a complete ARN; expected {EXAMPLES}"));
        };
        if text.contains('*') || text.contains('?') {
            return Err("has a wildcard; EKS maps only individual roles and users".to_owned());
        }
        let is_partition = partition == "aws" || partition.starts_with("aws-");
        if !is_partition || !partition.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            return Err(format!("has the invalid partition {partition:?}; expected aws, aws-cn or aws-us-gov"));
        }
        if !matches!(service, "iam" | "sts") {
            return Err(format!("is an ARN of {service:?}, not an IAM role or user: {EXAMPLES}"));
        }
        if !region.is_empty() {
            return Err(format!("has the region {region:?}, but IAM ARNs have none"));
        }
        if account == "aws" {
            return Err("belongs to AWS, not to an account".to_owned());
        }
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("has the invalid account {account:?}; expected 12 digits"));
        }
        let (kind, rest) = match resource.split_once('/') {
            Some((kind, rest)) => (kind, Some(rest)),
            None => (resource, None),
        };
        Ok(Arn { partition, service, account, kind, rest })
    }

    fn principal(&self) -> Result<Principal, String> {
        let kind = match (self.service, self.kind) {
            ("iam", "role") => PrincipalKind::Role,
            ("iam", "user") => PrincipalKind::User,
            _ => return Err(self.why_not()),
        };
        let rest = self.rest.filter(|rest| !rest.is_empty());
        let rest = rest.ok_or_else(|| format!("has no {} name", kind.word()))?;
        let (path, name) = match rest.rsplit_once('/') {
            Some((path, name)) => (format!("/{path}/"), name),
            None => ("/".to_owned(), rest),
        };
        if path.starts_with("/aws-service-role/") {
            return Err(SERVICE_LINKED.to_owned());
        }
        if path.contains("//") {
            return Err("has an empty part in its path".to_owned());
        }
        if path.len() > LONGEST_PATH {
            return Err(format!("has a path of {} characters; IAM allows {LONGEST_PATH}", path.len()));
        }
        self.named(kind, path, name)
    }

    /// The role of a caller.
    fn assumed_role(&self) -> Result<Principal, String> {
        let parts: Vec<&str> = self.rest.unwrap_or_default().split('/').collect();
        match parts[..] {
            [name, session] if !name.is_empty() && !session.is_empty() => {
                self.named(PrincipalKind::Role, "/".to_owned(), name)
            }
            _ => Err("is not a complete caller ARN: assumed-role/ROLE/SESSION".to_owned()),
        }
    }

    fn named(&self, kind: PrincipalKind, path: String, name: &str) -> Result<Principal, String> {
        check_name(name, kind.word(), LONGEST_NAME)?;
        if kind == PrincipalKind::Role && name.starts_with("AWSServiceRoleFor") {
            return Err(SERVICE_LINKED.to_owned());
        }
        let (partition, account) = (self.partition.to_owned(), self.account.to_owned());
        Ok(Principal { partition, account, kind, path, name: name.to_owned() })
    }

    /// Why neither a role nor a user is named.
    fn why_not(&self) -> String {
        match (self.service, self.kind) {
            ("iam", "root") => "is an account's root user: EKS would accept it, for everyone with root access; \
                use a role or a user"
                .to_owned(),
            ("iam", "group") => {
                "is a group of users: EKS maps only roles and users; use a role that the group can assume".to_owned()
            }
            ("iam", "policy") => "is a policy; use the role or user that has it".to_owned(),
            ("iam", "instance-profile") => "is an instance profile; use its role".to_owned(),
            ("iam", "saml-provider" | "oidc-provider") => {
                "is an identity provider; use the role that its users assume".to_owned()
            }
            ("iam", kind @ ("assumed-role" | "federated-user")) => format!("is an iam ARN, but {kind} belongs to sts"),
            ("sts", "federated-user") => {
                "is a GetFederationToken session: EKS maps only roles and users; use the user who created it".to_owned()
            }
            ("sts", kind @ ("role" | "user")) => format!("is an sts ARN, but {kind} belongs to iam"),
            ("sts", _) => "is a session; use its role or user".to_owned(),
            (_, kind) => format!("is a {kind:?}; expected {EXAMPLES}"),
        }
    }
}

const SERVICE_LINKED: &str = "is a service-linked role, which EKS does not allow in access entries";

/// Names have the same characters in IAM and in Identity Center:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn check_name(name: &str, kind: &str, longest: usize) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("has no {kind} name"));
    }
    if name.len() > longest {
        return Err(format!("has a {kind} name of {} characters; at most {longest} are allowed", name.len()));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    match name.chars().find(|c| !allowed(*c)) {
        Some(wrong) => {
            Err(format!("has the invalid character {wrong:?} in the {kind} name; allowed: A-Z a-z 0-9 _+=,.@-"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        match PrincipalName::parse(text) {
            Ok(PrincipalName::Arn(it)) => (it.partition.clone(), it.path.clone(), it.name),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn arns_of_roles_and_users_are_read_and_written_back() {
        for (text, partition, path, name) in [
            ("arn:aws:iam::111122223333:role/deploy", "aws", "/", "deploy"),
            ("arn:aws:iam::111122223333:role/a/b/deploy", "aws", "/a/b/", "deploy"),
            ("arn:aws:iam::111122223333:user/team/ada@example.com", "aws", "/team/", "ada@example.com"),
            ("arn:aws-cn:iam::111122223333:role/x", "aws-cn", "/", "x"),
            ("arn:aws-us-gov:iam::111122223333:role/service-role/x", "aws-us-gov", "/service-role/", "x"),
            ("arn:aws-eusc:iam::111122223333:role/x", "aws-eusc", "/", "x"),
            (
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_a_0123456789abcdef",
                "aws",
                "/aws-reserved/sso.amazonaws.com/eu-west-1/",
                "AWSReservedSSO_a_0123456789abcdef",
            ),
        ] {
            assert_eq!(parts(text), (partition.to_owned(), path.to_owned(), name.to_owned()));
            assert_eq!(Principal::parse(text).map(|it| it.arn()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn permission_sets_are_named_as_in_identity_center() {
        let of = |name: &str| PrincipalName::parse(&format!("permission-set:{name}"));
        assert_eq!(of("idp-ns-a"), Ok(PrincipalName::PermissionSet("idp-ns-a".to_owned())));
        assert!(of(&"x".repeat(32)).is_ok());
        for wrong in ["", "a b", "a/b", "idp-ns-*", &"x".repeat(33), "AWSReservedSSO_a_0123456789abcdef"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(PrincipalName::parse("permission_set:a").is_err());
    }

    #[test]
    fn a_caller_is_its_role_and_has_lost_its_path() {
        let role = "arn:aws:iam::111122223333:role/AWSReservedSSO_a_0123456789abcdef";
        for text in ["arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_a_0123456789abcdef/ada@example.com", role] {
            match PrincipalName::parse(text) {
                Ok(PrincipalName::Caller(it)) => assert_eq!(it.arn(), role),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(Principal::parse("arn:aws:sts::111122223333:assumed-role/x/ada").is_err());
        // Another role without a path may well be whole.
        assert!(matches!(PrincipalName::parse("arn:aws:iam::111122223333:role/x"), Ok(PrincipalName::Arn(_))));
    }

    #[test]
    fn what_cannot_be_a_principal_is_refused_with_the_reason() {
        let long = format!("arn:aws:iam::111122223333:role/{}", "x".repeat(65));
        let deep = format!("arn:aws:iam::111122223333:role/{}/x", "y".repeat(512));
        for (text, reason) in [
            ("", "is empty"),
            ("idp-ns-a", "is not an ARN"),
            ("111122223333", "is not an ARN"),
            ("ARN:aws:iam::111122223333:role/x", "is not an ARN"),
            ("arn:aws:iam", "is not a complete ARN"),
            ("arn:aws:iam::111122223333", "is not a complete ARN"),
            ("arn:aws:iam::111122223333:role", "has no role name"),
            ("arn:aws:iam::111122223333:role/", "has no role name"),
            ("arn:aws:iam::111122223333:role/a/", "has no role name"),
            ("arn:aws:iam::111122223333:user/", "has no user name"),
            ("arn:aws:iam::111122223333:role//a", "empty part"),
            ("arn:aws:iam::111122223333:role/a//b", "empty part"),
            ("arn:aws:iam::111122223333:root", "root"),
            ("arn:aws:iam::111122223333:group/devs", "is a group"),
            ("arn:aws:iam::111122223333:policy/p", "is a policy"),
            ("arn:aws:iam::aws:policy/AdministratorAccess", "belongs to AWS"),
            ("arn:aws:iam::111122223333:instance-profile/p", "instance profile"),
            ("arn:aws:iam::111122223333:saml-provider/p", "identity provider"),
            ("arn:aws:iam::111122223333:mfa/ada", "is a \"mfa\""),
            ("arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/x", "service-linked"),
            ("arn:aws:iam::111122223333:role/AWSServiceRoleForAmazonEKS", "service-linked"),
            ("arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/x", "service-linked"),
            ("arn:aws:sts::111122223333:federated-user/ada", "GetFederationToken"),
            ("arn:aws:sts::111122223333:self", "is a session"),
            ("arn:aws:sts::111122223333:assumed-role/x", "not a complete caller ARN"),
            ("arn:aws:sts::111122223333:assumed-role/x/", "not a complete caller ARN"),
            ("arn:aws:sts::111122223333:assumed-role/a/x/ada", "not a complete caller ARN"),
            ("arn:aws:sts::111122223333:role/x", "is an sts ARN, but role belongs to iam"),
            ("arn:aws:iam::111122223333:assumed-role/x/ada", "is an iam ARN, but assumed-role belongs to sts"),
            ("arn:aws:iam::111122223333:role/*", "wildcard"),
            ("arn:aws:iam::*:role/x", "wildcard"),
            ("arn:aws:iam::111122223333:role/idp-ns-?", "wildcard"),
            ("arn:aws:iam:eu-west-1:111122223333:role/x", "region"),
            ("arn:aws:iam::1111:role/x", "12 digits"),
            ("arn:aws:iam:::role/x", "12 digits"),
            ("arn:evil:iam::111122223333:role/x", "partition"),
            ("arn:awsome:iam::111122223333:role/x", "partition"),
            ("arn::iam::111122223333:role/x", "partition"),
            ("arn:aws:eks:eu-west-1:111122223333:cluster/demo", "is an ARN of \"eks\""),
            ("arn:aws:iam::111122223333:role/x ", "whitespace"),
            (" arn:aws:iam::111122223333:role/x", "whitespace"),
            ("arn:aws:iam::111122223333:role/x\n", "whitespace"),
            ("arn:aws:iam::111122223333:role/a\u{7}b", "'\\u{7}'"),
            ("arn:aws:iam::111122223333:role/a b", "' '"),
            ("arn:aws:iam::111122223333:role/\u{430}dmin", "'\u{430}'"),
            ("arn:aws:iam::111122223333:role/a:b", "':'"),
            ("arn:aws:iam::111122223333:role/a$(id)", "'$'"),
            (&long, "65 characters"),
            (&deep, "514 characters"),
        ] {
            let refused = PrincipalName::parse(text).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
            assert!(Principal::parse(text).is_err(), "{text}");
        }
    }
}
