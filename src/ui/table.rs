//! Aligned columns that fit a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::{Style, Ui};
use crate::screen;

/// Columns of prose, and of what the other columns tell too. Only these are cut: a name, a time or a command that is not whole is
/// worth nothing.
const CUT: [&str; 10] =
    ["ACCOUNT NAME", "CLUSTER", "DESCRIPTION", "DETAILS", "FROM", "NEEDS", "REASON", "RESULT", "ROLE", "USES"];
/// Between two columns.
const GAP: usize = 2;
/// A column that is cut keeps at least this much.
const NARROWEST: usize = 8;

/// Sets a cell off, as it is shown in the column of this index.
type Styling<'a> = &'a dyn Fn(usize, &str) -> String;

impl Ui {
    /// The table with nothing cut, unless it does not fit the terminal.
    pub(crate) fn whole_table(&self, headings: &[&str], rows: &[Vec<String>]) -> Option<String> {
        let whole = table(headings, rows, None, &|_, cell| cell.to_owned());
        let room = self.columns.filter(|_| !self.is_wide());
        room.is_none_or(|columns| whole.lines().all(|line| line.width() <= columns)).then_some(whole)
    }

    /// Aligned columns. On a terminal prose is cut so that they fit it, unless all was asked for (`-o wide`).
    pub(crate) fn table(&self, headings: &[&str], rows: &[Vec<String>]) -> String {
        self.styled_table(headings, rows, |_, _| None)
    }

    /// The same, with cells set off: `style` is asked for a column and what stands there.
    pub(crate) fn styled_table(
        &self,
        headings: &[&str],
        rows: &[Vec<String>],
        style: impl Fn(&str, &str) -> Option<Style>,
    ) -> String {
        let style = |column: usize, cell: &str| match style(headings[column], cell) {
            Some(style) => self.data_styled(style, cell),
            None => cell.to_owned(),
        };
        table(headings, rows, self.columns.filter(|_| !self.is_wide()), &style)
    }
}

/// Aligned columns without trailing spaces. With `columns`, no line is wider than that: the widest cells are cut, which
/// `…` shows.
fn table(headings: &[&str], rows: &[Vec<String>], columns: Option<usize>, styling: Styling<'_>) -> String {
    let mut lines = vec![headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| row.iter().map(|cell| screen::one_line(cell).into_owned()).collect()));
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.width()).max();
    let mut widths: Vec<usize> = (0..headings.len()).map(|column| width(column).unwrap_or(0)).collect();
    if let Some(columns) = columns {
        narrow(headings, &mut widths, columns);
    }
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let mut owed = 0;
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let cell = cut(cell, *width);
            if !cell.is_empty() {
                text.push_str(&" ".repeat(owed));
                owed = 0;
                let is_heading = number == 0;
                text.push_str(&if is_heading { cell.clone() } else { styling(column, &cell) });
            }
            owed += width.saturating_sub(cell.width()) + GAP;
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

/// Takes from the widest of those that may be cut, until all fit or none can give more.
fn narrow(headings: &[&str], widths: &mut [usize], columns: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > columns {
        let can_be_cut = headings
            .iter()
            .zip(widths.iter_mut())
            .filter(|(heading, width)| CUT.contains(heading) && **width > NARROWEST.max(heading.len()));
        match can_be_cut.map(|(_, width)| width).max_by_key(|width| **width) {
            Some(widest) => *widest -= 1,
            None => return,
        }
    }
}

/// At most this width; what is left out is shown as `…`.
pub(super) fn cut(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let mut kept = String::new();
    for letter in cell.chars() {
        kept.push(letter);
        if kept.width() + 1 > width {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(headings: &[&str], rows: &[Vec<String>], columns: Option<usize>) -> String {
        super::table(headings, rows, columns, &|_, cell| cell.to_owned())
    }

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn tables_are_aligned_without_trailing_spaces() {
        let text = table(&["NAME", "AGE"], &rows(&[&["web-0", "1d"], &["ä", ""]]), None);
        assert_eq!(text, "NAME   AGE\nweb-0  1d\nä\n");
    }

    #[test]
    fn a_cell_cannot_forge_a_row() {
        let text = table(&["NAME", "AGE"], &rows(&[&["web-0\nweb-1  2d\x1b[2J", "1d"]]), None);
        let cell = r"web-0\nweb-1  2d\u{1b}[2J";
        assert_eq!(text, format!("{:<1$}  AGE\n{cell}  1d\n", "NAME", cell.len()));
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let text = table(&["NAME", "AGE"], &rows(&[&["支払い", "1d"], &["web", "2d"]]), None);
        assert_eq!(text, "NAME    AGE\n支払い  1d\nweb     2d\n");
    }

    #[test]
    fn the_widest_column_is_cut_to_fit() {
        let found = rows(&[&["web-0", "a long reason that needs more than there is", "1d"]]);
        let text = table(&["NAME", "REASON", "AGE"], &found, Some(30));
        assert_eq!(text, "NAME   REASON              AGE\nweb-0  a long reason tha…  1d\n");
        assert_eq!(
            table(&["NAME", "REASON", "AGE"], &found, Some(80)),
            table(&["NAME", "REASON", "AGE"], &found, None)
        );
    }

    #[test]
    fn a_styled_cell_takes_the_room_of_its_letters() {
        let found = rows(&[&["web-0", "Running", "1d"], &["web-1", "Error", "2d"]]);
        let bold = |column: usize, cell: &str| if column == 1 { format!("<{cell}>") } else { cell.to_owned() };
        let text = super::table(&["NAME", "STATUS", "AGE"], &found, None, &bold);
        assert_eq!(text, "NAME   STATUS   AGE\nweb-0  <Running>  1d\nweb-1  <Error>    2d\n");
    }

    #[test]
    fn a_wide_character_is_not_cut_in_two() {
        assert_eq!(cut("支払い明細書", 6), "支払…");
        assert_eq!(cut("支払い明細書", 5), "支払…");
        assert_eq!(cut("web", 3), "web");
    }

    #[test]
    fn a_table_with_no_room_keeps_its_columns() {
        let text = table(&["NAME", "REASON"], &rows(&[&["a-long-name-here", "another-long-one"]]), Some(5));
        assert_eq!(text.lines().nth(1), Some("a-long-name-here  another…"));
    }

    #[test]
    fn what_a_person_would_copy_is_never_cut() {
        let found = rows(&[&["idp-prod", "https://sandbox.awsapps.com/start", "~/.config/nsaccess/config.toml"]]);
        let text = table(&["SETTING", "VALUE", "FROM"], &found, Some(60));
        assert_eq!(text.lines().nth(1), Some("idp-prod  https://sandbox.awsapps.com/start  ~/.config/nsac…"));
    }
}
