//! The proxy that the environment names.

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::model::wire::proxy::{Proxy, ProxyVariables};

/// The proxy of the environment: for a cluster whose context names none.
///
/// # Errors
/// When it cannot be used.
pub(crate) fn of_environment(chain: &Chain<'_>, endpoint: &str) -> Result<Option<Proxy>> {
    let url = ProxyVariables::read(|name| chain.host.env(name)).for_url(endpoint);
    url.map(|url| Proxy::parse(&url))
        .transpose()
        .map_err(|why| Error::usage("invalid proxy in $HTTPS_PROXY").because(why).try_next("unset HTTPS_PROXY"))
}
