//! Writes the man pages of nsaccess, from the text of `--help`: `cargo run -p manual -- FOLDER`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::builder::{PossibleValue, Resettable, StyledStr};
use clap::{Arg, Command, CommandFactory as _, Id};
use clap_mangen::Man;
use nsaccess::inside::Cli;
use roff::{Roff, bold, roman};

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().as_encoded_bytes().starts_with(b"-")) else {
        return Err(std::io::Error::other("usage: manual FOLDER"));
    };
    std::fs::create_dir_all(&folder)?;
    for (name, page) in pages()? {
        std::fs::File::create(folder.join(name))?.write_all(&page)?;
    }
    Ok(())
}

/// The pages of all commands that are not hidden, by their file names.
fn pages() -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let global: Vec<Id> = root
        .get_arguments()
        .filter(|argument| argument.is_global_set())
        .map(|argument| argument.get_id().clone())
        .collect();
    let mut pages = BTreeMap::new();
    add(&root, None, &global, &mut pages)?;
    Ok(pages)
}

fn add(
    command: &Command,
    parent: Option<&str>,
    global: &[Id],
    pages: &mut BTreeMap<String, Vec<u8>>,
) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    for action in command.get_subcommands().filter(|action| !action.is_hide_set()) {
        add(action, Some(&name), global, pages)?;
    }
    pages.insert(format!("{name}.1"), page(command, &name, parent, global)?);
    Ok(())
}

fn page(command: &Command, name: &str, parent: Option<&str>, global: &[Id]) -> std::io::Result<Vec<u8>> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let aliases: Vec<&str> = command.get_visible_aliases().collect();
    // As in `--help`, the global options are on the first page alone.
    let is_first = parent.is_none();
    let command = command.clone().override_usage(usage).subcommand_help_heading("COMMANDS").mut_args(|argument| {
        let hide = argument.is_hide_set() || (!is_first && global.contains(argument.get_id()));
        one_text(argument).hide(hide)
    });
    let has_commands = command.get_subcommands().any(|action| !action.is_hide_set());
    let man = Man::new(command);

    let mut out = Vec::new();
    // Without a date, as the pages of one version are always the same; roff would leave out an empty word.
    writeln!(out, ".TH \"{}\" \"1\" \"\" \"nsaccess {}\" \"nsaccess manual\"", name.to_uppercase(), version())?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    let mut more = Roff::new();
    if !aliases.is_empty() {
        more.control("PP", []).text([roman(format!("Alias: {}", aliases.join(", ")))]);
    }
    more.to_writer(&mut out)?;
    if has_commands {
        man.render_subcommands_section(&mut out)?;
    }
    man.render_options_section(&mut out)?;
    end(&after, parent).to_writer(&mut out)?;
    Ok(out)
}

/// What `--help` says of an argument, with its values behind it.
fn one_text(argument: Arg) -> Arg {
    if argument.get_id() == "help" {
        return argument.help("Print help").long_help(Resettable::<StyledStr>::Reset);
    }
    let values = argument.get_possible_values();
    let names: Vec<&str> = values.iter().filter(|value| !value.is_hide_set()).map(PossibleValue::get_name).collect();
    if names.is_empty() || argument.is_hide_possible_values_set() {
        return argument;
    }
    let text = argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
    argument.long_help(format!("{text} [possible values: {}]", names.join(", "))).hide_possible_values(true)
}

fn version() -> String {
    Cli::command().get_version().unwrap_or_default().to_owned()
}

/// What stands behind the options: exit codes, examples, and where to read on.
fn end(after: &str, parent: Option<&str>) -> Roff {
    let mut page = Roff::new();
    let mut notes = Vec::new();
    for paragraph in after.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        match first.strip_suffix(':') {
            Some(heading) => {
                page.control("SH", [heading.to_uppercase().as_str()]);
                as_it_stands(&mut page, rest.lines());
            }
            None => notes.extend(paragraph.lines()),
        }
    }
    let (codes, notes): (Vec<&str>, Vec<&str>) = notes.into_iter().partition(|line| line.starts_with("Exit "));
    for line in codes {
        page.control("SH", ["EXIT STATUS"]).text([roman(line.split_once(": ").map_or(line, |(_, codes)| codes))]);
    }
    if !notes.is_empty() {
        page.control("SH", ["NOTES"]);
        as_it_stands(&mut page, notes.into_iter());
    }
    if let Some(parent) = parent {
        page.control("SH", ["SEE ALSO"]);
        page.text([bold(parent), roman("(1)")]);
        if parent != "nsaccess" {
            page.text([bold("nsaccess"), roman("(1)")]);
        }
        page.control("PP", []);
        page.text([
            roman("The global options, such as -n NAMESPACE and -o FORMAT, are in "),
            bold("nsaccess"),
            roman("(1)."),
        ]);
    }
    page
}

/// Lines that are not to be filled.
fn as_it_stands<'a>(page: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    page.control("nf", []);
    for line in lines {
        page.text([roman(line.trim_start())]);
    }
    page.control("fi", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        let pages = pages().expect("the pages");
        let page = pages.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", pages.keys()));
        String::from_utf8(page.clone()).expect("text")
    }

    #[test]
    fn every_command_has_a_page_but_the_hidden_ones() {
        fn names(command: &Command, path: &str) -> Vec<String> {
            let shown = command.get_subcommands().filter(|action| !action.is_hide_set());
            let below = shown.flat_map(|action| names(action, &format!("{path}-{}", action.get_name())));
            std::iter::once(format!("{path}.1")).chain(below).collect()
        }
        let mut expected = names(&Cli::command(), "nsaccess");
        expected.sort();
        let written: Vec<String> = pages().expect("the pages").into_keys().collect();
        assert_eq!(written, expected);
        assert!(written.contains(&"nsaccess-secrets-get.1".to_owned()), "{written:?}");
        assert!(!written.contains(&"nsaccess-secrets-clear-clipboard.1".to_owned()), "{written:?}");
    }

    #[test]
    fn pages_say_what_the_help_says() {
        let get = text("nsaccess-secrets-get.1");
        assert!(get.contains("\\-\\-field") && get.contains("\\-\\-region"), "{get}");
        assert!(get.contains(".SH EXAMPLES\n.nf\nnsaccess secrets get api\\-key\n"), "{get}");
        assert!(!get.contains("\\-\\-kubeconfig"), "{get}");
        assert!(text("nsaccess.1").contains("\\-\\-kubeconfig"));
        assert!(text("nsaccess-audit.1").contains("[possible values: high, medium, low, info]"));
        assert!(text("nsaccess-port-forward.1").contains("Alias: pf"));
        assert!(!text("nsaccess-exec.1").contains("[\\fIMISPLACED\\fR]"));
    }
}
