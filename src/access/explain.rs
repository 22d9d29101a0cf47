//! Reasons that lie outside a call and that a person would look for last: the clock above all.

use crate::access::Access;
use crate::error::Error;

impl Access<'_> {
    /// Adds the clock as the first reason, when it is off by more than signatures may be.
    pub fn explain_clock(&self, mut error: Error) -> Error {
        let Some(sentence) = self.clock_sentence() else { return error };
        error.because.insert(0, sentence);
        error.try_next.insert(0, SET_CLOCK.to_owned());
        error
    }

    /// Warns when the clock is off; tokens will be refused sooner or later.
    pub fn warn_of_clock(&self) {
        if let Some(sentence) = self.clock_sentence() {
            self.ui.warning(&format!("{sentence}; AWS and the cluster refuse what is signed with a wrong time"));
            self.ui.hint(SET_CLOCK);
        }
    }

    fn clock_sentence(&self) -> Option<String> {
        let skew = self.aws.clock_is_off()?;
        let minutes = (skew.abs().as_secs() + 30) / 60;
        let direction = if skew.is_positive() { "ahead of" } else { "behind" };
        Some(format!("this machine's clock is {minutes} minutes {direction} AWS's"))
    }
}

#[cfg(target_os = "macos")]
const SET_CLOCK: &str = "sudo sntp -sS time.apple.com";
#[cfg(windows)]
const SET_CLOCK: &str = "w32tm /resync";
#[cfg(not(any(windows, target_os = "macos")))]
const SET_CLOCK: &str = "sudo timedatectl set-ntp true";
