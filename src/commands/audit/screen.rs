//! The audit on the screen: who may do what, the findings, what could not be read. Texts from elsewhere are made safe here,
//! since colour is not.

use crate::commands::Context;
use crate::commands::audit::access::access;
use crate::commands::audit::is_new;
use crate::model::audit::Audit;
use crate::model::audit::baseline::Baseline;
use crate::model::audit::document::counts;
use crate::model::audit::finding::{Found, Severity};
use crate::model::audit::picture::{Picture, Scope};
use crate::screen::one_line;
use crate::ui::{Style, Ui};

/// Of one kind of finding, so many are shown without `-v`.
const SHOWN: usize = 5;

/// The whole report.
pub(super) fn report(
    context: Context<'_>,
    picture: &Picture,
    audit: &Audit<'_>,
    baseline: Option<&Baseline>,
) -> String {
    let (ui, is_verbose) = (context.ui, context.global.verbose > 0);
    context.ui.status(&heading(picture));
    let mut text = String::new();
    if !context.global.quiet {
        text.push_str(&access(ui, picture, audit, is_verbose));
    }
    findings(context, &mut text, picture, audit, baseline);
    not_read(ui, &mut text, picture);
    text
}

fn heading(picture: &Picture) -> String {
    let cluster = &picture.cluster;
    let version = cluster.minor.map(|minor| format!("Kubernetes 1.{minor}"));
    let facts: Vec<String> = version.into_iter().chain(cluster.mode.clone()).collect();
    let known = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    match &picture.scope {
        Scope::Namespace(name) => format!("{name} on {}{known}", cluster.name),
        Scope::All => format!("all namespaces on {}{known}", cluster.name),
    }
}

fn findings(
    context: Context<'_>,
    text: &mut String,
    picture: &Picture,
    audit: &Audit<'_>,
    baseline: Option<&Baseline>,
) {
    let (ui, is_verbose) = (context.ui, context.global.verbose > 0);
    let new: Vec<&Found> = audit.found.iter().filter(|found| is_new(found, baseline)).collect();
    let known = audit.found.len() - new.len();
    let said = counts(new.iter().copied());
    let said = match (said.is_empty(), picture.unread().is_empty()) {
        (false, _) => said,
        (true, true) => "none".to_owned(),
        (true, false) => "none (not everything could be read)".to_owned(),
    };
    let since = if baseline.is_some() { format!(" (new; {known} known)") } else { String::new() };
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("{}{since}: {said}\n", ui.data_styled(Style::Strong, "Findings")));
    for alike in new.chunk_by(|one, other| one.finding.id == other.finding.id) {
        let shown = if is_verbose { alike.len() } else { SHOWN.min(alike.len()) };
        alike[..shown].iter().for_each(|found| finding(ui, text, found));
        if let Some(first) = alike.first().filter(|_| alike.len() > shown) {
            let more = alike.len() - shown;
            text.push_str(&format!("  … and {more} more {} (use -v to show all)\n", first.finding.id));
        }
    }
}

fn finding(ui: &Ui, text: &mut String, found: &Found) {
    let (sign, style) = match found.severity {
        Severity::High => ("✗", Style::Bad),
        Severity::Medium => ("!", Style::Warning),
        Severity::Low => ("·", Style::Hint),
        Severity::Info => ("-", Style::Faint),
    };
    let id = format!("[{}]", found.finding.id);
    let said = ui.wrapped(&format!("{}  {id}", one_line(&found.message)), "! medium ".len());
    let said = said.strip_suffix(&id).unwrap_or_default();
    let (sign, id) = (ui.data_styled(style, sign), ui.data_styled(Style::Faint, &id));
    text.push_str(&format!("{sign} {:<6} {said}{id}\n", found.severity.word()));
    found.because.iter().for_each(|reason| because(ui, text, reason));
    for command in &found.try_next {
        text.push_str(&format!("    {} {}\n", ui.data_styled(Style::Try, "try:"), one_line(command)));
    }
}

fn because(ui: &Ui, text: &mut String, reason: &str) {
    let reason = ui.wrapped(&one_line(reason), "    because: ".len());
    text.push_str(&format!("    {} {reason}\n", ui.data_styled(Style::Strong, "because:")));
}

fn not_read(ui: &Ui, text: &mut String, picture: &Picture) {
    let unread = picture.unread();
    if unread.is_empty() {
        return;
    }
    text.push_str(&format!("\n{}:\n", ui.data_styled(Style::Strong, "Not read")));
    for unread in unread {
        let sign = ui.data_styled(Style::Warning, "?");
        text.push_str(&format!("{sign} {}\n", ui.wrapped(&format!("{}: {}", unread.what, unread.so), 2)));
        if let Some(right) = &unread.needs {
            because(ui, text, &format!("requires {right}"));
        }
        because(ui, text, &unread.why);
    }
}
