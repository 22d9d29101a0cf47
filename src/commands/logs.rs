//! `logs`: the logs of pods, and of whatever has pods.

use clap::Args;
use jiff::Timestamp;
use regex::bytes::Regex;

use crate::actions::candidates;
use crate::actions::logs::{LogOptions, Logs};
use crate::actions::pods::Pods;
use crate::chain::Presence;
use crate::commands::{Context, misplaced};
use crate::error::{Error, Result};
use crate::model::elapsed;
use crate::model::kube::workload::Kind;
use crate::model::logs::columns::Columns;
use crate::model::logs::condition::Wanted;
use crate::model::logs::containers::Containers;
use crate::model::logs::lines::Style;
use crate::model::logs::target::{self, LogRequest, LogTarget};
use crate::model::settings::Flags;
use crate::model::shell;
use crate::process::runtime;

/// Print and follow the logs of pods.
///
/// TARGET is a pod, deploy/x, sts/x, ds/x, rs/x, job/x, svc/x, or a regular expression that pod names are matched with.
/// Without a target, you choose one. A pod by its name needs only get on pods/log; for the others their pods are looked
/// up, and with -f new pods are followed as they come. A stream that is interrupted is resumed without losing or
/// repeating a line.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess logs web-0\n  nsaccess logs -f deploy/web --tail 20\n  nsaccess logs -f 'web-.*' --all-containers\n  nsaccess logs -f -l app=web --include 'ERROR|WARN'\n  nsaccess logs -f deploy/web --condition Ready=false --json\n  nsaccess logs web-0 --json=level,msg,request.id\n  nsaccess logs web-0 -p --since 10m"
)]
pub(crate) struct LogsArgs {
    /// Pods: web-0, deploy/web, sts/db, ds/x, rs/x, job/x, svc/web, or 'web-.*'
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// Label selector, like app=web
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<String>,
    /// Follow the log stream
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only lines newer than 30s, 5m, 2h or 1d
    #[arg(long, value_name = "SPAN", conflicts_with = "since_time")]
    pub(crate) since: Option<String>,
    /// Only lines after a time, like 2026-01-31T09:30:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since_time: Option<Timestamp>,
    /// Only this many lines from the end of each log
    #[arg(long, value_name = "LINES", allow_negative_numbers = true)]
    pub(crate) tail: Option<i64>,
    /// Container name; repeatable
    #[arg(short, long = "container", value_name = "NAME", conflicts_with = "all_containers")]
    pub(crate) containers: Vec<String>,
    /// All containers, including init containers
    #[arg(long)]
    pub(crate) all_containers: bool,
    /// Logs of the previous container instance
    #[arg(short, long, conflicts_with = "follow")]
    pub(crate) previous: bool,
    /// Start each line with its timestamp
    #[arg(long)]
    pub(crate) timestamps: bool,
    /// Only lines that match this regular expression; repeatable
    #[arg(long, value_name = "REGEX")]
    pub(crate) include: Vec<String>,
    /// No lines that match this regular expression; repeatable
    #[arg(long, value_name = "REGEX")]
    pub(crate) exclude: Vec<String>,
    /// Only pods with this condition, like Ready or Ready=false; with -f, pods are added and dropped as it changes
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) condition: Option<String>,
    /// Show lines that are JSON objects as columns: time, level, message and the other fields, or only these fields
    #[arg(long, value_name = "FIELDS", num_args = 0..=1, require_equals = true, default_missing_value = "", hide_default_value = true)]
    pub(crate) json: Option<String>,
    /// Start each line with its pod and container, even for a single log
    #[arg(long)]
    pub(crate) prefix: bool,
}

/// What a person may choose from.
const OFFERED: [Kind; 5] = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Pod];
const EXAMPLE: &str = "nsaccess logs POD   # or deploy/NAME, or -l app=NAME";

/// Runs the verb.
///
/// # Errors
/// When a target does not exist or its log may not be read.
pub(crate) fn run(context: Context<'_>, args: &LogsArgs) -> Result<()> {
    let mut targets = args.targets.iter().map(|text| parsed(text)).collect::<Result<Vec<LogTarget>>>()?;
    if let (Some(selector), Some(named)) = (&args.selector, targets.iter().find_map(LogTarget::workload)) {
        return Err(Error::usage(format!("-l cannot be used with {named}"))
            .because("a target that is named has its own pods; labels narrow down only a regular expression")
            .try_next(format!("nsaccess logs -l {}", shell::quote(selector)))
            .try_next(format!("nsaccess logs {named}")));
    }
    let options = options(context, args)?;
    let chain = &context.open(&Flags::default())?;
    let chooses = targets.is_empty() && args.selector.is_none();
    if chooses && chain.presence != Presence::Person {
        return Err(Error::usage("no target specified").try_next(EXAMPLE));
    }
    let access = chain.access(context.named(None))?;
    let printed = runtime::run(async {
        let cluster = chain.cluster(&access).await?;
        if chooses {
            let chosen = Pods::of(&cluster).choose("Logs of which target?", &OFFERED, EXAMPLE).await?;
            targets.push(LogTarget::Workload(chosen));
        }
        let printed = Logs::of(&cluster, &options).print(&targets, args.selector.as_deref()).await;
        if printed.is_ok() {
            candidates::note_used(&cluster, targets.iter().filter_map(LogTarget::workload));
        }
        printed
    });
    printed.map_err(|error| misplaced::word(chain, error, "logs", &args.targets, "POD"))
}

fn parsed(text: &str) -> Result<LogTarget> {
    LogTarget::parse(text)
        .map_err(|why| Error::usage(format!("invalid target {text:?}")).because(why).try_next(EXAMPLE))
}

fn options(context: Context<'_>, args: &LogsArgs) -> Result<LogOptions> {
    let since_seconds = args.since.as_deref().map(elapsed::parse).transpose();
    let since_seconds = since_seconds.map_err(|why| {
        Error::usage("invalid value for --since")
            .because(why)
            .try_next(format!("nsaccess logs {} --since 10m", args.targets.join(" ")))
    })?;
    let containers = match (args.all_containers, args.containers.is_empty()) {
        (true, _) => Containers::All,
        (false, false) => Containers::Named(args.containers.clone()),
        (false, true) => Containers::Default,
    };
    let condition = args.condition.as_deref().map(|text| {
        Wanted::parse(text).map_err(|why| {
            Error::usage(format!("invalid condition {text:?}"))
                .because(why)
                .try_next(format!("nsaccess logs {} --condition Ready", args.targets.join(" ")))
        })
    });
    Ok(LogOptions {
        request: LogRequest {
            follow: args.follow,
            previous: args.previous,
            since_seconds,
            since_time: args.since_time,
            // kubectl's -1 is "all".
            tail_lines: args.tail.and_then(|lines| u64::try_from(lines).ok()),
            ..LogRequest::default()
        },
        containers,
        condition: condition.transpose()?,
        style: Style {
            include: patterns(args, "--include", &args.include)?,
            exclude: patterns(args, "--exclude", &args.exclude)?,
            timestamps: args.timestamps,
            json: !context.ui.is_table(),
            columns: columns(context, args)?,
            colour: context.ui.colours_data(),
        },
        prefix: args.prefix,
    })
}

fn columns(context: Context<'_>, args: &LogsArgs) -> Result<Option<Columns>> {
    let Some(fields) = &args.json else { return Ok(None) };
    if !context.ui.is_table() {
        return Err(Error::usage("--json cannot be used with -o json")
            .because("--json shows lines for people; -o json prints an object for each line")
            .try_next(format!("nsaccess logs {} --json", args.targets.join(" "))));
    }
    let columns = Columns::parse(fields).map_err(|why| {
        Error::usage(format!("invalid fields {fields:?} for --json"))
            .because(why)
            .try_next("nsaccess logs POD --json=level,msg,request.id")
    });
    columns.map(Some)
}

fn patterns(args: &LogsArgs, flag: &str, patterns: &[String]) -> Result<Vec<Regex>> {
    let compiled = patterns.iter().map(|pattern| {
        target::pattern(pattern).map_err(|why| {
            let text = shell::quote(&regex::escape(pattern)).into_owned();
            let targets = args.targets.join(" ");
            Error::usage(format!("invalid regular expression {pattern:?} for {flag}"))
                .because(why)
                .try_next(format!("nsaccess logs {targets} {flag} {text}   # the text itself"))
        })
    });
    compiled.collect()
}
