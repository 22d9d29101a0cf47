//! MFA devices of IAM users: six digits that change every half minute (RFC 6238), each of them good once.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// How long a code is shown, in seconds.
const STEP: i64 = 30;

/// An MFA device.
#[derive(Debug, Clone)]
pub struct MfaDevice {
    /// The ARN of a virtual device, or what is printed on a piece of hardware.
    pub serial: String,
    /// The steps whose codes were given.
    used: BTreeSet<i64>,
}

impl MfaDevice {
    /// A virtual device, `arn:aws:iam::ACCOUNT:mfa/NAME`.
    pub fn new(account: &str, name: &str) -> MfaDevice {
        MfaDevice::hardware(&format!("arn:aws:iam::{account}:mfa/{name}"))
    }

    /// A piece of hardware, with its serial number.
    pub fn hardware(serial: &str) -> MfaDevice {
        MfaDevice { serial: serial.to_owned(), used: BTreeSet::new() }
    }

    /// The codes that would be accepted now and from now on: the one that the device shows, and the next one.
    pub(crate) fn codes(&self, now: i64) -> Vec<String> {
        let step = now.div_euclid(STEP);
        (step..=step + 1).filter(|step| !self.used.contains(step)).map(|step| self.code(step)).collect()
    }

    /// Takes a code, of the step that is now or of one beside it, as AWS does for clocks that are a little off.
    pub(crate) fn take(&mut self, code: &str, now: i64) -> bool {
        let step = now.div_euclid(STEP);
        let mut near = [step, step - 1, step + 1].into_iter();
        near.find(|&step| self.code(step) == code).is_some_and(|step| self.used.insert(step))
    }

    /// The code of a step, by RFC 4226 on the key that the serial number stands for.
    fn code(&self, step: i64) -> String {
        let key = Sha256::digest(format!("mfa {}", self.serial));
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[digest.len() - 1] & 0xf);
        let number = u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn a_code_is_good_once_and_not_for_long() {
        let mut device = MfaDevice::new("111122223333", "ada");
        assert_eq!(device.serial, "arn:aws:iam::111122223333:mfa/ada");
        let codes = device.codes(NOW);
        assert_eq!(codes.len(), 2);
        assert!(codes.iter().all(|code| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())));
        assert!(device.take(&codes[0], NOW + STEP), "a slow hand");
        assert!(!device.take(&codes[0], NOW), "a second time");
        assert_eq!(device.codes(NOW), codes[1..]);
        assert!(device.take(&codes[1], NOW), "a fast clock");
        assert!(!device.take(&codes[0], NOW + 10 * STEP) && !device.take("", NOW) && !device.take("1234567", NOW));
        let old = device.codes(NOW + 10 * STEP);
        assert!(!device.take(&old[0], NOW + 13 * STEP), "too old");
    }

    #[test]
    fn devices_have_codes_of_their_own() {
        let (one, other) = (MfaDevice::new("111122223333", "ada"), MfaDevice::hardware("GAHT12345678"));
        assert_ne!(one.codes(NOW), other.codes(NOW));
    }
}
