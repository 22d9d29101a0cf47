//! Reasons that lie outside a call and that a person would look for last: the clock above all.

use crate::chain::Chain;
use crate::error::Error;
use crate::model::doctor::machine::clock::difference;

/// Adds the clock as the first reason, when it is off by more than signatures may be.
pub(crate) fn explain(chain: &Chain<'_>, mut error: Error) -> Error {
    let Some(sentence) = sentence(chain) else { return error };
    chain.aws.outbound().claim_clock_warning();
    error.because.insert(0, sentence);
    error.try_next.insert(0, SET_CLOCK.to_owned());
    error
}

/// For a token that a cluster does not accept: with a wrong clock none is good, so that no other reason is guessed.
pub(crate) fn explain_unauthorized(chain: &Chain<'_>, error: Error) -> Error {
    match sentence(chain) {
        None => error,
        Some(_) => explain(chain, Error { because: Vec::new(), try_next: Vec::new(), ..error }),
    }
}

/// Warns once when the clock is off; tokens will be refused sooner or later.
pub(crate) fn warn(chain: &Chain<'_>) {
    let Some(sentence) = sentence(chain) else { return };
    if chain.aws.outbound().claim_clock_warning() {
        chain.ui.warning(&format!("{sentence}; AWS and the cluster reject requests signed with a wrong time"));
        chain.ui.hint(SET_CLOCK);
    }
}

fn sentence(chain: &Chain<'_>) -> Option<String> {
    let skew = chain.aws.clock_skew()?;
    Some(format!("this machine's clock is {}", difference(skew.ahead, skew.whose)))
}

/// Whatever a verb does, an answer that showed a wrong clock is not kept from the person: what looks good by that clock
/// may be over, and what looks stale is asked for at every call.
impl Drop for Chain<'_> {
    fn drop(&mut self) {
        warn(self);
    }
}

/// The command that sets the clock.
#[cfg(target_os = "macos")]
pub(crate) const SET_CLOCK: &str = "sudo sntp -sS time.apple.com";
/// The command that sets the clock.
#[cfg(windows)]
pub(crate) const SET_CLOCK: &str = "w32tm /resync";
/// The command that sets the clock.
#[cfg(not(any(windows, target_os = "macos")))]
pub(crate) const SET_CLOCK: &str = "sudo timedatectl set-ntp true";
