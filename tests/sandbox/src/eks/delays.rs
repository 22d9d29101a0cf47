//! EKS is eventually consistent: what sign-ins see of access entries is older than what EKS shows.

use crate::cluster::{AccessEntry, Cluster};
use crate::state::State;

/// An access entry as sign-ins still see it.
#[derive(Debug, Clone)]
pub(crate) struct Stale {
    cluster: String,
    principal_arn: String,
    /// None for one that sign-ins do not see yet.
    entry: Option<AccessEntry>,
    /// Until when, in milliseconds since 1970.
    until: i64,
    /// Whether EKS did not know the principal before.
    is_new: bool,
}

impl Stale {
    fn is_of(&self, cluster: &str, principal_arn: &str) -> bool {
        self.cluster == cluster && self.principal_arn.eq_ignore_ascii_case(principal_arn)
    }
}

/// The entry of a principal as sign-ins see it, and whether it is an old one.
pub(crate) fn seen<'state>(
    cluster: &'state Cluster,
    stale: &'state [Stale],
    principal_arn: &str,
    now: i64,
) -> Option<(&'state AccessEntry, bool)> {
    let old = stale.iter().find(|stale| stale.is_of(&cluster.name, principal_arn) && stale.until > now);
    match old {
        Some(old) => old.entry.as_ref().map(|entry| (entry, true)),
        None => cluster.access_entries.iter().find(|entry| entry.is_of(principal_arn)).map(|entry| (entry, false)),
    }
}

impl State {
    /// Lets sign-ins see the entry of a principal as they see it now for as long as EKS takes. Called before a change.
    pub(super) fn delay_entry(&mut self, cluster: &str, principal_arn: &str, now: i64) {
        let delay = self.world.settings.entry_delay_milliseconds;
        self.stale_entries.retain(|stale| stale.until > now);
        let Some(found) = self.world.clusters.iter().find(|candidate| candidate.name == cluster) else { return };
        if delay <= 0 {
            return;
        }
        let entry = seen(found, &self.stale_entries, principal_arn, now).map(|(entry, _)| entry.clone());
        let before = self.stale_entries.iter().find(|stale| stale.is_of(cluster, principal_arn));
        let is_known = found.access_entries.iter().any(|entry| entry.is_of(principal_arn));
        let is_new = before.map_or(!is_known, |before| before.is_new);
        let (cluster, principal_arn) = (cluster.to_owned(), principal_arn.to_owned());
        self.stale_entries.retain(|stale| !stale.is_of(&cluster, &principal_arn));
        self.stale_entries.push(Stale { cluster, principal_arn, entry, until: now + delay, is_new });
    }

    /// Whether an entry was made so recently that no access policy can be associated with it.
    pub(super) fn is_too_new(&self, cluster: &str, principal_arn: &str, now: i64) -> bool {
        self.stale_entries.iter().any(|it| it.is_of(cluster, principal_arn) && it.is_new && it.until > now)
    }
}
