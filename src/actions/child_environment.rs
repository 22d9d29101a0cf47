//! What a child needs to be in a namespace: AWS credentials, a kubeconfig of its own, and nothing that leads elsewhere.

use kubeconfig_edit::standalone;

use crate::chain::Chain;
use crate::disk::kubeconfig::Kubeconfigs;
use crate::disk::private_folder::PrivateFolder;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::model::aws::credential_output::{self, variables};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::irsa::IrsaRequest;
use crate::model::kube::namespace::Namespace;
use crate::process::child::Environment;

/// A child's surroundings. What lies on disk goes away with them.
pub struct Surroundings {
    /// Its environment.
    pub environment: Environment,
    /// The folder of its own.
    pub folder: PrivateFolder,
    /// The namespace, and whose role it is if not the namespace's own: for prompts.
    pub label: String,
    /// Who signs for AWS, in short.
    pub role: String,
    /// What the namespace resolved to.
    pub target: Target,
    /// Until when.
    pub expires_at: jiff::Timestamp,
}

/// Whose AWS credentials a child gets.
struct Identity {
    credentials: RoleCredentials,
    account: String,
    role: String,
    label: String,
}

impl<'a> Chain<'a> {
    /// Surroundings for a namespace, with the credentials of its own role or of a workload's.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] inside of such surroundings; those of the chain.
    pub async fn surroundings(
        &'a self,
        namespace: &Namespace,
        kubeconfigs: &'a Kubeconfigs,
        irsa: Option<&'a IrsaRequest>,
    ) -> Result<Surroundings> {
        let target = self.target(namespace).await?;
        let mut credentials = self.credentials(&target).await?;
        let cluster = self.cluster_facts(&target, &mut credentials).await?;
        let account = target.account.clone();
        let own = Identity { credentials, account, role: target.role.clone(), label: namespace.to_string() };
        let identity = match irsa {
            None => own,
            Some(request) => {
                let assumed = self.assumed(namespace, kubeconfigs, request).await?;
                let role = assumed.found.role.name().to_owned();
                let account = assumed.found.role.account().to_owned();
                Identity { label: format!("{namespace}:{role}"), role, account, credentials: assumed.credentials }
            }
        };
        let proxy = self.proxy_of_context(namespace, kubeconfigs)?;
        let folder = PrivateFolder::create(self.host)?;
        let proxy = proxy.as_ref().map(|(_, url)| url.as_str());
        let text = standalone(&self.entry(&target, &cluster), proxy, &self.variables_of(&target));
        let kubeconfig = folder.write("kubeconfig", &text)?;
        let mut environment = Environment::default();
        environment.change(variables(credential_output::Identity {
            credentials: &identity.credentials,
            account: &identity.account,
            region: &cluster.region,
        }));
        environment.set_plain(env_vars::KUBECONFIG, &kubeconfig.to_string_lossy());
        environment.set_plain(env_vars::NSACCESS_NAMESPACE, namespace.as_str());
        environment.set_plain(env_vars::NSACCESS_INSIDE, &identity.label);
        Ok(Surroundings {
            environment,
            folder,
            label: identity.label,
            role: identity.role,
            target,
            expires_at: identity.credentials.expires_at,
        })
    }

    /// Surroundings are not made within others.
    ///
    /// # Errors
    /// When we run in some.
    pub fn refuse_nesting(&self) -> Result<()> {
        match self.host.env(env_vars::NSACCESS_INSIDE) {
            None => Ok(()),
            Some(label) => Err(Error::usage(format!("this is a shell or a command of nsaccess already, for {label}"))
                .because("one inside another would leave it unclear which namespace is meant")
                .try_next("exit   # or open another terminal")),
        }
    }

    /// Inside of surroundings kubectl's context, the AWS keys and the prompt say one thing, so nothing there makes kubectl
    /// go elsewhere alone: neither to another namespace, nor, when something else is `chosen`, to another identity.
    ///
    /// # Errors
    /// When we run in some, and the verb would.
    pub fn refuse_change_inside(&self, namespace: &Namespace, chosen: bool, verb: &str) -> Result<()> {
        let Some(label) = self.host.env(env_vars::NSACCESS_INSIDE) else { return Ok(()) };
        let own = label.split(':').next() == Some(namespace.as_str());
        if own && !chosen {
            return Ok(());
        }
        let then = if own { format!("nsaccess {verb} {namespace}") } else { format!("nsaccess shell {namespace}") };
        Err(Error::usage(format!("this is a shell or a command of nsaccess, for {label}"))
            .because("kubectl would go elsewhere, and the prompt and the AWS keys would stay")
            .try_next(format!("exit   # then: {then}")))
    }
}
