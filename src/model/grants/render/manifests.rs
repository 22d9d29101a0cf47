//! The objects of Kubernetes alone: for kubectl, Argo CD, Flux, or kustomize.

use serde_json::{Value, json};

use super::objects::by_namespace;
use super::{File, Rendered, Request, yaml};
use crate::error::{Error, Result};

/// All objects in one text.
pub(super) fn manifests(request: &Request) -> Result<Rendered> {
    let groups = by_namespace(request);
    check_not_empty(groups.is_empty())?;
    let objects: Vec<Value> = groups.into_iter().flat_map(|group| group.objects).collect();
    let file = File::new("grants.yaml", yaml::documents(&comment(request), &objects)?);
    Ok(Rendered { files: vec![file], warnings: warnings(request) })
}

/// A folder with a file a namespace.
pub(super) fn kustomize(request: &Request) -> Result<Rendered> {
    let groups = by_namespace(request);
    check_not_empty(groups.is_empty())?;
    let path = |namespace: &str| format!("namespaces/{namespace}.yaml");
    let kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": groups.iter().map(|group| path(&group.namespace)).collect::<Vec<_>>(),
    });
    let mut files = vec![File::new("kustomization.yaml", yaml::documents(&comment(request), &[kustomization])?)];
    for group in groups {
        files.push(File::new(path(&group.namespace), yaml::documents("", &group.objects)?));
    }
    Ok(Rendered { files, warnings: warnings(request) })
}

fn check_not_empty(is_empty: bool) -> Result<()> {
    match is_empty {
        false => Ok(()),
        true => Err(Error::usage("these grants need no Kubernetes objects")
            .because("access policies are given by access entries of EKS alone")
            .try_next("nsaccess grant render NAMESPACE --format terraform   # or eksctl, aws-cli")),
    }
}

fn comment(request: &Request) -> String {
    format!(
        "Rendered by nsaccess. These are the objects in the cluster. That the principals are in the groups, their access\n\
         entries or aws-auth say: --format terraform, eksctl or aws-cli.{}",
        super::ends(request)
    )
}

fn warnings(request: &Request) -> Vec<String> {
    let policies = request.entries.iter().filter(|entry| !entry.access.is_rbac());
    let warning = |entry: &super::Entry| {
        format!("{} in {} is not in it: access policies are no objects", entry.access.label(), entry.namespace)
    };
    policies.map(warning).collect()
}
