//! `ListRoles`: by the beginning of the path, in pages. The order is that of the names.

use super::{Refused, authorize, element, first, roles, show};
use crate::sigv4::Caller;
use crate::state::State;

const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

pub(super) fn list_roles(state: &State, caller: &Caller, pairs: &[(String, String)]) -> Result<String, Refused> {
    let prefix = first(pairs, "PathPrefix").unwrap_or("/");
    let account = &caller.credentials.account;
    let arn = format!("arn:aws:iam::{account}:role{prefix}");
    authorize(state, &caller.credentials, "iam:ListRoles", (&arn, Some(&arn)))
        .map_err(|message| (403, "AccessDenied", message))?;
    if !prefix.starts_with('/') || !prefix.bytes().all(|byte| (0x21..=0x7f).contains(&byte)) {
        let pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)";
        return Err(invalid(&format!(
            "Value '{prefix}' at 'pathPrefix' failed to satisfy constraint: Member must satisfy regular expression \
             pattern: {pattern}"
        )));
    }
    let size = match first(pairs, "MaxItems").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(size @ 1..=LARGEST_PAGE)) => size,
        Some(_) => {
            let range = format!("Member must have value between 1 and {LARGEST_PAGE}");
            return Err(invalid(&format!("Value at 'maxItems' failed to satisfy constraint: {range}")));
        }
    };
    let mut found = roles(state, account);
    found.retain(|role| role.path.starts_with(prefix));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let start = match first(pairs, "Marker") {
        None => 0,
        Some(marker) => {
            let position = found.iter().position(|role| role.name == marker);
            position.ok_or_else(|| (400, "ValidationError", "Invalid Marker".to_owned()))?
        }
    };
    let page: String =
        found.iter().skip(start).take(size).map(|role| format!("<member>{}</member>", show(role))).collect();
    let next = found.get(start + size);
    let marker = next.map(|role| element("Marker", &role.name)).unwrap_or_default();
    Ok(format!("<Roles>{page}</Roles>{}{marker}", element("IsTruncated", &next.is_some().to_string())))
}

fn invalid(what: &str) -> Refused {
    (400, "ValidationError", format!("1 validation error detected: {what}"))
}
