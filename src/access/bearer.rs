//! Tokens for a command that lives longer than one: signed anew each time from credentials that renew themselves.

use std::cell::RefCell;
use std::rc::Rc;

use crate::access::{Access, Presence};
use crate::error::Result;
use crate::host::Host;
use crate::model::cluster::Cluster;
use crate::model::credentials::{Freshness, RoleCredentials, judge};
use crate::model::eks_token;
use crate::model::settings::Flags;
use crate::model::target::Target;
use crate::net::kube::KubeApi;
use crate::secret::Secret;
use crate::ui::Ui;

/// A kept API client is used this long: its token lives 14 minutes.
const CLIENT_MINUTES: i64 = 8;

/// Gives tokens for one cluster as one role. It never signs anybody in: a session that is over is an error, until
/// somebody has signed in elsewhere.
#[derive(Debug)]
pub struct BearerSource {
    host: Host,
    ui: Ui,
    target: Target,
    cluster: Cluster,
    credentials: RefCell<RoleCredentials>,
    client: RefCell<Option<(KubeApi, jiff::Timestamp)>>,
}

impl BearerSource {
    /// From what a command has resolved already.
    pub fn new(access: &Access<'_>, target: Target, cluster: Cluster, credentials: RoleCredentials) -> Rc<Self> {
        let (host, ui) = (access.host.clone(), access.ui.clone());
        Rc::new(BearerSource {
            host,
            ui,
            target,
            cluster,
            credentials: RefCell::new(credentials),
            client: RefCell::default(),
        })
    }

    /// The process.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// A token. `refused` says that the last one was not taken, so that its credentials are not either.
    ///
    /// # Errors
    /// When the credentials cannot be renewed without a person.
    pub async fn token(&self, refused: bool) -> Result<Secret<String>> {
        let now = self.host.now();
        if refused || judge(&self.credentials.borrow(), now) != Freshness::Fresh {
            let old = self.credentials.borrow().clone();
            let access = Access::open(&self.host, &self.ui, &Flags::default(), Presence::Nobody)?;
            let renewed = match refused {
                true => access.credentials_after_refusal(&self.target, &old).await,
                false => access.credentials(&self.target).await,
            };
            let renewed = renewed.map_err(|error| error.or_sign_in(self.namespace()))?;
            self.credentials.replace(renewed);
        }
        Ok(eks_token::sign(&self.credentials.borrow().keys, &self.cluster.name, &self.cluster.region, now))
    }

    /// A client of the cluster's API with a token that lasts for the next calls.
    ///
    /// # Errors
    /// As [`BearerSource::token`].
    pub async fn api(&self) -> Result<KubeApi> {
        let now = self.host.now();
        if let Some((client, made)) = self.client.borrow().as_ref()
            && now.duration_since(*made).as_mins() < CLIENT_MINUTES
        {
            return Ok(client.clone());
        }
        self.new_api(false).await
    }

    /// The same after the cluster did not take the last one's token.
    ///
    /// # Errors
    /// As [`BearerSource::token`].
    pub async fn api_after_refusal(&self) -> Result<KubeApi> {
        self.new_api(true).await
    }

    async fn new_api(&self, refused: bool) -> Result<KubeApi> {
        let client = KubeApi::new(&self.host, &self.cluster, &self.token(refused).await?)?;
        self.client.replace(Some((client.clone(), self.host.now())));
        Ok(client)
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        self.target.namespace.as_str()
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}
