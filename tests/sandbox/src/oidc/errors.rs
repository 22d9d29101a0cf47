//! Input and errors as the OIDC service spells them.

use serde_json::{Value, json};

use crate::message::{Reply, Request};

/// A modelled error with its status.
pub(crate) fn refuse(exception: &str, description: &str) -> Reply {
    let status = match exception {
        "InvalidClientException" => 401,
        "InternalServerException" => 500,
        _ => 400,
    };
    reply(status, exception, description)
}

/// An error with any status.
pub(crate) fn reply(status: u16, exception: &str, description: &str) -> Reply {
    let error = match exception {
        "InternalServerException" => "server_error".to_owned(),
        other => snake_case(other.strip_suffix("Exception").unwrap_or(other)),
    };
    Reply::json(status, &json!({"error": error, "error_description": description})).with("x-amzn-errortype", exception)
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// A JSON body, with access to its members.
pub(crate) struct Input(Value);

impl Input {
    /// Reads a body that must be a JSON object.
    pub(crate) fn read(request: &Request) -> Result<Input, Reply> {
        let refused = || refuse("InvalidRequestException", "Invalid request");
        let content_type = request.header("content-type").unwrap_or_default();
        if !content_type.starts_with("application/json") && !content_type.starts_with("application/x-amz-json") {
            return Err(refused().because(format!("content type '{content_type}'")));
        }
        let value = request.json().filter(Value::is_object).ok_or_else(|| refused().because("no JSON object"))?;
        Ok(Input(value))
    }

    /// A required string.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Reply> {
        let refused = || refuse("InvalidRequestException", "Invalid request").because(format!("{name} is missing"));
        self.optional(name).filter(|text| !text.is_empty()).ok_or_else(refused)
    }

    /// An optional string.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.0[name].as_str()
    }

    /// An optional list of strings.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Reply> {
        let refused =
            || refuse("InvalidRequestException", "Invalid request").because(format!("{name} is no list of texts"));
        match &self.0[name] {
            Value::Null => Ok(None),
            Value::Array(items) => {
                let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.map(Some).ok_or_else(refused)
            }
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_names_follow_the_exceptions() {
        for (exception, error, status) in [
            ("AuthorizationPendingException", "authorization_pending", 400),
            ("InvalidClientException", "invalid_client", 401),
            ("ExpiredTokenException", "expired_token", 400),
            ("InternalServerException", "server_error", 500),
        ] {
            let reply = refuse(exception, "why");
            assert_eq!(reply.status, status);
            let crate::message::Content::Full(body) = reply.content else { panic!("a body") };
            assert_eq!(serde_json::from_slice::<Value>(&body).expect("JSON")["error"], error);
        }
    }
}
