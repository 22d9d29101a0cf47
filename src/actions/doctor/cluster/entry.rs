//! The cluster as the namespace's context in the kubeconfig has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::actions::doctor::Scene;
use crate::model::doctor::cluster::eks::Entry;

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

/// The cluster and the region that the context's user asks for tokens of, if that user is one that nsaccess wrote: then the
/// context's server is this cluster's.
pub(super) fn own_cluster(scene: &Scene<'_>) -> Option<(String, String)> {
    let merged = scene.chain.kubeconfigs.merged().ok()?;
    merged.own_cluster(&scene.entry).map(|own| (own.name, own.region))
}
