//! Documents and what they say.

use serde_json::json;

use super::*;

#[test]
fn patterns_have_stars_and_question_marks() {
    for (pattern, text, wanted) in [
        ("*", "", true),
        ("secret:customer/a/*", "secret:customer/a/b/c", true),
        ("secret:customer/a/*", "secret:customer/ab/c", false),
        ("a?c*e", "abcde", true),
        ("a?c*e", "abcdef", false),
        ("a*b*c", "a-b-b-c", true),
        ("", "a", false),
    ] {
        assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
    }
}

#[test]
fn an_arn_is_compared_part_by_part() {
    let arn = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_x_0123";
    assert!(matches_arn("arn:aws:iam::111122223333:role/aws-reserved/*/AWSReservedSSO_x_*", arn));
    assert!(matches_arn("arn:*:iam::*:role/*", arn));
    assert!(!matches_arn("arn:*:role/*", arn), "a star does not reach over a colon");
    assert!(!matches_arn("arn:aws:iam::111122223333:role/AWSReservedSSO_x_*", arn), "the path counts");
}

#[test]
fn a_denial_wins_and_silence_is_no_consent() {
    let document = json!({"Statement": [
        {"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["secretsmanager:GetSecretValue"], "Resource": "arn:x:secret:top/*"},
    ]});
    let ask =
        |action, resource| judge(&document, &Question { action, resource: Some(resource), ..Question::default() });
    assert_eq!(ask("secretsmanager:GetSecretValue", "arn:x:secret:low/a"), Verdict::Allowed);
    assert_eq!(ask("SecretsManager:getsecretvalue", "arn:x:secret:low/a"), Verdict::Allowed);
    assert_eq!(ask("secretsmanager:GetSecretValue", "arn:x:secret:top/a"), Verdict::Denied);
    assert_eq!(ask("secretsmanager:ListSecrets", "*"), Verdict::Silent);
    assert_eq!(judge(&Value::Null, &Question::default()), Verdict::Silent);
}

#[test]
fn conditions_hold_all_together() {
    let document = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"},
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/a*"},
            "StringLike": {"sts:RoleSessionName": ["ada@*", "bob"]}, "StringNotEquals": {"sts:ExternalId": "x"}}}});
    let ask = |arn: &str, session: &str, external: Option<&str>| {
        let mut context = vec![
            ("AWS:principalarn".to_owned(), arn.to_owned()),
            ("sts:RoleSessionName".to_owned(), session.to_owned()),
        ];
        context.extend(external.map(|id| ("sts:ExternalId".to_owned(), id.to_owned())));
        let principals = [("AWS", arn.to_owned())];
        let question =
            Question { action: "sts:AssumeRole", resource: None, principals: &principals, context: &context };
        judge(&document, &question) == Verdict::Allowed
    };
    assert!(ask("arn:aws:iam::1:role/abc", "ada@example.com", None));
    assert!(ask("arn:aws:iam::1:role/abc", "bob", Some("y")));
    assert!(!ask("arn:aws:iam::1:role/abc", "eve", None));
    assert!(!ask("arn:aws:iam::1:role/xyz", "bob", None));
    assert!(!ask("arn:aws:iam::1:role/abc", "bob", Some("x")));
}

#[test]
fn a_condition_that_is_not_understood_does_not_hold() {
    for (operator, given, wanted) in [
        ("DateGreaterThan", Some("2026"), false),
        ("StringEquals", None, false),
        ("StringEqualsIfExists", None, true),
        ("StringNotEquals", None, true),
    ] {
        assert_eq!(holds_for(operator, given, &json!("x")), wanted, "{operator} {given:?}");
    }
}

#[test]
fn a_principal_is_named_in_full() {
    let arn = "arn:aws:iam::1:role/path/a".to_owned();
    assert!(names(&json!({"AWS": [arn]}), &[("AWS", arn.clone())]));
    assert!(names(&json!("*"), &[("AWS", arn.clone())]));
    assert!(!names(&json!({"AWS": "arn:aws:iam::1:role/*"}), &[("AWS", arn.clone())]), "no patterns in principals");
    assert!(!names(&json!({"AWS": "arn:aws:iam::1:role/a"}), &[("AWS", arn)]), "the path counts");
}
