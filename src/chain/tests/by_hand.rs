//! A portal, STS and EKS that a test makes by hand, and a chain that asks them.

mod services;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::assumed::Assumed;
use super::person::Picks;
use crate::chain::services::{Answer, Services};
use crate::chain::{Chain, Presence};
use crate::disk::sso_cache;
use crate::error::Result;
use crate::host::Host;
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::device_flow;
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::sso_cache::{Refresh, SsoToken};
use crate::model::aws::target::{Assignment, Portal, Target};
use crate::model::kube::access::{Access, AccessName};
use crate::model::kube::cluster::{Cluster, ClusterDetails};
use crate::model::kube::namespace::Namespace;
use crate::model::reviews::review::Verdict;
use crate::model::settings::Flags;
use crate::model::wire::proxy::Proxy;
use crate::net::aws::assume_role::{AssumedSession, RoleSessionRequest};
use crate::net::aws::eks::ClusterDescription;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::oidc::{DeviceAuthorization, Grant, NewRegistration, NewToken};
use crate::secret::Secret;
use crate::ui::{Format, Ui};

pub(super) const START_URL: &str = "https://corp.awsapps.com/start";
pub(super) const ACCOUNT: &str = "111122223333";

pub(super) fn now() -> Timestamp {
    "2026-01-10T12:00:00Z".parse().expect("a time")
}

pub(super) fn portal() -> Portal {
    Portal { session_name: "corp".into(), start_url: START_URL.into(), region: "eu-west-1".into() }
}

pub(super) fn access() -> Access {
    Access {
        name: AccessName::parse("idp-dev").expect("a name"),
        namespace: Namespace::parse("idp-dev").expect("a name"),
    }
}

pub(super) fn assignment(account: &str, role: &str) -> Assignment {
    Assignment { account: account.to_owned(), account_name: None, role: role.to_owned() }
}

pub(super) fn failure(class: Class) -> Failure {
    Failure { operation: "Call", class, code: None, words: "no".to_owned() }
}

/// A folder with what is configured, and the process that lives in it.
pub(super) struct Home {
    folder: TempDir,
    pub(super) host: Host,
    ui: Ui,
}

/// `~/.aws/config` with a profile of the namespace.
pub(super) const PROFILE: &str = "[profile idp-ns-idp-dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = idp-ns-idp-dev\nregion = eu-central-1\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n";
/// The same with the portal alone.
pub(super) const PORTAL_ALONE: &str =
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n";

impl Home {
    pub(super) fn new(aws_config: &str, env: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(folder.path(), env, now());
        let ui = Ui::new(&host, Format::Table, true, 0);
        let home = Home { folder, host, ui };
        home.write(".aws/config", aws_config);
        home
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        crate::disk::atomic::write_private(&path, text.as_bytes()).expect("written");
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A stored session whose access token ends after so many minutes; renewable.
    pub(super) fn sign_in(&self, minutes: i64) {
        let token = SsoToken {
            start_url: START_URL.into(),
            region: "eu-west-1".into(),
            access_token: Secret::from("stored"),
            expires_at: now() + SignedDuration::from_mins(minutes),
            refresh: Some(Refresh {
                client_id: "client".into(),
                client_secret: Secret::from("secret"),
                registration_expires_at: Some(now() + SignedDuration::from_hours(24)),
                refresh_token: Secret::from("refresh 0"),
            }),
            unknown: Default::default(),
        };
        sso_cache::write_token(&self.host, "corp", &token).expect("written");
    }

    pub(super) fn stored_token(&self) -> Option<SsoToken> {
        sso_cache::read_token(&self.host, "corp").expect("readable").found()
    }

    pub(super) fn chain<'a>(&'a self, services: &Rc<ByHand>) -> Chain<'a> {
        self.chain_for(services, Presence::Nobody, &Flags::default(), &[])
    }

    /// The same with a person who picks lines by their beginnings, one after the other.
    pub(super) fn chain_for<'a>(
        &'a self,
        services: &Rc<ByHand>,
        presence: Presence,
        flags: &Flags,
        picks: &[&'static str],
    ) -> Chain<'a> {
        let mut chain = Chain::open(&self.host, &self.ui, None, flags, presence).expect("a chain");
        chain.services = services.clone();
        chain.prompts = Rc::new(Picks::of(picks));
        chain
    }
}

/// The services. What a test does not set up is refused.
#[derive(Debug, Default)]
pub(super) struct ByHand {
    /// Access tokens that the portal turns down.
    pub(super) refused_tokens: RefCell<HashSet<String>>,
    /// Keys that AWS turns down.
    pub(super) refused_keys: RefCell<HashSet<String>>,
    /// How refreshing fails.
    pub(super) refresh_fails: Option<Class>,
    /// What AssumeRole was asked for.
    pub(super) assumed: RefCell<Vec<Assumed>>,
    /// How AssumeRole is refused.
    pub(super) assume_fails: RefCell<Option<Failure>>,
    /// How the portal refuses the role.
    pub(super) role_fails: Option<Class>,
    /// What the person has.
    pub(super) assignments: Vec<Assignment>,
    /// The clusters, with what they say of the namespace's pods.
    pub(super) clusters: Vec<(Cluster, Option<Verdict>)>,
    /// Regions whose EKS refuses all credentials.
    pub(super) refusing_regions: HashSet<String>,
    /// How listing clusters fails.
    pub(super) list_fails: Option<Class>,
    /// Registrations that the service does not know, by client id.
    pub(super) unknown_clients: HashSet<String>,
    /// What happens while the portal is asked for credentials.
    pub(super) meanwhile: RefCell<Option<Meanwhile>>,
    /// How often what was asked.
    pub(super) calls: RefCell<HashMap<&'static str, u32>>,
}

/// Something that is done once, in the middle of a call.
pub(super) struct Meanwhile(pub(super) Box<dyn Fn()>);

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile")
    }
}

impl ByHand {
    /// How often a call was made.
    pub(super) fn calls(&self, name: &str) -> u32 {
        self.calls.borrow().get(name).copied().unwrap_or_default()
    }

    fn count(&self, name: &'static str) -> u32 {
        let mut calls = self.calls.borrow_mut();
        let count = calls.entry(name).or_default();
        *count += 1;
        *count
    }

    fn answer<'a, T: 'a>(answer: Result<T, Failure>) -> Answer<'a, T> {
        async move { answer }.boxed_local()
    }

    fn new_token(&self) -> NewToken {
        let number = self.count("tokens");
        NewToken {
            access_token: Secret::new(format!("token {number}")),
            refresh_token: Some(Secret::new(format!("refresh {number}"))),
            expires_at: now() + SignedDuration::from_hours(1),
        }
    }

    fn check(&self, keys: &AccessKeys, region: &str) -> Result<(), Failure> {
        match self.refused_keys.borrow().contains(keys.access_key_id()) || self.refusing_regions.contains(region) {
            true => Err(failure(Class::Unauthorized)),
            false => Ok(()),
        }
    }
}

/// Credentials that were given now and last so many minutes.
pub(super) fn keys(access_key_id: &str, minutes: i64) -> RoleCredentials {
    RoleCredentials {
        keys: AccessKeys::for_test(access_key_id),
        obtained_at: now(),
        expires_at: now() + SignedDuration::from_mins(minutes),
    }
}

pub(super) fn cluster(name: &str, region: &str) -> Cluster {
    Cluster {
        name: name.to_owned(),
        arn: format!("arn:aws:eks:{region}:{ACCOUNT}:cluster/{name}"),
        region: region.to_owned(),
        endpoint: format!("https://{name}.{region}.example"),
        tls_server_name: None,
        certificate_authority_data: String::new(),
        authentication_mode: None,
        version: None,
    }
}

pub(super) fn target() -> Target {
    Target {
        access: access(),
        entry: "idp-ns-idp-dev".into(),
        identity: Identity::PermissionSet(PermissionSet {
            portal: portal(),
            account: ACCOUNT.into(),
            name: "idp-ns-idp-dev".into(),
        }),
    }
}
