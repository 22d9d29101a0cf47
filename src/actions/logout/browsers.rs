//! The end of browser profiles that `console --isolated` made: they are signed in.

use crate::chain::Chain;
use crate::disk::browser_profiles::{self, BrowserProfile};
use crate::error::plain_io;
use crate::process::profile_browser;

/// Removes profiles. A browser that is open stays signed in, which is said; what it keeps from being removed is said, and ends
/// nothing. Returns the names of their accesses.
pub(crate) fn remove(chain: &Chain<'_>, profiles: &[BrowserProfile]) -> Vec<String> {
    let mut removed = Vec::new();
    for profile in profiles {
        if profile.lock_holder().is_some_and(profile_browser::is_running) {
            let access = &profile.access;
            chain.ui.warning(&format!(
                "a browser is open with the profile of {access}: it stays signed in until it is closed"
            ));
        }
        match browser_profiles::remove(profile) {
            Ok(()) => removed.push(profile.access.to_string()),
            Err(error) => {
                let (access, why) = (&profile.access, plain_io(&error));
                let folder = chain.host.shorten_home(profile.path());
                chain.ui.warning(&format!("cannot remove all of the browser profile of {access}: {folder}: {why}"));
            }
        }
    }
    removed.dedup();
    removed
}

/// Removes all profiles that are left: for a sign-out of everything.
pub(crate) fn remove_the_rest(chain: &Chain<'_>) -> Vec<String> {
    remove(chain, &browser_profiles::all(chain.host))
}
