//! `--watch`: looks for new versions while the program runs.

use std::time::Duration;

use super::Request;
use super::environment::{Prepared, prepared, values, versions};
use crate::actions::secrets;
use crate::chain::{Chain, Presence};
use crate::commands::secrets::Place;
use crate::error::{Error, Result};
use crate::model::elapsed;
use crate::ui::Ui;

/// How often is looked, as it was typed.
pub(super) fn interval(typed: &str) -> Result<Duration> {
    let seconds = elapsed::parse(typed).and_then(|seconds| match u64::try_from(seconds) {
        Ok(seconds @ 1..) => Ok(seconds),
        _ => Err("it must be at least one second".to_owned()),
    });
    seconds.map(Duration::from_secs).map_err(|why| {
        Error::usage("invalid value for --watch")
            .because(why)
            .try_next("nsaccess secrets exec NAME --watch=30s -- COMMAND")
    })
}

/// Waits until a secret has another version that the program can be given. The screen is the program's: nobody is asked to
/// sign in, and what goes wrong is said once.
pub(super) async fn new_version(
    place: Place<'_>,
    request: &Request<'_>,
    current: &Prepared,
    every: Duration,
) -> Prepared {
    let mut known = current.versions();
    let mut is_failing = false;
    loop {
        tokio::time::sleep(every).await;
        match look(place, request, &known).await {
            Ok(None) => is_failing = false,
            Ok(Some((_, Ok(new)))) => return new,
            Ok(Some((versions, Err(refusal)))) => {
                place
                    .context
                    .ui
                    .warning(&format!("cannot use the new version, the command keeps the old one: {refusal}"));
                known = versions;
            }
            Err(error) if !is_failing => {
                place.context.ui.warning(&format!("cannot look for new versions: {}", error.message));
                is_failing = true;
            }
            Err(error) => place.context.ui.detail(&error.to_string()),
        }
    }
}

/// New versions, and what they make; `None` if there is nothing new.
async fn look(
    place: Place<'_>,
    request: &Request<'_>,
    known: &[String],
) -> Result<Option<(Vec<String>, Result<Prepared>)>> {
    let (host, silent) = (place.context.host, Ui::silent());
    let kubeconfig = place.context.global.kubeconfig.as_deref();
    let chain = Chain::open(host, &silent, kubeconfig, place.flags, Presence::Nobody)?;
    let secrets = secrets::open(&chain, place.access).await?;
    let found = values(&chain, &secrets, request).await?;
    let versions = versions(&found);
    Ok((versions != known).then(|| {
        let new = prepared(place, &secrets, request, found);
        (versions, new)
    }))
}
