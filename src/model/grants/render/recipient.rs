//! Who gets a grant, as far as it can be known without asking IAM.

use std::fmt;

use crate::model::grants::principal::{Principal, PrincipalName, identity_of_permission_set, slug_of_permission_set};

/// Where Identity Center's roles are.
pub(super) const SSO_PATH: &str = "/aws-reserved/sso.amazonaws.com/";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipient {
    Known(Principal),
    /// Its role's ARN has a suffix that only IAM knows.
    PermissionSet {
        account: String,
        name: String,
    },
}

impl Recipient {
    /// `account`: where permission sets are, which their names do not say. With a warning, if something was assumed.
    pub(crate) fn new(name: PrincipalName, account: Option<&str>) -> Result<(Self, Option<String>), String> {
        Ok(match name {
            PrincipalName::Arn(principal) => (Recipient::Known(principal), None),
            PrincipalName::PermissionSet(name) => {
                let account =
                    account.ok_or("requires --account: a permission set has a different role in each account")?;
                (Recipient::PermissionSet { account: account.to_owned(), name }, None)
            }
            PrincipalName::Caller(principal) => match principal.permission_set() {
                Some(name) => {
                    let (account, name) = (principal.account.clone(), name.to_owned());
                    (Recipient::PermissionSet { account, name }, None)
                }
                None => {
                    let warning = format!(
                        "assuming that {principal} is the complete ARN of the role: a caller's ARN does not show whether the role \
                         has a path"
                    );
                    (Recipient::Known(principal), Some(warning))
                }
            },
        })
    }

    pub(super) fn slug(&self) -> String {
        match self {
            Recipient::Known(principal) => principal.slug(),
            Recipient::PermissionSet { account, name } => slug_of_permission_set(account, name),
        }
    }

    pub(super) fn account(&self) -> &str {
        match self {
            Recipient::Known(principal) => &principal.account,
            Recipient::PermissionSet { account, .. } => account,
        }
    }

    pub(super) fn partition(&self) -> Option<&str> {
        match self {
            Recipient::Known(principal) => Some(&principal.partition),
            Recipient::PermissionSet { .. } => None,
        }
    }

    pub(super) fn principal(&self) -> Option<&Principal> {
        match self {
            Recipient::Known(principal) => Some(principal),
            Recipient::PermissionSet { .. } => None,
        }
    }
}

/// The ARN, or `permission-set:ACCOUNT:NAME`.
impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Recipient::Known(principal) => principal.fmt(f),
            Recipient::PermissionSet { account, name } => f.write_str(&identity_of_permission_set(account, name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, account: Option<&str>) -> Result<(Recipient, Option<String>), String> {
        Recipient::new(PrincipalName::parse(text).expect("a name"), account)
    }

    #[test]
    fn a_permission_set_is_one_however_it_is_named() {
        let set = of("permission-set:idp-ns-a", Some("111122223333")).expect("a recipient").0;
        assert_eq!(set.to_string(), "permission-set:111122223333:idp-ns-a");
        for other in [
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_idp-ns-a_0123456789abcdef/ada",
            "arn:aws:iam::111122223333:role/AWSReservedSSO_idp-ns-a_0123456789abcdef",
        ] {
            assert_eq!(of(other, None), Ok((set.clone(), None)));
        }
        let whole =
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_idp-ns-a_0123456789abcdef";
        assert_eq!(of(whole, None).expect("a recipient").0.slug(), set.slug());
        assert!(of("permission-set:idp-ns-a", None).is_err());
    }

    #[test]
    fn a_caller_of_another_role_is_taken_with_a_warning() {
        let (recipient, warning) = of("arn:aws:sts::111122223333:assumed-role/ci/run-1", None).expect("a recipient");
        assert_eq!(recipient.to_string(), "arn:aws:iam::111122223333:role/ci");
        assert!(warning.expect("a warning").contains("path"));
    }
}
