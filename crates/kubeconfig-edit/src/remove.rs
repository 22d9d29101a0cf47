//! Removing: every addition is taken back in the form that it was made in.

use yaml_splice::NodeId;
use yaml_splice::text::{self, Splice};

use crate::apply::{fresh, splice};
use crate::item::{File, Place};
use crate::verify::{Scope, WHOLE_EXEC, open, reopen};
use crate::{Editor, Entry, Error, Exec, List, Parts, model};

/// See [`Editor::remove`].
pub(crate) fn remove(editor: Editor<'_>, text: &str, name: &str, parts: Parts) -> Result<String, Error> {
    let before = File::open(editor, text)?;
    let Some(root) = before.document.root else { return Ok(text.to_owned()) };
    let current = parts.context && model::read(text, &before.document)?.current_context.as_deref() == Some(name);
    let mut scope = Scope { name, parts, whole: true, current, fresh: false, exec: WHOLE_EXEC };
    let mut result = text.to_owned();
    let whole_file = if parts == Parts::ALL { without_fresh(&before, root, name) } else { None };
    if let Some(rest) = whole_file {
        (result, scope.fresh) = (rest, true);
    } else {
        // What is refused is refused with the line numbers of the text as it is, before the first edit moves them.
        for list in parts.lists() {
            take(&before, list, name)?;
        }
        for list in parts.lists() {
            let next = take(&open(&before, &result, scope)?, list, name)?;
            result = next.unwrap_or(result);
        }
        if current {
            clear_current(&before, name)?;
            let next = clear_current(&open(&before, &result, scope)?, name)?;
            result = next.unwrap_or(result);
        }
    }
    if result == text {
        return Ok(result);
    }
    let after = reopen(&before, &result, scope)?;
    let left = model::read(&result, &after.document)?;
    let is_left = (parts.cluster && left.cluster(name).is_some())
        || (parts.context && left.context(name).is_some())
        || (parts.user && left.user(name).is_some());
    if is_left || (current && left.current_context.as_deref() == Some(name)) {
        return Err(Error::anywhere(format!("`{name}` is written in a way that cannot be removed")));
    }
    Ok(result)
}

/// The entry as the file has it, to write it again and compare.
fn entry_of(file: &File<'_>, name: &str) -> Option<Entry> {
    let config = model::read(file.text, &file.document).ok()?;
    let cluster = config.cluster(name).cloned().unwrap_or_default();
    let exec = config.user(name).and_then(|user| user.exec.clone()).unwrap_or_default();
    Some(Entry {
        name: name.to_owned(),
        server: cluster.server,
        certificate_authority_data: cluster.certificate_authority_data.unwrap_or_default(),
        namespace: config.context(name).and_then(|context| context.namespace.clone()).unwrap_or_default(),
        exec: Exec { command: exec.command, args: exec.args, install_hint: exec.install_hint.unwrap_or_default() },
    })
}

/// The text before the content that `apply` wrote, if that is all the content there is and nobody changed it.
fn without_fresh(file: &File<'_>, root: NodeId, name: &str) -> Option<String> {
    let entry = entry_of(file, name)?;
    let has = |list: List| !file.document.own(root, list.key()).is_empty();
    let parts = Parts { cluster: has(List::Clusters), context: has(List::Contexts), user: has(List::Users) };
    let start = file.document.pairs(root).first().map(|(key, _)| file.document.node(*key).full_start)?;
    let current = file
        .document
        .get(root, "current-context")
        .and_then(|id| file.document.scalar(id))
        .filter(|value| *value == name);
    if parts == Parts::NONE && current.is_none() {
        return None;
    }
    let content = fresh(&entry, parts, current, text::line_break(file.text));
    if text::without_last_break(&file.text[start..]) != content {
        return None;
    }
    splice(file.text, vec![text::remove_lines(file.text, start..file.text.len())]).ok()
}

fn take(file: &File<'_>, list: List, name: &str) -> Result<Option<String>, Error> {
    let Some(root) = file.document.root else { return Ok(None) };
    let Place::Here { key, value } = file.place(root, list)? else { return Ok(None) };
    let Some((number, item)) = file.item(value, name) else { return Ok(None) };
    if file.document.resolve(value) != value {
        return Err(file
            .refuse(value, format!("`{}` is an alias of something written elsewhere; write it out here", list.key())));
    }
    let alone = file.document.items(value).len() == 1;
    let splices = match (alone, file.document.node(value).flow) {
        (false, true) => file.remove_member(value, number),
        (false, false) => vec![text::remove_lines(file.text, file.lines(file.dash(item)?, item)?)],
        (true, true) => file.empty_flow_list(root, key, value, list, name),
        (true, false) => file.empty_block_list(root, key, value, list, name)?,
    };
    splice(file.text, splices).map(Some)
}

fn clear_current(file: &File<'_>, name: &str) -> Result<Option<String>, Error> {
    let Some(root) = file.document.root else { return Ok(None) };
    let found = file.document.get(root, "current-context").and_then(|id| file.document.scalar(id));
    if found != Some(name) || name.is_empty() {
        return Ok(None);
    }
    let Some((key, value)) = file.pair(root, "current-context")? else {
        return Err(file.refuse(root, "`current-context` comes from a merge key (`<<`); write it out"));
    };
    match file.set_scalar(key, value, "")? {
        Some(splices) => splice(file.text, splices).map(Some),
        None => Ok(None),
    }
}

impl File<'_> {
    /// The last item goes: the list goes with it if `apply` made it, else it is `[]`, or the null that it was.
    fn empty_flow_list(&self, root: NodeId, key: NodeId, value: NodeId, list: List, name: &str) -> Vec<Splice> {
        let node = self.document.node(value);
        let member = self.members(value)[0].clone();
        let made_by_apply = || {
            let entry = entry_of(self, name)?;
            let number = self.document.pairs(root).iter().position(|pair| pair.0 == key)?;
            let text = &self.text[self.members(root)[number].clone()];
            (self.document.node(root).flow && self.flow_list(root, list, &entry) == text).then_some(number)
        };
        if let Some(number) = made_by_apply() {
            return self.remove_member(root, number);
        }
        let around = (&self.text[node.start + 1..member.start], &self.text[member.end..node.end - 1]);
        let name_is_last =
            self.document.pairs(self.document.items(value)[0]).last().and_then(|pair| self.document.scalar(pair.0));
        if around == (" ", " ") && name_is_last == Some("name") && !node.anchored && node.tag.is_none() {
            return vec![Splice { range: node.start..node.end, text: "null".to_owned() }];
        }
        self.remove_member(value, 0)
    }

    fn empty_block_list(
        &self,
        root: NodeId,
        key: NodeId,
        value: NodeId,
        list: List,
        name: &str,
    ) -> Result<Vec<Splice>, Error> {
        self.refuse_properties(value)?;
        let item = self.document.items(value)[0];
        let lines = self.lines(self.dash(item)?, item)?;
        if let Some(whole) = self.list_made_by_apply(root, key, value, list, name) {
            return Ok(vec![text::remove_lines(self.text, whole)]);
        }
        let colon = self.after_colon(key)?;
        let removed = text::remove_lines(self.text, lines);
        let null_mark = self.editor.null_mark();
        let Some((mark, rest)) = self.null_mark_after(colon, &null_mark) else {
            return Ok(vec![Splice { range: colon..colon, text: " []".to_owned() }, removed]);
        };
        let was = ["empty", "null", "Null", "NULL", "~"].into_iter().find(|was| rest.starts_with(was));
        let was = was.unwrap_or("empty");
        let end = mark + null_mark.len() + if rest.starts_with(was) { was.len() } else { 0 };
        let restored = match was {
            "empty" if self.text[colon..mark].contains('#') => Splice { range: mark..end, text: String::new() },
            "empty" => Splice { range: colon..end, text: String::new() },
            was => Splice { range: mark..end, text: was.to_owned() },
        };
        Ok(vec![restored, removed])
    }

    /// Where our mark stands behind a colon, and what follows it. A null on a line of its own may have comments above it.
    fn null_mark_after(&self, colon: usize, null_mark: &str) -> Option<(usize, &str)> {
        let mut at = text::skip_blank(self.text, colon);
        while self.text[at..].starts_with('#') {
            if let Some(rest) = self.text[at..].strip_prefix(null_mark) {
                return Some((at, rest));
            }
            at = text::skip_blank(self.text, text::line_end(self.text, at));
        }
        None
    }

    /// The lines of a list that reads letter by letter as `apply` writes it.
    fn list_made_by_apply(
        &self,
        root: NodeId,
        key: NodeId,
        value: NodeId,
        list: List,
        name: &str,
    ) -> Option<std::ops::Range<usize>> {
        let entry = entry_of(self, name)?;
        let style = self.style_of(key, value)?;
        let lines = self.lines(self.document.node(key).full_start, value).ok()?;
        let written = style.list(list, &entry, self.root_column(root));
        let text = &self.text[lines.clone()];
        let alone = self.document.pairs(root).len() == 1;
        (text::without_last_break(text) == written && !alone).then_some(lines)
    }
}
