//! `nsaccess grant render`: grants in the languages of other engines, to be applied by them.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::Context;
use crate::commands::grant::wanted::{self, Typed, Wanted, WantedArgs};
use crate::disk::atomic::{self, NewMode};
use crate::error::{Error, Result};
use crate::model::grants::grant::Way;
use crate::model::grants::render::{self, Entry, File, Format, Recipient, Rendered, Request};
use crate::model::settings::{self, Flags};

/// Print grants for other tools instead of applying them.
///
/// Makes no network calls. The ARN of a permission set's role has a suffix that only IAM knows: terraform and aws-cli look it
/// up when applied, eksctl needs the ARN.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess grant render payments --to permission-set:idp-ns-payments \\\n      --account 111122223333 --format manifests\n  nsaccess grant render --from grants.yaml --format terraform\n  nsaccess grant render --from grants.yaml --format kustomize \\\n      --out deploy/access"
)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Engine,
    /// How to map principals in the cluster [default: access-entry, or the file's]
    #[arg(long, value_name = "WAY", value_parser = ["access-entry", "aws-auth"])]
    via: Option<String>,
    /// EKS cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Region of the cluster
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Account of the cluster and of permission sets
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Add a CronJob that deletes each expiring binding
    #[arg(long)]
    with_expiry_job: bool,
    /// Write files to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Namespace, Role and RoleBinding for kubectl, Argo CD or Flux.
    Manifests,
    /// The same as a directory for kustomize.
    Kustomize,
    /// An eksctl ClusterConfig with access entries or identity mappings.
    Eksctl,
    /// Resources for the aws and kubernetes providers.
    Terraform,
    /// A shell script.
    AwsCli,
    /// IAM policies for permission sets and roles, and for assuming them.
    Iam,
}

impl Engine {
    fn format(self) -> Format {
        match self {
            Engine::Manifests => Format::Manifests,
            Engine::Kustomize => Format::Kustomize,
            Engine::Eksctl => Format::Eksctl,
            Engine::Terraform => Format::Terraform,
            Engine::AwsCli => Format::AwsCli,
            Engine::Iam => Format::Iam,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// When something is missing, or the format cannot say it.
pub(crate) fn run(context: Context<'_>, args: &RenderArgs) -> Result<()> {
    let chain = context.open(&Flags::default())?;
    let format = args.format.to_possible_value().map(|value| format!(" --format {}", value.get_name()));
    let typed = Typed { verb: "grant render", flags: &format.unwrap_or_default() };
    let asked = wanted::read(context, &args.wanted, typed)?;
    let account = args.account.clone().or(asked.account);
    check("--account", account.as_deref(), settings::check_account)?;
    let (cluster, region) = (args.cluster.clone().or(asked.cluster), args.region.clone().or(asked.region));
    check("--cluster", cluster.as_deref(), settings::check_cluster)?;
    check("--region", region.as_deref(), settings::check_region)?;
    let way = args.via.as_deref().and_then(Way::parse).or(asked.way).unwrap_or(Way::AccessEntry);
    let entries = asked.grants.into_iter().map(|grant| entry(context, args, grant, account.as_deref()));
    let request = Request {
        entries: entries.collect::<Result<_>>()?,
        cluster,
        region,
        account,
        way,
        expiry_job: args.with_expiry_job,
        secrets_prefix: chain.settings.secrets_prefix.value.clone(),
        now: context.host.now(),
    };
    let rendered = render::render(args.format.format(), &request)?;
    rendered.warnings.iter().for_each(|warning| context.ui.warning(warning));
    match &args.out {
        Some(folder) => {
            let folder = context.host.current_dir.join(folder);
            let inputs = [&args.wanted.from, &args.wanted.rules].into_iter().flatten();
            inputs
                .map(|input| context.host.current_dir.join(input))
                .try_for_each(|input| keep(&input, &folder, &rendered))?;
            write(context, &folder, &rendered)
        }
        None => print(context, args.format, &rendered),
    }
}

fn check(flag: &str, value: Option<&str>, check: fn(&str) -> std::result::Result<(), String>) -> Result<()> {
    match value.map(|value| (value, check(value))) {
        Some((value, Err(reason))) => Err(Error::usage(format!("{flag}: {value:?} {reason}"))),
        _ => Ok(()),
    }
}

fn entry(context: Context<'_>, args: &RenderArgs, grant: Wanted, account: Option<&str>) -> Result<Entry> {
    let format = args.format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let to = args.wanted.to.as_deref().unwrap_or("permission-set:NAME").to_owned();
    let again = format!("nsaccess grant render {} --to {to} --account ID --format manifests", grant.namespace);
    let (recipient, warning) = Recipient::new(grant.principal, account).map_err(|reason| {
        Error::usage(format!("a grant in {} {reason}", grant.namespace))
            .try_next(format!("{}{format}", again.trim_end_matches("manifests")))
    })?;
    if let Some(warning) = warning {
        context.ui.warning(&warning);
    }
    let Wanted { namespace, access, until, create_namespace, .. } = grant;
    Ok(Entry { namespace, recipient, access, until, create_namespace })
}

/// Grants for another tool
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RenderDocument<'a> {
    /// The directory that they were written to
    directory: Option<String>,
    /// The files
    files: Vec<RenderedFile<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RenderedFile<'a> {
    /// Path, below the directory
    path: &'a str,
    /// Contents, unless it was written
    text: Option<&'a str>,
}

/// What is read is not written over.
fn keep(input: &Path, folder: &Path, rendered: &Rendered) -> Result<()> {
    let is_input = |file: &&File| folder.join(&file.path).components().eq(input.components());
    match rendered.files.iter().find(is_input) {
        None => Ok(()),
        Some(file) => Err(Error::usage(format!("{} would be overwritten", input.display()))
            .because(format!("it is an input, and {} is written to the same directory", file.path))
            .try_next("run the same command with another directory: --out DIR")),
    }
}

fn write(context: Context<'_>, folder: &Path, rendered: &Rendered) -> Result<()> {
    for File { path, text } in &rendered.files {
        let path = folder.join(path);
        let is_new = atomic::read(&path)?.replace(text.as_bytes(), NewMode::Shared)?;
        let done = if is_new { "wrote" } else { "unchanged:" };
        context.ui.status(&format!("{done} {}", path.display()));
    }
    let files = rendered.files.iter().map(|file| RenderedFile { path: &file.path, text: None }).collect();
    let document = RenderDocument { directory: Some(folder.display().to_string()), files };
    match context.ui.is_table() {
        true => Ok(()),
        false => context.ui.print_document(&document, String::new),
    }
}

fn print(context: Context<'_>, engine: Engine, rendered: &Rendered) -> Result<()> {
    if !context.ui.is_table() {
        let files =
            rendered.files.iter().map(|file| RenderedFile { path: &file.path, text: Some(&file.text) }).collect();
        return context.ui.print_document(&RenderDocument { directory: None, files }, String::new);
    }
    match (rendered.files.as_slice(), engine) {
        ([one], _) => context.ui.print(&one.text),
        (several, Engine::Iam) => {
            let named = |file: &File| {
                let name = file.path.trim_end_matches(".json").to_owned();
                (name, serde_json::from_str(&file.text).unwrap_or(Value::Null))
            };
            let all: Map<String, Value> = several.iter().map(named).collect();
            context.ui.print(&format!("{:#}\n", Value::Object(all)))?;
            context.ui.hint("nsaccess grant render NAMESPACE --format iam --out DIR   # writes one file for each");
            Ok(())
        }
        (several, _) => {
            let paths: Vec<&str> = several.iter().map(|file| file.path.as_str()).collect();
            Err(Error::usage("kustomize requires --out")
                .because(format!("a kustomization consists of several files: {}", paths.join(", ")))
                .try_next("nsaccess grant render NAMESPACE --format kustomize --out DIR")
                .try_next("nsaccess grant render NAMESPACE --format manifests   # all objects in one stream"))
        }
    }
}
