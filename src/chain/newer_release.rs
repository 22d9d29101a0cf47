//! Says at most once a day that there is a newer release, if the settings know of one: nobody is asked over the network.

use jiff::SignedDuration;

use crate::chain::Chain;
use crate::model::version::Version;

/// How long nothing more is said.
const PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// Tells a person.
pub(crate) fn tell(chain: &Chain<'_>) {
    let own = env!("CARGO_PKG_VERSION");
    let Some(latest) = &chain.settings.latest_version else { return };
    let now = chain.host.now();
    let was_told = || chain.cache.release_told_at().is_some_and(|at| at <= now && now.duration_since(at) < PAUSE);
    if Version::parse(&latest.value) <= Version::parse(own) || was_told() {
        return;
    }
    // Whoever cannot note it down would say it each time.
    if let Err(error) = chain.cache.note_release_told(now) {
        return chain.ui.detail(&error.to_string());
    }
    chain.ui.status(&format!("nsaccess {} is available; this is {own}", latest.value));
    if let Some(command) = &chain.settings.upgrade_command {
        chain.ui.hint(&command.value);
    }
}
