//! `logs`: the logs of pods, and of whatever has pods.

use clap::Args;
use jiff::Timestamp;
use regex::bytes::Regex;

use crate::actions::logs::{LogOptions, Logs};
use crate::commands::Context;
use crate::error::{Error, Result};
use crate::model::elapsed;
use crate::model::kube::workload::Workload;
use crate::model::logs::lines::Style;
use crate::model::logs::target::{Containers, KINDS, LogRequest};
use crate::model::settings::Flags;
use crate::process::runtime;
use crate::ui::Format;

/// Print and follow logs.
///
/// A pod that is named needs nothing but get on pods/log. deploy/, sts/, ds/, rs/, job/, svc/ and -l also need to find
/// their pods; with -f new pods are followed as they come. A log that is cut goes on where it was, with no line lost
/// or printed twice.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess logs web-0\n  nsaccess logs -f deploy/web --tail 20\n  nsaccess logs -f -l app=web --include 'ERROR|WARN'\n  nsaccess logs web-0 -p --since 10m"
)]
pub(crate) struct LogsArgs {
    /// web-0, pod/web-0, deploy/web, sts/db, ds/x, rs/x, job/x, svc/web
    #[arg(value_name = "TARGET", required_unless_present = "selector")]
    pub(crate) targets: Vec<String>,
    /// Pods with these labels, like app=web
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<String>,
    /// Stay, and print lines as they come
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only lines of the last 30s, 5m, 2h, 1d
    #[arg(long, value_name = "SPAN", conflicts_with = "since_time")]
    pub(crate) since: Option<String>,
    /// Only lines since a time, like 2026-01-31T09:30:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since_time: Option<Timestamp>,
    /// Only the last lines of each log
    #[arg(long, value_name = "LINES", allow_negative_numbers = true)]
    pub(crate) tail: Option<i64>,
    /// Container; may be given more than once
    #[arg(short, long = "container", value_name = "NAME", conflicts_with = "all_containers")]
    pub(crate) containers: Vec<String>,
    /// All containers, init containers too
    #[arg(long)]
    pub(crate) all_containers: bool,
    /// The container's run before this one
    #[arg(short, long, conflicts_with = "follow")]
    pub(crate) previous: bool,
    /// The time in front of every line
    #[arg(long)]
    pub(crate) timestamps: bool,
    /// Only lines that match this regular expression; may be given more than once
    #[arg(long, value_name = "REGEX")]
    pub(crate) include: Vec<String>,
    /// No lines that match this one; may be given more than once
    #[arg(long, value_name = "REGEX")]
    pub(crate) exclude: Vec<String>,
    /// The pod's name in front of every line, even of one log
    #[arg(long)]
    pub(crate) prefix: bool,
}

/// Runs the verb.
///
/// # Errors
/// When a target does not exist or its log may not be read.
pub(crate) fn run(context: Context<'_>, args: &LogsArgs) -> Result<()> {
    let targets = args.targets.iter().map(|text| target(text)).collect::<Result<Vec<Workload>>>()?;
    let options = options(context, args)?;
    let chain = &context.open(&Flags::default())?;
    let access = chain.access(context.named(None))?;
    runtime::run(async {
        let cluster = chain.cluster(&access).await?;
        Logs::of(&cluster, &options).print(&targets, args.selector.as_deref()).await
    })
}

fn target(text: &str) -> Result<Workload> {
    Workload::parse(text, &KINDS).map_err(|why| {
        Error::usage(format!("{text:?} has no logs"))
            .because(why)
            .try_next("nsaccess logs deploy/NAME   # or a pod's name")
    })
}

fn options(context: Context<'_>, args: &LogsArgs) -> Result<LogOptions> {
    if context.global.output == Format::Yaml {
        return Err(Error::usage("logs are printed as lines or, with -o json, as an object a line"));
    }
    let since_seconds = args.since.as_deref().map(elapsed::parse).transpose();
    let since_seconds = since_seconds.map_err(|why| {
        Error::usage("--since cannot be used")
            .because(why)
            .try_next(format!("nsaccess logs {} --since 10m", args.targets.join(" ")))
    })?;
    let containers = match (args.all_containers, args.containers.is_empty()) {
        (true, _) => Containers::All,
        (false, false) => Containers::Named(args.containers.clone()),
        (false, true) => Containers::Default,
    };
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
        style: Style {
            include: patterns("--include", &args.include)?,
            exclude: patterns("--exclude", &args.exclude)?,
            timestamps: args.timestamps,
            json: !context.ui.is_table(),
            colour: context.ui.colours_data(),
        },
        prefix: args.prefix,
    })
}

fn patterns(flag: &str, patterns: &[String]) -> Result<Vec<Regex>> {
    let compiled = patterns.iter().map(|pattern| {
        Regex::new(pattern).map_err(|error| {
            let why = error.to_string();
            let last = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Error::usage(format!("{flag} {pattern:?} is no regular expression")).because(last)
        })
    });
    compiled.collect()
}
