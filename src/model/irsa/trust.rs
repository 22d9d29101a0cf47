//! Whether a role's trust policy lets a service account of a cluster in.
//! <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html>

use serde_json::Value;

/// Whom a workload is to STS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WebIdentity<'a> {
    /// The issuer of its token: a URL.
    pub(crate) issuer: &'a str,
    /// `system:serviceaccount:<namespace>:<name>`.
    pub(crate) subject: &'a str,
    pub(crate) audience: &'a str,
}

/// Why a trust policy does not let it in, with what the policy says in that place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TrustFault {
    /// The policy names no provider, or others: those of other clusters.
    Provider(Vec<String>),
    Subject(Vec<String>),
    Audience(Vec<String>),
    /// It cannot be read.
    Unreadable,
}

/// # Errors
/// The first reason why the policy does not let it in.
pub(crate) fn check(policy: &str, identity: WebIdentity<'_>) -> Result<(), TrustFault> {
    let policy: Value = serde_json::from_str(policy).map_err(|_| TrustFault::Unreadable)?;
    let provider = identity.issuer.trim_start_matches("https://");
    let statements: Vec<&Value> =
        items(&policy["Statement"]).into_iter().filter(|statement| is_web(statement)).collect();
    let is_of_provider = |statement: &&Value| {
        texts(&statement["Principal"]["Federated"]).iter().any(|name| provider_in(name) == Some(provider))
    };
    let mut fault = None;
    for statement in statements.iter().copied().filter(is_of_provider) {
        match check_conditions(statement, provider, identity) {
            Ok(()) => return Ok(()),
            Err(found) => fault = fault.or(Some(found)),
        }
    }
    let others = || statements.iter().flat_map(|statement| texts(&statement["Principal"]["Federated"])).collect();
    Err(fault.unwrap_or_else(|| TrustFault::Provider(others())))
}

fn check_conditions(statement: &Value, provider: &str, identity: WebIdentity<'_>) -> Result<(), TrustFault> {
    let check = |claim: &str, own: &str| {
        let wanted = wanted(statement, &format!("{provider}:{claim}"));
        let fits = wanted.iter().all(|(is_pattern, values)| {
            values.iter().any(|value| if *is_pattern { is_like(value, own) } else { value == own })
        });
        if fits { Ok(()) } else { Err(wanted.into_iter().flat_map(|(_, values)| values).collect()) }
    };
    check("aud", identity.audience).map_err(TrustFault::Audience)?;
    check("sub", identity.subject).map_err(TrustFault::Subject)
}

/// The values that each condition wants a key to have, and whether they are patterns. Only equality and likeness are
/// judged; what else a policy may ask for is left to STS.
fn wanted(statement: &Value, key: &str) -> Vec<(bool, Vec<String>)> {
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    let judged = conditions.filter_map(|(operator, keys)| {
        let plain = operator.rsplit(':').next().unwrap_or_default().trim_end_matches("IfExists");
        let is_pattern = match plain {
            "StringEquals" => false,
            "StringLike" => true,
            _ => return None,
        };
        let own = keys.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?.1;
        Some((is_pattern, texts(own)))
    });
    judged.collect()
}

fn is_web(statement: &Value) -> bool {
    let allows = |action: &String| is_like(&action.to_ascii_lowercase(), "sts:assumerolewithwebidentity");
    statement["Effect"] == "Allow" && texts(&statement["Action"]).iter().any(allows)
}

/// `oidc.eks.<region>.amazonaws.com/id/<id>` in the ARN of a provider.
fn provider_in(arn: &str) -> Option<&str> {
    arn.split_once(":oidc-provider/").map(|(_, provider)| provider)
}

/// One or several, as IAM's JSON has both.
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> Vec<String> {
    items(value).into_iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a text fits a pattern with `*` and `?`. When letters differ, only the last `*` takes one more: a policy with
/// many of them must not take forever.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read, mut last_star) = (0, 0, None);
    while read < text.len() {
        match (pattern.get(at), last_star) {
            (Some('*'), _) => {
                last_star = Some((at, read));
                at += 1;
            }
            (Some(letter), _) if *letter == '?' || *letter == text[read] => {
                at += 1;
                read += 1;
            }
            (_, Some((star, taken))) => {
                last_star = Some((star, taken + 1));
                (at, read) = (star + 1, taken + 1);
            }
            _ => return false,
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PROVIDER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";
    const IDENTITY: WebIdentity<'static> = WebIdentity {
        issuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC",
        subject: "system:serviceaccount:idp-dev:billing",
        audience: "sts.amazonaws.com",
    };

    fn statement(provider: &str, operator: &str, subject: &str, audience: &str) -> Value {
        json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::1:oidc-provider/{provider}")},
            "Condition": {operator: {format!("{provider}:sub"): subject, format!("{provider}:aud"): audience}}})
    }

    fn judged(statements: Value) -> Result<(), TrustFault> {
        check(&json!({"Version": "2012-10-17", "Statement": statements}).to_string(), IDENTITY)
    }

    #[test]
    fn a_policy_that_lets_the_service_account_in_is_right() {
        let right = statement(PROVIDER, "StringEquals", IDENTITY.subject, IDENTITY.audience);
        let like = statement(PROVIDER, "StringLike", "system:serviceaccount:idp-*:bill?ng", "*");
        let other = statement("oidc.eks.eu-west-1.amazonaws.com/id/XYZ", "StringEquals", "x", "y");
        for statements in [right.clone(), json!([right.clone()]), json!([other.clone(), right]), json!([like])] {
            assert_eq!(judged(statements.clone()), Ok(()), "{statements}");
        }
        let without_conditions = json!({"Effect": "Allow", "Action": ["sts:*"],
            "Principal": {"Federated": [format!("arn:aws:iam::1:oidc-provider/{PROVIDER}")]}});
        assert_eq!(judged(without_conditions), Ok(()));
    }

    #[test]
    fn patterns_are_matched_without_going_back_further_than_the_last_star() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("**", "ab", true),
            ("a*c", "abcbc", true),
            ("a*b?d", "axbxbcd", true),
            ("?", "ä", true),
            ("?", "", false),
            ("a*c", "acb", false),
            ("ab", "abc", false),
            ("abc", "ab", false),
            ("*ab", "aab", true),
        ] {
            assert_eq!(is_like(pattern, text), fits, "{pattern} {text}");
        }
        // Tried in every way, this would not end.
        assert!(!is_like(&format!("{}b", "*a".repeat(40)), &"a".repeat(200)));
    }

    #[test]
    fn a_policy_that_does_not_says_why() {
        let subject = "system:serviceaccount:idp-dev:other".to_owned();
        let other = "arn:aws:iam::1:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/XYZ".to_owned();
        for (statements, fault) in [
            (
                statement(PROVIDER, "StringEquals", &subject, IDENTITY.audience),
                TrustFault::Subject(vec![subject.clone()]),
            ),
            // A pattern counts with StringLike only.
            (
                statement(PROVIDER, "StringEquals", "system:serviceaccount:*:*", IDENTITY.audience),
                TrustFault::Subject(vec!["system:serviceaccount:*:*".to_owned()]),
            ),
            (
                statement(PROVIDER, "StringEquals", IDENTITY.subject, "sts"),
                TrustFault::Audience(vec!["sts".to_owned()]),
            ),
            (
                statement("oidc.eks.eu-west-1.amazonaws.com/id/XYZ", "StringEquals", IDENTITY.subject, "sts"),
                TrustFault::Provider(vec![other]),
            ),
            (
                json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]),
                TrustFault::Provider(vec![]),
            ),
            (json!([]), TrustFault::Provider(vec![])),
        ] {
            assert_eq!(judged(statements.clone()), Err(fault), "{statements}");
        }
        assert_eq!(check("<html>", IDENTITY), Err(TrustFault::Unreadable));
    }
}
