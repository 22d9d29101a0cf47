//! Which of the roles that were found is meant, and why there is none.

use super::find::{RoleLookup, WorkloadRole};
use crate::actions::pods::{not_allowed_to_get_for, not_found};
use crate::chain::cluster::api::ClusterAccess;
use crate::chain::{Chain, Presence};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::irsa::{IamRole, IrsaRequest, RoleChoice, SpecRoles};
use crate::model::kube::workload::{Kind, Workload};

impl RoleLookup<'_> {
    /// The role that a choice comes to; a person is asked where several fit.
    pub(crate) fn settled(&self, choice: RoleChoice, spec: &SpecRoles, by: String) -> Result<WorkloadRole> {
        let (target, request) = (self.target, self.request);
        let (role, container) = match choice {
            RoleChoice::Role { role, container } => (role, container),
            RoleChoice::Several(found) => {
                let (container, role) = pick(self.cluster.chain(), target, request, self.cluster.namespace(), found)?;
                (role, Some(container))
            }
            RoleChoice::NoSuchContainer(known) => {
                return Err(no_container(target, request, "not found in", "its containers", &known));
            }
            RoleChoice::NotInContainer(known) => {
                return Err(no_container(target, request, "has no IAM role in", "containers with a role", &known));
            }
            RoleChoice::Reference(container) => {
                return Err(Error::failure(format!("cannot read the IAM role of container {container:?} in {target}"))
                    .because("its AWS_ROLE_ARN comes from a ConfigMap or a Secret")
                    .try_next(format!("nsaccess assume-irsa sa/{} --role-arn ARN", spec.service_account)));
            }
            // Whoever calls has looked at the service account then.
            RoleChoice::None => return Err(self.no_such(target)),
        };
        Ok(WorkloadRole {
            role: parsed(&role, &target.to_string())?,
            service_account: Some(spec.service_account.clone()),
            container,
            audience: spec.audience.clone(),
            by,
        })
    }

    /// There is nothing of that name.
    pub(crate) fn no_such(&self, target: &Workload) -> Error {
        let error = not_found(self.cluster, target);
        match target.kind {
            Kind::Pod => error
                .try_next(format!("nsaccess assume-irsa deploy/{}   # if it is a deployment", target.name))
                .try_next("nsaccess pods"),
            _ => error.try_next("nsaccess pods   # the name of a pod works too"),
        }
    }
}

/// A role's ARN as something in the cluster names it.
pub(crate) fn parsed(role: &str, of: &str) -> Result<IamRole> {
    IamRole::parse(role).map_err(|why| Error::failure(format!("{of} has an invalid IAM role")).because(why))
}

fn pick(
    chain: &Chain<'_>,
    target: &Workload,
    request: &IrsaRequest,
    namespace: &str,
    found: Vec<(String, String)>,
) -> Result<(String, String)> {
    if chain.presence == Presence::Person {
        let lines: Vec<String> = found.iter().map(|(container, role)| format!("{container}: {role}")).collect();
        let chosen =
            chain.prompts.pick(&format!("The containers of {target} have different IAM roles. Which one?"), &lines)?;
        return found.into_iter().nth(chosen).ok_or_else(|| Error::failure("nothing was selected"));
    }
    let mut error = Error::usage(format!("{target} has several IAM roles; specify a container"));
    for (container, role) in found {
        let (target, container_too) = (Some(target.clone()), Some(container.clone()));
        let again = IrsaRequest { target, container: container_too, ..request.clone() };
        error = error.because(format!("container {container:?} has {role}")).try_next(again.command(namespace, ""));
    }
    Err(error)
}

fn no_container(target: &Workload, request: &IrsaRequest, what: &str, list: &str, known: &[String]) -> Error {
    let wanted = request.container.as_deref().unwrap_or_default();
    let first = known.first().map(String::as_str).unwrap_or_default();
    Error::new(ErrorKind::NotFound, format!("container {wanted:?} {what} {target}"))
        .because(format!("{list}: {}", known.join(", ")))
        .try_next(format!("nsaccess assume-irsa {target} -c {first}"))
}

/// A target that cannot be looked up because `get` on objects of the kind `missing` is, with the rule that would allow it
/// and what works without.
pub(crate) fn no_get(cluster: &ClusterAccess<'_>, target: &Workload, missing: Kind, words: &str) -> Error {
    let error = not_allowed_to_get_for(cluster, target, missing, words);
    match target.kind {
        Kind::ServiceAccount => error
            .try_next("nsaccess assume-irsa POD   # a pod that uses it; needs only get pods")
            .try_next(format!("nsaccess assume-irsa sa/{} --role-arn ARN   # if you know the role", target.name)),
        Kind::Pod => error.try_next("nsaccess assume-irsa --role-arn ARN   # if you know the role"),
        _ => error,
    }
}

/// A role that nobody outside of the cluster can have this way.
pub(crate) fn pod_identity(target: &Workload) -> Error {
    Error::failure(format!("{target} uses EKS Pod Identity, which works only inside the cluster"))
        .because("an agent on the node gives the pod its credentials, so there is no AWS_ROLE_ARN as with IRSA")
        .because("the role trusts pods.eks.amazonaws.com, not you or a service account token")
        .try_next("nsaccess assume-irsa --role-arn ARN   # if the role's trust policy allows your role")
}
