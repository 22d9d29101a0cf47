//! The portal's list of accounts and roles, read with a session and kept for a week.

use jiff::Timestamp;

use crate::chain::Chain;
use crate::chain::session;
use crate::disk::cache::PortalIndex;
use crate::error::Result;
use crate::model::aws::target::Portal;

/// A list older than this is read again; permission sets do come and go.
const DAYS: i64 = 7;

/// The kept list of a portal, if it is not too old.
pub(crate) fn recent(chain: &Chain<'_>, portal: &Portal) -> Option<PortalIndex> {
    chain.cache.portal_index(&portal.start_url).filter(|list| is_recent(list.read_at, chain.host.now()))
}

fn is_recent(read_at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(read_at);
    !age.is_negative() && age.as_hours() < DAYS * 24
}

/// Reads all accounts and roles from the portal, whatever is kept, and keeps them.
///
/// # Errors
/// When the portal cannot be asked.
pub(crate) async fn read(chain: &Chain<'_>, portal: &Portal) -> Result<PortalIndex> {
    let waiting = chain.ui.waiting("reading your accounts");
    let progress = |done: usize, total: usize| {
        waiting.update(&format!("reading your roles: {done} of {total} accounts"));
    };
    let listed = session::call(chain, portal, async |session| {
        chain.services.assignments(portal, &session.token.access_token, &progress).await
    })
    .await;
    drop(waiting);
    let assignments = listed.map_err(|failure| failure.into_error("cannot list your accounts and roles"))?;
    let list = PortalIndex { read_at: chain.host.now(), assignments };
    if let Err(error) = chain.cache.store_portal_index(&portal.start_url, &list) {
        chain.ui.warning(&format!("cannot cache the list: {error}"));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_list_is_good_for_a_week_and_none_comes_from_the_future() {
        let now: Timestamp = "2026-01-10T12:00:00Z".parse().expect("a time");
        for (age, expected) in [(0, true), (167, true), (168, false), (-1, false)] {
            assert_eq!(is_recent(now - SignedDuration::from_hours(age), now), expected, "{age} h");
        }
    }
}
