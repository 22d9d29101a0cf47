//! `kubeconfig convert`: contexts that others wrote use our credential plugin.

use clap::Args;

use super::conversion_screen::{Screen, shown_users};
use crate::actions::convert::{self, Done, Row, Users};
use crate::chain::{Chain, Presence};
use crate::commands::Context;
use crate::disk::kubeconfig::Merged;
use crate::error::{Error, Kind, Result};
use crate::model::kube::exec_plugin::Reason;
use crate::model::kube::exec_plugin::conversion::Verdict;
use crate::model::kube::namespace::similar;
use crate::model::settings::Flags;
use crate::model::shell::quote;

/// Let contexts that run `aws eks get-token` or `aws-iam-authenticator token` get their tokens from nsaccess, for the same
/// cluster, region, profile and role.
///
/// Only the command of a user and its arguments change (and an apiVersion that kubectl no longer takes); every other byte
/// of the file stays. --revert gives the old bytes back.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess kubeconfig convert --all --dry-run\n  nsaccess kubeconfig convert --context prod\n  nsaccess kubeconfig convert --revert --all"
)]
pub(crate) struct ConvertArgs {
    /// The user of this context
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    context: Option<String>,
    /// All users in all kubeconfig files in use
    #[arg(long)]
    all: bool,
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Give back what was there before
    #[arg(long)]
    revert: bool,
}

/// Runs the verb.
///
/// # Errors
/// When the context that was named, or none at all, can be converted.
pub(crate) fn run(context: Context<'_>, args: &ConvertArgs) -> Result<()> {
    let chain = &context.open(&Flags::default())?;
    let merged = chain.kubeconfigs.merged()?;
    let act = |users: &Users, dry_run: bool| match args.revert {
        true => convert::revert(chain, users, dry_run),
        false => convert::convert(chain, users, dry_run),
    };
    let (users, named) = match (&args.context, args.all) {
        (Some(name), _) => (Users::One(user_of(&merged, name)?), Some(name.clone())),
        (None, true) => (Users::All, None),
        (None, false) => match chosen(chain, args, &merged, act(&Users::All, true)?)? {
            Some(chosen) => chosen,
            None => return context.ui.print_document(&Screen::nothing(args.dry_run), || NOTHING.to_owned()),
        },
    };
    let done = act(&users, args.dry_run)?;
    let screen = Screen { context, chain, merged: &merged, is_revert: args.revert, dry_run: args.dry_run };
    if let Some(name) = &named {
        check(args, name, &done)?;
    }
    let rows: Vec<&Row> = done.rows.iter().filter(|row| named.is_some() || is_of_eks(row)).collect();
    if args.revert && users == Users::All {
        screen.say_what_is_elsewhere()?;
    }
    if rows.is_empty() {
        return context.ui.print_document(&Screen::nothing(args.dry_run), || NOTHING.to_owned());
    }
    screen.print(&rows, &done.files)?;
    let is_left = |row: &&Row| matches!(row.outcome.result, Verdict::Left(_));
    if rows.iter().all(is_left) {
        let word = if args.revert { "reverted" } else { "converted" };
        return Err(Error::failure(format!("no context was {word}")).because("the reasons stand above"));
    }
    screen.say_next(&rows);
    Ok(())
}

const NOTHING: &str = "nothing to do\n";

/// Whether a person who asks for all contexts wants to hear of it.
fn is_of_eks(row: &Row) -> bool {
    !matches!(&row.outcome.result, Verdict::Left(reason) if reason.is_foreign())
}

fn user_of(merged: &Merged, name: &str) -> Result<String> {
    if let Some(found) = merged.context(name) {
        return Ok(found.user.clone());
    }
    let error = Error::new(Kind::NotFound, format!("context {name:?} not found"))
        .because("none of the kubeconfig files in use has it");
    let error = match similar(name, merged.context_names()) {
        Some(near) => error.because(format!("did you mean {near}?")),
        None => error,
    };
    Err(error.try_next("kubectl config get-contexts"))
}

/// # Errors
/// When nothing could be done with the context that was named.
fn check(args: &ConvertArgs, name: &str, done: &Done) -> Result<()> {
    let left = done.rows.iter().find_map(|row| match &row.outcome.result {
        Verdict::Left(reason) => Some(reason.clone()),
        _ => None,
    });
    let missing = || match args.revert {
        true => Reason::NeverConverted,
        false => Reason::Uneditable("it has no user".to_owned()),
    };
    let Some(reason) = left.or_else(|| done.rows.is_empty().then(missing)) else { return Ok(()) };
    let word = if args.revert { "reverted" } else { "converted" };
    let error = Error::failure(format!("the context {name} cannot be {word}")).because(reason.to_string());
    Err(error.try_next(format!("kubectl config view --minify --context {}   # what it is now", quote(name))))
}

/// Which users a person chooses. `None`: there is nothing to choose from.
fn chosen(
    chain: &Chain<'_>,
    args: &ConvertArgs,
    merged: &Merged,
    possible: Done,
) -> Result<Option<(Users, Option<String>)>> {
    if chain.presence != Presence::Person {
        let command = if args.revert { "nsaccess kubeconfig convert --revert" } else { "nsaccess kubeconfig convert" };
        return Err(Error::usage("no context specified")
            .because("without a terminal, it cannot ask which one you mean")
            .try_next(format!("{command} --context NAME"))
            .try_next(format!("{command} --all")));
    }
    let changes = possible.rows.iter().filter(|row| matches!(row.outcome.result, Verdict::Changed(_)));
    let users: Vec<(String, String)> = changes.flat_map(|row| shown_users(merged, &row.outcome.user)).collect();
    if users.is_empty() {
        return Ok(None);
    }
    let mut lines = vec![format!("all {}", users.len())];
    lines.extend(users.iter().map(|(context, _)| context.clone()));
    let question = if args.revert { "Revert which context?" } else { "Convert which context?" };
    let number = chain.prompts.pick(question, &lines)?;
    Ok(Some(match number.checked_sub(1).map(|number| &users[number]) {
        None => (Users::All, None),
        Some((context, user)) => (Users::One(user.clone()), Some(context.clone())),
    }))
}
