//! Explains refusals of STS, whose answers are the same for several causes and do not say what helps.

use super::{AssumeMethod, IamRole, IrsaRequest};
use crate::error::{Error, Kind, ask_platform_team};
use crate::model::aws::assume_refusal::{SAME_ANSWER, other_account};
use crate::model::kube::role_rule::Rule;

/// From this version on, the chart adds the permission set's role to the trust policies of its roles.
const CHART: &str = "helm/idp-advanced 2.4.1";

/// A role that we could not assume.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusedRole<'a> {
    pub(crate) request: &'a IrsaRequest,
    pub(crate) namespace: &'a str,
    /// The access that was used.
    pub(crate) access: &'a str,
    pub(crate) role: &'a IamRole,
    /// The service account of the role, if known.
    pub(crate) service_account: Option<&'a str>,
    pub(crate) caller_arn: &'a str,
    /// The caller's role as a trust policy names it, with the path of Identity Center's roles.
    pub(crate) caller_role: Option<&'a str>,
    /// The caller's account.
    pub(crate) account: &'a str,
    /// Whether the namespace is marked as production.
    pub(crate) production: bool,
}

/// Why a token of the service account was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenOutcome {
    /// Not requested.
    NotRequested,
    /// No service account is known.
    NoAccount,
    /// The role in the cluster may not create such tokens.
    Forbidden,
    /// The access review failed.
    Unknown(String),
}

impl RefusedRole<'_> {
    /// `AssumeRole` was denied.
    pub(crate) fn denied(&self, answer: &str, token: &TokenOutcome) -> Error {
        let mut error = Error::new(Kind::Denied, format!("not allowed to assume the role {}", self.role.name()))
            .because(answer)
            .because(format!("you are {}; the role is {}", self.caller_arn, self.role));
        if self.role.account() != self.account {
            error = error.because(other_account(self.role.account(), self.account));
        }
        let caller = self.caller_role.map(|role| format!(" {role}")).unwrap_or_default();
        error = error.because(format!(
            "likely cause 1: the role's trust policy does not allow your role{caller} ({CHART} and newer add it)"
        ));
        let marked = if self.production { "is" } else { "is not" };
        error = error
            .because(format!(
                "likely cause 2: your role lacks sts:AssumeRole, as in production namespaces ({} {marked} marked as production)",
                self.namespace
            ))
            .because(SAME_ANSWER);
        if !self.production {
            error =
                error.try_next(format!("deploy the workload with {CHART} or newer, then run the same command again"));
        }
        self.with_token_method(error, token)
    }

    fn with_token_method(&self, error: Error, token: &TokenOutcome) -> Error {
        match (token, self.service_account) {
            (TokenOutcome::Forbidden, _) => error
                .because("--via token needs create serviceaccounts/token, which your role lacks")
                .because(create_tokens().is_missing())
                .try_next(format!("nsaccess can-i {} -n {}", create_tokens().in_words(), self.access)),
            (TokenOutcome::Unknown(why), _) => {
                error.because(format!("cannot check whether --via token is allowed: {why}"))
            }
            (TokenOutcome::NotRequested, Some(_)) => {
                let by_token = IrsaRequest { via: super::Via::Only(AssumeMethod::Token), ..self.request.clone() };
                error.try_next(by_token.command(self.access, ""))
            }
            (TokenOutcome::NoAccount, _) => {
                error.because("--via token needs a service account: sa/NAME --role-arn ARN")
            }
            (TokenOutcome::NotRequested, None) => error,
        }
    }

    /// `AssumeRoleWithWebIdentity` was denied. `before` is STS's answer to `AssumeRole`, if that was tried first.
    pub(crate) fn token_denied(&self, answer: &str, before: Option<&str>) -> Error {
        let account = self.service_account.unwrap_or_default();
        let subject = format!("system:serviceaccount:{}:{account}", self.namespace);
        let error = Error::new(
            Kind::Denied,
            format!("service account {account:?} is not allowed to assume the role {}", self.role.name()),
        )
        .because(answer)
        .because(format!("the trust policy of {} does not allow {subject} of this cluster", self.role))
        .because(SAME_ANSWER);
        let error = match before {
            Some(before) => error.because(format!("with your own credentials ({}): {before}", self.caller_arn)),
            None => error,
        };
        error.try_next(format!(
            "aws iam get-role --role-name {} --query Role.AssumeRolePolicyDocument   # if you are allowed to",
            self.role.name()
        ))
    }

    /// STS rejected the token itself.
    pub(crate) fn invalid_token(&self, answer: &str, (cluster, audience): (&str, &str)) -> Error {
        let account = self.role.account();
        if answer.contains("No OpenIDConnect provider") {
            return Error::failure(format!("account {account} has no OIDC provider for the cluster {cluster}"))
                .because(answer)
                .because("without it, neither you nor the pods of this cluster can assume roles in the account")
                .because(format!(
                    "this command creates it: eksctl utils associate-iam-oidc-provider --cluster {cluster} --approve"
                ))
                .try_next(ask_platform_team("to run this command"));
        }
        if answer.contains("audience") {
            return Error::failure(format!("account {account} does not accept tokens for {audience}"))
                .because(answer)
                .because(format!("its OIDC provider for the cluster {cluster} lacks this audience"))
                .because(format!(
                    "this command adds it: aws iam add-client-id-to-open-id-connect-provider --client-id {audience} --open-id-connect-provider-arn ARN"
                ))
                .try_next(ask_platform_team("to run this command"));
        }
        let account = self.service_account.unwrap_or_default();
        Error::failure(format!("AWS rejected the token of service account {account:?}"))
            .because(answer)
            .try_next("run the same command again; if the error persists, AWS cannot read the cluster's OIDC issuer")
    }
}

pub(super) fn create_tokens() -> Rule {
    Rule::new("", "serviceaccounts/token", &["create"])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x_0123456789abcdef/ada";

    fn error(role: &str, production: bool, token: &TokenOutcome) -> Error {
        let request = IrsaRequest::of("deploy/web").expect("a target");
        let role = IamRole::parse(role).expect("a role");
        let refused = RefusedRole {
            request: &request,
            namespace: "idp-dev",
            access: "idp-dev",
            role: &role,
            service_account: Some("web"),
            caller_arn: CALLER,
            caller_role: Some("arn:aws:iam::111122223333:role/aws-reserved/x"),
            account: "111122223333",
            production,
        };
        refused.denied("AccessDenied", token)
    }

    #[test]
    fn a_denial_names_both_arns_and_both_usual_causes() {
        let role = "arn:aws:iam::111122223333:role/web";
        let denied = error(role, false, &TokenOutcome::NotRequested);
        let text = denied.because.join("\n");
        for words in [CALLER, role, "aws-reserved/x", "2.4.1", "production", "no such role"] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(!text.contains("is of account"), "{text}");
        assert_eq!(denied.kind, Kind::Denied);
        assert_eq!(denied.try_next[1], "nsaccess assume-irsa deploy/web --via token -n idp-dev");
    }

    #[test]
    fn another_account_production_and_a_forbidden_token_are_explained() {
        let role = "arn:aws:iam::999999999999:role/web";
        let denied = error(role, true, &TokenOutcome::Forbidden);
        let text = denied.because.join("\n");
        assert!(text.contains("the role is in account 999999999999, but you are in 111122223333"), "{text}");
        assert!(text.contains("idp-dev is marked as production") && text.contains("serviceaccounts/token"), "{text}");
        assert_eq!(denied.try_next.len(), 1, "no chart helps in production");
        assert!(text.contains("verbs: [create]"), "{text}");
        assert_eq!(denied.try_next[0], "nsaccess can-i create serviceaccounts/token -n idp-dev");
    }
}
