//! The console in a browser profile of its own, so that two accounts can be open side by side.

use crate::chain::Chain;
use crate::disk::browser_profiles;
use crate::env_vars;
use crate::error::{Error, Result, plain_io};
use crate::host::Host;
use crate::model::aws::identity::Identity;
use crate::model::browser::NoChoice;
use crate::model::kube::access::Access;
use crate::process::profile_browser::{self, ProfileBrowser};

/// What the browsers are called that can be started with another profile.
const KNOWN: &str = "Chrome, Chromium, Edge, Brave, Vivaldi, Firefox or LibreWolf";

/// The browser of this machine for profiles of our own.
///
/// # Errors
/// When there is none, or none can be opened here.
pub(crate) async fn browser(chain: &Chain<'_>, access: &Access) -> Result<ProfileBrowser> {
    let fail = || Error::failure("cannot open a browser with a profile of its own");
    if cfg!(windows) {
        return Err(or_plain(fail().because("on Windows, nsaccess does not know how to start one"), access));
    }
    if let Some(obstacle) = chain.browser.obstacle() {
        return Err(fail().because(obstacle).try_next(format!("nsaccess console {access} --print")));
    }
    ProfileBrowser::find(chain.host).await.map_err(|none| {
        let error = fail().because(why(&none, chain.host));
        let other = profile_browser::installed(chain.host);
        let line = |program| format!("{}={program} nsaccess console {access} --isolated", env_vars::BROWSER);
        or_plain(other.map(line).into_iter().fold(error, Error::try_next), access)
    })
}

fn or_plain(error: Error, access: &Access) -> Error {
    error.try_next(format!("nsaccess console {access}   # in the browser as it is"))
}

fn why(none: &NoChoice, host: &Host) -> String {
    match none {
        NoChoice::NotKnown(program) => format!("${} is {program}, not {KNOWN}", env_vars::BROWSER),
        NoChoice::NotThere(program) => format!("${} is {program}, which is not there", env_vars::BROWSER),
        NoChoice::Snap(program) => {
            let cache = host.shorten_home(&host.cache_dir());
            format!("{program} is a snap, which has no access to a profile in {cache}")
        }
        NoChoice::None => format!("found no {KNOWN}"),
    }
}

/// Opens a page in the access's own profile.
///
/// # Errors
/// When the profile's folder cannot be made, or the browser not started.
pub(crate) fn open(
    chain: &Chain<'_>,
    browser: &ProfileBrowser,
    access: &Access,
    identity: &Identity,
    url: &str,
) -> Result<()> {
    let folder = browser_profiles::create(chain.host, &access.name, identity)?;
    browser.open(chain.host, &folder, url).map_err(|error| {
        or_plain(Error::failure(format!("cannot start {}", browser.name())).because(plain_io(&error)), access)
    })
}
