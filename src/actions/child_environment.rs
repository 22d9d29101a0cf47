//! What a child needs to be in a namespace: AWS credentials, a kubeconfig of its own, and nothing that leads elsewhere.

use crate::actions::irsa;
use crate::actions::setup::profile_and_context;
use crate::chain::cluster;
use crate::chain::{Chain, access};
use crate::disk::private_folder::PrivateFolder;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::model::aws::credential_output;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::irsa::IrsaRequest;
use crate::model::kube::access::Access;
use crate::process::child::Environment;
use crate::ui::PRODUCTION;

/// What a child runs in. What lies on disk goes away with it.
pub(crate) struct ChildEnvironment {
    /// Its variables.
    pub(crate) variables: Environment,
    /// The folder of its own.
    pub(crate) folder: PrivateFolder,
    /// The namespace, and whose role it is if not the namespace's own.
    pub(crate) label: String,
    /// Whether the namespace is production.
    pub(crate) is_production: bool,
    /// Who signs for AWS, in short.
    pub(crate) role: String,
    /// What the namespace resolved to.
    pub(crate) target: Target,
    /// Until when.
    pub(crate) expires_at: jiff::Timestamp,
}

impl ChildEnvironment {
    /// For prompts: the label, and that it is production.
    pub(crate) fn mark(&self) -> String {
        if self.is_production { format!("{} {PRODUCTION}", self.label) } else { self.label.clone() }
    }
}

/// Whose AWS credentials a child gets.
struct Identity {
    credentials: RoleCredentials,
    account: String,
    role: String,
    label: String,
}

/// The environment of a child in a namespace, with the credentials of its own role or of a workload's.
///
/// # Errors
/// Of the chain, and when the folder cannot be made.
pub(crate) async fn prepare(
    chain: &Chain<'_>,
    access: &Access,
    irsa: Option<&IrsaRequest>,
) -> Result<ChildEnvironment> {
    let credentials = chain.credentials(access).await?;
    let (cluster, _) = cluster::facts(&credentials).await?;
    let target = credentials.target.clone();
    let identity = match irsa {
        None => Identity {
            credentials: credentials.role(),
            account: target.account().to_owned(),
            role: target.role().to_owned(),
            label: access.to_string(),
        },
        Some(request) => {
            let assumed = irsa::assume(chain, access, request).await?;
            let role = assumed.workload_role.role.name().to_owned();
            let account = assumed.workload_role.role.account().to_owned();
            Identity { label: format!("{access}:{role}"), role, account, credentials: assumed.credentials }
        }
    };
    let folder = PrivateFolder::create(chain.host)?;
    let text = profile_and_context::standalone(chain, &target, &cluster)?;
    let kubeconfig = folder.write("kubeconfig", &text)?;
    let mut variables = Environment::default();
    variables.change(credential_output::variables(credential_output::AwsIdentity {
        credentials: &identity.credentials,
        account: &identity.account,
        region: &cluster.region,
    }));
    variables.set_plain(env_vars::KUBECONFIG, &kubeconfig.to_string_lossy());
    variables.set_plain(env_vars::NSACCESS_NAMESPACE, access.name.as_str());
    variables.set_plain(env_vars::NSACCESS_INSIDE, &identity.label);
    Ok(ChildEnvironment {
        variables,
        folder,
        label: identity.label,
        is_production: access::is_production(chain, access.name.as_str()),
        role: identity.role,
        target,
        expires_at: identity.credentials.expires_at,
    })
}

/// A child's environment is not made within another one.
///
/// # Errors
/// When we run in one.
pub(crate) fn refuse_nesting(chain: &Chain<'_>) -> Result<()> {
    match chain.host.env(env_vars::NSACCESS_INSIDE) {
        None => Ok(()),
        Some(label) => Err(Error::usage(format!("already inside nsaccess shell or exec for {label}"))
            .because("nested inside another one, it would be unclear which namespace is in use")
            .try_next("exit   # or open another terminal")),
    }
}

/// Inside of one kubectl's context, the AWS keys and the prompt say one thing, so nothing there makes kubectl
/// go elsewhere alone: neither to another namespace, nor, when something else is `chosen`, to another identity.
///
/// # Errors
/// When we run in one, and the verb would.
pub(crate) fn refuse_change_inside(chain: &Chain<'_>, access: &Access, chosen: bool, verb: &str) -> Result<()> {
    let Some(label) = chain.host.env(env_vars::NSACCESS_INSIDE) else { return Ok(()) };
    let own = label.split(':').next() == Some(access.name.as_str());
    if own && !chosen {
        return Ok(());
    }
    let then = if own { format!("nsaccess {verb} {access}") } else { format!("nsaccess shell {access}") };
    Err(Error::usage(format!("not possible inside nsaccess shell or exec for {label}"))
        .because("kubectl would switch, but the prompt and the AWS credentials would not")
        .try_next(format!("exit   # then: {then}")))
}
