//! The warm path of `token`: kubectl starts us for every command. One file is read, its expiry judged, a URL signed.
//! No settings, no runtime, no TLS, no lock. What is skipped was checked when the credentials were stored: which portal,
//! account and role are the namespace's own was decided then, and stands as long as nothing that decided it changed, for
//! which the files that say so are looked at and not read: where a profile gives the credentials, `~/.aws/credentials` is
//! one of them. It notes to whom a token went, in place, and leaves a process that comes
//! back too soon to the slow path.

use jiff::Timestamp;

use crate::disk::cache::{Cache, CachedCredentials};
use crate::disk::config_fingerprint;
use crate::env_vars;
use crate::host::Host;
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::{Freshness, RoleCredentials, judge};
use crate::model::aws::eks_token;
use crate::model::kube::access::AccessName;
use crate::model::kube::exec_credential::{self, ExecInfo};
use crate::model::kube::issued_token::Request;
use crate::secret::Secret;

/// The answer for client-go, if our cache can give it now. `cluster` is name and region as the exec stanza names
/// them; without it the cluster stored beside the credentials is meant.
pub(crate) fn exec_credential(
    host: &Host,
    info: &ExecInfo,
    name: &AccessName,
    cluster: Option<(&str, &str)>,
) -> Option<Secret<String>> {
    let cached = Cache::new(host).own_credentials(name)?;
    if cached.config_fingerprint.as_deref() != Some(&config_fingerprint::of(host)) || !is_as_made(host, &cached) {
        return None;
    }
    let answer = of_cache(host, info, &cached, cluster)?;
    (!asks_again(host, name)).then_some(answer)
}

/// The same on what was decided before, for when a file that decides can no longer be read: kubectl goes on meanwhile.
/// Not where a variable asks for another identity.
pub(crate) fn as_decided_before(
    host: &Host,
    info: &ExecInfo,
    name: &AccessName,
    cluster: Option<(&str, &str)>,
) -> Option<Secret<String>> {
    let asked = [env_vars::NSACCESS_ACCOUNT, env_vars::NSACCESS_ROLE].into_iter().any(|name| host.env(name).is_some());
    let cached =
        Cache::new(host).own_credentials(name).filter(|cached| !asked && cached.config_fingerprint.is_some())?;
    if !is_as_made(host, &cached) {
        return None;
    }
    of_cache(host, info, &cached, cluster)
}

/// Whether the keys of the profile that gave credentials are untouched. A portal's need none.
fn is_as_made(host: &Host, cached: &CachedCredentials) -> bool {
    match &cached.made_from {
        Some(made_from) => config_fingerprint::stands(host, &made_from.files),
        None => !cached.identity.start_url.is_empty(),
    }
}

fn of_cache(
    host: &Host,
    info: &ExecInfo,
    cached: &CachedCredentials,
    cluster: Option<(&str, &str)>,
) -> Option<Secret<String>> {
    if judge(&cached.credentials, host.now()) != Freshness::Fresh {
        return None;
    }
    let stored = cached.cluster.as_ref().map(|(name, region)| (name.as_str(), region.as_str()));
    let (name, region) = cluster.or(stored)?;
    Some(answer(host, info, &cached.credentials, (name, region)))
}

/// Whether client-go asks for a token although it has one: the cluster did not take it.
pub(crate) fn asks_again(host: &Host, name: &AccessName) -> bool {
    let is_client = host.parent_pid != 0 && host.env(env_vars::KUBERNETES_EXEC_INFO).is_some();
    is_client && Cache::new(host).note_request(name, host.parent_pid, host.now().as_second()) == Request::Repeated
}

/// The answer that role credentials sign.
pub(crate) fn answer(
    host: &Host,
    info: &ExecInfo,
    credentials: &RoleCredentials,
    cluster: (&str, &str),
) -> Secret<String> {
    sign(host, info, (&credentials.keys, Some(credentials.expires_at)), cluster)
}

/// The answer that keys sign, which may have an end.
pub(crate) fn sign(
    host: &Host,
    info: &ExecInfo,
    (keys, ends): (&AccessKeys, Option<Timestamp>),
    (name, region): (&str, &str),
) -> Secret<String> {
    let now = host.now();
    let token = eks_token::sign(keys, name, region, now);
    exec_credential::render(info.api_version, &token, exec_credential::expiration(now, ends))
}
