//! The ARN of an IAM role.

use std::fmt;

/// `arn:aws:iam::111122223333:role/path/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IamRole {
    arn: String,
    account: String,
}

impl IamRole {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("invalid role ARN {text:?}; expected arn:aws:iam::111122223333:role/NAME");
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else { return Err(wrong()) };
        let path = resource.strip_prefix("role/").ok_or_else(wrong)?;
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let names = path.split('/').all(|name| !name.is_empty() && name.chars().all(allowed));
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_partition =
            partition.starts_with("aws") && partition.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let good = is_partition && digits && names && path.len() <= 576;
        if good { Ok(IamRole { arn: text.to_owned(), account: account.to_owned() }) } else { Err(wrong()) }
    }

    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// The name, without the path.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for IamRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read() {
        let role = IamRole::parse("arn:aws-cn:iam::111122223333:role/team/of/billing").expect("a role");
        assert_eq!((role.account(), role.name()), ("111122223333", "billing"));
        for wrong in [
            "",
            "billing",
            "arn:aws:iam::111122223333:user/ada",
            "arn:aws:iam::1111:role/x",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/a//b",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam::111122223333:role/a\nb",
            "arn:aws:sts::111122223333:assumed-role/x/ada",
            "arn:evil:iam::111122223333:role/x",
        ] {
            assert!(IamRole::parse(wrong).is_err(), "{wrong}");
        }
        // IAM allows `..` in names; it is never used as a path on disk.
        assert!(IamRole::parse("arn:aws:iam::111122223333:role/../x").is_ok());
    }
}
