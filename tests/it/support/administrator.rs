//! The platform team in a world: an administrator of the account of `idp-nonprod-1`, and a team that has nothing yet.

use sandbox::Control;

use super::world::Invocation;
use super::{Output, World};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const CLUSTER: &str = "idp-nonprod-1";
/// The namespace that grants are for, and its permission set.
pub(crate) const NAMESPACE: &str = "pay";
pub(crate) const PERMISSION_SET: &str = "idp-ns-pay";

/// A world with an administrator and a team.
pub(crate) struct Platform {
    pub world: World,
    keys: Vec<(String, String)>,
    /// The role of the team's permission set.
    pub role: String,
}

impl Platform {
    /// With the namespace.
    pub(crate) fn new() -> Platform {
        let platform = Platform::without_namespace();
        let namespace = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE},
            "status": {"phase": "Active"}});
        platform.control().apply(CLUSTER, namespace);
        platform
    }

    pub(crate) fn without_namespace() -> Platform {
        let world = World::new();
        let control = world.control();
        let role = control.provision_permission_set(ACCOUNT, PERMISSION_SET);
        control.assign_permission_set(ACCOUNT, PERMISSION_SET);
        let keys = control.administrator_keys(ACCOUNT);
        Platform { world, keys, role }
    }

    pub(crate) fn control(&self) -> Control {
        self.world.control()
    }

    /// A command as the administrator, for the cluster.
    pub(crate) fn command(&self, words: &str) -> Invocation<'_> {
        let command = self.world.nsaccess(&format!("{words} --cluster {CLUSTER} --region eu-west-1"));
        self.keys.iter().fold(command, |command, (name, value)| command.env(name, value))
    }

    /// Runs a command as the administrator.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.command(words).run()
    }

    /// `grant pay --to …` with more words, without a question.
    pub(crate) fn grant(&self, words: &str) -> Output {
        self.run(&format!("grant {NAMESPACE} --to permission-set:{PERMISSION_SET} --yes {words}"))
    }

    /// `revoke pay --from …`, without a question.
    pub(crate) fn revoke(&self, words: &str) -> Output {
        self.run(&format!("revoke {NAMESPACE} --from permission-set:{PERMISSION_SET} --yes {words}"))
    }

    /// The groups of the access entry of a role.
    pub(crate) fn groups(&self, arn: &str) -> Option<Vec<String>> {
        let mut found = None;
        self.control().edit_cluster(CLUSTER, |cluster| {
            let entry = cluster.access_entries.iter().find(|entry| entry.principal_arn == arn);
            found = entry.map(|entry| entry.groups.clone());
        });
        found
    }

    /// The text of a list of aws-auth.
    pub(crate) fn aws_auth(&self, key: &str) -> Option<String> {
        let object = self.control().object(CLUSTER, "ConfigMap", "kube-system", "aws-auth")?;
        object["data"][key].as_str().map(str::to_owned)
    }
}
