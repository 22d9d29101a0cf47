//! Why a secret cannot be had, in words of its own for each reason.

use super::Secrets;
use crate::chain::call_error::CallError;
use crate::chain::{Chain, clock_skew};
use crate::error::{Error, Kind};
use crate::model::kube::access::Access;
use crate::model::kube::namespace::similar;
use crate::model::secrets::{Prefix, SecretName, VersionSelector};
use crate::net::aws::failure::{Class, Failure};

/// What is said, before any call, of a secret that is not the namespace's.
pub(crate) fn outside(
    chain: &Chain<'_>,
    access: &Access,
    prefix: &Prefix,
    full: &str,
    other: Option<(String, String)>,
) -> Error {
    let known = chain.known_target(access).ok().flatten();
    let who = known.map(|target| target.identity.who()).unwrap_or_else(|| {
        format!("the role {}", chain.settings.permission_sets.value.in_words(access.namespace.as_str()))
    });
    let error = Error::new(Kind::Denied, format!("no access to secret {full:?}"))
        .because(format!("{who} can only read secrets below {} (AWS was not asked)", prefix.as_str()));
    // Other prefixes look like namespaces, too.
    let other = other.filter(|(namespace, _)| crate::chain::access::familiar(chain).contains(namespace));
    match other {
        Some((namespace, name)) => error.try_next(format!("nsaccess secrets get {name} -n {namespace}")),
        None => error.try_next(format!("nsaccess secrets list -n {access}")),
    }
}

impl Secrets<'_> {
    /// A list that was not given.
    pub(super) fn cannot_list(&self, failure: CallError<Failure>) -> Error {
        let failure = match failure {
            CallError::Chain(error) => return error,
            CallError::Answer(failure) => failure,
        };
        let denied = failure.class == Class::Denied;
        let error = self.plain(failure, format!("cannot list the secrets of account {}", self.target().account()));
        if !denied {
            return error;
        }
        error
            .because(format!("{} needs secretsmanager:ListSecrets", self.target().identity.who()))
            .because(format!("a secret below {} can be read by name without it", self.prefix.as_str()))
            .try_next(format!("nsaccess secrets get NAME -n {}", self.target().access))
    }

    /// A secret that was not given.
    pub(super) async fn explain(
        &self,
        name: &SecretName,
        wanted: &VersionSelector,
        failure: CallError<Failure>,
    ) -> Error {
        let failure = match failure {
            CallError::Chain(error) => return error,
            CallError::Answer(failure) => failure,
        };
        let code = failure.code.as_deref().unwrap_or_default();
        let says = |words: &str| failure.words.to_lowercase().contains(words);
        match (failure.class, code) {
            // In AWS's words: "… because it was marked for deletion", earlier "… marked deleted".
            (_, "InvalidRequestException") if says("marked") => self.marked_for_deletion(name, failure),
            (_, "InvalidRequestException") if says("versionstage") || says("versionid") => {
                self.no_version(name, wanted, failure)
            }
            (Class::NotFound, _) if says("secret value") || says("versionid") || says("staging label") => {
                self.no_version(name, wanted, failure)
            }
            (Class::NotFound, _) => self.not_found(name, wanted, failure).await,
            (Class::Denied, _) if says("kms") => self.no_key(name, failure).await,
            (_, "DecryptionFailure") => self.not_decrypted(name, failure).await,
            (Class::Denied, _) => self.denied(name, failure),
            _ => self.plain(failure, format!("cannot read secret {:?}", name.relative)),
        }
    }

    fn plain(&self, failure: Failure, what: String) -> Error {
        let class = failure.class;
        let error = clock_skew::explain(self.chain, failure.into_error(what));
        match class {
            Class::Unauthorized => error.try_next(format!("nsaccess login {} --force", self.target().access)),
            _ => error,
        }
    }

    fn denied(&self, name: &SecretName, failure: Failure) -> Error {
        let role = self.target().role();
        self.plain(failure, format!("not allowed to read secret {:?}", name.full))
            .lacks(self.target().as_missing())
            .because(format!("it is below {}, so the policy of the role {role} should allow it", self.prefix.as_str()))
            .try_next("nsaccess config --explain patterns.secrets_prefix   # check the prefix")
    }

    fn marked_for_deletion(&self, name: &SecretName, failure: Failure) -> Error {
        Error::new(Kind::NotFound, format!("secret {:?} is scheduled for deletion", name.relative))
            .because(failure.to_string())
            .because("its value cannot be read unless its owner restores it")
            .try_next(self.command("describe", name, "shows the date"))
    }

    async fn no_key(&self, name: &SecretName, failure: Failure) -> Error {
        Error::new(Kind::Denied, format!("not allowed to use the KMS key of secret {:?}", name.relative))
            .lacks(self.target().as_missing())
            .because(failure.to_string())
            .because(format!("the key is {}; its policy must allow the role kms:Decrypt", self.key(name).await))
            .try_next(self.command("describe", name, "description and tags may name the owner"))
    }

    async fn not_decrypted(&self, name: &SecretName, failure: Failure) -> Error {
        Error::failure(format!("cannot decrypt secret {:?}", name.relative))
            .because(failure.to_string())
            .because(format!("the key is {}; it may be disabled or scheduled for deletion", self.key(name).await))
            .try_next(self.command("describe", name, "description and tags may name the owner"))
    }

    /// The KMS key's name, for a message; best effort.
    async fn key(&self, name: &SecretName) -> String {
        let described = self.call(async |client| client.describe(&name.id).await).await;
        let key = described.ok().map(|facts| facts.kms_key);
        match key {
            Some(Some(key)) => key,
            Some(None) => "aws/secretsmanager".to_owned(),
            None => "unknown".to_owned(),
        }
    }

    /// With the names that come near, and whether there is a secret of the name that was typed elsewhere.
    async fn not_found(&self, name: &SecretName, wanted: &VersionSelector, failure: Failure) -> Error {
        let namespace = &self.target().access.name;
        let error = Error::new(Kind::NotFound, format!("secret {:?} not found", name.relative));
        let beginnings = [self.prefix.as_str().to_owned(), name.relative.clone()];
        let listed = self.pages(&beginnings).await;
        let Ok(all) = listed else {
            return error
                .because(failure.to_string())
                .because(format!("searched for {} in {}", name.full, self.region))
                .try_next(format!("nsaccess secrets list -n {namespace}"));
        };
        // It is there, so what is missing is the version: not every implementation has other words for that.
        if failure.operation == "GetSecretValue" && all.iter().any(|facts| facts.name == name.full) {
            return self.no_version(name, wanted, failure);
        }
        if all.iter().any(|facts| facts.name == name.relative) {
            return error
                .because(format!(
                    "the account has a secret {:?}, but the role {} can only read secrets below {}",
                    name.relative,
                    self.target().role(),
                    self.prefix.as_str()
                ))
                .try_next(format!("nsaccess secrets list -n {namespace}"));
        }
        let own = all
            .iter()
            .filter(|facts| self.prefix.covers(&facts.name))
            .map(|facts| self.prefix.display_name(&facts.name));
        let own: Vec<&str> = own.collect();
        let error = error.because(format!("no secret {} in {}", name.full, self.region));
        match (similar(&name.relative, own.iter().copied()), own.is_empty()) {
            (Some(meant), _) => error.try_next(format!("nsaccess secrets get {meant} -n {namespace}")),
            (None, false) => error.try_next(format!("nsaccess secrets list -n {namespace}")),
            (None, true) => error
                .because(format!("{namespace} has no secrets in {}", self.region))
                .try_next(format!("nsaccess secrets list -n {namespace} --all --region {}", self.region)),
        }
    }

    fn no_version(&self, name: &SecretName, wanted: &VersionSelector, failure: Failure) -> Error {
        let what = match wanted {
            VersionSelector { stage: None, version_id: None } => {
                format!("secret {:?} has no value yet", name.relative)
            }
            wanted => format!("secret {:?} has no {wanted}", name.relative),
        };
        Error::new(Kind::NotFound, what).because(failure.to_string()).try_next(self.command(
            "versions",
            name,
            "lists its versions",
        ))
    }

    /// A command about a secret, with the reason to type it.
    fn command(&self, verb: &str, name: &SecretName, why: &str) -> String {
        format!("nsaccess secrets {verb} {} -n {}   # {why}", name.relative, self.target().access)
    }
}
