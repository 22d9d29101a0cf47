//! The cluster as the namespace's context in the kubeconfig has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use kubeconfig_edit::User;

use crate::actions::doctor::Scene;
use crate::model::doctor::cluster::eks::Entry;
use crate::model::doctor::kubectl::context::is_ours;
use crate::model::doctor::profile::same_place::TokenArguments;
use crate::model::kube::cluster::Cluster;
use crate::model::settings::check_region;

/// What the context says of the cluster. `None`: there is no context, or no cluster in it.
pub(super) fn of(scene: &Scene<'_>) -> Option<Entry> {
    let merged = scene.chain.kubeconfigs.merged().ok()?;
    let cluster = merged.config.cluster(&merged.context(&scene.entry)?.cluster)?;
    let from_file = || {
        let folder = merged.cluster_file(&cluster.name)?.parent()?;
        let path = folder.join(cluster.certificate_authority.as_ref()?);
        Some(STANDARD.encode(scene.chain.host.read_file(&path).ok()?))
    };
    Some(Entry {
        server: cluster.server.clone(),
        authority_data: cluster.certificate_authority_data.clone().or_else(from_file),
        tls_server_name: cluster.tls_server_name.clone(),
        is_unchecked: cluster.insecure_skip_tls_verify,
    })
}

/// The cluster with the address that the context's tunnel to it has here, if it goes through one.
pub(super) fn through_tunnel(scene: &Scene<'_>, cluster: Cluster) -> Cluster {
    match of(scene).filter(|entry| entry.is_tunnel_to(&cluster.endpoint)) {
        Some(entry) => Cluster { endpoint: entry.server, tls_server_name: entry.tls_server_name, ..cluster },
        None => cluster,
    }
}

/// The cluster and the region that the context's user asks for tokens of, if that user is one that nsaccess wrote: then the
/// context's server is this cluster's.
pub(super) fn own_cluster(scene: &Scene<'_>) -> Option<(String, String)> {
    let merged = scene.chain.kubeconfigs.merged().ok()?;
    let user = merged.config.user(&merged.context(&scene.entry)?.user)?;
    asked_for(user)
}

fn asked_for(user: &User) -> Option<(String, String)> {
    let exec = user.exec.as_ref().filter(|_| is_ours(user))?;
    let TokenArguments { cluster, region, .. } = TokenArguments::read(&exec.args)?;
    let region = region.filter(|region| check_region(region).is_ok())?;
    Some((cluster?.to_owned(), region.to_owned()))
}

#[cfg(test)]
mod tests {
    use kubeconfig_edit::UserExec;

    use super::*;

    #[test]
    fn only_a_user_of_ours_says_which_cluster_its_server_is() {
        let asked_for = |command: &str, line: &str| {
            let args = line.split(' ').map(str::to_owned).collect();
            let exec = UserExec { command: command.to_owned(), args, ..UserExec::default() };
            asked_for(&User { name: "n".to_owned(), exec: Some(exec) })
        };
        let named = |name: &str, region: &str| Some((name.to_owned(), region.to_owned()));
        const OURS: &str = "token idp-dev --cluster-name demo --region eu-west-1";
        assert_eq!(asked_for("/usr/bin/nsaccess", OURS), named("demo", "eu-west-1"));
        assert_eq!(asked_for("nsaccess", "token --cluster-name=demo --region=eu-west-1"), named("demo", "eu-west-1"));
        for (command, line) in [
            ("other", OURS),
            ("aws", "eks get-token --cluster-name demo --region eu-west-1"),
            ("nsaccess", "list --cluster-name demo --region eu-west-1"),
            ("nsaccess", "token idp-dev --cluster-name demo --region not.a/region"),
            ("nsaccess", "token idp-dev --region eu-west-1"),
        ] {
            assert_eq!(asked_for(command, line), None, "{command} {line}");
        }
        assert_eq!(super::asked_for(&User { name: "n".to_owned(), exec: None }), None);
    }
}
