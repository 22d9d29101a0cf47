//! The attributes of a request for authorization: verb, group, resource, subresource, namespace, name.

use crate::message::Request;
use crate::text::first;

/// The attributes that authorizers decide on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) path: String,
}

impl Attributes {
    /// Reads them from a request, as the API server's request-info resolver does.
    pub(crate) fn of(request: &Request) -> Attributes {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut attributes = Attributes { path: request.path.clone(), ..Attributes::default() };
        let rest = match segments.as_slice() {
            ["api", version, rest @ ..] if !rest.is_empty() => {
                attributes.version = (*version).to_owned();
                rest
            }
            ["apis", group, version, rest @ ..] if !rest.is_empty() => {
                attributes.group = (*group).to_owned();
                attributes.version = (*version).to_owned();
                rest
            }
            _ => {
                attributes.verb = request.method.to_ascii_lowercase();
                return attributes;
            }
        };
        attributes.place(rest);
        attributes.name_the_verb(request);
        attributes
    }

    fn place(&mut self, rest: &[&str]) {
        let mut set = |namespace: &str, resource: &str, name: Option<&&str>, subresource: &[&str]| {
            self.namespace = namespace.to_owned();
            self.resource = resource.to_owned();
            self.name = name.copied().unwrap_or_default().to_owned();
            self.subresource = subresource.join("/");
        };
        match rest {
            ["namespaces", namespace, sub @ ("status" | "finalize")] => {
                set(namespace, "namespaces", Some(namespace), &[sub])
            }
            ["namespaces", namespace] => set(namespace, "namespaces", Some(namespace), &[]),
            ["namespaces", namespace, resource, tail @ ..] => {
                set(namespace, resource, tail.first(), tail.get(1..).unwrap_or_default());
            }
            [resource, tail @ ..] => set("", resource, tail.first(), tail.get(1..).unwrap_or_default()),
            [] => {}
        }
    }

    fn name_the_verb(&mut self, request: &Request) {
        let query = crate::text::form_pairs(&request.query);
        let wanted = first(&query, "fieldSelector")
            .and_then(|text| text.split(',').find_map(|part| part.strip_prefix("metadata.name=")));
        let watching = first(&query, "watch").is_some_and(|value| value != "false" && value != "0");
        let verb = match (request.method.as_str(), self.name.is_empty()) {
            ("GET" | "HEAD", false) => "get",
            ("GET" | "HEAD", true) if watching => "watch",
            ("GET" | "HEAD", true) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", false) => "delete",
            ("DELETE", true) => "deletecollection",
            _ => "",
        };
        if ["list", "watch", "deletecollection"].contains(&verb)
            && let Some(name) = wanted
        {
            self.name = name.trim_start_matches('=').to_owned();
        }
        self.verb = verb.to_owned();
    }

    /// Whether this is about a path and not a resource.
    pub(crate) fn is_non_resource(&self) -> bool {
        self.resource.is_empty()
    }

    /// `pods`, `pods/log`
    pub(crate) fn resource_with_subresource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str, query: &str) -> [String; 6] {
        let request = Request { method: method.into(), path: path.into(), query: query.into(), ..Request::default() };
        let it = Attributes::of(&request);
        [it.verb.clone(), it.group.clone(), it.resource_with_subresource(), it.namespace, it.name, it.version]
    }

    #[test]
    fn requests_are_read_as_the_api_server_reads_them() {
        let pods = "/api/v1/namespaces/idp-dev/pods";
        assert_eq!(of("GET", pods, ""), ["list", "", "pods", "idp-dev", "", "v1"]);
        assert_eq!(of("GET", pods, "watch=true"), ["watch", "", "pods", "idp-dev", "", "v1"]);
        assert_eq!(
            of("GET", pods, "fieldSelector=metadata.name%3Dweb-0&watch=1"),
            ["watch", "", "pods", "idp-dev", "web-0", "v1"]
        );
        assert_eq!(
            of("GET", &format!("{pods}/web-0/portforward"), ""),
            ["get", "", "pods/portforward", "idp-dev", "web-0", "v1"]
        );
        assert_eq!(
            of("POST", &format!("{pods}/web-0/portforward"), ""),
            ["create", "", "pods/portforward", "idp-dev", "web-0", "v1"]
        );
        assert_eq!(of("GET", "/api/v1/namespaces/idp-dev", ""), ["get", "", "namespaces", "idp-dev", "idp-dev", "v1"]);
        assert_eq!(of("GET", "/api/v1/namespaces", ""), ["list", "", "namespaces", "", "", "v1"]);
        assert_eq!(of("GET", "/api/v1/pods", ""), ["list", "", "pods", "", "", "v1"]);
        assert_eq!(
            of("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", ""),
            ["create", "authorization.k8s.io", "selfsubjectaccessreviews", "", "", "v1"]
        );
        assert_eq!(of("GET", "/apis/apps/v1", ""), ["get", "", "", "", "", ""]);
        assert_eq!(of("DELETE", pods, ""), ["deletecollection", "", "pods", "idp-dev", "", "v1"]);
    }
}
