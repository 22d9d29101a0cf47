//! `can-i`: what one may do in the namespace, as tasks, as one question, or as the list that the cluster gives.

pub(crate) mod document;
mod list;
mod tasks;

use clap::Args;

use self::document::Answer;
use crate::actions::reviews::survey::Reviews;
use crate::chain::access;
use crate::chain::cluster::api::ClusterAccess;
use crate::commands::Context;
use crate::disk::settings;
use crate::error::{Error, Kind, Result};
use crate::model::kube::resources::built_in;
use crate::model::reviews::access_review::{self, AccessReview, ParsedQuestion, QuestionWords};
use crate::model::reviews::review::Verdict;
use crate::model::settings::Flags;
use crate::process::runtime;

/// Show what you are allowed to do in a namespace.
///
/// Without arguments, lists a developer's tasks and whether you are allowed to perform each. With a verb and a resource,
/// answers one question: exit code 0 for yes, 1 for no, 6 if the cluster could not answer. Unlike kubectl auth can-i,
/// pods/log, pods/exec and pods/portforward mean the subresources.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess can-i\n  nsaccess can-i -n idp-dev list pods\n  nsaccess can-i create pods/portforward\n  nsaccess can-i get pods web-1\n  nsaccess can-i list deployments.apps -q && echo yes"
)]
pub(crate) struct CanIArgs {
    /// Verb: get, list, watch, create, update, patch, delete
    pub(crate) verb: Option<String>,
    /// RESOURCE[.GROUP], RESOURCE/SUBRESOURCE, RESOURCE/NAME or a URL path such as /healthz
    pub(crate) resource: Option<String>,
    /// Name of an object
    pub(crate) name: Option<String>,
    /// Subresource, such as portforward
    #[arg(long, value_name = "NAME", requires = "verb")]
    pub(crate) subresource: Option<String>,
    /// Check in all namespaces
    #[arg(short = 'A', long, requires = "verb")]
    pub(crate) all_namespaces: bool,
    /// List the rules that the cluster reports, and verify them (the list is incomplete on EKS)
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
    if let (Some(verb), None) = (&args.verb, &args.resource) {
        return Err(no_resource(verb, &access::familiar(chain)));
    }
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
    access_review::parse(words)
        .map(Some)
        .map_err(|why| Error::usage("invalid question").because(why).try_next(format!("nsaccess can-i {verb} pods")))
}

/// One word alone: a verb without a resource, or a resource or a namespace in a verb's place.
fn no_resource(word: &str, namespaces: &[String]) -> Error {
    if built_in(word).is_some() {
        return Error::usage("no verb specified").try_next(format!("nsaccess can-i get {word}   # or another verb"));
    }
    let error = Error::usage("no resource specified");
    match namespaces.iter().any(|namespace| namespace == word) {
        true => {
            error.because(format!("{word:?} is a namespace, not a verb")).try_next(format!("nsaccess can-i -n {word}"))
        }
        false => error.try_next(format!("nsaccess can-i {word} pods   # or another resource")),
    }
}

async fn answer(
    context: Context<'_>,
    cluster: &ClusterAccess<'_>,
    ParsedQuestion { review, warnings, hints }: &ParsedQuestion,
) -> Result<()> {
    warnings.iter().for_each(|warning| context.ui.warning(warning));
    hints.iter().for_each(|hint| context.ui.hint(hint));
    let verdict = Reviews::of(cluster).verdict(review).await?;
    let (allowed, reason) = match verdict {
        Verdict::Allowed => (true, None),
        Verdict::Denied(reason) => (false, reason),
        Verdict::Unknown(words) => return Err(Error::new(Kind::Unreachable, words)),
    };
    let answer = Answer::of(review, allowed, reason);
    if !(context.global.quiet && context.ui.is_table()) {
        context.ui.print_document(&answer, || match (allowed, &answer.reason) {
            (true, _) => "yes\n".to_owned(),
            (false, Some(reason)) => format!("no - {reason}\n"),
            (false, None) => "no\n".to_owned(),
        })?;
    }
    if allowed {
        return Ok(());
    }
    // What Kubernetes does not define no rule can allow.
    if let Some(rule) = review.rule().filter(|_| warnings.is_empty()) {
        let kind = if matches!(review, AccessReview::Resource(asked) if asked.namespace.is_none()) {
            "ClusterRole"
        } else {
            "Role"
        };
        context.ui.hint(&format!("this rule of a {kind} would allow it: {rule}"));
    }
    settings::request(context.host, &cluster.as_missing()).iter().for_each(|ask| context.ui.hint(ask));
    Err(Error::new(Kind::No, "no"))
}
