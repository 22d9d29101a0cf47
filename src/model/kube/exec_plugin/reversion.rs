//! The way back from a conversion.

use kubeconfig_edit::{Error, PluginCall, exec_is, parse, replace_exec, restore_exec};

use super::conversion::{Change, FilePlan, Verdict};
use super::converted::{Call, Record};
use super::{Reason, own_plugin, recognise};

/// Gives users of a file the plugin back that they had. If the plugin still reads as it was written, its old letters come
/// back; if the file was written anew since by a program that keeps the values only, as kubectl does, its old values.
pub(crate) fn revert<'a>(text: &str, records: impl Iterator<Item = &'a Record>) -> FilePlan {
    let mut plan = FilePlan { text: text.to_owned(), outcomes: Vec::new() };
    for record in records {
        let verdict = plan.revert(record).unwrap_or_else(|error| {
            let error = restored(text, record).err().unwrap_or(error);
            Verdict::Left(Reason::Uneditable(error.to_string()))
        });
        let env = record_env(text, &record.user);
        let own = own_plugin(&record.after.command, &record.after.args);
        let plugin = recognise(&record.before.command, &record.before.args, &env).ok();
        // The region may be one that the conversion has found.
        let plugin = plugin.map(|plugin| super::Plugin { region: own.and_then(|own| own.region), ..plugin });
        plan.add(&record.user, plugin, verdict);
    }
    plan
}

fn record_env(text: &str, user: &str) -> Vec<(String, String)> {
    let exec = parse(text).ok().and_then(|config| config.user(user)?.exec.clone());
    exec.map(|exec| exec.env).unwrap_or_default()
}

fn restored(text: &str, record: &Record) -> Result<Option<String>, Error> {
    restore_exec(text, &record.user, record.written.before.expose(), record.written.after.expose())
}

impl FilePlan {
    fn revert(&mut self, record: &Record) -> Result<Verdict, Error> {
        if parse(&self.text)?.user(&record.user).is_none() {
            return Ok(Verdict::Gone);
        }
        if let Some(text) = restored(&self.text, record)? {
            self.text = text;
            return Ok(taken_back(record));
        }
        if exec_is(&self.text, &record.user, record.written.before.expose())? {
            return Ok(Verdict::Right);
        }
        let now = parse(&self.text)?.user(&record.user).and_then(|user| user.exec.as_ref()).map(Call::of);
        let now = now.unwrap_or_default();
        if now == record.before {
            return Ok(Verdict::Right);
        }
        if now != record.after {
            let reason = Reason::Changed { runs: now.words(), ran: record.before.words() };
            return Ok(Verdict::Left(reason));
        }
        let Call { api_version, command, args } = record.before.clone();
        let wanted = PluginCall { api_version: Some(api_version), command, args };
        self.text = replace_exec(&self.text, &record.user, &wanted)?.text;
        Ok(taken_back(record))
    }
}

fn taken_back(record: &Record) -> Verdict {
    let change = Change { before: record.after.clone(), after: record.before.clone(), written: None };
    Verdict::Changed(Box::new(change))
}
