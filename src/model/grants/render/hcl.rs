//! HCL, laid out as `terraform fmt` lays it out.

use std::fmt::Write;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    Text(String),
    /// A reference, or a call.
    Raw(String),
    List(Vec<Expression>),
    Map(Vec<(String, Expression)>),
}

impl Expression {
    pub(super) fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Expression::List(texts.into_iter().map(|text| Expression::Text(text.into())).collect())
    }

    fn write(&self, indent: usize) -> String {
        match self {
            Expression::Text(text) => quoted(text),
            Expression::Raw(raw) => raw.clone(),
            Expression::List(items) => list(items, indent),
            Expression::Map(pairs) => {
                let width = pairs.iter().map(|(key, _)| quoted(key).len()).max().unwrap_or_default();
                let line = |(key, value): &(String, Expression)| {
                    format!("{}{:width$} = {}\n", spaces(indent + 1), quoted(key), value.write(indent + 1))
                };
                format!("{{\n{}{}}}", pairs.iter().map(line).collect::<String>(), spaces(indent))
            }
        }
    }
}

/// On one line if it is short.
fn list(items: &[Expression], indent: usize) -> String {
    let written: Vec<String> = items.iter().map(|item| item.write(indent + 1)).collect();
    let one_line = format!("[{}]", written.join(", "));
    if items.len() < 2 || one_line.len() <= 80 {
        return one_line;
    }
    let lines: String = written.iter().map(|item| format!("{}{item},\n", spaces(indent + 1))).collect();
    format!("[\n{lines}{}]", spaces(indent))
}

/// A string: `${` and `%{` would begin a template.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            '{' if quoted.ends_with('$') => quoted.push_str("${"),
            '{' if quoted.ends_with('%') => quoted.push_str("%{"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn spaces(indent: usize) -> String {
    "  ".repeat(indent)
}

/// A block with its attributes, then its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    head: String,
    attributes: Vec<(&'static str, Expression)>,
    blocks: Vec<Block>,
}

impl Block {
    /// `head` as it is written: `metadata`, `resource "aws_eks_access_entry" "x"`.
    pub(super) fn new(head: impl Into<String>) -> Self {
        Block { head: head.into(), attributes: Vec::new(), blocks: Vec::new() }
    }

    pub(super) fn resource(kind: &str, name: &str) -> Self {
        Block::new(format!("resource {} {}", quoted(kind), quoted(name)))
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: Expression) -> Self {
        self.attributes.push((name, value));
        self
    }

    #[must_use]
    pub(super) fn text(self, name: &'static str, value: impl Into<String>) -> Self {
        self.with(name, Expression::Text(value.into()))
    }

    #[must_use]
    pub(super) fn raw(self, name: &'static str, value: impl Into<String>) -> Self {
        self.with(name, Expression::Raw(value.into()))
    }

    #[must_use]
    pub(super) fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    pub(super) fn write(&self, indent: usize) -> String {
        let written: Vec<(&str, String)> =
            self.attributes.iter().map(|(name, value)| (*name, value.write(indent + 1))).collect();
        // What takes several lines stands apart; the rest is aligned.
        let (long, short): (Vec<_>, Vec<_>) = written.into_iter().partition(|(_, value)| value.contains('\n'));
        let width = short.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let inside = spaces(indent + 1);
        let mut parts = Vec::new();
        if !short.is_empty() {
            parts.push(short.iter().map(|(name, value)| format!("{inside}{name:width$} = {value}\n")).collect());
        }
        parts.extend(long.iter().map(|(name, value)| format!("{inside}{name} = {value}\n")));
        parts.extend(self.blocks.iter().map(|block| block.write(indent + 1)));
        format!("{}{} {{\n{}{}}}\n", spaces(indent), self.head, parts.join("\n"), spaces(indent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_string_is_a_template_or_its_end() {
        for (text, written) in [
            ("a", r#""a""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("${x} %{y} $$ { $x", r#""$${x} %%{y} $$ { $x""#),
            ("a\nb\u{7}", r#""a\nb\u0007""#),
        ] {
            assert_eq!(quoted(text), written);
        }
    }

    #[test]
    fn a_block_looks_as_terraform_fmt_leaves_it() {
        let block = Block::resource("kind", "name")
            .text("short", "a")
            .raw("much_longer", "var.b")
            .with("tags", Expression::Map(vec![("k".to_owned(), Expression::Text("v".to_owned()))]))
            .with("list", Expression::texts(["x".repeat(50), "y".repeat(50)]))
            .block(Block::new("inner").with("few", Expression::texts(["a", "b"])));
        let (long, other) = ("x".repeat(50), "y".repeat(50));
        assert_eq!(
            block.write(0),
            format!(
                "resource \"kind\" \"name\" {{\n  short       = \"a\"\n  much_longer = var.b\n\n  tags = {{\n    \"k\" = \"v\"\n  }}\n\n  \
                 list = [\n    \"{long}\",\n    \"{other}\",\n  ]\n\n  inner {{\n    few = [\"a\", \"b\"]\n  }}\n}}\n"
            )
        );
    }
}
