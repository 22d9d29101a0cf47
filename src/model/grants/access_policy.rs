//! Access policies of EKS: what people name, and their ARNs.

use crate::model::kube::namespace::{Namespace, similar};

/// Those for people, from <https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html>. The others are
/// for services of AWS, and AWS adds some every year.
pub(crate) const FOR_PEOPLE: [&str; 6] = [
    "AmazonEKSViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSSecretReaderPolicy",
    "AmazonEKSClusterAdminPolicy",
];

/// The name of a policy, from its name or its ARN. Errors end a sentence that begins with the text.
pub(crate) fn parse(text: &str) -> Result<String, String> {
    let name = match text.strip_prefix("arn:") {
        Some(rest) => name_in_arn(rest)?,
        None => text,
    };
    let is_name = name.starts_with("Amazon") && name.chars().all(|c| c.is_ascii_alphanumeric());
    match is_name && name.len() <= 128 {
        true => Ok(name.to_owned()),
        false => Err(match meant(name) {
            Some(policy) => format!("is not an EKS access policy; did you mean {policy}?"),
            None => format!("is not an EKS access policy; available: {}", FOR_PEOPLE.join(", ")),
        }),
    }
}

fn name_in_arn(rest: &str) -> Result<&str, String> {
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    match parts[..] {
        [partition, "eks", "", "aws", resource] if partition == "aws" || partition.starts_with("aws-") => {
            let name = resource.strip_prefix("cluster-access-policy/");
            name.ok_or_else(|| "is an EKS ARN but not a cluster-access-policy".to_owned())
        }
        [_, "iam", ..] => Err("is an IAM policy; EKS access policies have their own names".to_owned()),
        _ => Err("is not an access policy ARN like arn:aws:eks::aws:cluster-access-policy/NAME".to_owned()),
    }
}

/// What `view`, `AmazonEksViewPolicy` and the like probably mean.
fn meant(name: &str) -> Option<&'static str> {
    let short = |policy: &str| policy.trim_start_matches("AmazonEKS").trim_end_matches("Policy").to_ascii_lowercase();
    let lower = name.to_ascii_lowercase();
    let exact = FOR_PEOPLE.into_iter().find(|policy| policy.eq_ignore_ascii_case(name) || short(policy) == lower);
    exact.or_else(|| similar(name, FOR_PEOPLE))
}

/// In the partition of the cluster: `arn:aws-cn:eks::aws:…` in China.
pub(crate) fn arn(partition: &str, name: &str) -> String {
    format!("arn:{partition}:eks::aws:cluster-access-policy/{name}")
}

/// What a person should know before giving this policy in a namespace. AWS takes every policy with either scope.
pub(crate) fn warnings(name: &str) -> Vec<String> {
    let warning = match name {
        "AmazonEKSClusterAdminPolicy" => {
            "AmazonEKSClusterAdminPolicy gives full control of the namespace, including its Roles and secrets; \
             AmazonEKSAdminPolicy is intended for namespaces"
        }
        "AmazonEKSAdminViewPolicy" => "AmazonEKSAdminViewPolicy includes reading the namespace's secrets",
        "AmazonEKSSecretReaderPolicy" => "AmazonEKSSecretReaderPolicy includes only reading the namespace's secrets",
        known if FOR_PEOPLE.contains(&known) => return Vec::new(),
        other => {
            let meant = similar(other, FOR_PEOPLE).map(|policy| format!("; did you mean {policy}?"));
            return vec![format!("nsaccess does not know the access policy {other}{}", meant.unwrap_or_default())];
        }
    };
    vec![warning.to_owned()]
}

/// A namespace of a scope, where EKS takes `*` for any text. Errors end a sentence that begins with the namespace.
pub(crate) fn parse_scope(namespace: &str) -> Result<Option<String>, String> {
    if !namespace.contains('*') {
        return Namespace::parse(namespace).map(|_| None);
    }
    Namespace::parse(&namespace.replace('*', "x"))
        .map_err(|reason| reason.replace("a-z, 0-9 and '-'", "a-z, 0-9, '-' and '*'"))?;
    let plain = namespace.trim_end_matches('*');
    let example = if plain.len() + 1 == namespace.len() && !plain.contains('*') && !plain.is_empty() {
        format!(" {plain}roll too, if it exists,")
    } else {
        String::new()
    };
    Ok(Some(format!(
        "{namespace} is every namespace that fits, also those that are made later:{example} and EKS checks neither \
         spelling nor existence"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_named_in_full_or_by_their_arn() {
        for text in [
            "AmazonEKSViewPolicy",
            "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "arn:aws-us-gov:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("AmazonEKSViewPolicy"), "{text}");
        }
        assert_eq!(parse("AmazonNewServicePolicy").as_deref(), Ok("AmazonNewServicePolicy"));
        assert_eq!(
            arn("aws-cn", "AmazonEKSEditPolicy"),
            "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
        );
    }

    #[test]
    fn what_is_no_access_policy_is_refused() {
        for (text, reason) in [
            ("", "available: AmazonEKSViewPolicy"),
            ("view", "did you mean AmazonEKSViewPolicy?"),
            ("SecretReader", "did you mean AmazonEKSSecretReaderPolicy?"),
            ("amazoneksviewpolicy", "did you mean AmazonEKSViewPolicy?"),
            ("AmazonEKSViewPolicy ", "did you mean AmazonEKSViewPolicy?"),
            ("Amazon EKS", "not an EKS access policy"),
            ("arn:aws:iam::aws:policy/AdministratorAccess", "is an IAM policy"),
            ("arn:aws:eks::aws:cluster/x", "not a cluster-access-policy"),
            ("arn:aws:eks:eu-west-1:aws:cluster-access-policy/AmazonEKSViewPolicy", "not an access policy ARN"),
            ("arn:aws:eks::111122223333:cluster-access-policy/AmazonEKSViewPolicy", "not an access policy ARN"),
            ("arn:aws", "not an access policy ARN"),
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn a_policy_that_gives_more_than_its_name_says_comes_with_a_warning() {
        for quiet in ["AmazonEKSViewPolicy", "AmazonEKSEditPolicy", "AmazonEKSAdminPolicy"] {
            assert!(warnings(quiet).is_empty(), "{quiet}");
        }
        assert!(warnings("AmazonEKSClusterAdminPolicy")[0].contains("AmazonEKSAdminPolicy"));
        assert!(warnings("AmazonEKSVeiwPolicy")[0].contains("did you mean AmazonEKSViewPolicy?"));
    }

    #[test]
    fn a_glob_is_a_scope_with_a_warning() {
        assert_eq!(parse_scope("pay"), Ok(None));
        let warning = parse_scope("pay*").expect("a scope").expect("a warning");
        assert!(warning.contains("payroll too"), "{warning}");
        assert!(parse_scope("*").expect("a scope").is_some() && parse_scope("*-dev").expect("a scope").is_some());
        for wrong in ["", "Pay*", "pay?", "-*", "pay.*"] {
            assert!(parse_scope(wrong).is_err(), "{wrong}");
        }
    }
}
