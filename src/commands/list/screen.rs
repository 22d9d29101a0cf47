//! What `list` shows.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ListArgs, Listed};
use crate::chain::{Chain, access};
use crate::commands::Context;
use crate::error::Result;
use crate::model::aws::offers::Offer;
use crate::model::aws::start_url::host;
use crate::model::elapsed;
use crate::model::shell::quote;
use crate::ui::{PRODUCTION, Style, Ui, or_dash};

/// In seconds: four hours.
const OLD: i64 = 4 * 3_600;
/// How many permission sets without a namespace are named.
const SHOWN: usize = 8;

/// Prints the list, and says what it leaves out.
///
/// # Errors
/// When standard output cannot be written to.
pub(super) fn show(context: Context<'_>, args: &ListArgs, chain: &Chain<'_>, listed: &Listed) -> Result<()> {
    let unknown = if args.all { listed.unknown.as_slice() } else { &[] };
    let with_portal = listed.portals.len() > 1;
    let commands: Vec<String> = unknown.iter().map(|offer| set_up_command(listed, offer)).collect();
    let mut rows: Vec<OfferDocument> = listed.known.iter().map(|offer| document(chain, offer, None)).collect();
    rows.extend(unknown.iter().zip(&commands).map(|(offer, command)| document(chain, offer, Some(command))));
    // One namespace can be offered in several accounts.
    let names = listed.known.iter().filter_map(|offer| offer.access.clone().or_else(|| offer.namespace.clone()));
    let mut said = BTreeSet::new();
    let names: Vec<String> = names.filter(|name| said.insert(name.clone())).collect();
    context.ui.print_list(&rows, names, || {
        let mut text = known_table(chain, &listed.known, with_portal);
        if !unknown.is_empty() {
            text.push_str(&format!("\n{}", unknown_table(context.ui, unknown, &commands)));
        }
        text
    })?;
    say_what_is_missing(context, args, chain, listed);
    say_how_old(context, chain, listed);
    Ok(())
}

/// A namespace that you have access to, or a permission set of none.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct OfferDocument {
    /// The namespace; `null` for a permission set that matches no pattern
    namespace: Option<String>,
    /// The name that commands take, if it is set up
    access: Option<String>,
    /// Whether kubectl has its context
    set_up: bool,
    /// Whether the settings call it production
    production: bool,
    /// The AWS account
    account: Option<String>,
    /// The account's name
    account_name: Option<String>,
    /// The permission set or IAM role
    role: Option<String>,
    /// The portal that gives it
    start_url: Option<String>,
    /// The AWS profile that gives its credentials, where no portal does
    source_profile: Option<String>,
    /// The command that sets up a permission set of no namespace (`--all`)
    set_up_with: Option<String>,
}

fn document(chain: &Chain<'_>, offer: &Offer, command: Option<&String>) -> OfferDocument {
    let Offer { namespace, access, is_set_up, account, account_name, role, start_url, source_profile } = offer.clone();
    OfferDocument {
        production: is_production(chain, offer),
        set_up: is_set_up,
        set_up_with: command.cloned(),
        namespace,
        access,
        account,
        account_name,
        role,
        start_url,
        source_profile,
    }
}

fn is_production(chain: &Chain<'_>, offer: &Offer) -> bool {
    let names = [&offer.access, &offer.namespace];
    names.into_iter().flatten().any(|name| access::is_production(chain, name))
}

fn known_table(chain: &Chain<'_>, offers: &[Offer], with_portal: bool) -> String {
    let ui = chain.ui;
    let with_notes = offers.iter().any(|offer| is_production(chain, offer));
    let mut header = vec!["NAMESPACE", "ACCOUNT", "ACCOUNT NAME"];
    header.extend(ui.is_wide().then_some("ROLE"));
    header.extend(with_portal.then_some("PORTAL"));
    header.push("SET UP");
    header.extend(with_notes.then_some("NOTES"));
    let row = |offer: &Offer| {
        let by_profile = offer.source_profile.as_ref().map(|profile| format!("(profile {profile})"));
        let mut cells = vec![
            or_dash(offer.namespace.as_deref()),
            or_dash(offer.account.as_deref()),
            or_dash(offer.account_name.as_deref().or(by_profile.as_deref())),
        ];
        cells.extend(ui.is_wide().then(|| or_dash(offer.role.as_deref())));
        cells.extend(with_portal.then(|| or_dash(offer.start_url.as_deref().map(host))));
        cells.push(in_words(offer));
        cells.extend(with_notes.then(|| if is_production(chain, offer) { PRODUCTION } else { "" }.to_owned()));
        cells
    };
    ui.styled_table(&header, &offers.iter().map(row).collect::<Vec<_>>(), Style::of_notes)
}

/// Whether it is set up, and under which name if the namespace's does not tell.
fn in_words(offer: &Offer) -> String {
    match &offer.access {
        _ if !offer.is_set_up => "-".to_owned(),
        Some(access) if offer.access != offer.namespace => format!("as {access}"),
        _ => "yes".to_owned(),
    }
}

fn unknown_table(ui: &Ui, offers: &[Offer], commands: &[String]) -> String {
    let row = |(offer, command): (&Offer, &String)| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![text(&offer.role), text(&offer.account), text(&offer.account_name), command.clone()]
    };
    let rows: Vec<Vec<String>> = offers.iter().zip(commands).map(row).collect();
    ui.table(&["PERMISSION SET", "ACCOUNT", "ACCOUNT NAME", "SET UP WITH"], &rows)
}

/// The login that pins a permission set whose name does not tell its namespace.
fn set_up_command(listed: &Listed, offer: &Offer) -> String {
    let role = quote(offer.role.as_deref().unwrap_or_default());
    let account = offer.account.as_deref().unwrap_or_default();
    let first = listed.portals.first().map(|portal| portal.start_url.as_str());
    let other = listed.portals.iter().find(|portal| Some(&portal.start_url) == offer.start_url.as_ref());
    let portal = other
        .filter(|portal| Some(portal.start_url.as_str()) != first)
        .map(|portal| format!(" --start-url {} --sso-region {}", quote(&portal.start_url), quote(&portal.region)));
    format!("nsaccess login NAMESPACE --role {role} --account {account}{}", portal.unwrap_or_default())
}

/// Permission sets come and go, and somebody who waits for one looks here.
fn say_how_old(context: Context<'_>, chain: &Chain<'_>, listed: &Listed) {
    let seconds = listed.answered_at.map_or(0, |time| chain.host.now().duration_since(time).as_secs());
    if seconds >= OLD && context.ui.is_table() {
        let age = elapsed::human(seconds);
        context.ui.hint(&format!("nsaccess list --refresh   # asks the portal again; its answer is {age} old"));
    }
}

fn say_what_is_missing(context: Context<'_>, args: &ListArgs, chain: &Chain<'_>, listed: &Listed) {
    let count = listed.unknown.len();
    if listed.known.is_empty() && !listed.portals.is_empty() {
        let pattern = &chain.settings.permission_sets.value;
        context.ui.warning(&format!("none of your {count} permission sets matches the pattern {pattern}"));
        context.ui.hint("nsaccess config   # shows the pattern and where it comes from");
    }
    if count > 0 && !args.all {
        let mut roles: Vec<&str> = listed.unknown.iter().filter_map(|offer| offer.role.as_deref()).collect();
        roles.sort_unstable();
        roles.dedup();
        let more = roles.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown = roles.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        context.ui.status(&format!("not for a namespace: {shown}{more}"));
        context.ui.hint("nsaccess list --all   # lists them, with a login for each");
    }
}
