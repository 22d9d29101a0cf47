//! What `list` shows.

use serde_json::{Value, json};

use super::{ListArgs, Listed};
use crate::chain::Chain;
use crate::commands::Context;
use crate::error::Result;
use crate::model::aws::offers::Offer;
use crate::model::shell::quote;
use crate::ui::Ui;

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
    let mut rows: Vec<Value> = listed.known.iter().map(document).collect();
    rows.extend(unknown.iter().zip(&commands).map(|(offer, command)| {
        let mut row = document(offer);
        row["set_up_with"] = json!(command);
        row
    }));
    context.ui.print_document(&Value::Array(rows), || {
        let mut text = known_table(context.ui, &listed.known, with_portal);
        if !unknown.is_empty() {
            text.push_str(&format!("\n{}", unknown_table(context.ui, unknown, &commands)));
        }
        text
    })?;
    say_what_is_missing(context, args, chain, listed);
    Ok(())
}

fn document(offer: &Offer) -> Value {
    json!({
        "namespace": offer.namespace, "access": offer.access, "account": offer.account,
        "account_name": offer.account_name, "role": offer.role, "set_up": offer.is_set_up,
        "start_url": offer.start_url, "source_profile": offer.source_profile,
    })
}

fn known_table(ui: &Ui, offers: &[Offer], with_portal: bool) -> String {
    let mut header = vec!["NAMESPACE", "ACCOUNT", "ACCOUNT NAME"];
    header.extend(with_portal.then_some("PORTAL"));
    header.push("SET UP");
    let row = |offer: &Offer| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let by_profile = offer.source_profile.as_ref().map(|profile| format!("(profile {profile})"));
        let mut cells = vec![
            text(&offer.namespace),
            offer.account.clone().unwrap_or_else(|| "-".to_owned()),
            offer.account_name.clone().or(by_profile).unwrap_or_default(),
        ];
        cells.extend(with_portal.then(|| text(&offer.start_url)));
        cells.push(in_words(offer));
        cells
    };
    ui.table(&header, &offers.iter().map(row).collect::<Vec<_>>())
}

/// Whether it is set up, and under which name if the namespace's does not tell.
fn in_words(offer: &Offer) -> String {
    match &offer.access {
        _ if !offer.is_set_up => String::new(),
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

fn say_what_is_missing(context: Context<'_>, args: &ListArgs, chain: &Chain<'_>, listed: &Listed) {
    let count = listed.unknown.len();
    if listed.known.is_empty() && !listed.portals.is_empty() {
        let pattern = &chain.settings.permission_sets.value;
        context.ui.warning(&format!("none of your {count} permission sets follows the pattern {pattern}"));
        context.ui.hint("nsaccess config   # shows the pattern and where it comes from");
    }
    if count > 0 && !args.all {
        let mut roles: Vec<&str> = listed.unknown.iter().filter_map(|offer| offer.role.as_deref()).collect();
        roles.sort_unstable();
        roles.dedup();
        let more = roles.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown = roles.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        context.ui.status(&format!("match no pattern: {shown}{more}"));
        context.ui.hint("nsaccess list --all   # with the login that uses each");
    }
}
