//! A new item, written like those around it.

use yaml_splice::scalar;

use crate::List;

/// How a text is quoted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// None where that is safe.
    #[default]
    Plain,
    Single,
    Double,
}

impl Quotes {
    /// A text in a block, or inside `[…]` and `{…}`.
    pub(crate) fn write(self, value: &str, in_flow: bool) -> String {
        let extra = if in_flow { "@+=" } else { ":@+=%,~{}" };
        let is_printable = value.chars().all(|one| matches!(one, ' '..='~'));
        match self {
            Quotes::Plain if scalar::is_plain(value, extra) => value.to_owned(),
            Quotes::Single if is_printable => format!("'{}'", value.replace('\'', "''")),
            _ => scalar::quoted(value),
        }
    }
}

/// A field of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Arn,
    Username,
    Groups,
}

/// How a list of groups is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GroupsStyle {
    /// Dashes so many columns right of the key, and the spaces behind them.
    Block {
        dash: usize,
        gap: usize,
    },
    Flow,
}

/// How an item is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Style {
    /// The fields in their order, each with its key as it is spelled, and the quotes of its text.
    pub(crate) fields: Vec<(Field, String, Quotes)>,
    pub(crate) groups: GroupsStyle,
    pub(crate) line_break: &'static str,
}

impl Style {
    /// As in the documentation of EKS.
    pub(crate) fn plain(list: List, line_break: &'static str) -> Self {
        let field = |field, key: &str| (field, key.to_owned(), Quotes::Plain);
        Style {
            fields: vec![
                field(Field::Arn, list.arn_key()),
                field(Field::Username, "username"),
                field(Field::Groups, "groups"),
            ],
            groups: GroupsStyle::Block { dash: 0, gap: 1 },
            line_break,
        }
    }

    /// As JSON, which is YAML too.
    pub(crate) fn json(list: List, line_break: &'static str) -> Self {
        let mut style = Style::plain(list, line_break);
        for (_, key, quotes) in &mut style.fields {
            *key = scalar::quoted(key);
            *quotes = Quotes::Double;
        }
        style.groups = GroupsStyle::Flow;
        style
    }

    /// Groups below each other.
    pub(crate) fn with_block_groups(mut self) -> Self {
        if self.groups == GroupsStyle::Flow {
            self.groups = GroupsStyle::Block { dash: 0, gap: 1 };
        }
        self
    }

    pub(crate) fn field(&self, wanted: Field) -> (&str, Quotes) {
        let found = self.fields.iter().find(|(field, ..)| *field == wanted);
        found.map_or(("groups", Quotes::Plain), |(_, key, quotes)| (key, *quotes))
    }
}

/// What is written of an item.
pub(crate) struct NewItem<'a> {
    pub(crate) arn: &'a str,
    pub(crate) username: &'a str,
    pub(crate) groups: Vec<String>,
}

impl NewItem<'_> {
    /// Its lines in a block, without the last line end; the dash is at `column`, and `gap` spaces follow it.
    pub(crate) fn block(&self, style: &Style, column: usize, gap: usize) -> String {
        let inner = column + 1 + gap;
        let fields = style.fields.iter().map(|(field, key, quotes)| match field {
            Field::Arn => format!("{key}: {}", quotes.write(self.arn, false)),
            Field::Username => format!("{key}: {}", quotes.write(self.username, false)),
            Field::Groups => format!("{key}:{}", groups_in_block(&self.groups, style, inner)),
        });
        let fields: Vec<String> = fields.collect();
        let next_line = format!("{}{}", style.line_break, " ".repeat(inner));
        format!("{}-{}{}", " ".repeat(column), " ".repeat(gap), fields.join(&next_line))
    }

    /// Itself as `{…}`.
    pub(crate) fn flow(&self, style: &Style, flow: &FlowStyle) -> String {
        let colon = if flow.compact { ":" } else { ": " };
        let comma = if flow.compact { "," } else { ", " };
        let fields = style.fields.iter().map(|(field, key, quotes)| match field {
            Field::Arn => format!("{key}{colon}{}", quotes.write(self.arn, true)),
            Field::Username => format!("{key}{colon}{}", quotes.write(self.username, true)),
            Field::Groups => {
                let groups: Vec<String> = self.groups.iter().map(|group| quotes.write(group, true)).collect();
                match &flow.lines {
                    Some(lines) if flow.groups_on_lines && !groups.is_empty() => {
                        format!("{key}{colon}{}", lines.deeper().wrap('[', &groups, ']'))
                    }
                    _ => format!("{key}{colon}[{}]", groups.join(comma)),
                }
            }
        });
        let fields: Vec<String> = fields.collect();
        match &flow.lines {
            Some(lines) => lines.wrap('{', &fields, '}'),
            None => format!("{{{}{}{}}}", flow.padding, fields.join(comma), flow.padding),
        }
    }
}

/// What follows the colon of `groups` at a column.
pub(crate) fn groups_in_block(groups: &[String], style: &Style, column: usize) -> String {
    let (_, quotes) = style.field(Field::Groups);
    match style.groups {
        GroupsStyle::Block { dash, gap } if !groups.is_empty() => {
            format!("{}{}", style.line_break, group_lines(groups, quotes, column + dash, gap, style.line_break))
        }
        _ => {
            let groups: Vec<String> = groups.iter().map(|group| quotes.write(group, true)).collect();
            format!(" [{}]", groups.join(", "))
        }
    }
}

/// One line for each group, all of them indented, without the last line end.
pub(crate) fn group_lines(groups: &[String], quotes: Quotes, column: usize, gap: usize, line_break: &str) -> String {
    let indentation = format!("{}-{}", " ".repeat(column), " ".repeat(gap));
    let lines: Vec<String> =
        groups.iter().map(|group| format!("{indentation}{}", quotes.write(group, false))).collect();
    lines.join(line_break)
}

/// How `{…}` is written around here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FlowStyle {
    /// No spaces behind colons and commas.
    pub(crate) compact: bool,
    /// Between a brace and what it holds.
    pub(crate) padding: &'static str,
    pub(crate) lines: Option<Lines>,
    pub(crate) groups_on_lines: bool,
}

/// Members on lines of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Of the line with the opening brace.
    pub(crate) indentation: String,
    /// What its members have more.
    pub(crate) step: String,
    pub(crate) line_break: &'static str,
}

impl Lines {
    fn deeper(&self) -> Lines {
        Lines { indentation: format!("{}{}", self.indentation, self.step), ..self.clone() }
    }

    fn wrap(&self, open: char, members: &[String], close: char) -> String {
        let Lines { indentation, step, line_break } = self;
        let between = format!(",{line_break}{indentation}{step}");
        format!("{open}{line_break}{indentation}{step}{}{line_break}{indentation}{close}", members.join(&between))
    }
}
