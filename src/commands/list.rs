//! `list`: the namespaces that the portals give, and the accesses that are set up here.

pub(super) mod screen;

use clap::Args;
use jiff::Timestamp;

use crate::chain::session::portal_list;
use crate::chain::session::stored::{self, Stored};
use crate::chain::target::{self, portal};
use crate::chain::{Chain, access};
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::disk::cache::PortalIndex;
use crate::error::{Error, Kind, Result};
use crate::model::aws::offers::{self, Offer, SetUp};
use crate::model::aws::target::{Assignment, Portal};
use crate::model::kube::access::Access;
use crate::process::runtime;

/// List the namespaces you have access to, and which of them are set up here.
///
/// A portal's answer is cached for a week; --refresh asks again, and a hint says when that is worth while. All portals in
/// use are listed, with --start-url only that one.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Ask the portal again
    #[arg(long)]
    pub(crate) refresh: bool,
    /// Also list permission sets that match no pattern, with a login for each
    #[arg(long)]
    pub(crate) all: bool,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// What a list shows.
struct Listed {
    /// Those with a namespace.
    known: Vec<Offer>,
    /// Those that no pattern knows.
    unknown: Vec<Offer>,
    portals: Vec<Portal>,
    /// When the oldest of their answers was given.
    answered_at: Option<Timestamp>,
}

/// Runs the verb.
///
/// # Errors
/// When the portal has to be asked and cannot.
pub(crate) fn run(context: Context<'_>, args: &ListArgs) -> Result<()> {
    let chain = &context.open(&flags(&TargetArgs::default(), &args.sign_in))?;
    let (set_up, contexts_only) = set_up(chain)?;
    let others_only = offers::without_portal(&set_up);
    let answers = match nothing_to_ask(chain, args, &others_only) {
        true => Vec::new(),
        false => of_portals(chain, args)?,
    };
    let namespace_of = |found: &Assignment| chain.settings.namespace_of(found);
    let offered: Vec<Offer> = answers
        .iter()
        .flat_map(|(portal, list)| offers::of_portal(&portal.start_url, &list.assignments, &set_up, namespace_of))
        .collect();
    let (mut known, unknown): (Vec<Offer>, Vec<Offer>) =
        offered.into_iter().partition(|offer| offer.namespace.is_some());
    if args.sign_in.start_url.is_none() {
        known.extend(offers::no_longer_offered(&set_up, &known));
        known.extend(others_only);
        contexts_only.iter().for_each(|access| offers::add_by_context(&mut known, access));
    }
    let answered_at = answers.iter().map(|(_, list)| list.read_at).min();
    let portals = answers.into_iter().map(|(portal, _)| portal).collect();
    let listed = Listed { known, unknown, portals, answered_at };
    screen::show(context, args, chain, &listed)
}

/// Who uses roles only has no portal, and is not asked for one.
fn nothing_to_ask(chain: &Chain<'_>, args: &ListArgs, others_only: &[Offer]) -> bool {
    let without = chain.settings.start_url.is_none() && args.sign_in.start_url.is_none();
    without && !others_only.is_empty() && portal::in_use(chain).is_empty()
}

/// The accesses that are set up here; apart from them those with a context alone, whose role is not known.
fn set_up(chain: &Chain<'_>) -> Result<(Vec<SetUp>, Vec<Access>)> {
    let contexts = chain.kubeconfigs.merged()?;
    let (mut found, mut contexts_only) = (Vec::new(), Vec::new());
    for name in access::set_up(chain) {
        let Ok(access) = access::named(chain, name) else { continue };
        let own = portal::own(chain, &target::entry(chain, &access));
        let known = match target::without_portal(chain, &access) {
            Ok(None) => own.and_then(|portal| target::known(chain, &access, &portal)),
            known => known.unwrap_or_default(),
        };
        let has_context = contexts.context(&target::entry(chain, &access)).is_some();
        match known {
            Some(target) => found.push(SetUp { target, has_context }),
            None if has_context => contexts_only.push(access),
            None => {}
        }
    }
    Ok((found, contexts_only))
}

/// What the portals offer: the one that is named or configured, and those of accesses that are set up.
fn of_portals(chain: &Chain<'_>, args: &ListArgs) -> Result<Vec<(Portal, PortalIndex)>> {
    let first = portal::default(chain)?;
    let mut answers = vec![(first.clone(), answer(chain, args, &first)?)];
    portal::remember(chain, &first)?;
    let others = if args.sign_in.start_url.is_some() { Vec::new() } else { portal::in_use(chain) };
    for other in others.into_iter().filter(|other| other.session_name != first.session_name) {
        match of_other(chain, args, &other) {
            Ok(list) => answers.push((other, list)),
            Err(error) => {
                chain.ui.warning(&format!("cannot list {}: {error}", other.start_url));
                chain.ui.hint(&format!("nsaccess list --start-url {}", other.start_url));
            }
        }
    }
    Ok(answers)
}

fn answer(chain: &Chain<'_>, args: &ListArgs, portal: &Portal) -> Result<PortalIndex> {
    kept(chain, args, portal).map_or_else(|| ask(chain, portal), Ok)
}

fn kept(chain: &Chain<'_>, args: &ListArgs, portal: &Portal) -> Option<PortalIndex> {
    if args.refresh { None } else { portal_list::recent(chain, portal) }
}

fn ask(chain: &Chain<'_>, portal: &Portal) -> Result<PortalIndex> {
    runtime::run(portal_list::read(chain, portal)).map_err(|error| with_sign_in(chain, error))
}

/// Nobody asked for this one by name, so nobody is made to sign in for it.
fn of_other(chain: &Chain<'_>, args: &ListArgs, portal: &Portal) -> Result<PortalIndex> {
    if let Some(list) = kept(chain, args, portal) {
        return Ok(list);
    }
    match stored::stored(chain, portal, None)? {
        Stored::Over(ended) => Err(Error::new(Kind::NotSignedIn, "not signed in").because(ended.to_string())),
        _ => ask(chain, portal),
    }
}

/// Not signed in: suggests a login of a namespace that is set up here, or this command where it can sign in.
fn with_sign_in(chain: &Chain<'_>, error: Error) -> Error {
    match access::familiar(chain).first() {
        Some(name) => error.or_sign_in(name),
        None if error.kind == Kind::NotSignedIn => {
            error.try_next("run the same command on a terminal, where it can sign in")
        }
        None => error,
    }
}
