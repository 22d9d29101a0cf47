//! The containers of a pod whose logs are meant, and what is said about the choice.

use crate::model::kube::pod::{Container, Pod};

/// The annotation of a pod that names its default container.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Selects containers of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Containers {
    /// The one in the pod's annotation, else the first.
    #[default]
    Default,
    /// Init containers first, ephemeral ones last.
    All,
    Named(Vec<String>),
}

fn names(containers: &[Container]) -> Vec<String> {
    containers.iter().map(|container| container.name.clone()).collect()
}

fn all(pod: &Pod) -> Vec<String> {
    let spec = &pod.spec;
    [names(&spec.init_containers), names(&spec.containers), names(&spec.ephemeral_containers)].concat()
}

/// The container that the pod's annotation names.
fn annotated(pod: &Pod) -> Option<&String> {
    pod.metadata.annotations.get(DEFAULT_CONTAINER).filter(|name| !name.is_empty())
}

impl Containers {
    /// The names of the selected containers.
    pub(crate) fn of(&self, pod: &Pod) -> Vec<String> {
        let known = all(pod);
        match self {
            Containers::All => known,
            Containers::Named(wanted) => wanted.iter().filter(|name| known.contains(name)).cloned().collect(),
            Containers::Default => {
                let named = annotated(pod).filter(|name| known.contains(name)).cloned();
                let first = || pod.spec.containers.first().map(|container| container.name.clone());
                named.or_else(first).into_iter().collect()
            }
        }
    }

    /// What kubectl says when it chooses a container, in its words.
    pub(crate) fn notices(&self, pod: &Pod) -> Vec<String> {
        let mut notices = Vec::new();
        if *self != Containers::Default {
            return notices;
        }
        match annotated(pod) {
            Some(name) if all(pod).contains(name) => return notices,
            Some(name) => {
                notices.push(format!("Default container name {name:?} not found in pod {}", pod.metadata.name));
            }
            None => {}
        }
        let own = pod.spec.containers.iter().map(|container| (container.name.as_str(), ""));
        let ephemeral = pod.spec.ephemeral_containers.iter().map(|container| (container.name.as_str(), " (ephem)"));
        let init = pod.spec.init_containers.iter().map(|container| (container.name.as_str(), " (init)"));
        notices.extend(defaulted(own.chain(ephemeral).chain(init)));
        notices
    }
}

/// `Defaulted container "app" out of: app, mesh, setup (init)`, if there is a choice.
fn defaulted<'a>(containers: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let all: Vec<(&str, &str)> = containers.collect();
    let [(first, _), _, ..] = all.as_slice() else { return None };
    let list: Vec<String> = all.iter().map(|(name, kind)| format!("{name}{kind}")).collect();
    Some(format!("Defaulted container {first:?} out of: {}", list.join(", ")))
}

/// The containers in the server's error for a request that did not name one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    own: Vec<String>,
    init: Vec<String>,
}

impl Choices {
    /// Parses the server's message.
    pub(crate) fn parse(message: &str) -> Self {
        let list = |after: &str| -> Vec<String> {
            let list = message.split_once(after).and_then(|(_, list)| list.split(']').next());
            list.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        };
        Choices { own: list("choose one of: ["), init: list("one of the init containers: [") }
    }

    /// The names of the selected containers; none if the server named none.
    pub(crate) fn of(&self, containers: &Containers) -> Vec<String> {
        match containers {
            Containers::Named(names) => names.clone(),
            Containers::All => [self.init.clone(), self.own.clone()].concat(),
            Containers::Default => self.own.first().cloned().into_iter().collect(),
        }
    }

    /// As [`Containers::notices`].
    pub(crate) fn notice(&self, containers: &Containers) -> Option<String> {
        let own = self.own.iter().map(|name| (name.as_str(), ""));
        let all = own.chain(self.init.iter().map(|name| (name.as_str(), " (init)")));
        if *containers == Containers::Default { defaulted(all) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(annotated: &str, spec: Value) -> Pod {
        let metadata = json!({"name": "web", "annotations": {DEFAULT_CONTAINER: annotated}});
        serde_json::from_value(json!({"metadata": metadata, "spec": spec})).expect("a pod")
    }

    fn several(annotated: &str) -> Pod {
        let containers = json!([{"name": "app"}, {"name": "mesh"}]);
        let (init, ephemeral) = (json!([{"name": "setup"}]), json!([{"name": "debug"}]));
        let spec = json!({"initContainers": init, "containers": containers, "ephemeralContainers": ephemeral});
        pod(annotated, spec)
    }

    #[test]
    fn the_default_container_is_the_named_or_the_first() {
        assert_eq!(Containers::Default.of(&several("mesh")), ["mesh"]);
        assert_eq!(Containers::Default.of(&several("gone")), ["app"]);
        assert_eq!(Containers::All.of(&several("")), ["setup", "app", "mesh", "debug"]);
        assert_eq!(Containers::Named(vec!["mesh".into(), "nope".into()]).of(&several("")), ["mesh"]);
    }

    #[test]
    fn a_choice_is_told_in_the_words_of_kubectl() {
        let defaulted = "Defaulted container \"app\" out of: app, mesh, debug (ephem), setup (init)";
        assert_eq!(Containers::Default.notices(&several("")), [defaulted]);
        assert_eq!(Containers::Default.notices(&several("mesh")), Vec::<String>::new());
        let missing = "Default container name \"gone\" not found in pod web";
        assert_eq!(Containers::Default.notices(&several("gone")), [missing, defaulted]);
        assert_eq!(Containers::All.notices(&several("")), Vec::<String>::new());
        assert_eq!(
            Containers::Default.notices(&pod("", json!({"containers": [{"name": "app"}]}))),
            Vec::<String>::new()
        );
        let with_init = pod("", json!({"containers": [{"name": "app"}], "initContainers": [{"name": "setup"}]}));
        assert_eq!(Containers::Default.notices(&with_init), ["Defaulted container \"app\" out of: app, setup (init)"]);
    }

    #[test]
    fn the_server_names_the_containers_of_a_pod_that_may_not_be_seen() {
        let choices = Choices::parse(
            "a container name must be specified for pod web, choose one of: [app mesh] or one of the init containers: [setup]",
        );
        assert_eq!(choices.of(&Containers::Default), ["app"]);
        assert_eq!(choices.of(&Containers::All), ["setup", "app", "mesh"]);
        let notice = "Defaulted container \"app\" out of: app, mesh, setup (init)";
        assert_eq!(choices.notice(&Containers::Default).as_deref(), Some(notice));
        assert_eq!(choices.notice(&Containers::All), None);
        let nothing = Choices::parse("something else");
        assert_eq!((nothing.of(&Containers::Default), nothing.notice(&Containers::Default)), (Vec::new(), None));
    }
}
