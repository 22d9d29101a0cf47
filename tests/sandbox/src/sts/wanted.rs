//! The common parameters of `AssumeRole` and `AssumeRoleWithWebIdentity`, checked as STS's generic validation does.

use super::Refused;
use crate::text::first;

/// A request to assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) duration: Option<i64>,
    pub(super) source_identity: Option<String>,
    pub(super) external_id: Option<String>,
}

impl Wanted {
    /// Reads it from a request's parameters.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Wanted, Refused> {
        let value = |name: &str| first(pairs, name).map(str::to_owned);
        // Session policies are not supported, and must not be ignored.
        for name in ["Policy", "PolicyArns.member.1.arn", "SerialNumber"] {
            if value(name).is_some() {
                return Err(validation(format!("{name} is not played by the sandbox")));
            }
        }
        let role_arn = value("RoleArn").ok_or_else(|| missing("roleArn"))?;
        within("roleArn", &role_arn, 20, 2048)?;
        let session_name = value("RoleSessionName").ok_or_else(|| missing("roleSessionName"))?;
        within("roleSessionName", &session_name, 2, 64)?;
        word("roleSessionName", &session_name)?;
        let source_identity = value("SourceIdentity");
        if let Some(identity) = &source_identity {
            within("sourceIdentity", identity, 2, 64)?;
            word("sourceIdentity", identity)?;
        }
        let duration = value("DurationSeconds").map(|text| seconds(&text)).transpose()?;
        Ok(Wanted { role_arn, session_name, duration, source_identity, external_id: value("ExternalId") })
    }
}

/// The error for a parameter that STS's model does not allow.
pub(super) fn validation(message: String) -> Refused {
    (400, "ValidationError", message)
}

fn failed(member: &str, value: &str, constraint: &str) -> Refused {
    let detected = "1 validation error detected";
    validation(format!("{detected}: Value {value} at '{member}' failed to satisfy constraint: {constraint}"))
}

fn missing(member: &str) -> Refused {
    failed(member, "null", "Member must not be null")
}

/// The length of a parameter.
pub(super) fn within(member: &str, text: &str, least: usize, most: usize) -> Result<(), Refused> {
    let length = text.chars().count();
    let bound = match length {
        _ if length < least => format!("greater than or equal to {least}"),
        _ if length > most => format!("less than or equal to {most}"),
        _ => return Ok(()),
    };
    Err(failed(member, &format!("'{text}'"), &format!("Member must have length {bound}")))
}

fn word(member: &str, text: &str) -> Result<(), Refused> {
    if text.chars().all(|character| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)) {
        return Ok(());
    }
    let constraint = r"Member must satisfy regular expression pattern: [\w+=,.@-]*";
    Err(failed(member, &format!("'{text}'"), constraint))
}

fn seconds(text: &str) -> Result<i64, Refused> {
    let malformed = |_| (400, "MalformedInput", "The request could not be parsed".to_owned());
    let bound = match text.parse::<i64>().map_err(malformed)? {
        seconds @ 900..=43200 => return Ok(seconds),
        ..900 => "greater than or equal to 900",
        _ => "less than or equal to 43200",
    };
    Err(failed("durationSeconds", &format!("'{text}'"), &format!("Member must have value {bound}")))
}
