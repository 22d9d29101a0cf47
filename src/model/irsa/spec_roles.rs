//! What the spec of a pod, or a template of pods, says of roles: after what EKS's webhook puts there
//! (`pkg/handler` of `aws/amazon-eks-pod-identity-webhook`).

use serde_json::Value;

use super::AUDIENCE;

const SKIP_ANNOTATION: &str = "eks.amazonaws.com/skip-containers";
const ROLE_VARIABLE: &str = "AWS_ROLE_ARN";
const TOKEN_FILE_VARIABLE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
/// The address and the token of EKS Pod Identity's agent.
const POD_IDENTITY_VARIABLES: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
const POD_IDENTITY_AUDIENCE: &str = "pods.eks.amazonaws.com";
/// The agent's addresses on a node: <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html>
const POD_IDENTITY_HOSTS: [&str; 2] = ["169.254.170.23", "fd00:ec2::23"];

/// What a container names as its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContainerRole {
    Role(String),
    /// One that stands in a ConfigMap or a Secret.
    Elsewhere,
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Container {
    name: String,
    role: ContainerRole,
    /// The webhook leaves it alone: it names a token itself, or the pod says so.
    left_alone: bool,
}

/// The roles of a pod's containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpecRoles {
    /// The service account that it runs as.
    pub(crate) service_account: String,
    /// Whom the service account's tokens for STS are meant for.
    pub(crate) audience: String,
    /// Some container has its credentials by EKS Pod Identity.
    pub(crate) pod_identity: bool,
    containers: Vec<Container>,
}

/// Which role is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This one.
    Role {
        /// Its ARN, as the container names it.
        role: String,
        /// The container, where not all have the same role.
        container: Option<String>,
    },
    /// One of these, each with its container.
    Several(Vec<(String, String)>),
    /// No container names one.
    None,
    /// There is no such container; these there are.
    NoContainer(Vec<String>),
    /// The container that was named has none; these have.
    NotThere(Vec<String>),
    /// This container takes it from a ConfigMap or a Secret.
    Elsewhere(String),
}

impl SpecRoles {
    /// Reads a pod or a template.
    pub(crate) fn read(object: &Value) -> Self {
        let spec = &object["spec"];
        let skipped = object["metadata"]["annotations"][SKIP_ANNOTATION].as_str().unwrap_or_default();
        let lists = ["containers", "initContainers"].into_iter().filter_map(|list| spec[list].as_array());
        let objects: Vec<&Value> = lists.flatten().collect();
        let account = [&spec["serviceAccountName"], &spec["serviceAccount"]].into_iter().find_map(Value::as_str);
        SpecRoles {
            service_account: account.filter(|name| !name.is_empty()).unwrap_or("default").to_owned(),
            audience: audience(spec).unwrap_or_else(|| AUDIENCE.to_owned()),
            pod_identity: objects.iter().any(|container| has_pod_identity(container)),
            containers: objects.iter().map(|container| read_container(container, skipped)).collect(),
        }
    }

    /// A template as the webhook would fill it for a service account with this role.
    #[must_use]
    pub(crate) fn with_annotation(mut self, role: &str) -> Self {
        for container in &mut self.containers {
            if container.role == ContainerRole::Nothing && !container.left_alone {
                container.role = ContainerRole::Role(role.to_owned());
            }
        }
        self
    }

    /// Whether any container names a role.
    pub(crate) fn names_any(&self) -> bool {
        self.containers.iter().any(|container| container.role != ContainerRole::Nothing)
    }

    /// The role that is meant: of the container that was named, else the only one there is.
    pub(crate) fn choose(&self, wanted: Option<&str>) -> Choice {
        if let Some(wanted) = wanted {
            return self.of_container(wanted);
        }
        let mut found: Vec<(String, String)> = Vec::new();
        for container in &self.containers {
            match &container.role {
                ContainerRole::Role(role) if !found.iter().any(|(_, known)| known == role) => {
                    found.push((container.name.clone(), role.clone()));
                }
                ContainerRole::Role(_) | ContainerRole::Nothing => {}
                ContainerRole::Elsewhere => return Choice::Elsewhere(container.name.clone()),
            }
        }
        match (found.len(), found.pop()) {
            (_, None) => Choice::None,
            (1, Some((_, role))) => Choice::Role { role, container: None },
            (_, Some(last)) => {
                found.push(last);
                Choice::Several(found)
            }
        }
    }

    fn of_container(&self, wanted: &str) -> Choice {
        let names = |with_role: bool| {
            let fits = |container: &&Container| !with_role || container.role != ContainerRole::Nothing;
            self.containers.iter().filter(fits).map(|container| container.name.clone()).collect()
        };
        let Some(container) = self.containers.iter().find(|container| container.name == wanted) else {
            return Choice::NoContainer(names(false));
        };
        match &container.role {
            ContainerRole::Role(role) => {
                let several = self
                    .containers
                    .iter()
                    .any(|other| matches!(&other.role, ContainerRole::Role(other) if other != role));
                Choice::Role { role: role.clone(), container: several.then(|| container.name.clone()) }
            }
            ContainerRole::Elsewhere => Choice::Elsewhere(container.name.clone()),
            ContainerRole::Nothing if self.names_any() => Choice::NotThere(names(true)),
            ContainerRole::Nothing => Choice::None,
        }
    }
}

fn read_container(container: &Value, skipped: &str) -> Container {
    let name = container["name"].as_str().unwrap_or_default().to_owned();
    let role = match variable(container, ROLE_VARIABLE) {
        None => ContainerRole::Nothing,
        Some(set) => match set["value"].as_str().filter(|role| !role.is_empty()) {
            Some(role) => ContainerRole::Role(role.to_owned()),
            None if set["valueFrom"].is_object() => ContainerRole::Elsewhere,
            None => ContainerRole::Nothing,
        },
    };
    let is_skipped = skipped.split(',').any(|skip| skip.trim() == name);
    let left_alone =
        is_skipped || [ROLE_VARIABLE, TOKEN_FILE_VARIABLE].iter().any(|it| variable(container, it).is_some());
    Container { name, role, left_alone }
}

fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a Value> {
    container["env"].as_array()?.iter().find(|variable| variable["name"] == name)
}

fn has_pod_identity(container: &Value) -> bool {
    let signs = [&POD_IDENTITY_HOSTS[..], &[POD_IDENTITY_AUDIENCE]].concat();
    let values = POD_IDENTITY_VARIABLES.iter().filter_map(|name| variable(container, name)?["value"].as_str());
    values.into_iter().any(|value| signs.iter().any(|sign| value.contains(sign)))
}

/// The audience of the token that is mounted for STS.
fn audience(spec: &Value) -> Option<String> {
    let volumes = spec["volumes"].as_array()?.iter().filter(|volume| volume["name"] == "aws-iam-token");
    let sources = volumes.filter_map(|volume| volume["projected"]["sources"].as_array()).flatten();
    let mut audiences = sources.filter_map(|source| source["serviceAccountToken"]["audience"].as_str());
    audiences.next().map(str::to_owned)
}

#[cfg(test)]
#[path = "spec_roles_tests.rs"]
mod tests;
