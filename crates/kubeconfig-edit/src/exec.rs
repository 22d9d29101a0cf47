//! Another credential plugin for a user that somebody else wrote, and the way back.

use yaml_splice::{Kind, NodeId, Splice};

use crate::apply::splice;
use crate::item::{File, Place};
use crate::render::{Field, Value};
use crate::verify::{Scope, reopen};
use crate::{Editor, Error, List, Parts, UserExec, model};

/// What a user's credential plugin runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginCall {
    /// Version of the plugin protocol. `None`: as it is.
    pub api_version: Option<String>,
    /// Program to run.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// A text in which a user's plugin was replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The whole text.
    pub text: String,
    /// The plugin's lines as they were. They may hold secrets: the values of `env` are among them.
    pub before: String,
    /// The same lines as they are now.
    pub after: String,
}

/// These fields of the plugin change, and no others.
const FIELDS: &[&str] = &["apiVersion", "command", "args"];

/// Gives a user that has a credential plugin another one: `command` and `args`, and `apiVersion` if asked. Every other
/// byte stays, those of `env` too.
///
/// # Errors
/// When the text is not a kubeconfig, has no such user, or shares the plugin with something else.
pub fn replace_exec(text: &str, user: &str, wanted: &PluginCall) -> Result<Replaced, Error> {
    let before = open(text)?;
    let (root, exec) = find(&before, user)?;
    let splices = before.update_fields(root, exec, List::Users, &fields(wanted))?;
    let node = before.document.node(exec);
    let end = splices.iter().map(|splice| splice.range.end).fold(node.end, usize::max);
    if splices.iter().any(|splice| splice.range.start < node.start) {
        return Err(uneditable(user));
    }
    let result = splice(text, splices)?;
    let after = reopen(&before, &result, scope(user))?;
    let (root, exec) = find(&after, user)?;
    let is_done = after.update_fields(root, exec, List::Users, &fields(wanted))?.is_empty();
    if !is_done || plugin(&result, user)? != as_wanted(plugin(text, user)?, wanted) {
        return Err(uneditable(user));
    }
    let new_end = result.len() - (text.len() - end);
    let (before, after) = (text[node.start..end].to_owned(), result[node.start..new_end].to_owned());
    // The way back is tried before anybody depends on it.
    match restore_exec(&result, user, &before, &after) {
        Ok(Some(restored)) if restored == text => Ok(Replaced { text: result, before, after }),
        _ => Err(uneditable(user)),
    }
}

/// Undoes [`replace_exec`] to the byte, in a text that may have changed elsewhere. `None` when the plugin no longer reads
/// `after`, letter by letter.
///
/// # Errors
/// As [`replace_exec`].
pub fn restore_exec(text: &str, user: &str, before: &str, after: &str) -> Result<Option<String>, Error> {
    let file = open(text)?;
    let Some(range) = range(&file, user, after)? else { return Ok(None) };
    let result = splice(text, vec![Splice { range, text: before.to_owned() }])?;
    reopen(&file, &result, scope(user))?;
    Ok(Some(result))
}

/// Whether a user's plugin is written in these letters.
///
/// # Errors
/// As [`replace_exec`].
pub fn exec_is(text: &str, user: &str, written: &str) -> Result<bool, Error> {
    Ok(range(&open(text)?, user, written)?.is_some())
}

fn open(text: &str) -> Result<File<'_>, Error> {
    // The program's name would sign a null that becomes a list, and no list is touched here.
    File::open(Editor::new(""), text)
}

fn range(file: &File<'_>, user: &str, written: &str) -> Result<Option<std::ops::Range<usize>>, Error> {
    let (_, exec) = find(file, user)?;
    let node = file.document.node(exec);
    let end = node.start + written.len();
    let is_written = file.text[node.start..].starts_with(written) && node.end <= end;
    Ok(is_written.then_some(node.start..end))
}

/// The top level, and the user's plugin, which is written in its own place.
fn find(file: &File<'_>, user: &str) -> Result<(NodeId, NodeId), Error> {
    let missing = || Error::anywhere(format!("there is no user `{user}`"));
    let root = file.document.root.ok_or_else(missing)?;
    let Place::Here { value: list, .. } = file.place(root, List::Users)? else { return Err(missing()) };
    own(file, list)?;
    let (_, item) = file.item(list, user).ok_or_else(missing)?;
    own(file, item)?;
    let inner = member(file, item, "user", user)?;
    let exec = member(file, inner, "exec", user)?;
    match file.document.node(exec).kind {
        Kind::Mapping(_) => Ok((root, exec)),
        _ => Err(file.refuse(exec, "`exec` is not a mapping; write it as `command: …`")),
    }
}

fn member(file: &File<'_>, map: NodeId, key: &str, user: &str) -> Result<NodeId, Error> {
    match (file.pair(map, key)?, file.document.merged(map, key)) {
        (Some((_, value)), _) => own(file, value).map(|()| value),
        (None, Some(merged)) => {
            Err(file.refuse(merged, format!("`{key}` of the user comes from here by a merge key (`<<`); write it out")))
        }
        (None, None) => Err(Error::anywhere(format!("the user `{user}` has no credential plugin"))),
    }
}

/// # Errors
/// When the node is written elsewhere.
fn own(file: &File<'_>, id: NodeId) -> Result<(), Error> {
    if file.document.resolve(id) == id { Ok(()) } else { file.refuse_properties(id) }
}

fn fields(wanted: &PluginCall) -> Vec<Field> {
    let api_version = wanted.api_version.as_ref().map(|version| ("apiVersion", Value::Text(version.clone())));
    let call = [("command", Value::Text(wanted.command.clone())), ("args", Value::Texts(wanted.args.clone()))];
    api_version.into_iter().chain(call).collect()
}

fn scope(user: &str) -> Scope<'_> {
    let parts = Parts { user: true, ..Parts::NONE };
    Scope { name: user, parts, whole: false, current: false, fresh: false, exec: FIELDS }
}

fn plugin(text: &str, user: &str) -> Result<UserExec, Error> {
    Ok(model::parse(text)?.user(user).and_then(|user| user.exec.clone()).unwrap_or_default())
}

fn as_wanted(plugin: UserExec, wanted: &PluginCall) -> UserExec {
    UserExec {
        api_version: wanted.api_version.clone().unwrap_or(plugin.api_version),
        command: wanted.command.clone(),
        args: wanted.args.clone(),
        ..plugin
    }
}

fn uneditable(user: &str) -> Error {
    Error::anywhere(format!("the plugin of `{user}` is written in a way that cannot be edited"))
}
