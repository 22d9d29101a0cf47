//! Adding: a fresh file, a missing list, an empty or null list, a new item, a `current-context`.

use yaml_splice::text::{self, Splice};
use yaml_splice::{Kind, NodeId, scalar};

use crate::item::{File, Place};
use crate::render::{BlockStyle, FlowStyle, Order, Value, fields, item};
use crate::verify::{Scope, WHOLE_EXEC, open, reopen};
use crate::{Editor, Entry, Error, List, Parts, Way, model};

/// See [`Editor::apply`].
pub(crate) fn apply(editor: Editor<'_>, text: &str, entry: &Entry, parts: Parts) -> Result<String, Error> {
    if parts == Parts::NONE {
        return Ok(text.to_owned());
    }
    let before = File::open(editor, text)?;
    let fresh = before.document.root.is_none();
    let scope = Scope { name: &entry.name, parts, whole: false, current: false, fresh, exec: WHOLE_EXEC };
    let mut result = text.to_owned();
    if scope.fresh {
        result = append_fresh(text, entry, parts, None);
    } else {
        // What is refused is refused with the line numbers of the text as it is, before the first edit moves them.
        for list in parts.lists() {
            put(&before, list, entry)?;
        }
        for list in parts.lists() {
            let next = put(&open(&before, &result, scope)?, list, entry)?;
            result = next.unwrap_or(result);
        }
    }
    if result == text {
        return Ok(result);
    }
    let after = reopen(&before, &result, scope)?;
    for list in parts.lists() {
        if put(&after, list, entry)?.is_some() || !reads_as(&result, list, entry)? {
            return Err(Error::anywhere(format!("`{}` is written in a way that cannot be edited", list.key())));
        }
    }
    Ok(result)
}

/// See [`Editor::set_current_context`].
pub(crate) fn set_current_context(editor: Editor<'_>, text: &str, name: &str) -> Result<String, Error> {
    let before = File::open(editor, text)?;
    let Some(root) = before.document.root else {
        return Ok(append_fresh(text, &Entry::named(name), Parts::NONE, Some(name)));
    };
    let result = match before.pair(root, "current-context")? {
        Some((key, value)) => before.set_scalar(key, value, name)?,
        None => Some(vec![before.insert_current(root, name)?]),
    };
    let Some(splices) = result else { return Ok(text.to_owned()) };
    let result = splice(text, splices)?;
    let scope = Scope { name: "", parts: Parts::NONE, whole: false, current: true, fresh: false, exec: WHOLE_EXEC };
    reopen(&before, &result, scope)?;
    let wanted = Some(name).filter(|name| !name.is_empty()).map(str::to_owned);
    if model::parse(&result)?.current_context != wanted {
        return Err(Error::anywhere("`current-context` is written in a way that cannot be edited"));
    }
    Ok(result)
}

/// A complete kubeconfig with this entry alone, which is its `current-context`; with a way to the
/// cluster and environment variables for the plugin, if there are any.
pub fn standalone(entry: &Entry, way: Way<'_>, variables: &[(&str, &str)]) -> String {
    let mut text = append_fresh("", entry, Parts::ALL, Some(&entry.name));
    let lines = [("tls-server-name", way.tls_server_name), ("proxy-url", way.proxy_url)];
    let lines = lines.iter().filter_map(|(key, value)| Some(format!("{key}: {}", scalar::block((*value)?))));
    text = below(&text, "server: ", &lines.collect::<Vec<_>>());
    if variables.is_empty() {
        return text;
    }
    let items = variables.iter().flat_map(|(name, value)| {
        [format!("- name: {}", scalar::block(name)), format!("  value: {}", scalar::block(value))]
    });
    let lines: Vec<String> = std::iter::once("env:".to_owned()).chain(items).collect();
    below(&text, "interactiveMode: ", &lines)
}

/// The text with lines below the first one that begins with this key, indented as that is.
fn below(text: &str, key: &str, lines: &[String]) -> String {
    let line = text.lines().find(|line| line.trim_start().starts_with(key)).unwrap_or_default();
    let indent = &line[..line.len() - line.trim_start().len()];
    let added: String = lines.iter().map(|line| format!("\n{indent}{line}")).collect();
    text.replacen(line, &format!("{line}{added}"), 1)
}

pub(crate) fn splice(text: &str, splices: Vec<Splice>) -> Result<String, Error> {
    text::splice(text, splices)
        .ok_or_else(|| Error::anywhere("two changes fall on the same place; write each value on its own line"))
}

/// All of a kubeconfig's content, without the last line end. Its order of keys is how `remove` knows it again.
pub(crate) fn fresh(entry: &Entry, parts: Parts, current: Option<&str>, line_break: &'static str) -> String {
    let style = BlockStyle::plain(line_break);
    let list = |wanted: bool, list: List| wanted.then(|| style.list(list, entry, 0));
    let lines = [
        Some("apiVersion: v1".to_owned()),
        list(parts.cluster, List::Clusters),
        list(parts.context, List::Contexts),
        current.map(|name| format!("current-context: {}", scalar::block(name))),
        Some("kind: Config".to_owned()),
        list(parts.user, List::Users),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join(line_break)
}

fn append_fresh(text: &str, entry: &Entry, parts: Parts, current: Option<&str>) -> String {
    let lines = fresh(entry, parts, current, text::line_break(text));
    format!("{text}{}", text::insert_lines(text, text.len(), &lines).text)
}

fn reads_as(text: &str, list: List, entry: &Entry) -> Result<bool, Error> {
    let config = model::parse(text)?;
    Ok(match list {
        List::Clusters => config.cluster(&entry.name).is_some_and(|cluster| {
            cluster.server == entry.server
                && cluster.certificate_authority_data.as_deref().unwrap_or_default() == entry.certificate_authority_data
                && cluster.certificate_authority.is_none()
        }),
        List::Contexts => config.context(&entry.name).is_some_and(|context| {
            let namespace = context.namespace.as_deref().unwrap_or_default();
            context.cluster == entry.name && context.user == entry.name && namespace == entry.namespace
        }),
        List::Users => config.user(&entry.name).and_then(|user| user.exec.as_ref()).is_some_and(|exec| {
            exec.command == entry.exec.command
                && exec.args == entry.exec.args
                && exec.interactive_mode.as_deref() == Some("IfAvailable")
        }),
    })
}

/// One list of a file that has content. `None` when it is right already.
fn put(file: &File<'_>, list: List, entry: &Entry) -> Result<Option<String>, Error> {
    let Some(root) = file.document.root else { return Ok(None) };
    let splices = match file.place(root, list)? {
        Place::Missing => vec![file.new_list(root, list, entry)?],
        Place::Null { key, value } => file.fill_null(root, key, value, list, entry)?,
        Place::Here { value, .. } => match file.item(value, &entry.name) {
            Some((_, item)) => file.update_item(root, item, list, &fields(list, entry))?,
            None => vec![file.add_item(root, value, list, entry)?],
        },
    };
    if splices.is_empty() {
        return Ok(None);
    }
    splice(file.text, splices).map(Some)
}

impl File<'_> {
    fn new_list(&self, root: NodeId, list: List, entry: &Entry) -> Result<Splice, Error> {
        if self.document.node(root).flow {
            return Ok(self.insert_member(
                root,
                self.flow_style(None, root).compact,
                &self.flow_list(root, list, entry),
            ));
        }
        let column = self.root_column(root);
        let at = self.after(root, column)?;
        Ok(text::insert_lines(self.text, at, &self.style(root, list).list(list, entry, column)))
    }

    /// A list as a member of a top-level `{…}`.
    pub(crate) fn flow_list(&self, root: NodeId, list: List, entry: &Entry) -> String {
        let lines = self.flow_lines(root).map(|(base, step, end)| (format!("{base}{step}"), step, end));
        let style = FlowStyle { lines, ..self.flow_style(None, root) };
        let value =
            style.wrap('[', ']', |inner| vec![inner.value(&Value::Fields(item(list, entry, Order::NameFirst)))]);
        format!("{}{}{value}", style.text(list.key()), style.colon())
    }

    pub(crate) fn root_column(&self, root: NodeId) -> usize {
        self.document.pairs(root).first().map_or(0, |(key, _)| self.column(*key))
    }

    fn fill_null(
        &self,
        root: NodeId,
        key: NodeId,
        value: NodeId,
        list: List,
        entry: &Entry,
    ) -> Result<Vec<Splice>, Error> {
        let node = self.document.node(value);
        let range = node.start..node.end;
        let gap = if range.is_empty() { " " } else { "" };
        if self.document.node(root).flow {
            self.after_colon(key)?;
            let style = FlowStyle { lines: None, ..self.flow_style(None, root) };
            let item = style.value(&Value::Fields(item(list, entry, Order::NameLast)));
            return Ok(vec![Splice { range, text: format!("{gap}[ {item} ]") }]);
        }
        let was = if range.is_empty() { "empty" } else { &self.text[range.clone()] };
        let mark = format!("{gap}{}{was}", self.editor.null_mark());
        let style = self.style(root, list);
        let column = self.column(key);
        let at = self.after(value, column)?;
        let lines = style.item(&item(list, entry, Order::NameFirst), column + style.dash);
        Ok(vec![Splice { range, text: mark }, text::insert_lines(self.text, at, &lines)])
    }

    fn add_item(&self, root: NodeId, value: NodeId, list: List, entry: &Entry) -> Result<Splice, Error> {
        let node = self.document.node(value);
        if matches!(node.kind, Kind::Alias(_)) {
            return Err(self.refuse(
                value,
                format!("`{}` is an alias of something written elsewhere; write it out here", list.key()),
            ));
        }
        if !node.flow {
            return self.insert_item(self.style(root, list), value, list, entry);
        }
        let last = self.document.items(value).last().copied();
        let style = self.flow_style(last, root);
        let member = style.value(&Value::Fields(item(list, entry, Order::NameLast)));
        Ok(self.insert_member(value, style.compact, &member))
    }

    fn insert_current(&self, root: NodeId, name: &str) -> Result<Splice, Error> {
        if self.document.node(root).flow {
            let style = self.flow_style(None, root);
            let member = style.field(&("current-context", Value::Text(name.to_owned())));
            return Ok(self.insert_member(root, style.compact, &member));
        }
        let column = self.root_column(root);
        let contexts = self.document.own(root, List::Contexts.key()).first().map(|pair| pair.1);
        let at = self.after(contexts.unwrap_or(root), column)?;
        let line = format!("{}current-context: {}", " ".repeat(column), scalar::block(name));
        Ok(text::insert_lines(self.text, at, &line))
    }
}
