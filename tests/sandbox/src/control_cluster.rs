//! Controls of a cluster as EKS shows it: its description, and the way to it.

use serde_json::{Value, json};

use crate::cluster::{AccessEntry, AssociatedPolicy, Cluster, HealthIssue, RoleMapping};
use crate::control::Control;
use crate::doors;
use crate::kube::aws_auth::{self, AwsAuth};
use crate::tls::Handshake;
use crate::world::ClusterVersion;

impl Control {
    /// Changes what EKS says about a cluster: its status, its version, its access entries, … False if there is no such
    /// cluster.
    pub fn edit_cluster(&self, cluster: &str, edit: impl FnOnce(&mut Cluster)) -> bool {
        let shared = self.shared();
        let now = shared.clock.milliseconds();
        let mut state = shared.state();
        let Some(found) = state.world.clusters.iter_mut().find(|candidate| candidate.name == cluster) else {
            return false;
        };
        let before = found.aws_auth.clone();
        edit(found);
        let after = found.aws_auth.clone();
        if before != after
            && let Some(store) = state.stores.get_mut(cluster)
        {
            store.apply(aws_auth::config_map(&aws_auth::map_roles(&after)));
        }
        state.bind_entries(now);
        true
    }

    /// Replaces a cluster's access entries. False if there is no such cluster.
    pub fn set_access_entries(&self, cluster: &str, entries: Vec<AccessEntry>) -> bool {
        self.edit_cluster(cluster, |cluster| cluster.access_entries = entries)
    }

    /// Adds an access entry, or replaces the one of its principal. False if there is no such cluster.
    pub fn put_access_entry(&self, cluster: &str, entry: AccessEntry) -> bool {
        self.edit_cluster(cluster, |cluster| {
            cluster.access_entries.retain(|other| !other.is_of(&entry.principal_arn));
            cluster.access_entries.push(entry);
        })
    }

    /// Replaces the roles of a cluster's `aws-auth` ConfigMap, which [`Control::apply`] and [`Control::delete`] can
    /// change too. False if there is no such cluster.
    pub fn set_aws_auth(&self, cluster: &str, roles: Vec<RoleMapping>) -> bool {
        self.edit_cluster(cluster, |cluster| cluster.aws_auth = roles)
    }

    /// Replaces `mapRoles` of a cluster's `aws-auth` ConfigMap by this text, which need not be YAML. False if there is no
    /// such cluster.
    pub fn set_aws_auth_text(&self, cluster: &str, map_roles: &str) -> bool {
        let config_map = aws_auth::config_map(map_roles);
        let roles = AwsAuth::of(&config_map).roles;
        self.set_aws_auth(cluster, roles) && self.apply(cluster, config_map)
    }

    /// Replaces the whole `data` of a cluster's `aws-auth` ConfigMap: `mapRoles`, `mapUsers`, `mapAccounts`, and whatever
    /// else. Who else wrote it, and its labels, stay. False if there is no such cluster.
    pub fn set_aws_auth_data(&self, cluster: &str, data: Value) -> bool {
        let of_object = self.object(cluster, "ConfigMap", aws_auth::NAMESPACE, aws_auth::NAME);
        let mut config_map = of_object.unwrap_or_else(|| aws_auth::config_map(""));
        config_map["data"] = data;
        let roles = AwsAuth::of(&config_map).roles;
        self.set_aws_auth(cluster, roles) && self.apply(cluster, config_map)
    }

    /// The `data` of a cluster's `aws-auth` ConfigMap, as it is now.
    pub fn aws_auth_data(&self, cluster: &str) -> Option<Value> {
        let config_map = self.object(cluster, "ConfigMap", aws_auth::NAMESPACE, aws_auth::NAME);
        config_map.map(|config_map| config_map["data"].clone())
    }

    /// Replaces `mapUsers` of a cluster's `aws-auth` ConfigMap by this text, which need not be YAML, and leaves the rest.
    /// False if there is no such cluster.
    pub fn set_map_users_text(&self, cluster: &str, map_users: &str) -> bool {
        let mut data = self.aws_auth_data(cluster).filter(Value::is_object).unwrap_or_else(|| json!({}));
        data["mapUsers"] = json!(map_users);
        self.set_aws_auth_data(cluster, data)
    }

    /// Adds a Kubernetes version that EKS offers, or replaces the one with its number.
    pub fn put_cluster_version(&self, version: ClusterVersion) {
        let shared = self.shared();
        let versions = &mut shared.state().world.cluster_versions;
        versions.retain(|other| other.version != version.version);
        versions.push(version);
    }

    /// Gives a cluster another port and another certificate authority, as one that was deleted and made again under its
    /// name. The old port refuses connections. False if there is no such cluster.
    ///
    /// # Panics
    ///
    /// When loopback cannot be listened on.
    pub fn move_cluster(&self, cluster: &str) -> bool {
        let shared = self.shared();
        let there_is_one = shared.state().cluster_addresses.contains_key(cluster);
        if there_is_one {
            doors::serve_cluster(&shared, cluster).expect("the cluster gets another listener");
        }
        there_is_one
    }

    /// Sets what happens when TLS with a cluster begins, for connections from now on. False if there is no such cluster.
    ///
    /// # Panics
    ///
    /// When no certificate can be made.
    pub fn set_handshake(&self, cluster: &str, handshake: Handshake) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let Some(address) = state.cluster_addresses.get(cluster) else { return false };
        if handshake == Handshake::Fine {
            state.handshakes.remove(cluster);
        } else {
            let acceptor = address.authority.acceptor_of(handshake).expect("a certificate");
            state.handshakes.insert(cluster.to_owned(), acceptor);
        }
        true
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/cluster/<name>",
        "{\"status\"?, \"version\"?, \"authentication_mode\"?, \"has_endpoint\"?, \"endpoint_public_access\"?, \
         \"endpoint_private_access\"?, \"public_access_cidrs\"?, \"support_type\"?, \"shown_endpoint\"?, \
         \"shown_authority_pem\"? (null for what is true), \"health_issues\"?: [{\"code\", \"message\", \
         \"resource_ids\"}], \"access_entries\"?: [{\"principal_arn\", \"username\", \"groups\"?, \"type\"?, \
         \"tags\"?, \"created_at\"?: milliseconds since 1970, \"policies\"?: [{\"policy_arn\", \"namespaces\"?}]}], \
         \"aws_auth\"?: [{\"role_arn\", \"username\", \"groups\"}]}",
    ),
    (
        "POST /_control/cluster-version",
        "{\"version\", \"status\"?: STANDARD_SUPPORT|EXTENDED_SUPPORT|UNSUPPORTED, \"release_date\"?, \
         \"end_of_standard_support\"?, \"end_of_extended_support\"?: seconds since 1970} add or replace",
    ),
    (
        "POST /_control/cluster/<name>/aws-auth",
        "of the ConfigMap aws-auth: {\"map_roles\": text} alone in it, {\"map_users\": text} beside the rest, or {\"data\": \
         {\"mapRoles\"?: text, \"mapUsers\"?: text, \"mapAccounts\"?: text, …}}",
    ),
    ("POST /_control/cluster/<name>/move", "another port, and another certificate authority"),
    ("POST /_control/cluster/<name>/handshake", "{\"kind\": fine|hang|other-name|other-authority|expired} of TLS"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let done = match path {
        ["cluster", name] => control.edit_cluster(name, |cluster| edit(cluster, input)),
        ["cluster-version"] => {
            let Some(version) = cluster_version(input) else { return Some(Err("version is missing".to_owned())) };
            control.put_cluster_version(version);
            true
        }
        ["cluster", name, "aws-auth"] => match (&input["data"], &input["map_users"]) {
            (data @ Value::Object(_), _) => control.set_aws_auth_data(name, data.clone()),
            (_, Value::String(map_users)) => control.set_map_users_text(name, map_users),
            _ => control.set_aws_auth_text(name, input["map_roles"].as_str().unwrap_or_default()),
        },
        ["cluster", name, "move"] => control.move_cluster(name),
        ["cluster", name, "handshake"] => {
            let handshake = match input["kind"].as_str().unwrap_or_default() {
                "fine" => Handshake::Fine,
                "hang" => Handshake::Hang,
                "other-name" => Handshake::OtherName,
                "other-authority" => Handshake::OtherAuthority,
                "expired" => Handshake::Expired,
                other => return Some(Err(format!("there is no handshake of the kind '{other}'"))),
            };
            control.set_handshake(name, handshake)
        }
        _ => return None,
    };
    Some(if done { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}

fn edit(cluster: &mut Cluster, input: &Value) {
    let replace = |field: &mut String, name: &str| {
        if let Some(value) = input[name].as_str() {
            *field = value.to_owned();
        }
    };
    replace(&mut cluster.status, "status");
    replace(&mut cluster.version, "version");
    replace(&mut cluster.authentication_mode, "authentication_mode");
    replace(&mut cluster.support_type, "support_type");
    let switch = |field: &mut bool, name: &str| *field = input[name].as_bool().unwrap_or(*field);
    switch(&mut cluster.has_endpoint, "has_endpoint");
    switch(&mut cluster.endpoint_public_access, "endpoint_public_access");
    switch(&mut cluster.endpoint_private_access, "endpoint_private_access");
    let show = |field: &mut Option<String>, name: &str| {
        if let Some(value) = input.get(name) {
            *field = value.as_str().map(str::to_owned);
        }
    };
    show(&mut cluster.shown_endpoint, "shown_endpoint");
    show(&mut cluster.shown_authority_pem, "shown_authority_pem");
    if input["public_access_cidrs"].is_array() {
        cluster.public_access_cidrs = texts(&input["public_access_cidrs"]);
    }
    if let Some(issues) = input["health_issues"].as_array() {
        cluster.health_issues = issues.iter().map(issue).collect();
    }
    if let Some(list) = input["access_entries"].as_array() {
        cluster.access_entries = list.iter().map(entry).collect();
    }
    if let Some(list) = input["aws_auth"].as_array() {
        cluster.aws_auth = list.iter().map(role_mapping).collect();
    }
}

fn cluster_version(input: &Value) -> Option<ClusterVersion> {
    let usual = ClusterVersion::new(input["version"].as_str()?);
    let date = |name: &str, or: i64| input[name].as_i64().unwrap_or(or);
    Some(ClusterVersion {
        status: input["status"].as_str().unwrap_or(&usual.status).to_owned(),
        release_date: date("release_date", usual.release_date),
        end_of_standard_support: date("end_of_standard_support", usual.end_of_standard_support),
        end_of_extended_support: date("end_of_extended_support", usual.end_of_extended_support),
        ..usual
    })
}

fn issue(input: &Value) -> HealthIssue {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    HealthIssue { code: text("code"), message: text("message"), resource_ids: texts(&input["resource_ids"]) }
}

fn entry(input: &Value) -> AccessEntry {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let usual = AccessEntry::new(text("principal_arn"), text("username"), &[]);
    let tags = input["tags"].as_object().into_iter().flatten();
    AccessEntry {
        groups: texts(&input["groups"]),
        kind: input["type"].as_str().unwrap_or(&usual.kind).to_owned(),
        created_at: input["created_at"].as_i64(),
        tags: tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
        policies: input["policies"].as_array().into_iter().flatten().map(associated).collect(),
        ..usual
    }
}

fn associated(input: &Value) -> AssociatedPolicy {
    AssociatedPolicy {
        policy_arn: input["policy_arn"].as_str().unwrap_or_default().to_owned(),
        namespaces: input["namespaces"].is_array().then(|| texts(&input["namespaces"])),
        associated_at: None,
    }
}

fn role_mapping(input: &Value) -> RoleMapping {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    RoleMapping { role_arn: text("role_arn"), username: text("username"), groups: texts(&input["groups"]) }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
