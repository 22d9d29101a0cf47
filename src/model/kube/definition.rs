//! A workload's object and what it says about its pods.

use serde_json::Value;

use crate::model::kube::selector;
use crate::model::kube::service::Service;
use crate::model::kube::workload::{Kind, Workload};

/// A workload with its object, if the role can read it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Definition {
    workload: Workload,
    object: Option<Value>,
}

impl Definition {
    pub(crate) fn new(workload: Workload, object: Value) -> Self {
        Definition { workload, object: Some(object) }
    }

    /// A workload whose object the role cannot read.
    pub(crate) fn unreadable(workload: Workload) -> Self {
        Definition { workload, object: None }
    }

    pub(crate) fn workload(&self) -> &Workload {
        &self.workload
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.object.is_some()
    }

    /// The label selector of its pods, for a list request.
    pub(crate) fn selector(&self) -> Option<String> {
        selector::of_object(self.object.as_ref()?)
    }

    /// The names of a StatefulSet's pods, in order.
    pub(crate) fn numbered_names(&self) -> Option<Vec<String>> {
        let object = self.object.as_ref().filter(|_| self.workload.kind == Kind::StatefulSet)?;
        let replicas = object["spec"]["replicas"].as_u64()?;
        Some((0..replicas).map(|number| format!("{}-{number}", self.workload.name)).collect())
    }

    /// The workload as a service. Only the name is known if the object is not readable.
    pub(crate) fn service(&self) -> Service {
        Service::read(&self.workload.name, self.object.as_ref().unwrap_or(&Value::Null))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_pods_of_a_stateful_set_are_named_by_their_number() {
        let of = |kind| {
            let workload = Workload { kind, name: "db".to_owned() };
            Definition::new(workload, json!({"spec": {"replicas": 2, "selector": {"matchLabels": {"app": "db"}}}}))
        };
        let set = of(Kind::StatefulSet);
        assert_eq!(set.numbered_names(), Some(vec!["db-0".to_owned(), "db-1".to_owned()]));
        assert_eq!(set.selector().as_deref(), Some("app=db"));
        assert_eq!(of(Kind::Deployment).numbered_names(), None);
        let unseen = Definition::unreadable(set.workload().clone());
        assert_eq!((unseen.numbered_names(), unseen.selector(), unseen.service().selector), (None, None, None));
    }
}
