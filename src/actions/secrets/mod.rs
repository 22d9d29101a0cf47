//! Secrets of a namespace: Secrets Manager in the namespace's region, as its role. Credentials that AWS
//! refuses are renewed once, and the call is repeated.

mod batch;
mod explain;
pub(crate) mod mounted;

use crate::chain::call_error::CallError;
use crate::chain::credentials::Credentials;
use crate::chain::{Chain, cluster};
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::kube::access::Access;
use crate::model::secrets::{
    NameError, Prefix, SecretMetadata, SecretName, SecretValue, Version, VersionSelector, metadata,
};
use crate::model::wire::pages::Pages;
use crate::net::aws::failure::Failure;
use crate::net::aws::secrets_manager::SecretsManager;

/// The secrets of a namespace.
pub(crate) struct Secrets<'a> {
    chain: &'a Chain<'a>,
    credentials: Credentials<'a>,
    /// The region that is asked.
    pub(crate) region: String,
    /// Which of them are the namespace's.
    pub(crate) prefix: Prefix,
}

/// Which secrets are the namespace's, by the setting.
pub(crate) fn prefix(chain: &Chain<'_>, access: &Access) -> Prefix {
    Prefix::new(&chain.settings.secrets_prefix.value, &access.namespace)
}

/// The secret that a person means. Makes no call.
///
/// # Errors
/// [`Kind::Denied`] for a name that the namespace's role cannot read; [`Kind::Usage`] for an invalid name.
pub(crate) fn secret_name(chain: &Chain<'_>, access: &Access, typed: &str) -> Result<SecretName> {
    let prefix = prefix(chain, access);
    prefix.resolve(typed).map_err(|refusal| match refusal {
        NameError::Invalid(why) => Error::usage(format!("invalid secret name {typed:?}"))
            .because(format!("it {why}"))
            .try_next(format!("nsaccess secrets list -n {access}")),
        NameError::Outside { full, other } => explain::outside(chain, access, &prefix, &full, other),
    })
}

/// Secrets Manager as the namespace's role.
///
/// # Errors
/// Of any stage before.
pub(crate) async fn open<'a>(chain: &'a Chain<'a>, access: &Access) -> Result<Secrets<'a>> {
    let credentials = chain.credentials(access).await?;
    let region = match cluster::known_region(chain, &credentials.target) {
        Some(region) => region,
        // Several regions are configured, and nothing says which one is the namespace's: where its cluster is.
        None => cluster::facts(&credentials).await?.0.region,
    };
    chain.ui.detail(&format!("reading secrets from {region}"));
    Ok(Secrets { chain, credentials, region, prefix: prefix(chain, access) })
}

impl Secrets<'_> {
    /// What the namespace resolved to.
    pub(crate) fn target(&self) -> &Target {
        &self.credentials.target
    }

    /// What signs for them now.
    pub(crate) fn credentials(&self) -> RoleCredentials {
        self.credentials.role()
    }

    /// The facts of all secrets of the namespace, by name; of the whole account if `everything` is wanted.
    ///
    /// # Errors
    /// When they cannot be listed to the end.
    pub(crate) async fn list(&self, everything: bool) -> Result<Vec<SecretMetadata>> {
        let beginnings = if everything { Vec::new() } else { vec![self.prefix.as_str().to_owned()] };
        let listed = self.pages(&beginnings).await;
        let mut found = listed.map_err(|failure| self.cannot_list(failure))?;
        // The server's filter knows beginnings of names; this is what the role may read.
        found.retain(|facts| everything || self.prefix.covers(&facts.name));
        // The namespace's own first.
        found.sort_by_cached_key(|facts| (!self.prefix.covers(&facts.name), facts.name.clone()));
        Ok(found)
    }

    async fn pages(&self, beginnings: &[String]) -> Result<Vec<SecretMetadata>, CallError<Failure>> {
        let aws = &self.chain.aws;
        let (mut all, mut pages) = (Vec::new(), Pages::new(aws.received()));
        let waiting = self.chain.ui.waiting("reading names");
        loop {
            let (page, token) = self.call(async |client| client.list(beginnings, pages.token()).await).await?;
            all.extend(page);
            waiting.update(&format!("listing secrets: {}", all.len()));
            match pages.advance(token, aws.received()) {
                Ok(true) => {}
                Ok(false) => return Ok(all),
                Err(why) => return Err(CallError::Answer(Failure::endless("ListSecrets", why))),
            }
        }
    }

    /// What is known of a secret.
    ///
    /// # Errors
    /// When it is not there, or cannot be described.
    pub(crate) async fn describe(&self, name: &SecretName) -> Result<SecretMetadata> {
        self.check_place(name)?;
        match self.call(async |client| client.describe(&name.id).await).await {
            Ok(facts) => Ok(facts),
            Err(failure) => Err(self.explain(name, &VersionSelector::default(), failure).await),
        }
    }

    /// The versions of a secret, the newest first.
    ///
    /// # Errors
    /// When it is not there, or they cannot be listed.
    pub(crate) async fn versions(&self, name: &SecretName) -> Result<Vec<Version>> {
        self.check_place(name)?;
        let aws = &self.chain.aws;
        let (mut all, mut pages) = (Vec::new(), Pages::new(aws.received()));
        loop {
            let answer = self.call(async |client| client.list_versions(&name.id, pages.token()).await).await;
            let (page, token) = match answer {
                Ok(page) => page,
                Err(failure) => return Err(self.explain(name, &VersionSelector::default(), failure).await),
            };
            all.extend(page);
            match pages.advance(token, aws.received()) {
                Ok(true) => {}
                Ok(false) => {
                    metadata::sort_newest_first(&mut all);
                    return Ok(all);
                }
                Err(why) => {
                    let failure = CallError::Answer(Failure::endless("ListSecretVersionIds", why));
                    return Err(self.explain(name, &VersionSelector::default(), failure).await);
                }
            }
        }
    }

    /// The value of a secret.
    ///
    /// # Errors
    /// When it is not there, or cannot be read: each reason has its own words.
    pub(crate) async fn value(&self, name: &SecretName, wanted: &VersionSelector) -> Result<SecretValue> {
        self.check_place(name)?;
        match self.call(async |client| client.get_value(&name.id, wanted).await).await {
            Ok(stored) => Ok(stored),
            Err(failure) => Err(self.explain(name, wanted, failure).await),
        }
    }

    /// An ARN names a region and an account, and only this region and this account are asked.
    fn check_place(&self, name: &SecretName) -> Result<()> {
        let Some((region, account)) = &name.place else { return Ok(()) };
        let refused = |message: String| Error::new(Kind::Denied, message);
        if self.target().identity.account().is_some_and(|own| own != account) {
            return Err(refused(format!("no access to secret {}", name.id))
                .because(format!(
                    "it is in account {account}, but {} is in account {}",
                    self.target().access,
                    self.target().account()
                ))
                .try_next(format!("nsaccess secrets list -n {}", self.target().access)));
        }
        if *region != self.region {
            return Err(Error::usage(format!("secret {} is in another region", name.id))
                .because(format!("the secrets of {} are read from {}", self.target().access, self.region))
                .try_next(format!("nsaccess secrets describe {} --region {region}", name.relative)));
        }
        Ok(())
    }

    /// Makes a call, with new credentials if AWS does not take the old ones any more.
    async fn call<T>(&self, call: impl AsyncFn(SecretsManager) -> Result<T, Failure>) -> Result<T, CallError<Failure>> {
        let aws = &self.chain.aws;
        self.credentials.call(async |keys| call(SecretsManager::new(aws, keys, &self.region)).await).await
    }
}
