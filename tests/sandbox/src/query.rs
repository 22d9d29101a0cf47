//! The query protocol of STS and IAM: parameters in a form, answers in XML.

use crate::message::{Reply, Request};
use crate::sigv4::Refusal;
use crate::text::{escape, first, form_pairs};

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> String {
    let pairs = parameters(request);
    first(&pairs, "Action").filter(|action| action.chars().all(char::is_alphanumeric)).unwrap_or("unknown").to_owned()
}

/// The parameters, from the query and the form.
pub(crate) fn parameters(request: &Request) -> Vec<(String, String)> {
    let mut pairs = form_pairs(&request.query);
    if request.method == "POST" {
        pairs.extend(request.form());
    }
    pairs
}

/// An element with text in it.
pub(crate) fn element(name: &str, value: &str) -> String {
    format!("<{name}>{}</{name}>", escape(value))
}

/// An answer, with the result of the action in it.
pub(crate) fn answer(namespace: &str, action: &str, result: &str, request_id: &str) -> Reply {
    let body = format!(
        "<{action}Response xmlns=\"{namespace}\">\n  <{action}Result>\n    {result}\n  </{action}Result>\n  \
         <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</{action}Response>\n"
    );
    Reply::new(200, "text/xml", body)
}

/// An error.
pub(crate) fn error(namespace: &str, status: u16, code: &str, message: &str) -> Reply {
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let body = format!(
        "<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{code}</Code>\n    <Message>{}</Message>\n  \
         </Error>\n  <RequestId>00000000-0000-4000-a000-000000000000</RequestId>\n</ErrorResponse>\n",
        escape(message)
    );
    Reply::new(status, "text/xml", body)
}

/// An action or a version that there is not.
pub(crate) fn invalid_action(namespace: &str, parameters: &[(String, String)]) -> Reply {
    let action = first(parameters, "Action").unwrap_or_default();
    let version = first(parameters, "Version").unwrap_or("NO_VERSION_SPECIFIED");
    error(namespace, 400, "InvalidAction", &format!("Could not find operation {action} for version {version}"))
}

/// What is wrong with a signature.
pub(crate) fn refused(namespace: &str, refusal: Refusal) -> Reply {
    let error = |status: u16, code: &str, message: &str| error(namespace, status, code, message);
    match refusal {
        Refusal::Missing => error(403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        Refusal::Incomplete(message) => error(400, "IncompleteSignature", &message),
        Refusal::Unknown => {
            error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        }
        Refusal::Expired => error(403, "ExpiredToken", "The security token included in the request is expired"),
        Refusal::Mismatch(canonical) => error(403, "SignatureDoesNotMatch", MISMATCH).because(canonical),
        Refusal::Skew(message) | Refusal::Scope(message) => error(403, "SignatureDoesNotMatch", &message),
    }
}

/// AWS's words for a wrong signature.
pub(crate) const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. \
    Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
