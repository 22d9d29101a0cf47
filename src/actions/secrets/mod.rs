//! Secrets of a namespace: Secrets Manager in the namespace's region, as its role. Credentials that AWS stops taking in
//! the middle are renewed once, and the call is made again.

mod batch;
mod explain;

use std::cell::RefCell;

use crate::chain::Chain;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::kube::namespace::Namespace;
use crate::model::secrets::{Facts, Prefix, Refusal, SecretName, Stored, Version, Wanted, facts};
use crate::model::wire::pages::Pages;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::secrets_manager::SecretsManager;

/// The secrets of a namespace.
pub struct Secrets<'a> {
    chain: &'a Chain<'a>,
    /// What the namespace resolved to.
    pub target: Target,
    /// The region that is asked.
    pub region: String,
    /// Which of them are the namespace's.
    pub prefix: Prefix,
    state: RefCell<State>,
}

struct State {
    credentials: RoleCredentials,
    client: SecretsManager,
}

impl Chain<'_> {
    /// Which secrets are the namespace's, by the setting.
    pub fn secrets_prefix(&self, namespace: &Namespace) -> Prefix {
        Prefix::new(&self.settings.secrets_prefix.value, namespace)
    }

    /// The secret that a person means. Makes no call.
    ///
    /// # Errors
    /// [`Kind::Denied`] for a name that the namespace's role cannot read; [`Kind::Usage`] for what is no name.
    pub fn secret_name(&self, namespace: &Namespace, typed: &str) -> Result<SecretName> {
        let prefix = self.secrets_prefix(namespace);
        prefix.resolve(typed).map_err(|refusal| match refusal {
            Refusal::NoName(why) => Error::usage(format!("{typed:?} is no secret's name"))
                .because(format!("it {why}"))
                .try_next(format!("nsaccess secrets list -n {namespace}")),
            Refusal::Outside { full, other } => explain::outside(self, namespace, &prefix, &full, other),
        })
    }

    /// Secrets Manager as the namespace's role.
    ///
    /// # Errors
    /// Of any stage before.
    pub async fn secrets(&self, namespace: &Namespace) -> Result<Secrets<'_>> {
        let target = Box::pin(self.target(namespace)).await?;
        let mut credentials = Box::pin(self.credentials(&target)).await?;
        let region = match self.known_region(&target) {
            Some(region) => region,
            // Several regions are configured, and nothing says which one is the namespace's: where its cluster is.
            None => Box::pin(self.cluster_facts(&target, &mut credentials)).await?.region,
        };
        self.ui.detail(&format!("secrets are asked for in {region}"));
        let client = SecretsManager::new(&self.aws, &credentials.keys, &region);
        Ok(Secrets {
            chain: self,
            prefix: self.secrets_prefix(namespace),
            target,
            region,
            state: RefCell::new(State { credentials, client }),
        })
    }

    /// The region of a namespace without a call: pinned, of its cluster, of its profile, or the only one there is.
    fn known_region(&self, target: &Target) -> Option<String> {
        let pinned = self.settings.pins(target.namespace.as_str()).region.map(|region| region.value);
        let of_cluster = || self.known_cluster_name(target)?.1;
        let of_profile = || self.aws_config.profile(&target.access_name)?.get("region").map(str::to_owned);
        let only = || match self.cluster_regions(target).as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        pinned.or_else(of_cluster).or_else(of_profile).or_else(only)
    }
}

impl Secrets<'_> {
    /// What signs for them now.
    pub fn credentials(&self) -> RoleCredentials {
        self.state.borrow().credentials.clone()
    }

    /// The facts of all secrets of the namespace, by name; of the whole account if `everything` is wanted.
    ///
    /// # Errors
    /// When they cannot be listed to the end.
    pub async fn list(&self, everything: bool) -> Result<Vec<Facts>> {
        let beginnings = if everything { Vec::new() } else { vec![self.prefix.as_str().to_owned()] };
        let listed = self.pages(&beginnings).await?;
        let mut found = listed.map_err(|failure| self.cannot_list(failure))?;
        // The server's filter knows beginnings of names; this is what the role may read.
        found.retain(|facts| everything || self.prefix.covers(&facts.name));
        // The namespace's own first.
        found.sort_by_cached_key(|facts| (!self.prefix.covers(&facts.name), facts.name.clone()));
        Ok(found)
    }

    async fn pages(&self, beginnings: &[String]) -> Result<Result<Vec<Facts>, Failure>> {
        let aws = &self.chain.aws;
        let (mut all, mut pages) = (Vec::new(), Pages::new(aws.received()));
        loop {
            let answer = self.call(async |client| client.list(beginnings, pages.token()).await).await?;
            let (page, token) = match answer {
                Ok(page) => page,
                Err(failure) => return Ok(Err(failure)),
            };
            all.extend(page);
            self.chain.ui.transient(&format!("reading names… {}", all.len()));
            match pages.turn(token, aws.received()) {
                Ok(true) => {}
                Ok(false) => {
                    self.chain.ui.end_transient();
                    return Ok(Ok(all));
                }
                Err(why) => return Ok(Err(Failure::endless("ListSecrets", why))),
            }
        }
    }

    /// What is known of a secret.
    ///
    /// # Errors
    /// When it is not there, or cannot be described.
    pub async fn describe(&self, name: &SecretName) -> Result<Facts> {
        self.check_place(name)?;
        let answer = self.call(async |client| client.describe(&name.id).await).await?;
        match answer {
            Ok(facts) => Ok(facts),
            Err(failure) => Err(self.explain(name, &Wanted::default(), failure).await),
        }
    }

    /// The versions of a secret, the newest first.
    ///
    /// # Errors
    /// When it is not there, or they cannot be listed.
    pub async fn versions(&self, name: &SecretName) -> Result<Vec<Version>> {
        self.check_place(name)?;
        let aws = &self.chain.aws;
        let (mut all, mut pages) = (Vec::new(), Pages::new(aws.received()));
        loop {
            let answer = self.call(async |client| client.versions(&name.id, pages.token()).await).await?;
            let (page, token) = match answer {
                Ok(page) => page,
                Err(failure) => return Err(self.explain(name, &Wanted::default(), failure).await),
            };
            all.extend(page);
            match pages.turn(token, aws.received()) {
                Ok(true) => {}
                Ok(false) => {
                    facts::newest_first(&mut all);
                    return Ok(all);
                }
                Err(why) => {
                    let failure = Failure::endless("ListSecretVersionIds", why);
                    return Err(self.explain(name, &Wanted::default(), failure).await);
                }
            }
        }
    }

    /// The value of a secret.
    ///
    /// # Errors
    /// When it is not there, or cannot be read: each reason has its own words.
    pub async fn value(&self, name: &SecretName, wanted: &Wanted) -> Result<Stored> {
        self.check_place(name)?;
        match self.call(async |client| client.value(&name.id, wanted).await).await? {
            Ok(stored) => Ok(stored),
            Err(failure) => Err(self.explain(name, wanted, failure).await),
        }
    }

    /// An ARN names a region and an account, and only this region and this account are asked.
    fn check_place(&self, name: &SecretName) -> Result<()> {
        let Some((region, account)) = &name.place else { return Ok(()) };
        let refused = |message: String| Error::new(Kind::Denied, message);
        if *account != self.target.account {
            return Err(refused(format!("the role cannot read {}", name.id))
                .because(format!(
                    "it is in account {account}, and {} is in {}",
                    self.target.namespace, self.target.account
                ))
                .try_next(format!("nsaccess secrets list -n {}", self.target.namespace)));
        }
        if *region != self.region {
            return Err(Error::usage(format!("{} is in another region", name.id))
                .because(format!("secrets of {} are asked for in {}", self.target.namespace, self.region))
                .try_next(format!("nsaccess secrets describe {} --region {region}", name.relative)));
        }
        Ok(())
    }

    /// Makes a call; where AWS does not take the credentials any more, once again with new ones.
    ///
    /// # Errors
    /// When they cannot be renewed. The inner one is the call's.
    async fn call<T>(&self, call: impl AsyncFn(SecretsManager) -> Result<T, Failure>) -> Result<Result<T, Failure>> {
        let (client, used) = {
            let state = self.state.borrow();
            (state.client.clone(), state.credentials.clone())
        };
        match Box::pin(call(client)).await {
            Err(failure) if failure.class == Class::Unauthorized => {
                self.chain.ui.detail(&format!("{failure}; fetching new credentials"));
                let client = self.renewed(&used).await?;
                Ok(Box::pin(call(client)).await)
            }
            answer => Ok(answer),
        }
    }

    async fn renewed(&self, refused: &RoleCredentials) -> Result<SecretsManager> {
        let credentials = Box::pin(self.chain.credentials_after_refusal(&self.target, refused)).await?;
        let client = SecretsManager::new(&self.chain.aws, &credentials.keys, &self.region);
        self.state.replace(State { credentials, client: client.clone() });
        Ok(client)
    }
}
