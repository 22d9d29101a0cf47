//! Which of the roles that were found is meant, and why there is none.

use super::find::{RoleLookup, WorkloadRole};
use crate::actions::pods::denied;
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
                return Err(no_container(target, request, "there is no container", &known));
            }
            RoleChoice::NotInContainer(known) => {
                return Err(no_container(target, request, "no role is named by the container", &known));
            }
            RoleChoice::Reference(container) => {
                return Err(Error::failure(format!(
                    "the role of the container {container} of {target} cannot be read"
                ))
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
        let error = Error::new(ErrorKind::NotFound, format!("there is no {target} in {}", self.cluster.namespace()));
        match target.kind {
            Kind::Pod => error
                .try_next(format!("nsaccess assume-irsa deploy/{}   # if it is no pod", target.name))
                .try_next("nsaccess pods"),
            _ => error.try_next("nsaccess pods   # a pod's name is enough, too"),
        }
    }
}

/// A role's ARN as something in the cluster names it.
pub(crate) fn parsed(role: &str, of: &str) -> Result<IamRole> {
    IamRole::parse(role).map_err(|why| Error::failure(format!("what {of} names as its role is none")).because(why))
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
            chain.prompts.pick(&format!("The containers of {target} have several roles. Which one?"), &lines)?;
        return found.into_iter().nth(chosen).ok_or_else(|| Error::failure("nothing was chosen"));
    }
    let mut error = Error::usage(format!("the containers of {target} have several roles"));
    for (container, role) in found {
        let (target, container_too) = (Some(target.clone()), Some(container.clone()));
        let again = IrsaRequest { target, container: container_too, ..request.clone() };
        error = error.because(format!("{container} has {role}")).try_next(again.command(namespace, ""));
    }
    Err(error)
}

fn no_container(target: &Workload, request: &IrsaRequest, what: &str, known: &[String]) -> Error {
    let wanted = request.container.as_deref().unwrap_or_default();
    let first = known.first().map(String::as_str).unwrap_or_default();
    Error::new(ErrorKind::NotFound, format!("{what} {wanted} of {target}"))
        .because(format!("those to choose from are {}", known.join(", ")))
        .try_next(format!("nsaccess assume-irsa {target} -c {first}"))
}

/// A target that cannot be looked up because `get` on objects of the kind `missing` is, with the rule that would allow it
/// and what works without.
pub(crate) fn no_get(cluster: &ClusterAccess<'_>, target: &Workload, missing: Kind, words: &str) -> Error {
    let error = denied(cluster, format!("{target} cannot be seen"), words, &missing.rule(&["get"]));
    match target.kind {
        Kind::ServiceAccount => error
            .try_next("nsaccess assume-irsa POD   # with a pod that runs as it, get on pods is enough")
            .try_next(format!("nsaccess assume-irsa sa/{} --role-arn ARN   # if you know its role", target.name)),
        Kind::Pod => error.try_next("nsaccess assume-irsa --role-arn ARN   # if you know its role"),
        _ => error,
    }
}

/// A role that nobody outside of the cluster can have this way.
pub(crate) fn pod_identity(target: &Workload) -> Error {
    Error::failure(format!("{target} has its role by EKS Pod Identity, which works only inside of the cluster"))
        .because("an agent on the pod's node hands its credentials out, and to nobody else; there is no AWS_ROLE_ARN as with IRSA")
        .because("the role trusts pods.eks.amazonaws.com, and neither you nor a token of the service account")
        .try_next("nsaccess assume-irsa --role-arn ARN   # once the role's trust policy names your permission set's role too")
}
