//! The values that a setting may have. Errors end a sentence that begins with the value.

use super::pattern::Pattern;
use super::request_url::RequestUrl;
use crate::model::elapsed;
use crate::model::irsa::IamRole;
use crate::model::kube::namespace::Namespace;
use crate::model::port_forward::sets;
use crate::model::version::Version;

pub(super) type Checked = Result<(), String>;

fn verdict(good: bool, wanted: &str) -> Checked {
    if good { Ok(()) } else { Err(format!("is not {wanted}")) }
}

pub(crate) fn start_url(value: &str) -> Checked {
    let rest = value.split_once("://").filter(|(scheme, _)| ["https", "http"].contains(&&*scheme.to_ascii_lowercase()));
    let rest = rest.map(|(_, rest)| rest);
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let clean = !value.contains(|c: char| c.is_whitespace() || c.is_control());
    verdict(clean && !host.is_empty() && !host.contains('@'), "a start URL such as https://corp.awsapps.com/start")
}

/// Like `eu-west-1`, `us-gov-west-1` or `eusc-de-east-1`.
pub(crate) fn region(value: &str) -> Checked {
    let parts: Vec<&str> = value.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let good = match parts.as_slice() {
        [first, middle @ .., last] => {
            let digit = last.len() == 1 && last.bytes().all(|byte| byte.is_ascii_digit());
            (2..=4).contains(&first.len())
                && letters(first)
                && !middle.is_empty()
                && middle.iter().all(letters)
                && digit
        }
        _ => false,
    };
    verdict(good, "an AWS region such as eu-west-1")
}

pub(crate) fn account(value: &str) -> Checked {
    verdict(value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()), "an AWS account of 12 digits")
}

/// A permission set's name, by Identity Center's rules.
pub(crate) fn role(value: &str) -> Checked {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    verdict((1..=64).contains(&value.len()) && value.chars().all(allowed), "a permission set's name")
}

/// A cluster's name, by EKS's rules.
pub(crate) fn cluster(value: &str) -> Checked {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins = value.starts_with(|c: char| c.is_ascii_alphanumeric());
    verdict(begins && value.len() <= 100 && value.chars().all(allowed), "an EKS cluster's name")
}

/// The ARN of an IAM role, with its path if it has one.
pub(crate) fn role_arn(value: &str) -> Checked {
    if value.contains(":assumed-role/") {
        return Err("is a role session; the role's own ARN looks like arn:aws:iam::111122223333:role/NAME".to_owned());
    }
    verdict(IamRole::parse(value).is_ok(), "the ARN of an IAM role, like arn:aws:iam::111122223333:role/NAME")
}

/// A profile's name, as a section of `~/.aws/config` can have it.
pub(crate) fn profile(value: &str) -> Checked {
    let allowed = |c: char| !c.is_control() && !"[]\"'#;".contains(c);
    let good = !value.is_empty() && value.trim() == value && value.chars().all(allowed);
    verdict(good, "the name of an AWS profile")
}

fn length_and_characters(value: &str, length: std::ops::RangeInclusive<usize>, others: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    length.contains(&value.len()) && value.chars().all(allowed)
}

/// By STS's rules, as the next three: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub(crate) fn external_id(value: &str) -> Checked {
    let good = length_and_characters(value, 2..=1224, "_+=,.@:/-");
    verdict(good, "an external ID: 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -")
}

/// The ARN of a virtual device, or the serial number of one that can be touched.
pub(crate) fn mfa_serial(value: &str) -> Checked {
    if let Some(arn) = value.strip_prefix("arn:") {
        let parts: Vec<&str> = arn.splitn(5, ':').collect();
        if let [_, "iam", "", _, device] = parts[..]
            && device.starts_with("u2f/")
        {
            return Err("is a security key, which shows no codes; use a device that does".to_owned());
        }
        let is_device = matches!(parts[..], [partition, "iam", "", account, device]
            if partition.starts_with("aws") && self::account(account).is_ok()
                && device.strip_prefix("mfa/").is_some_and(|name| !name.is_empty()));
        return verdict(
            is_device && length_and_characters(value, 9..=256, "_+=/:,.@-"),
            "the ARN of an MFA device, like arn:aws:iam::111122223333:mfa/NAME",
        );
    }
    let good = length_and_characters(value, 9..=256, "_+=/:,.@-");
    verdict(good, "an MFA device: its ARN, like arn:aws:iam::111122223333:mfa/NAME, or its serial number")
}

pub(crate) fn session_name(value: &str) -> Checked {
    verdict(length_and_characters(value, 2..=64, "_+=,.@-"), "a session's name: 2 to 64 of A-Z a-z 0-9 _ + = , . @ -")
}

pub(crate) fn duration(value: &str) -> Checked {
    seconds(value).map(drop)
}

/// The seconds of a session.
pub(super) fn seconds(value: &str) -> Result<u32, String> {
    let seconds =
        elapsed::parse_or_seconds(value).map_err(|_| "is not a duration such as 1h, 45m or 3600".to_owned())?;
    let fits = u32::try_from(seconds).ok().filter(|seconds| (900..=43_200).contains(seconds));
    fits.ok_or_else(|| "is not between 15m and 12h, the limits of a role session".to_owned())
}

pub(super) fn flow(value: &str) -> Checked {
    verdict(super::Flow::parse(value).is_some(), "a flow: `device` or `browser`")
}

pub(super) fn version(value: &str) -> Checked {
    verdict(Version::parse(value).is_some(), "a version such as 1.2.3")
}

/// It is shown as it is.
pub(super) fn command(value: &str) -> Checked {
    verdict(!value.trim().is_empty() && !value.contains(char::is_control), "a command on one line")
}

pub(super) fn request_url(value: &str) -> Checked {
    RequestUrl::parse(value).map(drop)
}

pub(super) fn namespace(value: &str) -> Checked {
    Namespace::parse(value).map(drop)
}

pub(super) fn pattern(value: &str) -> Checked {
    Pattern::parse(value).map(drop)
}

/// Something must end the namespace in the prefix, or `a` would also match the secrets of `a-b`.
pub(super) fn secrets_prefix(value: &str) -> Checked {
    let parsed = Pattern::parse(value)?;
    verdict(parsed.ends_namespace(), "safe: `a` would also find the secrets of `a-b`; put a `/` after {namespace}")?;
    let usual = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-!{}".contains(c);
    verdict(
        value.chars().all(usual) && value.len() <= 256,
        "the beginning of a secret's name: A-Z a-z 0-9 / _ + = . @ -",
    )
}

/// A namespace's name, with `*` for any text.
pub(super) fn name_with_stars(value: &str) -> Checked {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '*';
    verdict(!value.is_empty() && value.chars().all(allowed), "a namespace's name, with `*` for any part of it")
}

/// A target and its ports, as on the command line of `port-forward`.
pub(super) fn forward(value: &str) -> Checked {
    let clean = !value.contains(|c: char| c.is_control() && !c.is_whitespace());
    verdict(clean, "a target and its ports")?;
    sets::parse_entry(value).map(drop).map_err(|why| format!("is not a target and its ports: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(check: fn(&str) -> Checked, good: &[&str], bad: &[&str]) {
        for value in good {
            assert_eq!(check(value), Ok(()), "{value}");
        }
        for value in bad {
            assert!(check(value).is_err(), "{value}");
        }
    }

    #[test]
    fn values() {
        table(
            start_url,
            &[
                "https://corp.awsapps.com/start",
                "https://d-1.awsapps.com/start/#/",
                "http://127.0.0.1:80/start",
                "https://x",
                "HTTPS://corp.awsapps.com/start#/?tab=accounts",
            ],
            &["", "corp", "https://", "https:///start", "ftp://x/", "https://a b/", "https://x/\n", "https://a@b/"],
        );
        table(
            region,
            &["eu-west-1", "us-gov-west-1", "ap-southeast-5", "us-iso-east-1", "eusc-de-east-1", "cn-north-1"],
            &[
                "",
                "eu",
                "eu-west",
                "eu-1",
                "e-west-1",
                "europe-west-1",
                "EU-west-1",
                "eu-west-10",
                "eu--1",
                "eu-west-1 ",
            ],
        );
        table(account, &["111122223333"], &["", "1111-2222-3333", "11112222333", "1111222233334", "١١١١٢٢"]);
        table(role, &["idp-ns-a", "A+=,.@_-9"], &["", "a b", "a/b", "ü", &"x".repeat(65)]);
        table(cluster, &["demo", "Demo_1-x", "0"], &["", "-demo", "a.b", "a b", &"x".repeat(101)]);
        table(
            role_arn,
            &["arn:aws:iam::111122223333:role/k8s-devs", "arn:aws-us-gov:iam::111122223333:role/team/k8s"],
            &[
                "",
                "k8s-devs",
                "arn:aws:iam::111122223333:user/ada",
                "arn:aws:sts::111122223333:assumed-role/k8s/ada",
                "arn:aws:iam::1:role/k8s",
                "arn:aws:iam::111122223333:role/",
            ],
        );
        table(profile, &["corp", "idp-ns-a", "my corp", "a/b@c"], &["", " corp", "corp ", "a]", "a\nb", "a#b", "'a'"]);
        table(external_id, &["ab", "Corp:42/x_y+=,.@-", &"x".repeat(1224)], &["", "a", "a b", "ü2", &"x".repeat(1225)]);
        table(
            mfa_serial,
            &["arn:aws:iam::111122223333:mfa/ada", "arn:aws-cn:iam::111122223333:mfa/team/ada", "GAHT12345678"],
            &[
                "",
                "GAHT1234",
                "arn:aws:iam::111122223333:user/ada",
                "arn:aws:iam::111122223333:mfa/",
                "arn:aws:iam::1:mfa/ada",
                "arn:aws:iam::111122223333:mfa/a b",
                "arn:aws:iam::111122223333:u2f/user/ada/key",
                &"x".repeat(257),
            ],
        );
        table(session_name, &["ada@example.com", "a_", &"x".repeat(64)], &["", "a", "a b", "a/b", &"x".repeat(65)]);
        table(
            duration,
            &["15m", "900", "1h", "1h30m", "12h", "43200"],
            &["", "899", "14m", "12h1s", "1x", "-1h", "1d"],
        );
        table(flow, &["device", "browser"], &["", "Device", "pkce"]);
        table(namespace, &["idp-dev"], &["", "-a", "A"]);
        table(name_with_stars, &["*-prod", "*", "a-*-b", "idp-dev"], &["", "?", "A*", "a b"]);
        table(
            secrets_prefix,
            &["customer/{namespace}/", "{namespace}/", "/a/{namespace}/db_", "{namespace}.x"],
            &[
                "",
                "/",
                "customer/",
                "customer/{namespace}",
                "{namespace}-",
                "{namespace}-x",
                "{namespace}0/",
                "ä/{namespace}/",
            ],
        );
    }

    #[test]
    fn what_is_easily_confused_has_its_own_words() {
        let session = role_arn("arn:aws:sts::111122223333:assumed-role/k8s/ada").expect_err("a session");
        assert!(session.starts_with("is a role session; "), "{session}");
        let key = mfa_serial("arn:aws:iam::111122223333:u2f/user/ada/key").expect_err("a security key");
        assert!(key.starts_with("is a security key, which shows no codes"), "{key}");
        assert_eq!(duration("13h").expect_err("long"), "is not between 15m and 12h, the limits of a role session");
    }

    #[test]
    fn errors_end_a_sentence() {
        assert_eq!(region("x").expect_err("no region"), "is not an AWS region such as eu-west-1");
        assert_eq!(account("x").expect_err("no account"), "is not an AWS account of 12 digits");
    }
}
