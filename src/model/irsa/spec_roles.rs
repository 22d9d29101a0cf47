//! The roles in the spec of a pod or a pod template, as EKS's webhook sets them (`pkg/handler` of
//! `aws/amazon-eks-pod-identity-webhook`).

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

/// The role of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContainerRole {
    Role(String),
    /// From a ConfigMap or a Secret.
    Reference,
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Container {
    name: String,
    role: ContainerRole,
    /// The webhook skips it: it sets the variables itself, or the pod's annotation lists it.
    skipped: bool,
}

/// The roles of a pod's containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpecRoles {
    pub(crate) service_account: String,
    /// The audience of the service account's tokens for STS.
    pub(crate) audience: String,
    /// Whether a container gets its credentials from EKS Pod Identity.
    pub(crate) pod_identity: bool,
    containers: Vec<Container>,
}

/// The role of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleChoice {
    Role {
        /// The ARN.
        role: String,
        /// Set if not all containers have the same role.
        container: Option<String>,
    },
    /// Containers and their roles, if these differ.
    Several(Vec<(String, String)>),
    /// No container has one.
    None,
    /// There is no such container; these exist.
    NoSuchContainer(Vec<String>),
    /// The container has no role; these have one.
    NotInContainer(Vec<String>),
    /// This container's is from a ConfigMap or a Secret.
    Reference(String),
}

impl SpecRoles {
    /// Reads a pod or a pod template.
    pub(crate) fn read(object: &Value) -> Self {
        let spec = &object["spec"];
        let skip_list = object["metadata"]["annotations"][SKIP_ANNOTATION].as_str().unwrap_or_default();
        let lists = ["containers", "initContainers"].into_iter().filter_map(|list| spec[list].as_array());
        let objects: Vec<&Value> = lists.flatten().collect();
        let account = [&spec["serviceAccountName"], &spec["serviceAccount"]].into_iter().find_map(Value::as_str);
        SpecRoles {
            service_account: account.filter(|name| !name.is_empty()).unwrap_or("default").to_owned(),
            audience: audience(spec).unwrap_or_else(|| AUDIENCE.to_owned()),
            pod_identity: objects.iter().any(|container| has_pod_identity(container)),
            containers: objects.iter().map(|container| read_container(container, skip_list)).collect(),
        }
    }

    /// Sets the role where the webhook would, for a service account with this annotation.
    #[must_use]
    pub(crate) fn with_annotation(mut self, role: &str) -> Self {
        for container in &mut self.containers {
            if container.role == ContainerRole::Nothing && !container.skipped {
                container.role = ContainerRole::Role(role.to_owned());
            }
        }
        self
    }

    /// Whether any container has a role.
    pub(crate) fn has_any(&self) -> bool {
        self.containers.iter().any(|container| container.role != ContainerRole::Nothing)
    }

    /// The role of the given container, else the only role.
    pub(crate) fn choose(&self, wanted: Option<&str>) -> RoleChoice {
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
                ContainerRole::Reference => return RoleChoice::Reference(container.name.clone()),
            }
        }
        match (found.len(), found.pop()) {
            (_, None) => RoleChoice::None,
            (1, Some((_, role))) => RoleChoice::Role { role, container: None },
            (_, Some(last)) => {
                found.push(last);
                RoleChoice::Several(found)
            }
        }
    }

    fn of_container(&self, wanted: &str) -> RoleChoice {
        let names = |with_role: bool| {
            let fits = |container: &&Container| !with_role || container.role != ContainerRole::Nothing;
            self.containers.iter().filter(fits).map(|container| container.name.clone()).collect()
        };
        let Some(container) = self.containers.iter().find(|container| container.name == wanted) else {
            return RoleChoice::NoSuchContainer(names(false));
        };
        match &container.role {
            ContainerRole::Role(role) => {
                let several = self
                    .containers
                    .iter()
                    .any(|other| matches!(&other.role, ContainerRole::Role(other) if other != role));
                RoleChoice::Role { role: role.clone(), container: several.then(|| container.name.clone()) }
            }
            ContainerRole::Reference => RoleChoice::Reference(container.name.clone()),
            ContainerRole::Nothing if self.has_any() => RoleChoice::NotInContainer(names(true)),
            ContainerRole::Nothing => RoleChoice::None,
        }
    }
}

fn read_container(container: &Value, skip_list: &str) -> Container {
    let name = container["name"].as_str().unwrap_or_default().to_owned();
    let role = match variable(container, ROLE_VARIABLE) {
        None => ContainerRole::Nothing,
        Some(set) => match set["value"].as_str().filter(|role| !role.is_empty()) {
            Some(role) => ContainerRole::Role(role.to_owned()),
            None if set["valueFrom"].is_object() => ContainerRole::Reference,
            None => ContainerRole::Nothing,
        },
    };
    let is_skipped = skip_list.split(',').any(|skip| skip.trim() == name);
    let skipped = is_skipped || [ROLE_VARIABLE, TOKEN_FILE_VARIABLE].iter().any(|it| variable(container, it).is_some());
    Container { name, role, skipped }
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
