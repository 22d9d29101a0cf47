//! Access reviews, from questions as people type them: `create pods/portforward`.

mod known;

use crate::model::kube::resources::{built_in, name_and_group};
use crate::model::kube::role_rule::Rule;
use crate::model::reviews::access_review::known::{SUBRESOURCES, VERBS};
use crate::model::reviews::review::Question;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccessReview {
    Resource(Resource),
    /// A non-resource path, like `/healthz`.
    Path {
        /// `get`, …
        verb: String,
        /// Begins with `/`.
        path: String,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Resource {
    /// `get`, `list`, `create`, …
    pub(crate) verb: String,
    /// API group; empty for the core group, `*` for all.
    pub(crate) group: String,
    /// `pods`, …
    pub(crate) resource: String,
    /// `portforward`, `log`, …
    pub(crate) subresource: Option<String>,
    /// Of one object.
    pub(crate) name: Option<String>,
    /// `None` for all namespaces, or if the resource is not namespaced.
    pub(crate) namespace: Option<String>,
}

/// The arguments of `can-i`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct QuestionWords<'a> {
    pub(crate) verb: &'a str,
    /// `RESOURCE[.GROUP][/SUBRESOURCE or /NAME]` or a path.
    pub(crate) what: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) subresource: Option<&'a str>,
    /// `None` for all namespaces.
    pub(crate) namespace: Option<&'a str>,
}

/// An access review, with how the question was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParsedQuestion {
    pub(crate) review: AccessReview,
    /// Words that are not known, which are asked about all the same.
    pub(crate) warnings: Vec<String>,
    pub(crate) hints: Vec<String>,
}

pub(crate) fn parse(words: QuestionWords<'_>) -> Result<ParsedQuestion, String> {
    let (mut warnings, mut hints) = (Vec::new(), Vec::new());
    let verb = words.verb.to_ascii_lowercase();
    if !VERBS.contains(&verb.as_str()) {
        warnings.push(format!("unknown verb {verb:?}"));
    }
    if words.what.starts_with('/') {
        if words.name.is_some() || words.subresource.is_some() {
            return Err("a URL path takes neither a name nor a subresource".to_owned());
        }
        return Ok(ParsedQuestion {
            review: AccessReview::Path { verb, path: words.what.to_owned() },
            warnings,
            hints,
        });
    }
    let (typed, after) = match words.what.split_once('/') {
        Some((typed, after)) => (typed, Some(after)),
        None => (words.what, None),
    };
    if typed.is_empty() || after == Some("") || after.is_some_and(|after| after.contains('/')) {
        return Err(format!(
            "invalid resource {:?}: expected RESOURCE, RESOURCE/SUBRESOURCE or RESOURCE/NAME",
            words.what
        ));
    }
    let (resource, group, namespaced) = resource(typed, &mut warnings);
    let known = SUBRESOURCES.iter().find(|(of, _)| *of == resource).map_or(&[][..], |(_, known)| known);
    let (mut subresource, mut name) = (words.subresource.map(str::to_owned), words.name.map(str::to_owned));
    match after {
        None => {}
        Some(after) if subresource.is_none() && known.contains(&after) => {
            hints.push(format!(
                "{resource}/{after} means the subresource; with kubectl auth can-i, use {resource} --subresource={after}"
            ));
            subresource = Some(after.to_owned());
        }
        Some(after) if name.is_some() => {
            return Err(format!("the name is given twice: {after:?} and {:?}", name.unwrap_or_default()));
        }
        Some(after) => name = Some(after.to_owned()),
    }
    let mut namespace = words.namespace.filter(|_| namespaced).map(str::to_owned);
    if resource == "namespaces" {
        // A request for a namespace counts as a request in it.
        namespace = name.clone();
    } else if !namespaced && words.namespace.is_some() {
        hints.push(format!("{resource} are not namespaced; asking about the whole cluster"));
    }
    let review = Resource { verb, group, resource, subresource, name, namespace };
    Ok(ParsedQuestion { review: AccessReview::Resource(review), warnings, hints })
}

/// Plural name, group, and whether it is namespaced.
fn resource(typed: &str, warnings: &mut Vec<String>) -> (String, String, bool) {
    if let Some(found) = built_in(typed) {
        return (found.plural.to_owned(), found.group.to_owned(), found.is_namespaced);
    }
    let (name, group) = name_and_group(typed);
    match group {
        None if name == "*" => (name, "*".to_owned(), true),
        Some(group) => (name, group, true),
        None => {
            warnings
                .push(format!("unknown resource {name:?}; asking in the core API group (or specify RESOURCE.GROUP)"));
            (name, String::new(), true)
        }
    }
}

impl AccessReview {
    /// One of our own questions.
    pub(crate) fn of(question: Question, namespace: &str) -> AccessReview {
        AccessReview::Resource(Resource {
            verb: question.verb.to_owned(),
            group: question.group.to_owned(),
            resource: question.resource.to_owned(),
            subresource: question.subresource.map(str::to_owned),
            name: None,
            namespace: Some(namespace.to_owned()),
        })
    }

    /// The rule of a Role (without a namespace, a ClusterRole) that would allow it.
    pub(crate) fn rule(&self) -> Option<Rule> {
        match self {
            AccessReview::Resource(asked) => {
                let resource = match &asked.subresource {
                    Some(subresource) => format!("{}/{subresource}", asked.resource),
                    None => asked.resource.clone(),
                };
                Some(Rule::new(&asked.group, &resource, &[&asked.verb]))
            }
            AccessReview::Path { .. } => None,
        }
    }
}

impl std::fmt::Display for AccessReview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let asked = match self {
            AccessReview::Path { verb, path } => return write!(f, "{verb} {path}"),
            AccessReview::Resource(asked) => asked,
        };
        write!(f, "{} {}", asked.verb, asked.resource)?;
        if !asked.group.is_empty() {
            write!(f, ".{}", asked.group)?;
        }
        if let Some(subresource) = &asked.subresource {
            write!(f, "/{subresource}")?;
        }
        if let Some(name) = &asked.name {
            write!(f, " {name}")?;
        }
        match &asked.namespace {
            Some(namespace) => write!(f, " in {namespace}"),
            None => write!(f, " in all namespaces"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(verb: &str, what: &str, name: Option<&str>) -> Resource {
        let words = QuestionWords { verb, what, name, namespace: Some("dev"), ..QuestionWords::default() };
        match parse(words).expect("a question").review {
            AccessReview::Resource(resource) => resource,
            AccessReview::Path { .. } => panic!("a resource"),
        }
    }

    #[test]
    fn resources_are_known_by_all_their_names() {
        for (typed, resource, group) in [
            ("pods", "pods", ""),
            ("po", "pods", ""),
            ("Pod", "pods", ""),
            ("deploy", "deployments", "apps"),
            ("deployments.apps", "deployments", "apps"),
            ("deployments.v1.apps", "deployments", "apps"),
            ("endpointslices", "endpointslices", "discovery.k8s.io"),
            ("localsubjectaccessreviews", "localsubjectaccessreviews", "authorization.k8s.io"),
            ("certificates.cert-manager.io", "certificates", "cert-manager.io"),
            ("*", "*", "*"),
            ("events.events.k8s.io", "events", "events.k8s.io"),
        ] {
            let read = read("get", typed, None);
            assert_eq!((read.resource.as_str(), read.group.as_str()), (resource, group), "{typed}");
            assert_eq!(read.namespace.as_deref(), Some("dev"), "{typed}");
        }
    }

    #[test]
    fn a_known_subresource_is_not_a_name() {
        let asked = read("create", "pods/portforward", None);
        assert_eq!((asked.subresource.as_deref(), asked.name.as_deref()), (Some("portforward"), None));
        let asked = read("get", "pods/web-1", None);
        assert_eq!((asked.subresource.as_deref(), asked.name.as_deref()), (None, Some("web-1")));
        let asked = read("get", "pods/log", Some("web-1"));
        assert_eq!((asked.subresource.as_deref(), asked.name.as_deref()), (Some("log"), Some("web-1")));
        let words = QuestionWords {
            verb: "create",
            what: "pods/portforward",
            namespace: Some("dev"),
            ..QuestionWords::default()
        };
        assert_eq!(parse(words).expect("a question").hints.len(), 1);
        // Said outright, an object may be called like a subresource.
        let words = QuestionWords { subresource: Some("exec"), ..words };
        let AccessReview::Resource(asked) = parse(words).expect("a question").review else { panic!("a resource") };
        assert_eq!((asked.subresource.as_deref(), asked.name.as_deref()), (Some("exec"), Some("portforward")));
    }

    #[test]
    fn cluster_resources_are_asked_without_a_namespace() {
        assert_eq!(read("list", "nodes", None).namespace, None);
        let review = read("create", "selfsubjectaccessreviews", None);
        assert_eq!((review.group.as_str(), review.namespace), ("authorization.k8s.io", None));
        assert_eq!(read("get", "namespaces", Some("dev")).namespace.as_deref(), Some("dev"));
        assert_eq!(read("list", "namespaces", None).namespace, None);
    }

    #[test]
    fn paths_and_mistakes() {
        let words = QuestionWords { verb: "get", what: "/healthz", ..QuestionWords::default() };
        assert!(matches!(parse(words).expect("a question").review, AccessReview::Path { .. }));
        for (what, name) in [("", None), ("pods/", None), ("/x", Some("y")), ("pods/a/b", None), ("pods/a", Some("b"))]
        {
            assert!(
                parse(QuestionWords { verb: "get", what, name, ..QuestionWords::default() }).is_err(),
                "{what} {name:?}"
            );
        }
        assert_eq!(
            parse(QuestionWords { verb: "fly", what: "pods", ..QuestionWords::default() }).expect("asked").warnings,
            ["unknown verb \"fly\""]
        );
    }

    #[test]
    fn a_question_is_displayed() {
        let asked = AccessReview::Resource(read("get", "deploy/web", None));
        assert_eq!(asked.to_string(), "get deployments.apps web in dev");
        assert_eq!(
            AccessReview::Resource(read("create", "po/portforward", None)).rule().expect("a rule").to_string(),
            r#"- {apiGroups: [""], resources: ["pods/portforward"], verbs: [create]}"#
        );
    }
}
