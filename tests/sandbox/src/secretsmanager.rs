//! Secrets Manager, in JSON 1.1.
//!
//! The messages of errors are those that people quote from AWS in issues; where there is no quote, they are those of
//! the API reference.

use serde_json::Value;

use crate::iam;
use crate::message::{Reply, Request};
use crate::query::MISMATCH;
use crate::sigv4::{Caller, Refusal};
use crate::state::{Shared, State};

mod batch;
mod list;
mod model;
mod pages;
mod value;

pub use model::{Encryption, Secret, SecretValue, SecretVersion};

/// A refusal: the code and the message.
pub(crate) type Refused = (&'static str, String);

/// A request, with all that is needed to answer it.
struct Question<'request> {
    caller: &'request Caller,
    input: &'request Value,
    now: i64,
}

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    match request.header("x-amz-target").and_then(|target| target.strip_prefix("secretsmanager.")) {
        Some("ListSecrets") => "ListSecrets",
        Some("DescribeSecret") => "DescribeSecret",
        Some("ListSecretVersionIds") => "ListSecretVersionIds",
        Some("GetSecretValue") => "GetSecretValue",
        Some("BatchGetSecretValue") => "BatchGetSecretValue",
        _ => "unknown",
    }
}

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let operation = operation(request);
    if operation == "unknown" || request.method != "POST" || request.path != "/" {
        return error(400, "UnknownOperationException", "").because("no operation that the sandbox plays");
    }
    let caller = match shared.caller(request, "secretsmanager", 5) {
        Ok(caller) => caller,
        Err(refusal) => return refused(refusal),
    };
    let Some(input) = request.json().filter(Value::is_object) else {
        return error(400, "SerializationException", "").because("the body is no JSON object");
    };
    let question = Question { caller: &caller, input: &input, now: shared.clock.seconds() };
    let mut state = shared.state();
    let answer = match operation {
        "ListSecrets" => list::list(&state, &question),
        "DescribeSecret" => value::describe(&state, &question),
        "ListSecretVersionIds" => value::versions(&state, &question),
        "GetSecretValue" => value::get(&mut state, &question),
        _ => batch::get(&mut state, &question),
    };
    match answer {
        Ok(value) => Reply::new(200, "application/x-amz-json-1.1", value.to_string()),
        Err((code, message)) => error(400, code, &message),
    }
}

/// An error as this service spells it: the member is `Message`, as in the model, and not `message`.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"__type": code, "Message": message});
    Reply::new(status, "application/x-amz-json-1.1", body.to_string()).because(format!("{code}: {message}"))
}

/// JSON 1.1 uses 400 for all of these.
fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Missing => error(400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        Refusal::Incomplete(message) => error(400, "IncompleteSignatureException", &message),
        Refusal::Unknown => {
            error(400, "UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        Refusal::Expired => {
            error(400, "ExpiredTokenException", "The security token included in the request is expired")
        }
        Refusal::Mismatch(canonical) => error(400, "InvalidSignatureException", MISMATCH).because(canonical),
        Refusal::Skew(message) | Refusal::Scope(message) => error(400, "InvalidSignatureException", &message),
    }
}

impl Question<'_> {
    /// A string member of the input.
    fn text(&self, name: &str) -> Option<&str> {
        self.input[name].as_str()
    }

    /// Checks an action without a resource: it must be allowed on `*`.
    fn may(&self, state: &State, action: &str) -> Result<(), Refused> {
        let verdict = iam::authorize(state, &self.caller.credentials, action, ("*", None));
        verdict.map_err(|message| ("AccessDeniedException", message))
    }

    /// The secret with an id, if the caller may do this with it. IAM is checked before the secret is looked up, so that
    /// a caller without access does not learn whether it exists.
    fn secret(&self, state: &State, id: &str, action: &str) -> Result<usize, Refused> {
        check_id(id)?;
        let (account, region) = (&self.caller.credentials.account, &self.caller.region);
        let here = |secret: &Secret| secret.account == *account && secret.region == *region;
        let found = state.world.secrets.iter().position(|secret| here(secret) && secret.is(id));
        let resource = match found {
            Some(index) => state.world.secrets[index].arn(),
            None if id.starts_with("arn:") => id.to_owned(),
            None => format!("arn:aws:secretsmanager:{region}:{account}:secret:{id}"),
        };
        // The message names the resource as the caller did.
        iam::authorize(state, &self.caller.credentials, action, (&resource, Some(id)))
            .map_err(|message| ("AccessDeniedException", message))?;
        let gone = || ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.".to_owned());
        found.ok_or_else(gone)
    }
}

fn check_id(id: &str) -> Result<(), Refused> {
    if id.is_empty() || id.len() > 2048 {
        let bound = if id.is_empty() { "greater than or equal to 1" } else { "less than or equal to 2048" };
        return Err(invalid("secretId", id, &format!("Member must have length {bound}")));
    }
    // `:` and `*` occur in an ARN, but not in a name.
    let usual = |character: char| character.is_ascii_alphanumeric() || "-/_+=.@!:".contains(character);
    if id.chars().all(usual) {
        return Ok(());
    }
    let message =
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
    Err(("ValidationException", message.to_owned()))
}

/// The message of AWS's generic validation of a member.
fn invalid(member: &str, value: &str, constraint: &str) -> Refused {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    );
    ("ValidationException", message)
}

#[cfg(test)]
#[path = "secretsmanager/tests.rs"]
mod tests;
