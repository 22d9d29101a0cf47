//! Refusals in words that help.

use super::{Caller, RoleAssumer, WorkloadRole};
use crate::chain::{access, clock_skew};
use crate::error::{Error, Kind};
use crate::model::aws::role_arn;
use crate::model::irsa::{RefusedRole, TokenOutcome};
use crate::model::kube::role_rule::Rule;
use crate::net::aws::failure::{Class, Failure};
use crate::net::kube::KubeFailure;

impl RoleAssumer<'_> {
    /// `AssumeRole` did not work.
    pub(crate) fn sts_refused(&self, workload_role: &WorkloadRole, failure: &Failure, token: &TokenOutcome) -> Error {
        let error = match failure.code.as_deref() {
            Some("AccessDenied") => {
                self.explained(workload_role, |refused| refused.denied(&failure.to_string(), token))
            }
            _ => self.other(workload_role, failure),
        };
        clock_skew::explain(self.chain, error)
    }

    /// `AssumeRoleWithWebIdentity` did not work. `before`: what the first way was told.
    pub(crate) fn token_refused(
        &self,
        workload_role: &WorkloadRole,
        failure: &Failure,
        before: Option<&Failure>,
    ) -> Error {
        let answer = failure.to_string();
        let error = match failure.code.as_deref() {
            Some("AccessDenied") => {
                let before = before.map(ToString::to_string);
                self.explained(workload_role, |refused| refused.token_denied(&answer, before.as_deref()))
            }
            Some("InvalidIdentityToken") => {
                let cluster = self.cluster_name();
                self.explained(workload_role, |refused| {
                    refused.invalid_token(&answer, (&cluster, &workload_role.audience))
                })
            }
            // The token is not ours to renew by a sign-in: it was made a moment ago, so a clock is wrong.
            _ if failure.class == Class::Unauthorized => {
                Error::failure("AWS considers the new service account token expired")
                    .because(answer)
                    .because("the clocks of the cluster and AWS differ, or the response took minutes")
                    .try_next("run the same command again")
            }
            _ => self.other(workload_role, failure),
        };
        clock_skew::explain(self.chain, error)
    }

    /// The cluster gave no token.
    pub(crate) fn no_token(&self, account: &str, failure: KubeFailure) -> Error {
        let access = &self.target.access;
        let what = format!("not allowed to create a token for service account {account:?}");
        match failure {
            KubeFailure::Status(403, words) => {
                let rule = Rule::new("", "serviceaccounts/token", &["create"]);
                Error::new(Kind::Denied, what)
                    .because(words)
                    .because(rule.is_missing())
                    .lacks(self.target.as_missing())
                    .try_next(format!("nsaccess can-i create serviceaccounts/token -n {access}"))
            }
            KubeFailure::Status(404, _) => Error::new(
                Kind::NotFound,
                format!("service account {account:?} not found in namespace {:?}", access.namespace.as_str()),
            ),
            other => other.into_error(&self.cluster_name()),
        }
    }

    /// The name of the cluster, once it was needed.
    fn cluster_name(&self) -> String {
        self.cluster.get().map(|cluster| cluster.cluster().name).unwrap_or_default()
    }

    fn other(&self, workload_role: &WorkloadRole, failure: &Failure) -> Error {
        failure.clone().into_error(format!("cannot assume the role {}", workload_role.role.name()))
    }

    fn explained(&self, workload_role: &WorkloadRole, explain: impl FnOnce(RefusedRole<'_>) -> Error) -> Error {
        let caller: Option<Caller> = self.caller.borrow().clone();
        let caller_arn = caller.map(|caller| caller.arn).unwrap_or_default();
        let arns = role_arn::of(&self.target.identity, &caller_arn);
        explain(RefusedRole {
            request: self.request,
            namespace: self.target.access.namespace.as_str(),
            access: self.target.access.name.as_str(),
            role: &workload_role.role,
            service_account: workload_role.service_account.as_deref(),
            caller_arn: &caller_arn,
            caller_role: arns.as_ref().map(|arns| arns.access_entry.as_str()),
            account: self.target.account(),
            production: access::is_production(self.chain, self.target.access.name.as_str()),
        })
    }
}
