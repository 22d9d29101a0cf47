//! What was converted, so that it can be taken back: for each user of a file its plugin before and after.

use kubeconfig_edit::UserExec;
use serde::{Deserialize, Serialize};

use super::conversion::{Change, FilePlan, Verdict};
use crate::secret::Secret;

const VERSION: u32 = 1;

/// What a plugin runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    #[serde(rename = "apiVersion")]
    pub(crate) api_version: String,
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
}

impl Call {
    pub(crate) fn of(exec: &UserExec) -> Self {
        Call { api_version: exec.api_version.clone(), command: exec.command.clone(), args: exec.args.clone() }
    }

    /// As it would be typed, for people.
    pub(crate) fn words(&self) -> String {
        [&self.command].into_iter().chain(&self.args).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// The letters of a plugin before and after. The values of its `env` are among them.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) before: Secret<String>,
    pub(crate) after: Secret<String>,
}

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.before.expose() == other.before.expose() && self.after.expose() == other.after.expose()
    }
}

impl Eq for Written {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The file, without links.
    pub(crate) file: String,
    pub(crate) user: String,
    pub(crate) before: Call,
    pub(crate) after: Call,
    pub(crate) written: Written,
}

/// All that was converted and not taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Converted {
    pub(crate) records: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    version: u32,
    users: Vec<OneOnDisk>,
}

#[derive(Serialize, Deserialize)]
struct OneOnDisk {
    file: String,
    user: String,
    before: CallOnDisk,
    after: CallOnDisk,
}

#[derive(Serialize, Deserialize)]
struct CallOnDisk {
    #[serde(flatten)]
    call: Call,
    text: String,
}

impl Converted {
    /// # Errors
    /// When this is no such file, or one of another version: nothing of it must be lost.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let read: OnDisk = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if read.version != VERSION {
            return Err(format!("its version is {}, and this nsaccess knows {VERSION}", read.version));
        }
        let records = read.users.into_iter().map(|user| Record {
            file: user.file,
            user: user.user,
            before: user.before.call,
            after: user.after.call,
            written: Written { before: Secret::new(user.before.text), after: Secret::new(user.after.text) },
        });
        Ok(Converted { records: records.collect() })
    }

    pub(crate) fn render(&self) -> Secret<String> {
        let on_disk =
            |call: &Call, text: &Secret<String>| CallOnDisk { call: call.clone(), text: text.expose().clone() };
        let users = self.records.iter().map(|record| OneOnDisk {
            file: record.file.clone(),
            user: record.user.clone(),
            before: on_disk(&record.before, &record.written.before),
            after: on_disk(&record.after, &record.written.after),
        });
        let store = OnDisk { version: VERSION, users: users.collect() };
        // Cannot fail for strings and a number.
        Secret::new(serde_json::to_string_pretty(&store).unwrap_or_default() + "\n")
    }

    /// Keeps what a plan is about to change in a file.
    pub(crate) fn keep(&mut self, file: &str, plan: &FilePlan) {
        for outcome in &plan.outcomes {
            let Verdict::Changed(change) = &outcome.result else { continue };
            let Change { before, after, written: Some(written) } = change.as_ref().clone() else { continue };
            self.forget(file, &outcome.user);
            self.records.push(Record { file: file.to_owned(), user: outcome.user.clone(), before, after, written });
        }
    }

    pub(crate) fn forget(&mut self, file: &str, user: &str) {
        self.records.retain(|record| record.file != file || record.user != user);
    }

    /// The records of a file.
    pub(crate) fn of_file<'a>(&'a self, file: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.file == file)
    }
}
