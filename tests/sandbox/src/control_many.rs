//! Controls that make a large cluster at once.

use serde_json::{Value, json};

use crate::cluster::AccessEntry;
use crate::control::Control;
use crate::objects;

impl Control {
    /// Adds this many namespaces to a cluster, `<prefix>0000` and on, each with a Role and this many RoleBindings
    /// `team-00` and on, of the groups `<namespace>:team-00` and on. Watches hear nothing of it. False if there is no such
    /// cluster.
    pub fn put_many_namespaces(&self, cluster: &str, prefix: &str, count: usize, bindings: usize) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let Some(store) = state.stores.get_mut(cluster) else { return false };
        let rules = json!([{"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]}]);
        for number in 0..count {
            let namespace = format!("{prefix}{number:04}");
            store.place(objects::namespace(&namespace));
            store.place(objects::role(&namespace, "team", rules.clone()));
            for binding in 0..bindings {
                let (name, group) = (format!("team-{binding:02}"), format!("{namespace}:team-{binding:02}"));
                store.place(objects::role_binding(&namespace, &name, ("Role", "team"), &group));
            }
        }
        true
    }

    /// Adds this many IAM roles to the account of a cluster, `<prefix>0000` and on, each with an access entry with the
    /// groups `<prefix>0000` and `everybody`. False if there is no such cluster.
    pub fn put_many_access_entries(&self, cluster: &str, prefix: &str, count: usize) -> bool {
        let shared = self.shared();
        let now = shared.clock.milliseconds();
        let mut state = shared.state();
        let Some(position) = state.world.clusters.iter().position(|candidate| candidate.name == cluster) else {
            return false;
        };
        let account = state.world.clusters[position].account.clone();
        for number in 0..count {
            let role = crate::Role::new(&account, &format!("{prefix}{number:04}"));
            let username = crate::eks::default_username(&role.arn());
            let entry = AccessEntry::new(&role.arn(), &username, &[&role.name, "everybody"]);
            state.world.roles.push(role);
            state.world.clusters[position].access_entries.push(entry);
        }
        state.bind_entries(now);
        true
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/cluster/<name>/namespaces",
        "{\"prefix\", \"count\", \"bindings\"} many namespaces with a Role and RoleBindings each",
    ),
    ("POST /_control/cluster/<name>/access-entries", "{\"prefix\", \"count\"} many roles with an access entry each"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let number = |name: &str| input[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
    let prefix = input["prefix"].as_str().unwrap_or("many-");
    let done = match path {
        ["cluster", name, "namespaces"] => {
            control.put_many_namespaces(name, prefix, number("count"), number("bindings"))
        }
        ["cluster", name, "access-entries"] => control.put_many_access_entries(name, prefix, number("count")),
        _ => return None,
    };
    Some(if done { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}

#[cfg(test)]
#[path = "control_many_tests.rs"]
mod tests;
