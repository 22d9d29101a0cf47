//! The federation endpoint of the AWS console: credentials of a session become a sign-in token, and the token a session in
//! a browser.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::credentials::Credentials;
use crate::message::{Reply, Request};
use crate::state::{Shared, State};
use crate::text::escape;

/// How long a sign-in token is good, in seconds.
const TOKEN_LIFETIME: i64 = 15 * 60;

/// A sign-in to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSignIn {
    /// Who, as STS shows them.
    pub caller_arn: String,
    /// The page that the browser was sent to.
    pub destination: String,
    /// Who sent it there, if they said so.
    pub issuer: Option<String>,
    /// How long the session in the browser is, in seconds.
    pub seconds: i64,
}

/// The tokens that were given, and the sign-ins.
#[derive(Debug, Default)]
pub(crate) struct SignIns {
    tokens: HashMap<String, Token>,
    pub(crate) done: Vec<ConsoleSignIn>,
}

#[derive(Debug, Clone)]
struct Token {
    caller_arn: String,
    seconds: i64,
    ends_at: i64,
}

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    match (request.method.as_str(), request.path.as_str(), request.parameter("Action").as_deref()) {
        ("GET", "/federation", Some("getSigninToken")) => "GetSigninToken",
        ("GET", "/federation", Some("login")) => "ConsoleLogin",
        _ => "unknown",
    }
}

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let (token, now) = (shared.random.url_safe(420), shared.clock.seconds());
    let mut state = shared.state();
    let answer = match operation(request) {
        "GetSigninToken" => sign_in_token(&mut state, request, token, now),
        "ConsoleLogin" => log_in(&mut state, request, now),
        _ => Err("there is no such action of the federation endpoint"),
    };
    answer.unwrap_or_else(|why| error(400, "Invalid credentials parameter").because(why))
}

/// An error as this service spells it: a page.
pub(crate) fn error(status: u16, message: &str) -> Reply {
    let message = escape(message);
    Reply::html(
        status,
        format!(
            "<!DOCTYPE html><html><head><title>Amazon Web Services Sign-In</title></head><body><h1>HTTP Status {status}</h1>\
             <p><b>message</b> {message}</p><p><b>description</b> The request sent by the client was syntactically \
             incorrect.</p></body></html>\n"
        ),
    )
}

fn sign_in_token(state: &mut State, request: &Request, token: String, now: i64) -> Result<Reply, &'static str> {
    let session = request.parameter("Session").ok_or("Session is missing")?;
    let session: Value = serde_json::from_str(&session).map_err(|_| "Session is no JSON")?;
    let credentials = credentials(state, &session, now)?;
    let asked = request.parameter("SessionDuration");
    let asked = asked.map(|text| text.parse::<i64>().map_err(|_| "SessionDuration is no number")).transpose()?;
    let seconds = match asked {
        Some(_) if credentials.chained => return Err("SessionDuration is not for a session of a chain of roles"),
        Some(seconds @ 900..=43_200) => seconds,
        Some(_) => return Err("SessionDuration must be between 900 and 43200"),
        None => credentials.expiration / 1000 - now,
    };
    let caller_arn = credentials.caller_arn();
    state.sign_ins.tokens.insert(token.clone(), Token { caller_arn, seconds, ends_at: now + TOKEN_LIFETIME });
    Ok(Reply::json(200, &json!({"SigninToken": token})))
}

fn credentials<'state>(state: &'state State, session: &Value, now: i64) -> Result<&'state Credentials, &'static str> {
    let text = |name: &str| session[name].as_str();
    let id = text("sessionId").ok_or("sessionId is missing")?;
    let credentials = state.credentials.get(id).filter(|it| it.known).ok_or("there are no such credentials")?;
    if text("sessionKey") != Some(&credentials.secret_access_key) {
        return Err("sessionKey is not the one of sessionId");
    }
    if credentials.are_long_lived() || text("sessionToken") != credentials.session_token.as_deref() {
        return Err("sessionToken is not the one of sessionId, or these are no credentials of a session");
    }
    if credentials.user.is_some() {
        return Err("credentials of GetSessionToken are not for the console");
    }
    if now * 1000 >= credentials.expiration {
        return Err("the credentials have expired");
    }
    Ok(credentials)
}

fn log_in(state: &mut State, request: &Request, now: i64) -> Result<Reply, &'static str> {
    let destination = request.parameter("Destination").ok_or("Destination is missing")?;
    if !is_of_console(&destination) {
        return Err("Destination is no page of the console");
    }
    let token = request.parameter("SigninToken").ok_or("SigninToken is missing")?;
    let token = state.sign_ins.tokens.get(&token).filter(|token| now < token.ends_at);
    let Token { caller_arn, seconds, .. } = token.cloned().ok_or("the sign-in token is unknown or too old")?;
    let issuer = request.parameter("Issuer");
    state.sign_ins.done.push(ConsoleSignIn { caller_arn, destination: destination.clone(), issuer, seconds });
    let cookie = "aws-creds=sandbox; Domain=.amazon.com; Path=/; Secure; HttpOnly";
    Ok(Reply::redirect(destination).with("set-cookie", cookie))
}

fn is_of_console(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    host == "console.aws.amazon.com" || host.ends_with(".console.aws.amazon.com")
}

#[cfg(test)]
#[path = "signin_tests.rs"]
mod tests;
