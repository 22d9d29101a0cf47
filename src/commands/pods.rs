//! `pods`: the pods of the namespace, once or live.

pub(crate) mod document;
mod screen;

use clap::Args;

use crate::actions::candidates;
use crate::actions::pods::Pods;
use crate::chain::cluster::api::{ClusterAccess, WhenOver};
use crate::commands::pods::screen::{Screen, show};
use crate::commands::{Context, misplaced};
use crate::error::{Error, Result};
use crate::model::kube::workload::{Kind as WorkloadKind, Workload};
use crate::model::settings::Flags;
use crate::process::runtime;

/// List pods.
///
/// Listing all pods needs list on pods; pods by name need only get. `-o wide` adds the IP address, the node and the owner.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess pods\n  nsaccess pods web-0 web-1\n  nsaccess pods -l app=web -w\n  nsaccess pods -o wide"
)]
pub(crate) struct PodsArgs {
    /// Pod names, like web-0 or pod/web-0
    pub(crate) names: Vec<String>,
    /// Label selector, like app=web
    #[arg(short = 'l', long, value_name = "SELECTOR", conflicts_with = "names")]
    pub(crate) selector: Option<String>,
    /// Watch for changes
    #[arg(short, long)]
    pub(crate) watch: bool,
}

/// Runs the verb.
///
/// # Errors
/// When the role does not allow it, or no pod has a name.
pub(crate) fn run(context: Context<'_>, args: &PodsArgs) -> Result<()> {
    let names = args.names.iter().map(|name| pod_name(name)).collect::<Result<Vec<String>>>()?;
    let chain = &context.open(&Flags::default())?;
    let access = chain.access(context.named(None))?;
    let shown = runtime::run(async {
        let cluster = chain.cluster(&access).await?;
        match (args.watch, names.is_empty()) {
            (true, _) => live(context, &cluster, &names, args.selector.as_deref()).await,
            (false, true) => listed(context, &cluster, args.selector.as_deref()).await,
            (false, false) => named(context, &cluster, &names).await,
        }
    });
    shown.map_err(|error| misplaced::word(chain, error, "pods", &args.names, ""))
}

fn pod_name(typed: &str) -> Result<String> {
    let pod = Workload::parse(typed, &[WorkloadKind::Pod]);
    pod.map(|pod| pod.name)
        .map_err(|why| Error::usage(format!("invalid pod name {typed:?}")).because(why).try_next("nsaccess pods web-0"))
}

async fn listed(context: Context<'_>, cluster: &ClusterAccess<'_>, selector: Option<&str>) -> Result<()> {
    let pods = Pods::of(cluster).listed(selector).await?;
    show(context, &pods)?;
    if pods.is_empty() {
        let which = selector.map(|selector| format!(" with labels {selector}")).unwrap_or_default();
        context.ui.status(&format!("no pods{which} found in namespace {:?}", cluster.namespace()));
    }
    Ok(())
}

async fn named(context: Context<'_>, cluster: &ClusterAccess<'_>, names: &[String]) -> Result<()> {
    let (pods, mut failures) = Pods::of(cluster).named(names).await?;
    if !pods.is_empty() {
        show(context, &pods)?;
        let found: Vec<Workload> = pods.iter().map(|pod| Workload::pod(&pod.metadata.name)).collect();
        candidates::note_used(cluster, &found);
    }
    // All but the last are shown here; the last decides the exit code.
    let Some(last) = failures.pop() else { return Ok(()) };
    for failure in &failures {
        context.ui.print_error(failure);
    }
    Err(last)
}

/// Prints every pod, then every change of one as a line.
async fn live(
    context: Context<'_>,
    cluster: &ClusterAccess<'_>,
    names: &[String],
    selector: Option<&str>,
) -> Result<()> {
    let is_named = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let (selection, mut first) = Pods::of(cluster).selection(names, selector).await?;
    first.retain(|pod| is_named(&pod.metadata.name));
    let mut screen = Screen::new(context, &first);
    cluster.run_on(WhenOver::Wait);
    // From here on calls go out again and again, and a person waits for none of them.
    let _held = context.ui.hold();
    Pods::of(cluster)
        .follow(&selection, &mut |change| match is_named(change.name()) {
            true => screen.change(&change),
            false => Ok(()),
        })
        .await
}
