//! What became of contexts, on the screen.

use std::path::PathBuf;

use crate::actions::convert::{self, Row};
use crate::actions::setup::profile_and_context::shown;
use crate::chain::Chain;
use crate::commands::kubeconfig::conversion_document::{ConversionDocument, ConvertedContext};
use crate::commands::{Context, diff_lines};
use crate::disk::kubeconfig::Merged;
use crate::error::Result;
use crate::model::diff::CONTEXT;
use crate::model::kube::exec_plugin::conversion::Verdict;
use crate::model::kube::exec_plugin::converted::Call;
use crate::model::shell::quote;
use crate::screen;
use crate::ui::Style;

/// Whatever is needed to show it.
pub(super) struct Screen<'a> {
    pub(super) context: Context<'a>,
    pub(super) chain: &'a Chain<'a>,
    pub(super) merged: &'a Merged,
    pub(super) is_revert: bool,
    pub(super) dry_run: bool,
}

/// The contexts of a user, each with the user; one that no context uses goes by its own name.
pub(super) fn shown_users(merged: &Merged, user: &str) -> Vec<(String, String)> {
    let contexts = merged.config.contexts.iter().filter(|context| context.user == user);
    let contexts: Vec<_> = contexts.map(|context| (context.name.clone(), user.to_owned())).collect();
    if contexts.is_empty() { vec![(format!("(user {user})"), user.to_owned())] } else { contexts }
}

impl Screen<'_> {
    /// # Errors
    /// When the reader of standard output is gone.
    pub(super) fn print(&self, rows: &[&Row], files: &[PathBuf]) -> Result<()> {
        let ui = self.context.ui;
        if !ui.is_table() {
            let contexts = rows.iter().flat_map(|row| self.documents(row)).collect();
            let document = ConversionDocument { contexts, changed: files.to_vec(), dry_run: self.dry_run };
            return ui.print_document(&document, String::new);
        }
        let lines: Vec<Vec<String>> = rows.iter().flat_map(|row| self.lines(row)).collect();
        ui.print(&ui.table(&["CONTEXT", "CLUSTER", "REGION", "PROFILE", "ROLE", "RESULT"], &lines))?;
        if self.dry_run {
            let changes: String = rows.iter().map(|row| self.change(row)).collect();
            // What is from elsewhere is escaped, and the colours are ours.
            ui.print_bytes(changes.as_bytes())?;
        } else if !files.is_empty() {
            ui.status(&format!("wrote {}", shown(self.chain, files)));
        }
        Ok(())
    }

    /// What is done when there is nothing to do.
    pub(super) fn nothing(dry_run: bool) -> ConversionDocument {
        ConversionDocument { contexts: Vec::new(), changed: Vec::new(), dry_run }
    }

    /// What else was converted, for a person who wants all of it back.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub(super) fn say_what_is_elsewhere(&self) -> Result<()> {
        for file in convert::files_elsewhere(self.chain)? {
            let shown = self.chain.host.shorten_home(&file);
            self.context.ui.warning(&format!("{shown} has converted users too, and is not in use"));
            let file = file.display().to_string();
            let command = "nsaccess kubeconfig convert --revert --all --kubeconfig";
            self.context.ui.hint(&format!("{command} {}", quote(&file)));
        }
        Ok(())
    }

    /// What a person may want to do next.
    pub(super) fn say_next(&self, rows: &[&Row]) {
        let changed = rows.iter().find(|row| matches!(row.outcome.result, Verdict::Changed(_)));
        let Some(row) = changed.filter(|_| !self.is_revert && !self.dry_run) else { return };
        let ui = self.context.ui;
        if let Some(context) = self.merged.config.contexts.iter().find(|context| context.user == row.outcome.user) {
            ui.hint(&format!("kubectl --context {} get pod", quote(&context.name)));
        }
        ui.hint("nsaccess kubeconfig convert --revert --all   # gives back what was there");
    }

    fn lines(&self, row: &Row) -> Vec<Vec<String>> {
        let plugin = row.outcome.plugin.as_ref();
        let of = |value: Option<&str>| value.filter(|value| !value.is_empty()).unwrap_or("-").to_owned();
        let contexts = shown_users(self.merged, &row.outcome.user).into_iter().map(|(context, _)| {
            vec![
                context,
                of(plugin.map(|plugin| plugin.cluster.as_str())),
                of(plugin.and_then(|plugin| plugin.region.as_deref())),
                of(plugin.and_then(|plugin| plugin.shown_profile())),
                of(plugin.and_then(|plugin| plugin.role_arn.as_deref())),
                self.result(&row.outcome.result),
            ]
        });
        contexts.collect()
    }

    fn result(&self, verdict: &Verdict) -> String {
        let word = if self.is_revert { "reverted" } else { "converted" };
        match verdict {
            Verdict::Changed(_) if self.dry_run => format!("would be {word}"),
            Verdict::Changed(_) => word.to_owned(),
            Verdict::Right if self.is_revert => "already reverted".to_owned(),
            Verdict::Right => "unchanged".to_owned(),
            Verdict::Gone => "removed since".to_owned(),
            Verdict::Left(reason) => format!("not {word}: {reason}"),
        }
    }

    /// One user's plugin before and after, as `grant` shows what it changes. The environment of the plugin, which may hold
    /// secrets, does not change and is not shown.
    fn change(&self, row: &Row) -> String {
        let Verdict::Changed(change) = &row.outcome.result else { return String::new() };
        let file = self.chain.host.shorten_home(&row.file);
        let head = screen::one_line(&format!("~ user {}   ({file})", row.outcome.user)).into_owned();
        let lines = diff_lines::shown(self.context.ui, &outline(&change.before), &outline(&change.after), CONTEXT);
        format!("\n{}\n{lines}", self.context.ui.data_styled(Style::Warning, &head))
    }

    fn documents(&self, row: &Row) -> Vec<ConvertedContext> {
        let used_by = self.merged.config.contexts.iter().filter(|context| context.user == row.outcome.user);
        let mut names: Vec<_> = used_by.map(|context| Some(context.name.clone())).collect();
        if names.is_empty() {
            names.push(None);
        }
        names.into_iter().map(|name| ConvertedContext::of(name, row, self.is_revert)).collect()
    }
}

/// A plugin in lines.
fn outline(call: &Call) -> Vec<String> {
    let mut lines = vec![format!("apiVersion: {}", call.api_version), format!("command: {}", call.command)];
    lines.push("args:".to_owned());
    lines.extend(call.args.iter().map(|arg| format!("- {arg}")));
    lines
}
