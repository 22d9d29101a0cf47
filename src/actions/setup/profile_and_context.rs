//! What a namespace leaves in other tools' files: its AWS profile and its kubeconfig context.

use std::path::PathBuf;

use aws_config_edit::{RoleProfile, RoleSource, SsoProfile, SsoSession};
use kubeconfig_edit::{Entry, Exec, Way};

use crate::chain::Chain;
use crate::chain::cluster::way;
use crate::chain::target::identity;
use crate::disk::kubeconfig::EditSummary;
use crate::error::Result;
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::session_name::has_our_name;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;
use crate::model::kube::tunnel::is_of_another;

/// What client-go prints when the command of the exec stanza is not there.
const INSTALL_HINT: &str = "nsaccess gives access to this namespace. Install it, or correct the path of this command:\n\n  nsaccess kubeconfig";

/// Writes the AWS profile of the target. Returns whether the file changed. A profile's own identity needs no other one.
///
/// # Errors
/// When `~/.aws/config` cannot be edited safely.
pub(crate) fn write_profile(chain: &Chain<'_>, target: &Target, cluster: Option<&Cluster>) -> Result<bool> {
    let region = cluster.map(|cluster| cluster.region.clone());
    match &target.identity {
        Identity::PermissionSet(set) => write_sso_profile(chain, &target.entry, set, region),
        Identity::Role { role, source_profile } => {
            let profile = RoleProfile {
                name: target.entry.clone(),
                source_profile: source_profile.clone(),
                source: RoleSource::Assume {
                    role_arn: role.arn.clone(),
                    external_id: role.external_id.clone(),
                    mfa_serial: role.mfa_serial.clone(),
                    session_name: role.session_name.clone(),
                    seconds: role.duration,
                },
                region,
            };
            if let Some(warning) = crate::disk::aws_credentials::check_role_profile(chain.host, &profile)? {
                chain.ui.warning(&warning);
            }
            crate::disk::aws_config::apply_assumed(chain.host, &profile)
        }
        // What stood there before would be somebody else.
        Identity::Profile(_) => crate::disk::aws_config::forget_identity(chain.host, &target.entry),
    }
}

/// The profile, and the sso-session that it names.
fn write_sso_profile(chain: &Chain<'_>, name: &str, set: &PermissionSet, region: Option<String>) -> Result<bool> {
    let PermissionSet { portal, account, name: role } = set;
    let session = SsoSession {
        name: portal.session_name.clone(),
        start_url: portal.start_url.clone(),
        region: portal.region.clone(),
    };
    let profile = SsoProfile {
        name: name.to_owned(),
        sso_session: portal.session_name.clone(),
        account: account.clone(),
        role: role.clone(),
        region,
    };
    if let Some(warning) = crate::disk::aws_credentials::check_profile(chain.host, &session, &profile)? {
        chain.ui.warning(&warning);
    }
    let is_new = chain.aws_config.sso_session(&session.name).is_none() && !has_our_name(&session.name);
    let changed = crate::disk::aws_config::apply(chain.host, &session, &profile)?;
    if changed && is_new {
        // Without it `logout --purge` leaves the session, and that is all.
        let _ = chain.cache.store_written_sso_session(&session.name);
    }
    if chain.aws_config.lacks_registration_scopes(&session.name) {
        chain.ui.warning(&format!(
            "[sso-session {}] in ~/.aws/config has no sso_registration_scopes: a sign-in by the AWS CLI then ends after 8 hours and cannot be renewed",
            session.name
        ));
        chain.ui.hint(&format!(
            "aws configure set sso_registration_scopes sso:account:access --sso-session {}",
            session.name
        ));
    }
    Ok(changed)
}

/// The kubeconfig entry of the target. A tunnel of the context stays.
fn entry(chain: &Chain<'_>, target: &Target, cluster: &Cluster) -> Entry {
    entry_to(chain, target, &way::as_kept(chain, target, cluster))
}

/// An entry that connects to the cluster's endpoint as it stands.
fn entry_to(chain: &Chain<'_>, target: &Target, cluster: &Cluster) -> Entry {
    Entry {
        name: target.entry.clone(),
        server: cluster.endpoint.clone(),
        certificate_authority_data: cluster.certificate_authority_data.clone(),
        namespace: target.access.namespace.to_string(),
        exec: Exec {
            command: chain.host.own_command(),
            // Cluster and region stand here so that a token needs no cache to be right.
            args: ["token", target.access.name.as_str(), "--cluster-name", &cluster.name, "--region", &cluster.region]
                .map(str::to_owned)
                .to_vec(),
            install_hint: INSTALL_HINT.to_owned(),
        },
    }
}

/// A kubeconfig with the target's entry alone, which goes the way that the context goes.
///
/// # Errors
/// When the user's kubeconfig cannot be read.
pub(crate) fn standalone(chain: &Chain<'_>, target: &Target, cluster: &Cluster) -> Result<String> {
    let context = way::of_context(chain, &target.access)?;
    let reached = way::through(context.as_ref(), cluster);
    let way = Way {
        tls_server_name: reached.tls_server_name.as_deref(),
        proxy_url: context.as_ref().and_then(|context| Some(context.proxy_url.as_ref()?.expose().as_str())),
    };
    let entry = standalone_entry(chain, target, &reached);
    Ok(kubeconfig_edit::standalone(&entry, way, &identity::variables_of(chain, target)))
}

/// The entry of a kubeconfig of its own. An identity that was chosen for once stands in it, if no variable can say it:
/// kubectl there acts as the AWS keys do.
fn standalone_entry(chain: &Chain<'_>, target: &Target, cluster: &Cluster) -> Entry {
    let mut entry = entry_to(chain, target, cluster);
    if let (Some(source), true) = (target.identity.source_profile(), identity::chosen_for_once(chain, target)) {
        let mut args = vec!["token", "--cluster-name", &cluster.name, "--region", &cluster.region, "--profile", source];
        if let Identity::Role { role, .. } = &target.identity {
            args.extend(["--role-arn", &role.arn]);
            let options = [("--external-id", &role.external_id), ("--session-name", &role.session_name)];
            args.extend(options.iter().filter_map(|(flag, value)| Some([*flag, value.as_deref()?])).flatten());
        }
        entry.exec.args = args.into_iter().map(str::to_owned).collect();
    }
    entry
}

/// Writes the context of the target, and makes it current if asked. The context left behind is remembered for `use -`.
///
/// # Errors
/// When the kubeconfig cannot be edited safely.
pub(crate) fn write_context(
    chain: &Chain<'_>,
    (target, cluster): (&Target, &Cluster),
    make_current: bool,
) -> Result<(Entry, EditSummary)> {
    let entry = entry(chain, target, cluster);
    let applied = chain.kubeconfigs.apply(&entry, make_current)?;
    remember_previous(chain, &applied, &entry.name, make_current);
    warn_of_other_name(chain, target, cluster);
    Ok((entry, applied))
}

/// A `tls-server-name` is the user's and stays: of a tunnel to a cluster that was made anew, say. With another endpoint than
/// its own, kubectl refuses the certificate.
fn warn_of_other_name(chain: &Chain<'_>, target: &Target, cluster: &Cluster) {
    // Facts from the entry itself have the near end as their endpoint.
    if cluster.tls_server_name.is_some() {
        return;
    }
    let way = way::of_context(chain, &target.access).ok().flatten().filter(|way| way.cluster == target.entry);
    let Some(name) = way.and_then(|way| way.tls_server_name) else { return };
    if is_of_another(&name, &cluster.endpoint) {
        chain.ui.warning(&format!(
            "kubectl will refuse the certificate of {}: the cluster {} in the kubeconfig expects the name {name}",
            cluster.endpoint, target.entry
        ));
        chain.ui.hint(&format!("kubectl config unset clusters.{}.tls-server-name", target.entry));
    }
}

/// Writes profile and context of the target: both or neither. Returns whether the profile changed.
///
/// # Errors
/// When one of them cannot be written; the other is then as it was.
pub(crate) fn write_both(
    chain: &Chain<'_>,
    target: &Target,
    cluster: &Cluster,
    make_current: bool,
) -> Result<(bool, EditSummary)> {
    let before = crate::disk::aws_config::text(chain.host)?;
    let changed = write_profile(chain, target, Some(cluster))?;
    let edited = crate::disk::aws_config::text(chain.host)?;
    match write_context(chain, (target, cluster), make_current) {
        Ok((_, applied)) => Ok((changed, applied)),
        Err(error) => {
            if changed {
                crate::disk::aws_config::revert(chain.host, edited.as_deref(), before.as_deref())?;
            }
            Err(error)
        }
    }
}

/// Remembers the context that a switch left, for `use -`.
pub(crate) fn remember_previous(chain: &Chain<'_>, applied: &EditSummary, new: &str, switched: bool) {
    let left = applied.previous_context.as_deref().filter(|left| switched && !left.is_empty() && *left != new);
    if let Some(left) = left {
        // Without it `use -` has nothing to go back to, and that is all.
        let _ = chain.cache.store_previous_context(left);
    }
}

/// Paths for people.
pub(crate) fn shown(chain: &Chain<'_>, paths: &[PathBuf]) -> String {
    paths.iter().map(|path| chain.host.shorten_home(path)).collect::<Vec<_>>().join(", ")
}
