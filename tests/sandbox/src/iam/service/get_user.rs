//! `GetUser`: of a name, or of the caller.

use super::{Refused, authorize, check_name, element};
use crate::sigv4::Caller;
use crate::state::State;

pub(super) fn get_user(state: &State, caller: &Caller, name: Option<&str>) -> Result<String, Refused> {
    let credentials = &caller.credentials;
    let name = match name {
        Some(name) => name,
        None if credentials.user.is_some() => &credentials.permission_set,
        None => {
            let message = "Must specify userName when calling with non-User credentials";
            return Err((400, "ValidationError", message.to_owned()));
        }
    };
    check_name("userName", name)?;
    let of_account = state.world.users.iter().filter(|user| user.account == credentials.account);
    let found = of_account.into_iter().find(|user| user.name.eq_ignore_ascii_case(name));
    let arn = found.map_or_else(|| format!("arn:aws:iam::{}:user/{name}", credentials.account), |user| user.arn());
    authorize(state, credentials, "iam:GetUser", (&arn, Some(&format!("user {name}"))))
        .map_err(|message| (403, "AccessDenied", message))?;
    let user = found.ok_or_else(|| (404, "NoSuchEntity", format!("The user with name {name} cannot be found.")))?;
    let elements = [
        element("Path", &user.path),
        element("UserName", &user.name),
        element("UserId", &super::reserved::user_id(&arn, user.generation)),
        element("Arn", &arn),
        element("CreateDate", &crate::clock::format(user.created, "%Y-%m-%dT%H:%M:%SZ")),
    ];
    Ok(format!("<User>{}</User>", elements.concat()))
}
