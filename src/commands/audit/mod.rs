//! `audit`: who may do what, by which objects, and what is wrong with it.

mod access;
mod list;
mod screen;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::actions::audit as action;
use crate::chain::Chain;
use crate::chain::administrator::Administrator;
use crate::commands::Context;
use crate::commands::flags::AdministratorArgs;
use crate::disk::atomic;
use crate::error::{Error, Kind, Result};
use crate::model::audit::baseline::Baseline;
use crate::model::audit::document::document;
use crate::model::audit::finding::{Found, Severity};
use crate::model::audit::picture::{Picture, Scope};
use crate::model::audit::spreadsheet::{access_as_csv, findings_as_csv, markdown};
use crate::model::audit::{Audit, audit};
use crate::model::settings::Flags;
use crate::model::shell::quote;
use crate::process::runtime;

/// Show who has access to a namespace or cluster, why, and what is wrong with it.
///
/// Combines access entries and aws-auth with the cluster's bindings and roles, and shows for each principal the tasks it is
/// allowed to do (as in nsaccess can-i) and the objects that grant them. Read-only; uses the AWS identity of the environment.
/// Reports what it could not read and the permission required. EKS access policies are "not evaluated", as no API shows
/// what they allow.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 done, 1 findings for --fail-on, 2 usage, 6 with --fail-on: not everything could be read.\nEvery finding is explained in docs/audit.md.\n\nExamples:\n  nsaccess audit payments\n  nsaccess audit --all --cluster idp-prod-1 -o json > audit.json\n  nsaccess audit --all --cluster idp-prod-1 \\\n      --baseline audit.json --fail-on medium\n  nsaccess audit --all --format csv > access.csv"
)]
pub(crate) struct AuditArgs {
    /// Namespace
    pub(crate) namespace: Option<String>,
    /// All namespaces and cluster-wide access
    #[arg(short = 'A', long, conflicts_with = "namespace", alias = "all-namespaces")]
    pub(crate) all: bool,
    /// Print access as CSV, findings as CSV, or everything as Markdown
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Form>,
    /// Exit with 1 if there are findings of this severity or higher
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Threshold>,
    /// Previous audit (-o json): --fail-on ignores its findings, and defaults to low
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// List all kinds of findings
    #[arg(long, conflicts_with_all = ["namespace", "all", "format", "fail_on", "baseline"])]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) administrator: AdministratorArgs,
}

/// A form that only this verb has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Csv,
    FindingsCsv,
    Markdown,
}

/// A severity, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Threshold {
    High,
    Medium,
    Low,
    Info,
}

impl Threshold {
    fn severity(self) -> Severity {
        match self {
            Threshold::High => Severity::High,
            Threshold::Medium => Severity::Medium,
            Threshold::Low => Severity::Low,
            Threshold::Info => Severity::Info,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// [`Kind::No`] for findings of `--fail-on`; [`Kind::NotJudged`] when something could not be read and `--fail-on` wants
/// to know; both are said by the report.
pub(crate) fn run(context: Context<'_>, args: &AuditArgs) -> Result<()> {
    if args.list {
        return list::show(context.ui);
    }
    if args.format.is_some() && !context.ui.is_table() {
        return Err(Error::usage("--format cannot be used with -o json or -o yaml")
            .because("both choose the output format")
            .try_next("remove one of them"));
    }
    let baseline = args.baseline.as_deref().map(|file| read_baseline(context, args, file)).transpose()?;
    let chain = &context.open(&Flags::default())?;
    let scope = scope(context, chain, args)?;
    let pinned = match &scope {
        Scope::Namespace(name) => Some(name.as_str()),
        Scope::All => None,
    };
    let picture = runtime::run(async {
        let administrator = Administrator::open(chain, pinned, args.administrator.flags()).await?;
        if let Some(baseline) = &baseline {
            refuse_other_cluster(&administrator, baseline)?;
        }
        action::take(&administrator, scope.clone()).await
    })?;
    let audit = audit(&picture);
    show(context, args, &picture, &audit, baseline.as_ref())?;
    if let Some(namespace) = pinned.filter(|_| audit.rows.is_empty() && picture.bindings.unread().is_some()) {
        context.ui.hint(&format!("nsaccess can-i -n {namespace}   # your own permissions"));
    }
    let threshold = args.fail_on.map(Threshold::severity).or(baseline.is_some().then_some(Severity::Low));
    judge(&picture, &audit, threshold, baseline.as_ref())
}

/// Findings of another cluster say nothing of what is new in this one.
fn refuse_other_cluster(administrator: &Administrator<'_>, baseline: &Baseline) -> Result<()> {
    let name = administrator.cluster_name();
    let region = administrator.aws().map(|aws| aws.cluster.region.clone()).unwrap_or_default();
    let Some(other) = baseline.other_cluster(name, &region) else { return Ok(()) };
    let own = if region.is_empty() { name.to_owned() } else { format!("{name} in {region}") };
    Err(Error::usage(format!("the baseline belongs to the cluster {other}, not {own}"))
        .because("findings of one cluster cannot be compared with another's")
        .try_next("run the same command with -o json and without --baseline to create a baseline of this cluster"))
}

fn scope(context: Context<'_>, chain: &Chain<'_>, args: &AuditArgs) -> Result<Scope> {
    if args.all {
        return Ok(Scope::All);
    }
    let access = chain.access(context.named(args.namespace.as_deref()));
    access.map(|access| Scope::Namespace(access.namespace.as_str().to_owned())).map_err(|error| match error.kind {
        Kind::Usage => {
            let mut error = error;
            // That would be the list of a developer's portal.
            error.try_next.retain(|command| !command.starts_with("nsaccess list"));
            error
                .try_next(with_flags(args, "nsaccess audit NAMESPACE"))
                .try_next(with_flags(args, "nsaccess audit --all"))
        }
        _ => error,
    })
}

/// A command with the flags that say where, as they were typed.
fn with_flags(args: &AuditArgs, command: &str) -> String {
    let AdministratorArgs { cluster, region, profile, context } = &args.administrator;
    let all = [("cluster", cluster), ("region", region), ("profile", profile), ("context", context)];
    let typed = all.into_iter().filter_map(|(name, value)| Some(format!(" --{name} {}", quote(value.as_deref()?))));
    std::iter::once(command.to_owned()).chain(typed).collect()
}

fn read_baseline(context: Context<'_>, args: &AuditArgs, file: &Path) -> Result<Baseline> {
    let path = context.host.current_dir.join(file);
    let shown = context.host.shorten_home(&path);
    let Some(text) = atomic::read_text(&path)? else {
        return Err(Error::usage(format!("baseline {shown} not found"))
            .try_next(with_flags(args, "nsaccess audit --all -o json") + "   # its output is a baseline"));
    };
    Baseline::parse(&text).map_err(|why| Error::usage(format!("{shown} is not a baseline")).because(why))
}

fn show(
    context: Context<'_>,
    args: &AuditArgs,
    picture: &Picture,
    audit: &Audit<'_>,
    baseline: Option<&Baseline>,
) -> Result<()> {
    let is_new = |found: &Found| is_new(found, baseline);
    match args.format {
        Some(Form::Csv) => context.ui.print(&access_as_csv(picture, audit)),
        Some(Form::FindingsCsv) => context.ui.print(&findings_as_csv(picture, audit, is_new)),
        Some(Form::Markdown) => context.ui.print(&markdown(picture, audit, is_new)),
        None if context.ui.is_table() => {
            context.ui.print_bytes(screen::report(context, picture, audit, baseline).as_bytes())
        }
        None => context.ui.print_document(&document(picture, audit, baseline), String::new),
    }
}

fn is_new(found: &Found, baseline: Option<&Baseline>) -> bool {
    !baseline.is_some_and(|baseline| baseline.has(found))
}

/// The exit status.
fn judge(picture: &Picture, audit: &Audit<'_>, threshold: Option<Severity>, baseline: Option<&Baseline>) -> Result<()> {
    let Some(threshold) = threshold else { return Ok(()) };
    let counts = |found: &&Found| found.severity >= threshold && is_new(found, baseline);
    if audit.found.iter().any(|found| counts(&found)) {
        return Err(Error::new(Kind::No, "findings reported"));
    }
    match picture.unread().is_empty() {
        true => Ok(()),
        false => Err(Error::new(Kind::NotJudged, "not everything could be read")),
    }
}
