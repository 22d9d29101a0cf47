//! `can-i`: what one may do in the namespace, as tasks, as one question, or as the list that the cluster gives.

mod list;
mod tasks;

use clap::Args;
use serde_json::json;

use crate::actions::reviews::survey::Reviews;
use crate::chain::cluster::api::ClusterAccess;
use crate::commands::Context;
use crate::disk::settings;
use crate::error::{Error, Kind, Result};
use crate::model::reviews::access_review::{self, AccessReview, ParsedQuestion, QuestionWords};
use crate::model::reviews::review::Verdict;
use crate::model::settings::Flags;
use crate::process::runtime;

/// Show what you may do in the namespace.
///
/// Without arguments: the tasks of a developer, whether you may do them, and why. With a verb and a resource: one
/// question, exit code 0 for yes, 1 for no, 6 if it could not be asked. pods/log, pods/exec, pods/portforward and other
/// subresources are meant as such; kubectl auth can-i takes the word after the slash for an object's name.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess can-i\n  nsaccess can-i create pods/portforward\n  nsaccess can-i get pods web-1\n  nsaccess can-i list deployments.apps -q && echo yes"
)]
pub(crate) struct CanIArgs {
    /// get, list, watch, create, update, patch, delete, …
    #[arg(requires = "resource")]
    pub(crate) verb: Option<String>,
    /// RESOURCE[.GROUP], RESOURCE/SUBRESOURCE, RESOURCE/NAME or a path like /healthz
    pub(crate) resource: Option<String>,
    /// Name of an object
    pub(crate) name: Option<String>,
    /// Subresource, like portforward
    #[arg(long, value_name = "NAME", requires = "verb")]
    pub(crate) subresource: Option<String>,
    /// Ask about all namespaces
    #[arg(short = 'A', long, requires = "verb")]
    pub(crate) all_namespaces: bool,
    /// Show the rules that the cluster lists, and check them: no list is complete on EKS
    #[arg(long, conflicts_with = "verb")]
    pub(crate) list: bool,
}

/// Runs the verb.
///
/// # Errors
/// [`Kind::No`] for a no; [`Kind::Unreachable`] when it could not be asked.
pub(crate) fn run(context: Context<'_>, args: &CanIArgs) -> Result<()> {
    let chain = &context.open(&Flags::default())?;
    let access = chain.access(context.named(None))?;
    let understood = question(args, access.namespace.as_str())?;
    runtime::run(async {
        let cluster = chain.cluster(&access).await?;
        match &understood {
            Some(understood) => answer(context, &cluster, understood).await,
            None if args.list => list::show(context, &cluster).await,
            None => tasks::show(context, &cluster).await,
        }
    })
}

fn question(args: &CanIArgs, namespace: &str) -> Result<Option<ParsedQuestion>> {
    let Some((verb, what)) = args.verb.as_deref().zip(args.resource.as_deref()) else { return Ok(None) };
    let words = QuestionWords {
        verb,
        what,
        name: args.name.as_deref(),
        subresource: args.subresource.as_deref(),
        namespace: (!args.all_namespaces).then_some(namespace),
    };
    access_review::parse(words).map(Some).map_err(|why| {
        Error::usage("this is no question to a cluster").because(why).try_next("nsaccess can-i create pods/portforward")
    })
}

async fn answer(
    context: Context<'_>,
    cluster: &ClusterAccess<'_>,
    ParsedQuestion { review, notes }: &ParsedQuestion,
) -> Result<()> {
    for note in notes {
        context.ui.hint(note);
    }
    let verdict = Reviews::of(cluster).verdict(review).await?;
    let (allowed, reason) = match verdict {
        Verdict::Allowed => (true, None),
        Verdict::Denied(reason) => (false, reason),
        Verdict::Unknown(words) => return Err(Error::new(Kind::Unreachable, words)),
    };
    let rule = review.rule().filter(|_| !allowed);
    let value = json!({
        "question": review.to_string(),
        "allowed": allowed,
        "reason": reason,
        "missing_rule": rule.as_ref().map(ToString::to_string),
    });
    if !(context.global.quiet && context.ui.is_table()) {
        context.ui.print_document(&value, || match (allowed, &reason) {
            (true, _) => "yes\n".to_owned(),
            (false, Some(reason)) => format!("no - {reason}\n"),
            (false, None) => "no\n".to_owned(),
        })?;
    }
    if allowed {
        return Ok(());
    }
    if let Some(rule) = rule {
        let kind = if matches!(review, AccessReview::Resource(asked) if asked.namespace.is_none()) {
            "ClusterRole"
        } else {
            "Role"
        };
        context.ui.hint(&format!("this rule of a {kind} would allow it:  {rule}"));
    }
    settings::request(context.host, &cluster.as_missing()).iter().for_each(|ask| context.ui.hint(ask));
    Err(Error::new(Kind::No, "no"))
}
