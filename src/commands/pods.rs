//! `pods`: the pods of the namespace, once or live.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::actions::pods::Pods;
use crate::actions::pods::follow::Change;
use crate::chain::cluster::api::{ClusterAccess, WhenOver};
use crate::commands::{Context, misplaced};
use crate::error::{Error, Result};
use crate::model::kube::pod::Pod;
use crate::model::kube::pod_status::{PodRow, row};
use crate::model::kube::workload::{Kind as WorkloadKind, Workload};
use crate::model::settings::Flags;
use crate::process::runtime;
use crate::screen;

/// Show pods.
///
/// Listing all pods needs list on pods; pods by name need only get.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  nsaccess pods\n  nsaccess pods web-0 web-1\n  nsaccess pods -l app=web -w")]
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

/// Columns.
const HEADINGS: [&str; 7] = ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE", "OWNER"];

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
    shown.map_err(|error| misplaced::namespace(chain, error, "pods", &args.names, ""))
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
    }
    // All but the last are shown here; the last decides the exit code.
    let Some(last) = failures.pop() else { return Ok(()) };
    for failure in &failures {
        context.ui.print_error(failure);
    }
    Err(last)
}

fn show(context: Context<'_>, pods: &[Pod]) -> Result<()> {
    let mut rows: Vec<PodRow> = pods.iter().map(row).collect();
    rows.sort_by(|left, right| left.name.cmp(&right.name));
    let now = context.host.now();
    context.ui.print_document(&rows.iter().map(value).collect::<Value>(), || {
        if rows.is_empty() {
            return String::new();
        }
        context.ui.table(&HEADINGS, &rows.iter().map(|row| cells(row, now)).collect::<Vec<_>>())
    })
}

/// Prints every pod, then every change of one as a line. Ages alone do not count as a change.
async fn live(
    context: Context<'_>,
    cluster: &ClusterAccess<'_>,
    names: &[String],
    selector: Option<&str>,
) -> Result<()> {
    let selection = Pods::of(cluster).selection(names, selector).await?;
    let mut screen = Screen { context, seen: BTreeMap::new(), started: false };
    cluster.run_on(WhenOver::Wait);
    Pods::of(cluster)
        .follow(&selection, &mut |change| match is_named(names, change.name()) {
            true => screen.change(&change),
            false => Ok(()),
        })
        .await
}

fn is_named(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|wanted| wanted == name)
}

/// What was printed of each pod.
struct Screen<'a> {
    context: Context<'a>,
    seen: BTreeMap<String, PodRow>,
    started: bool,
}

impl Screen<'_> {
    fn change(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::Present(pod) => {
                let row = row(pod);
                if self.seen.insert(row.name.clone(), row.clone()).as_ref() == Some(&row) {
                    return Ok(());
                }
                self.print(&row, "present")
            }
            Change::Hidden(_) => Ok(()),
            Change::Gone(name) => match self.seen.remove(name) {
                Some(row) => self.print(&PodRow { status: "Deleted".to_owned(), ready: 0, ..row }, "deleted"),
                None => Ok(()),
            },
        }
    }

    fn print(&mut self, row: &PodRow, event: &str) -> Result<()> {
        let ui = self.context.ui;
        if !ui.is_table() {
            let mut object = value(row);
            object["event"] = json!(event);
            return ui.print_json_line(&object);
        }
        // Widths that most pods fit, so that lines printed an hour apart stay below each other.
        let widths = [40, 6, 18, 14, 6, 24, 0];
        let line = |cells: Vec<String>| {
            let cells = cells.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", screen::one_line(cell)));
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        let mut text = String::new();
        if !std::mem::replace(&mut self.started, true) {
            text.push_str(&line(HEADINGS.map(str::to_owned).to_vec()));
        }
        text.push_str(&line(cells(row, self.context.host.now())));
        ui.print(&text)
    }
}

fn cells(row: &PodRow, now: Timestamp) -> Vec<String> {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "<none>".to_owned());
    vec![
        row.name.clone(),
        format!("{}/{}", row.ready, row.containers),
        row.status.clone(),
        row.restarts_cell(now),
        row.age_cell(now),
        or_none(&row.node),
        or_none(&row.owner),
    ]
}

fn value(row: &PodRow) -> Value {
    json!({
        "name": row.name,
        "ready": row.ready,
        "containers": row.containers,
        "status": row.status,
        "restarts": row.restarts,
        "last_restart_at": row.restarted_at,
        "created_at": row.created_at,
        "node": row.node,
        "owner": row.owner,
    })
}
