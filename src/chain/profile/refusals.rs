//! Why there are no credentials, in words; and the question for a code, which is one more reason.

use super::Asked;
use crate::chain::call_error::CallError;
use crate::chain::{Presence, clock_skew};
use crate::error::{Error, Kind, Result};
use crate::model::aws::assume_refusal::{AssumeRefusal, NEEDS_CODE, RefusedAssumption};
use crate::model::aws::profile_source::{RoleSource, SsoRole};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::net::aws::failure::{Class, Failure};
use crate::secret::Secret;

/// How often a person may type something that is no code.
const TRIES: u32 = 3;

impl Asked<'_> {
    /// The code that a device shows now: a person reads it.
    pub(super) fn code(&self, role: &RoleToAssume, serial: &str) -> Result<Secret<String>> {
        if self.chain.presence != Presence::Person {
            let error = Error::new(Kind::NotSignedIn, format!("the role {} {NEEDS_CODE}", role.name()))
                .because(format!("it is shown by {serial}, and there is no terminal to ask for it"));
            return Err(error.try_next(self.on_terminal()));
        }
        for _ in 0..TRIES {
            let typed = Secret::new(self.chain.prompts.ask(&format!("MFA code for {serial}:"))?);
            let code = typed.expose().trim();
            if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
                return Ok(Secret::from(code));
            }
            self.chain.ui.warning("an MFA code has six digits");
        }
        Err(Error::usage(format!("no MFA code entered for {serial}")).because("an MFA code has six digits"))
    }

    fn on_terminal(&self) -> String {
        match (self.wanted.on_terminal, self.profile) {
            (Some(command), _) => format!("{command}   # on a terminal"),
            (None, Some(profile)) => {
                format!(
                    "aws sts get-caller-identity --profile {profile}   # on a terminal; nsaccess uses the credentials it caches"
                )
            }
            (None, None) => "run the same command on a terminal".to_owned(),
        }
    }

    /// Why a role was not given.
    pub(super) async fn not_assumed(
        &self,
        role: &RoleToAssume,
        by: &RoleSource,
        failure: CallError<Failure>,
        caller_arn: Option<String>,
    ) -> Error {
        let failure = match failure {
            CallError::Chain(error) => return error,
            CallError::Answer(failure) => failure,
        };
        let refusal = AssumeRefusal::read(failure.code.as_deref(), &failure.words);
        let caller_arn = match (refusal, caller_arn) {
            (AssumeRefusal::Denied | AssumeRefusal::UnknownDevice, None) => self.caller_of(by).await,
            (_, known) => known,
        };
        let source_profile = match by {
            RoleSource::Profile { name, .. } => Some(name.as_str()),
            RoleSource::Machine { .. } => None,
        };
        let source = match by {
            RoleSource::Profile { name, .. } => format!("the profile {name}"),
            RoleSource::Machine { source, .. } => format!("the {}", source.in_words()),
        };
        let refused = RefusedAssumption { role, source: &source, source_profile, caller_arn: caller_arn.as_deref() };
        let explained = refused.explain(refusal, &failure.to_string());
        let error = explained.unwrap_or_else(|| failure.into_error(format!("cannot assume the role {}", role.name())));
        clock_skew::explain(self.chain, error)
    }

    /// Whose credentials were not enough. Nothing is asked again that a person would have to answer: they are kept.
    async fn caller_of(&self, by: &RoleSource) -> Option<String> {
        let keys = self.source(by, None).await.ok()?.keys;
        self.chain.services.caller_arn(&keys, &self.region).await.ok()
    }

    /// Why a permission set was not given.
    pub(super) fn no_permission_set(&self, role: &SsoRole, failure: CallError<Failure>) -> Error {
        let failure = match failure {
            CallError::Chain(error) => return self.or_sign_in(role, error),
            CallError::Answer(failure) => failure,
        };
        let class = failure.class;
        let error = failure
            .into_error(format!("cannot get credentials for the role {} in account {}", role.role, role.account));
        let error = match class {
            Class::Denied | Class::NotFound => Error { kind: Kind::Denied, ..error }
                .because("the permission set is not, or no longer, assigned to you in this account")
                .try_next("nsaccess list --refresh   # shows what you have access to"),
            Class::Unauthorized => self.or_sign_in(role, error),
            _ => error,
        };
        clock_skew::explain(self.chain, error)
    }

    /// Names the sign-in, where a person is needed.
    fn or_sign_in(&self, role: &SsoRole, error: Error) -> Error {
        if error.kind != Kind::NotSignedIn || !error.try_next.is_empty() {
            return error;
        }
        let pattern = &self.chain.settings.context_pattern.value;
        let own = self.profile.and_then(|profile| pattern.namespace_of(profile));
        let error = error.because(format!("the profile signs in to {}", role.portal.start_url));
        match (own, self.wanted.on_terminal) {
            (None, Some(command)) => error.try_next(command),
            (Some(name), _) => error.try_next(format!("nsaccess login {name}")),
            _ if role.has_session => {
                error.try_next(format!("aws sso login --sso-session {}", role.portal.session_name))
            }
            _ => error.try_next(format!("aws sso login --profile {}", self.profile.unwrap_or("NAME"))),
        }
    }
}
