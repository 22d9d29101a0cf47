use super::*;

fn kept(text: &str) -> String {
    Vocabulary::new(Some("idp-dev"), &["Grant".to_owned()]).keep(text)
}

#[test]
fn what_is_nobody_s_secret_stays() {
    for text in [
        "the session is over",
        "idp-dev in account 111122223333",
        "sts.eu-west-1.amazonaws.com did not answer in 5 seconds",
        "GetRoleCredentials returned ForbiddenException: No access",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_x_0123456789abcdef",
        "nsaccess login idp-dev --force",
        "AWS_PROFILE and $KUBECONFIG",
        "the clock is 12 minutes behind, at 2026-11-26T02:40:01Z",
        "session.over",
        "idp-ns-idp-dev in ~/.kube/config, within 1 s",
    ] {
        assert_eq!(kept(text), text);
    }
}

#[test]
fn what_belongs_to_a_person_or_opens_a_door_is_left_out() {
    for (text, expected) in [
        ("signed in as ada@example.com", "signed in as ‹…›"),
        ("/home/ada/.kube/config is a folder", "‹…› is a folder"),
        ("the machine adas-laptop.local", "the machine ‹…›"),
        ("token k8s-aws-v1.aHR0cHM6Ly9zdHM", "token ‹…›"),
        ("key ASIAIOSFODNN7EXAMPLE is refused", "key ‹…› is refused"),
        ("secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY here", "secret ‹…› here"),
        ("https://sts.eu-west-1.amazonaws.com/?X-Amz-Signature=abc", "‹…›"),
        ("Ada Lovelace was refused", "‹…› was refused"),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x_0123456789abcdef/ada@example.com",
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x_0123456789abcdef/‹…›",
        ),
        ("password=hunter2x", "‹…›"),
        ("ada-idp-dev on grant", "‹…› on ‹…›"),
        ("arn:aws:iam::111122223333:user/team/ada", "arn:aws:iam::111122223333:user/‹…›"),
    ] {
        assert_eq!(kept(text), expected);
    }
}
