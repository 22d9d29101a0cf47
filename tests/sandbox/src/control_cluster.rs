//! Controls of a cluster as EKS shows it: its description, and the way to it.

use serde_json::{Value, json};

use crate::cluster::{AccessEntry, Cluster, HealthIssue};
use crate::control::Control;
use crate::doors;
use crate::tls::Handshake;

impl Control {
    /// Changes what EKS says about a cluster: its status, its version, its authentication mode, …
    pub fn edit_cluster(&self, cluster: &str, edit: impl FnOnce(&mut Cluster)) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        state.world.clusters.iter_mut().find(|candidate| candidate.name == cluster).map(edit).is_some()
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
         \"resource_ids\"}], \"access_entries\"?, \"aws_auth\"?: [{\"principal_arn\", \"username\", \"groups\"}]}",
    ),
    ("POST /_control/cluster/<name>/move", "another port, and another certificate authority"),
    ("POST /_control/cluster/<name>/handshake", "{\"kind\": fine|hang|other-name|other-authority|expired} of TLS"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let done = match path {
        ["cluster", name] => control.edit_cluster(name, |cluster| edit(cluster, input)),
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
    if let Some(list) = entries(&input["access_entries"]) {
        cluster.access_entries = list;
    }
    if let Some(list) = entries(&input["aws_auth"]) {
        cluster.aws_auth = list;
    }
}

fn issue(input: &Value) -> HealthIssue {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    HealthIssue { code: text("code"), message: text("message"), resource_ids: texts(&input["resource_ids"]) }
}

fn entries(list: &Value) -> Option<Vec<AccessEntry>> {
    let entry = |entry: &Value| {
        Some(AccessEntry {
            principal_arn: entry["principal_arn"].as_str()?.to_owned(),
            username: entry["username"].as_str()?.to_owned(),
            groups: texts(&entry["groups"]),
        })
    };
    list.as_array()?.iter().map(entry).collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
