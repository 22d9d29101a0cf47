//! The organisation, its accounts and permission sets, and its clusters, as they are at the start.

mod demo;
mod portal;
mod showcase;
mod versions;

use std::collections::BTreeMap;

use serde_json::Value;

pub use demo::write_home;
pub use portal::Portal;
pub(crate) use portal::PortalId;
pub use versions::ClusterVersion;

use crate::cluster::Cluster;
use crate::iam::{Role, User};
use crate::secretsmanager::Secret;

/// The initial data of a sandbox.
#[derive(Debug, Clone)]
pub struct World {
    /// The start URL of the Identity Center. It is an identifier, and is never resolved.
    pub start_url: String,
    /// The region of the Identity Center.
    pub sso_region: String,
    /// The user name of the only person.
    pub user: String,
    /// The AWS accounts in which the person has assignments.
    pub accounts: Vec<Account>,
    /// The Identity Centers of other organisations.
    pub portals: Vec<Portal>,
    /// The EKS clusters.
    pub clusters: Vec<Cluster>,
    /// The Kubernetes versions that EKS offers.
    pub cluster_versions: Vec<ClusterVersion>,
    /// The secrets in Secrets Manager.
    pub secrets: Vec<Secret>,
    /// The IAM roles that do not belong to permission sets.
    pub roles: Vec<Role>,
    /// The IAM users.
    pub users: Vec<User>,
    /// Identity policies of permission sets that differ from what the name implies (see [`iam`](crate::iam)).
    pub permission_set_policies: BTreeMap<String, Value>,
    /// Intervals, lifetimes and page sizes.
    pub settings: Settings,
}

/// An AWS account and the permission sets assigned to the person in it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The name; the portal sometimes has none.
    pub name: Option<String>,
    /// The e-mail address of its root user; the portal sometimes has none.
    pub email: Option<String>,
    /// The names of the permission sets.
    pub permission_sets: Vec<String>,
}

/// Intervals, lifetimes (seconds) and page sizes. All of them can be changed while the sandbox runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a client waits between two polls of a device code.
    pub device_interval: i64,
    /// What `slow_down` adds to the interval of its device code.
    pub slow_down_penalty: i64,
    /// The lifetime of a device code.
    pub device_code_lifetime: i64,
    /// The lifetime of an access token of a client registered with `sso:account:access`.
    pub access_token_lifetime: i64,
    /// The lifetime of an access token of a client registered without scopes; such a client gets no refresh token.
    pub legacy_token_lifetime: i64,
    /// The lifetime of a portal session, whatever is refreshed in it.
    pub session_lifetime: i64,
    /// The lifetime of a client registration.
    pub registration_lifetime: i64,
    /// The lifetime of role credentials.
    pub role_credentials_lifetime: i64,
    /// The default page size of the portal and of EKS.
    pub page_size: i64,
    /// How many seconds a pair of streams of a forwarded connection may take to be complete.
    pub stream_pair_timeout: i64,
    /// What a container runtime does to the streams of a failed connection, besides reporting it: 0 closes its half of
    /// them (containerd before 1.6.22 and 1.7.3, and 2.0); 2 resets them without a report when the process ended an
    /// open connection, and closes its half when there was none (containerd 1.6 and 1.7 since); 1 always resets them
    /// (containerd since 2.1).
    pub reset_failed_streams: i64,
    /// How long a new pod takes to run.
    pub pod_start_milliseconds: i64,
    /// How long it then takes to be ready.
    pub pod_ready_milliseconds: i64,
    /// How long a new or changed access entry takes until sign-ins see it, and a new one until access policies can be
    /// associated with it. What was set by a control is seen at once.
    pub entry_delay_milliseconds: i64,
    /// What a second association of the same access policy does to the namespaces of the first: 0 adds to them, 1
    /// replaces them. AWS does not say which.
    pub association_replaces_scope: i64,
    /// Whether every device code and every authorization is approved at once.
    pub auto_approve: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            device_interval: 1,
            slow_down_penalty: 0,
            device_code_lifetime: 600,
            access_token_lifetime: 3600,
            legacy_token_lifetime: 8 * 3600,
            session_lifetime: 8 * 3600,
            registration_lifetime: 90 * 86400,
            role_credentials_lifetime: 3600,
            page_size: 50,
            stream_pair_timeout: 30,
            reset_failed_streams: 0,
            pod_start_milliseconds: 100,
            pod_ready_milliseconds: 300,
            entry_delay_milliseconds: 0,
            association_replaces_scope: 0,
            auto_approve: false,
        }
    }
}

impl Settings {
    /// Changes a number by its name. False if there is no such name.
    pub fn set(&mut self, name: &str, value: i64) -> bool {
        let field = match name {
            "device_interval" => &mut self.device_interval,
            "slow_down_penalty" => &mut self.slow_down_penalty,
            "device_code_lifetime" => &mut self.device_code_lifetime,
            "access_token_lifetime" => &mut self.access_token_lifetime,
            "legacy_token_lifetime" => &mut self.legacy_token_lifetime,
            "session_lifetime" => &mut self.session_lifetime,
            "registration_lifetime" => &mut self.registration_lifetime,
            "role_credentials_lifetime" => &mut self.role_credentials_lifetime,
            "page_size" => &mut self.page_size,
            "stream_pair_timeout" => &mut self.stream_pair_timeout,
            "reset_failed_streams" => &mut self.reset_failed_streams,
            "pod_start_milliseconds" => &mut self.pod_start_milliseconds,
            "pod_ready_milliseconds" => &mut self.pod_ready_milliseconds,
            "association_replaces_scope" => &mut self.association_replaces_scope,
            "entry_delay_milliseconds" => &mut self.entry_delay_milliseconds,
            _ => return false,
        };
        *field = value;
        true
    }
}

impl Default for World {
    /// Three accounts, three clusters, and a namespace that two accounts offer.
    fn default() -> World {
        let region = "eu-west-1";
        let nonprod = Account::new(
            "111122223333",
            "idp-nonprod",
            &["idp-ns-idp-dev", "idp-ns-idp-test", "idp-ns-shop-dev", "ReadOnly"],
        );
        let prod = Account::new("444455556666", "idp-prod", &["idp-ns-idp-prod"]);
        let shop = Account::new("777788889999", "shop", &["idp-ns-shop-dev"]);
        let mut main = Cluster::new("idp-nonprod-1", &nonprod.id, region);
        let mut tools = Cluster::new("tools-1", &nonprod.id, region);
        let mut production = Cluster::new("idp-prod-1", &prod.id, region);
        for namespace in ["idp-dev", "idp-test", "shop-dev"] {
            main.map_permission_set(region, &format!("idp-ns-{namespace}"), &format!("idp-ns-{namespace}"));
            main.add_namespace(namespace).grant_floor(namespace, &format!("idp-ns-{namespace}"));
            tools.map_permission_set(region, &format!("idp-ns-{namespace}"), &format!("idp-ns-{namespace}"));
        }
        main.add_showcase("idp-dev").add_identities("idp-dev");
        main.map_permission_set(region, "ReadOnly", "viewers").bind_cluster_role("viewers", "view");
        tools.add_namespace("tools");
        production.map_permission_set(region, "idp-ns-idp-prod", "idp-ns-idp-prod");
        production.add_namespace("idp-prod").grant_floor("idp-prod", "idp-ns-idp-prod");
        let roles = showcase::roles(&main, "idp-dev");
        World {
            start_url: "https://sandbox.awsapps.com/start".to_owned(),
            sso_region: region.to_owned(),
            user: "ada@example.com".to_owned(),
            accounts: vec![nonprod, prod, shop],
            portals: Vec::new(),
            clusters: vec![main, tools, production],
            cluster_versions: versions::usual(),
            secrets: showcase::secrets(),
            roles,
            users: Vec::new(),
            permission_set_policies: BTreeMap::new(),
            settings: Settings::default(),
        }
    }
}

impl World {
    /// Adds an account.
    #[must_use]
    pub fn with_account(mut self, account: Account) -> World {
        self.accounts.push(account);
        self
    }

    /// Adds this many accounts, `900000000000` and on, each with the same permission sets.
    #[must_use]
    pub fn with_many_accounts(mut self, count: u64, permission_sets: &[&str]) -> World {
        for index in 0..count {
            let id = (900_000_000_000 + index).to_string();
            self.accounts.push(Account::new(&id, &format!("many-{index:04}"), permission_sets));
        }
        self
    }

    /// Adds a cluster.
    #[must_use]
    pub fn with_cluster(mut self, cluster: Cluster) -> World {
        self.clusters.push(cluster);
        self
    }

    /// Replaces the settings.
    #[must_use]
    pub fn with_settings(mut self, change: impl FnOnce(&mut Settings)) -> World {
        change(&mut self.settings);
        self
    }
}

impl Account {
    /// An account with a name, an e-mail address and permission sets.
    pub fn new(id: &str, name: &str, permission_sets: &[&str]) -> Account {
        Account {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            email: Some(format!("aws+{name}@example.com")),
            permission_sets: permission_sets.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}
