//! What the port-forward engine needs: local listeners, and connections to the API server.

mod connect;
pub(crate) mod listen;

use std::pin::Pin;
use std::rc::Rc;

use kube_port_forward::{ApiServer, Dialer, SecretString, Transport};

use crate::error::{Error, Result};
use crate::model::kube::cluster::Cluster;
use crate::model::kube::namespace::Namespace;
use crate::model::wire::proxy::Proxy;
use crate::net::trust::Trust;
use crate::secret::Secret;

/// A dialer for the pods of a namespace. `token` is called with `true` when the last token was refused.
///
/// # Errors
/// When the cluster's endpoint cannot be used.
pub(crate) fn dialer<F>(
    (cluster, namespace): (&Cluster, &Namespace),
    proxy: Option<(&Proxy, &Trust)>,
    preferred: Transport,
    token: impl Fn(bool) -> F + 'static,
) -> Result<Dialer<Error>>
where
    F: Future<Output = Result<Secret<String>>> + 'static,
{
    let (connector, path) = connect::Connector::new(cluster, proxy)?;
    let server = ApiServer {
        authority: connector.authority(),
        path,
        user_agent: concat!("nsaccess/", env!("CARGO_PKG_VERSION")).to_owned(),
        connector: Rc::new(connector),
    };
    let token_source = Box::new(move |refused: bool| {
        let token = token(refused);
        let token = async move { Ok(SecretString::from(token.await?.expose().as_str())) };
        Box::pin(token) as Pin<Box<dyn Future<Output = _>>>
    });
    Ok(Dialer::new(server, namespace.as_str(), token_source, preferred))
}
