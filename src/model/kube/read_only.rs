//! What a read-only shell lets through to the API server: reads, and the questions that are asked by POST.

use std::fmt;

use crate::model::wire::percent;

/// Reviews answer a question and change nothing, though they are created: group and resource.
const REVIEWS: [(&str, &str); 6] = [
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authorization.k8s.io", "localsubjectaccessreviews"),
    ("authorization.k8s.io", "subjectaccessreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authentication.k8s.io", "tokenreviews"),
];
/// What is connected to, not read: some of it by GET.
const CONNECTIONS: [&str; 4] = ["exec", "attach", "portforward", "proxy"];

/// A request, as far as it decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    /// The path of the URL, without the query.
    pub(crate) path: &'a str,
    /// Whether the connection is to become another protocol's: a WebSocket, SPDY.
    pub(crate) upgrades: bool,
}

/// What was refused, for a sentence: `delete pods "web-0"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a path names below the API: `apis/apps/v1/namespaces/dev/deployments/web/scale`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named<'a> {
    group: &'a str,
    resource: &'a str,
    name: &'a str,
    subresource: &'a str,
}

/// Whether a request is a read, or a question.
///
/// # Errors
/// What it is otherwise.
pub(crate) fn check(asked: Asked<'_>) -> Result<(), Refused> {
    // The server decides by the decoded path.
    let path = percent::decode(asked.path);
    let Some(named) = named(&path) else {
        return Err(Refused(format!("{} of an unusual path", verb(asked.method))));
    };
    let is_read = matches!(asked.method, "GET" | "HEAD" | "OPTIONS");
    let connects = asked.upgrades || CONNECTIONS.contains(&named.subresource) || named.resource == "proxy";
    let is_review = asked.method == "POST"
        && named.name.is_empty()
        && REVIEWS.iter().any(|(group, resource)| (*group, *resource) == (named.group, named.resource));
    if !connects && (is_read || is_review) {
        return Ok(());
    }
    Err(Refused(named.in_words(if connects { "connect to" } else { verb(asked.method) })))
}

impl Named<'_> {
    fn in_words(&self, verb: &str) -> String {
        let subresource = if self.subresource.is_empty() { String::new() } else { format!("/{}", self.subresource) };
        let name = if self.name.is_empty() { String::new() } else { format!(" {:?}", self.name) };
        match self.resource {
            "" => format!("{verb} this"),
            resource => format!("{verb} {resource}{subresource}{name}"),
        }
    }
}

fn verb(method: &str) -> &'static str {
    match method {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        "GET" | "HEAD" | "OPTIONS" => "read",
        _ => "do something else with",
    }
}

/// `None` for a path that a server may read in another way than we do.
fn named(path: &str) -> Option<Named<'_>> {
    let mut parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    if parts.last() == Some(&"") {
        parts.pop();
    }
    if parts.iter().any(|part| part.is_empty() || *part == "." || *part == ".." || part.contains(char::is_control)) {
        return None;
    }
    let (group, mut rest) = match parts.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return Some(Named::default()),
    };
    // The old form of a watch.
    if let ["watch", below @ ..] = rest {
        rest = below;
    }
    let rest = match rest {
        ["namespaces", _, below @ ..] if !below.is_empty() => below,
        other => other,
    };
    let part = |index: usize| rest.get(index).copied().unwrap_or_default();
    Some(Named { group, resource: part(0), name: part(1), subresource: part(2) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(line: &str) -> Result<(), String> {
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        check(Asked { method, path, upgrades: words.next().is_some() }).map_err(|refused| refused.to_string())
    }

    #[test]
    fn reads_and_questions_pass() {
        for line in [
            "GET /",
            "GET /api",
            "GET /apis/apps/v1",
            "GET /version",
            "GET /openapi/v3/apis/apps/v1",
            "GET /healthz",
            "GET /api/v1/namespaces/dev/pods",
            "GET /api/v1/namespaces/dev/pods/",
            "HEAD /api/v1/namespaces/dev/pods/web-0",
            "OPTIONS /api/v1/namespaces/dev/pods",
            "GET /api/v1/namespaces/dev/pods/web-0/log",
            "GET /api/v1/watch/namespaces/dev/pods",
            "GET /api/v1/namespaces/proxy/pods/exec",
            "GET /apis/apps/v1/namespaces/dev/deployments/web/scale",
            "GET /apis/metrics.k8s.io/v1beta1/namespaces/dev/pods",
            "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
            "POST /apis/authorization.k8s.io/v1/namespaces/dev/localsubjectaccessreviews",
            "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
        ] {
            assert_eq!(checked(line), Ok(()), "{line}");
        }
    }

    #[test]
    fn everything_else_is_refused_and_named() {
        for (line, what) in [
            ("DELETE /api/v1/namespaces/dev/pods/web-0", "delete pods \"web-0\""),
            ("DELETE /api/v1/namespaces/dev/pods", "delete pods"),
            ("POST /api/v1/namespaces/dev/configmaps", "create configmaps"),
            ("PATCH /apis/apps/v1/namespaces/dev/deployments/web", "patch deployments \"web\""),
            ("PUT /apis/apps/v1/namespaces/dev/deployments/web/scale", "update deployments/scale \"web\""),
            ("POST /api/v1/namespaces/dev/pods/web-0/exec", "connect to pods/exec \"web-0\""),
            ("GET /api/v1/namespaces/dev/pods/web-0/exec", "connect to pods/exec \"web-0\""),
            ("GET /api/v1/namespaces/dev/pods/web-0/%65xec", "connect to pods/exec \"web-0\""),
            ("GET /api/v1/namespaces/dev/pods/web-0/log upgraded", "connect to pods/log \"web-0\""),
            ("GET /api/v1/namespaces/dev/pods/web-0/attach", "connect to pods/attach \"web-0\""),
            ("GET /api/v1/namespaces/dev/pods/web-0/portforward", "connect to pods/portforward \"web-0\""),
            ("GET /api/v1/namespaces/dev/services/web/proxy/a/b", "connect to services/proxy \"web\""),
            ("GET /api/v1/nodes/n1/proxy/run", "connect to nodes/proxy \"n1\""),
            ("GET /api/v1/proxy/namespaces/dev/pods/x", "connect to proxy/dev \"namespaces\""),
            ("POST /api/v1/namespaces/dev/serviceaccounts/default/token", "create serviceaccounts/token \"default\""),
            ("POST /api/v1/namespaces/dev/pods/web-0/eviction", "create pods/eviction \"web-0\""),
            ("POST /apis/example.com/v1/selfsubjectaccessreviews", "create selfsubjectaccessreviews"),
            ("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x", "create selfsubjectaccessreviews \"x\""),
            ("CONNECT /api/v1/namespaces/dev/pods", "do something else with pods"),
            ("POST /", "create this"),
            ("GET /api/v1//namespaces/dev/pods/web-0/exec", "read of an unusual path"),
            ("GET /api/v1/x/../namespaces/dev/pods/web-0", "read of an unusual path"),
            ("GET /api/v1/namespaces/dev/pods/a%2F..%2Fb", "read of an unusual path"),
            ("GET api/v1", "read of an unusual path"),
        ] {
            assert_eq!(checked(line), Err(what.to_owned()), "{line}");
        }
        assert_eq!(
            checked("GET /api/v1/namespaces/dev/pods/web-0%2Fexec"),
            Err("connect to pods/exec \"web-0\"".to_owned()),
            "the server decodes before it splits"
        );
    }

    proptest! {
        #[test]
        fn no_path_makes_a_write_pass(path in "(/[a-z0-9.%/]{0,12}){0,6}", method in "PUT|PATCH|DELETE|CONNECT|get|POST ") {
            let asked = Asked { method: &method, path: &path, upgrades: false };
            prop_assert!(check(asked).is_err());
        }
    }
}
