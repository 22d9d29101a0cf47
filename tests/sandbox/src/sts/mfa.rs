//! The MFA code of a request: of a device of the user who asks, and good once.

use super::Refused;
use super::wanted::Code;
use crate::credentials::Credentials;
use crate::state::State;

/// Takes the code of a request, if it has one, and returns when that was.
pub(super) fn take(state: &mut State, caller: &Credentials, code: &Code, now: i64) -> Result<Option<i64>, Refused> {
    let refused = |why: &str| Err((403, "AccessDenied", format!("MultiFactorAuthentication failed{why}")));
    let (serial, code) = match (&code.serial_number, &code.token_code) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code),
        _ => return refused(", must provide both MFA serial number and one time pass code."),
    };
    let user = state.world.users.iter_mut().find(|user| caller.user.as_ref() == Some(&user.arn()));
    let devices = user.into_iter().flat_map(|user| &mut user.mfa_devices);
    let taken = devices.into_iter().find(|device| device.serial == *serial).map(|device| device.take(code, now));
    match taken {
        // The two blanks are AWS's, and so is the one at the end below.
        None => refused(
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this \
             user.",
        ),
        Some(true) => Ok(Some(now)),
        Some(false) => refused(" with invalid MFA one time pass code. "),
    }
}
