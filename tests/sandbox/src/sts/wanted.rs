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
    pub(super) code: Code,
}

/// The code of an MFA device. One part of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) serial_number: Option<String>,
    pub(super) token_code: Option<String>,
}

impl Code {
    /// Reads it from a request's parameters.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Code, Refused> {
        let value = |name: &str| first(pairs, name).map(str::to_owned);
        let (serial_number, token_code) = (value("SerialNumber"), value("TokenCode"));
        if let Some(serial) = &serial_number {
            within("serialNumber", serial, 9, 256)?;
            of_characters("serialNumber", serial, r"[\w+=/:,.@-]*")?;
        }
        if let Some(code) = &token_code {
            within("tokenCode", code, 6, 6)?;
            of_characters("tokenCode", code, r"[\d]*")?;
        }
        Ok(Code { serial_number, token_code })
    }
}

impl Wanted {
    /// Reads it from a request's parameters.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Wanted, Refused> {
        let value = |name: &str| first(pairs, name).map(str::to_owned);
        // Session policies are not supported, and must not be ignored.
        for name in ["Policy", "PolicyArns.member.1.arn"] {
            if value(name).is_some() {
                return Err(validation(format!("{name} is not played by the sandbox")));
            }
        }
        let role_arn = value("RoleArn").ok_or_else(|| missing("roleArn"))?;
        within("roleArn", &role_arn, 20, 2048)?;
        let session_name = value("RoleSessionName").ok_or_else(|| missing("roleSessionName"))?;
        within("roleSessionName", &session_name, 2, 64)?;
        of_characters("roleSessionName", &session_name, WORD)?;
        let source_identity = value("SourceIdentity");
        if let Some(identity) = &source_identity {
            within("sourceIdentity", identity, 2, 64)?;
            of_characters("sourceIdentity", identity, WORD)?;
        }
        let external_id = value("ExternalId");
        if let Some(id) = &external_id {
            within("externalId", id, 2, 1224)?;
            of_characters("externalId", id, r"[\w+=,.@:\/-]*")?;
        }
        let duration = value("DurationSeconds").map(|text| seconds(&text, 43200)).transpose()?;
        let code = Code::read(pairs)?;
        check_arn(&role_arn)?;
        Ok(Wanted { role_arn, session_name, duration, source_identity, external_id, code })
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

/// An ARN of a role.
fn check_arn(arn: &str) -> Result<(), Refused> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", "aws", "iam", "", account, role] if is_account(account) && role.starts_with("role/") => Ok(()),
        _ => Err(validation(format!("{arn} is invalid"))),
    }
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

/// The characters of names, as STS's model writes them.
const WORD: &str = r"[\w+=,.@-]*";

/// Checks that a text has no characters but those of a pattern, which is one class: `[…]*`.
fn of_characters(member: &str, text: &str, pattern: &str) -> Result<(), Refused> {
    let marks = pattern.replace(r"\w", "_").replace(r"\d", "");
    let marks = marks.trim_start_matches('[').trim_end_matches("]*");
    let fits = |character: char| {
        character.is_ascii_digit()
            || (pattern.contains(r"\w") && character.is_ascii_alphabetic())
            || marks.contains(character)
    };
    if text.chars().all(|character| fits(character) && character != '\\') {
        return Ok(());
    }
    let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
    Err(failed(member, &format!("'{text}'"), &constraint))
}

/// A number of seconds, from 900 on.
pub(super) fn seconds(text: &str, most: i64) -> Result<i64, Refused> {
    let malformed = |_| (400, "MalformedInput", "The request could not be parsed".to_owned());
    let bound = match text.parse::<i64>().map_err(malformed)? {
        ..900 => "greater than or equal to 900".to_owned(),
        seconds if seconds > most => format!("less than or equal to {most}"),
        seconds => return Ok(seconds),
    };
    Err(failed("durationSeconds", &format!("'{text}'"), &format!("Member must have value {bound}")))
}
