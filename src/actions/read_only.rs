//! The cluster of a read-only shell: reads are passed on with the namespace's own token, and everything else is refused.

use std::convert::Infallible;

use http::StatusCode;
use serde_json::json;

use crate::chain::Chain;
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::{ClusterAccess, WhenOver};
use crate::chain::cluster::way::{self, ContextWay};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::kube::access::Access;
use crate::model::kube::read_only::{self, Asked};
use crate::net::kube::KubeFailure;
use crate::net::kube::pass_on::{PassedAnswer, PassedRequest};
use crate::net::loopback::{Gate, LoopbackServer};
use crate::secret::Secret;

/// What stands before a cluster's API in a read-only shell.
pub(crate) struct ReadOnlyApi<'a> {
    cluster: ClusterAccess<'a>,
    server: LoopbackServer,
    /// The way that the context of the user's kubeconfig has.
    way: Option<ContextWay>,
}

impl<'a> ReadOnlyApi<'a> {
    /// Listens; nobody is answered before [`ReadOnlyApi::serve`].
    ///
    /// # Errors
    /// Of the chain, and when this machine does not let us listen.
    pub(crate) async fn open(chain: &'a Chain<'a>, access: &Access) -> Result<Self> {
        let cluster = chain.cluster(access).await?;
        cluster.run_on(WhenOver::Fail);
        cluster.pass_on()?;
        let way = way::of_context(chain, access)?;
        Ok(ReadOnlyApi { cluster, server: LoopbackServer::bind().await?, way })
    }

    /// A kubeconfig that leads here. It has the token, so it is written for its owner only.
    pub(crate) fn kubeconfig(&self) -> Secret<String> {
        let name = self.cluster.chain().settings.context_pattern.value.render(self.cluster.access().as_str());
        let mut cluster = json!({
            "server": self.server.url(),
            "certificate-authority-data": self.server.certificate_authority_data(),
        });
        if let Some(extension) = self.way.as_ref().and_then(ContextWay::as_extension) {
            // As `proxy-url` it would be on kubectl's way to us.
            cluster["extensions"] = json!([extension]);
        }
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"token": self.server.token().expose()}}],
            "contexts": [{"name": name, "context":
                {"cluster": name, "user": name, "namespace": self.cluster.namespace()}}],
        });
        Secret::new(format!("{kubeconfig:#}\n"))
    }

    /// Answers for as long as the future lives.
    pub(crate) async fn serve(&self) -> Infallible {
        self.server.serve(self).await
    }
}

impl Gate for ReadOnlyApi<'_> {
    fn refusal(&self, asked: Asked<'_>) -> Option<String> {
        let refused = read_only::check(asked).err()?;
        let access = self.cluster.access();
        Some(format!(
            "{refused} was refused: this shell is read-only; to do more than read, type exit, then: nsaccess shell {access}"
        ))
    }

    async fn answer(&self, request: PassedRequest) -> PassedAnswer {
        match self.cluster.stream(async |api| api.pass_on(&request).await).await {
            Ok(answer) => answer,
            Err(CallError::Answer(KubeFailure::Status(400, words))) => {
                PassedAnswer::status(StatusCode::BAD_REQUEST, &words)
            }
            Err(CallError::Answer(failure)) => unavailable(&failure.into_error(&self.cluster.cluster().name)),
            Err(CallError::Chain(error)) => unavailable(&error.or_sign_in(self.cluster.access().as_str())),
        }
    }
}

/// An error of ours on one line: that is how kubectl shows it.
fn unavailable(error: &Error) -> PassedAnswer {
    let because = error.because.iter().map(|why| format!(": {why}"));
    let next = error.try_next.first().map(|command| format!("; try: {command}"));
    let words: String = std::iter::once(error.message.clone()).chain(because).chain(next).collect();
    PassedAnswer::status(StatusCode::SERVICE_UNAVAILABLE, &words)
}

/// Why a verb has no place in a read-only shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MoreThanReading {
    Connects,
    Changes,
    /// It would write an entry that leads kubectl to the cluster itself.
    LeadsAround,
}

/// In a read-only shell, what does more than reading is refused. `named` is the namespace it was meant for, if it was said.
///
/// # Errors
/// When we run in one.
pub(crate) fn refuse_inside(host: &Host, verb: &str, why: MoreThanReading, named: Option<&str>) -> Result<()> {
    if host.env(env_vars::NSACCESS_READ_ONLY).is_none() {
        return Ok(());
    }
    let inside = host.env(env_vars::NSACCESS_INSIDE).and_then(|label| label.split(':').next());
    let label = named.or(inside).unwrap_or_default();
    let (because, then) = match why {
        MoreThanReading::Connects => ("it connects to pods", format!("nsaccess shell {label}")),
        MoreThanReading::Changes => ("it can change something in a cluster", format!("nsaccess shell {label}")),
        MoreThanReading::LeadsAround => {
            ("kubectl in this shell would then be allowed more than reading", format!("nsaccess {verb} {label}"))
        }
    };
    Err(Error::usage(format!("nsaccess {verb} is not possible in a read-only shell"))
        .because(because)
        .try_next(format!("exit   # or open another terminal; then: {}", then.trim_end())))
}
