//! An entry, written from nothing in block, flow or JSON style.

use yaml_splice::scalar;

use crate::{Entry, List};

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    False,
    Texts(Vec<String>),
    Fields(Vec<Field>),
}

/// A key and its value.
pub(crate) type Field = (&'static str, Value);

/// Where the name stands in an item. The order tells `remove` whether `apply` made the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    NameFirst,
    NameLast,
}

/// What stands under `cluster`, `context` or `user`.
pub(crate) fn fields(list: List, entry: &Entry) -> Vec<Field> {
    let text = |value: &str| Value::Text(value.to_owned());
    match list {
        List::Clusters => vec![
            ("server", text(&entry.server)),
            ("certificate-authority-data", text(&entry.certificate_authority_data)),
        ],
        List::Contexts => {
            vec![("cluster", text(&entry.name)), ("user", text(&entry.name)), ("namespace", text(&entry.namespace))]
        }
        List::Users => {
            let mut exec = vec![
                ("apiVersion", text("client.authentication.k8s.io/v1")),
                ("command", text(&entry.exec.command)),
                ("args", Value::Texts(entry.exec.args.clone())),
                ("interactiveMode", text("IfAvailable")),
                ("provideClusterInfo", Value::False),
            ];
            if !entry.exec.install_hint.is_empty() {
                exec.push(("installHint", text(&entry.exec.install_hint)));
            }
            vec![("exec", Value::Fields(exec))]
        }
    }
}

/// A whole item of a list.
pub(crate) fn item(list: List, entry: &Entry, order: Order) -> Vec<Field> {
    let mut item = vec![("name", Value::Text(entry.name.clone())), (list.inner(), Value::Fields(fields(list, entry)))];
    if order == Order::NameLast {
        item.reverse();
    }
    item
}

/// How blocks are indented; all counts are spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockStyle {
    /// From a key to the dashes of its list.
    pub(crate) dash: usize,
    /// From a dash to what it introduces.
    pub(crate) after_dash: usize,
    /// From a key to the keys below it.
    pub(crate) nested: usize,
    pub(crate) line_break: &'static str,
}

impl BlockStyle {
    /// As kubectl writes.
    pub(crate) fn plain(line_break: &'static str) -> Self {
        BlockStyle { dash: 0, after_dash: 2, nested: 2, line_break }
    }

    /// Fields below each other, at `column`; the first line has no indentation and the last no line end.
    pub(crate) fn fields(self, fields: &[Field], column: usize) -> String {
        let lines: Vec<String> =
            fields.iter().map(|(key, value)| format!("{key}:{}", self.after_colon(value, column))).collect();
        lines.join(&format!("{}{}", self.line_break, " ".repeat(column)))
    }

    /// What follows the colon of a key at `column`.
    pub(crate) fn after_colon(self, value: &Value, column: usize) -> String {
        match value {
            Value::Text(value) => format!(" {}", scalar::block(value)),
            Value::False => " false".to_owned(),
            Value::Texts(values) if values.is_empty() => " []".to_owned(),
            Value::Texts(values) => {
                let dash = column + self.dash;
                format!("{}{}{}", self.line_break, " ".repeat(dash), self.texts(values, dash))
            }
            Value::Fields(fields) => {
                let column = column + self.nested;
                format!("{}{}{}", self.line_break, " ".repeat(column), self.fields(fields, column))
            }
        }
    }

    /// A list of texts with its dashes at `column`.
    pub(crate) fn texts(self, values: &[String], column: usize) -> String {
        let gap = " ".repeat(self.after_dash - 1);
        let lines: Vec<String> = values.iter().map(|value| format!("-{gap}{}", scalar::block(value))).collect();
        lines.join(&format!("{}{}", self.line_break, " ".repeat(column)))
    }

    /// One item of a list, its dash at `column`, all lines indented.
    pub(crate) fn item(self, fields: &[Field], column: usize) -> String {
        let body = self.fields(fields, column + self.after_dash);
        format!("{}-{}{body}", " ".repeat(column), " ".repeat(self.after_dash - 1))
    }

    /// A top-level list with one item, its key at `column`.
    pub(crate) fn list(self, list: List, entry: &Entry, column: usize) -> String {
        let item = self.item(&item(list, entry, Order::NameFirst), column + self.dash);
        format!("{}{}:{}{item}", " ".repeat(column), list.key(), self.line_break)
    }
}

/// How `{…}` and `[…]` are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlowStyle {
    /// Every key and text in double quotes.
    pub(crate) json: bool,
    /// Without a space after `:` and `,`.
    pub(crate) compact: bool,
    /// Over several lines: the indentation of the line that it begins on, one more step, and the line end.
    pub(crate) lines: Option<(String, String, &'static str)>,
}

impl FlowStyle {
    pub(crate) fn text(&self, value: &str) -> String {
        if self.json { scalar::quoted(value) } else { scalar::flow(value) }
    }

    pub(crate) fn colon(&self) -> &'static str {
        if self.compact { ":" } else { ": " }
    }

    pub(crate) fn field(&self, (key, value): &Field) -> String {
        format!("{}{}{}", self.text(key), self.colon(), self.value(value))
    }

    pub(crate) fn value(&self, value: &Value) -> String {
        match value {
            Value::Text(value) => self.text(value),
            Value::False => "false".to_owned(),
            Value::Texts(values) => self.wrap('[', ']', |inner| values.iter().map(|value| inner.text(value)).collect()),
            Value::Fields(fields) => {
                self.wrap('{', '}', |inner| fields.iter().map(|field| inner.field(field)).collect())
            }
        }
    }

    /// The style one level deeper.
    pub(crate) fn deeper(&self) -> FlowStyle {
        let lines = self.lines.as_ref().map(|(base, step, end)| (format!("{base}{step}"), step.clone(), *end));
        FlowStyle { lines, ..self.clone() }
    }

    pub(crate) fn wrap(&self, open: char, close: char, parts: impl Fn(&FlowStyle) -> Vec<String>) -> String {
        let inner = self.deeper();
        let parts = parts(&inner);
        match (&self.lines, &inner.lines) {
            (Some((base, _, end)), Some((deep, _, _))) if !parts.is_empty() => {
                format!("{open}{end}{deep}{}{end}{base}{close}", parts.join(&format!(",{end}{deep}")))
            }
            _ => format!("{open}{}{close}", parts.join(if self.compact { "," } else { ", " })),
        }
    }
}
