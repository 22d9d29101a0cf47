//! docs/commands.md is what the binary says of its commands, with an index in the groups of `nsaccess --help`.

use std::path::PathBuf;

use crate::docs::verbs;
use crate::support::World;

const HEAD: &str = "# Commands

What `nsaccess --help` and `nsaccess COMMAND --help` print. This page is written by a test
(`UPDATE_DOCS=1 cargo test --test it docs::`), so it is what the binary says. [Global options](#nsaccess) work with every
command.
";

fn help(world: &World, words: &str) -> String {
    world.run(format!("{words} --help").trim()).success().stdout.clone()
}

/// The groups of a help text: a heading, and commands with a line of each.
fn groups(help: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut groups: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let lists = help.lines().skip_while(|line| !line.starts_with("Usage:")).skip(1);
    for line in lists.take_while(|line| !["Arguments:", "Options:"].contains(line)) {
        match (line.strip_prefix("  "), groups.last_mut()) {
            (None, _) if line.ends_with(':') => groups.push((line.trim_end_matches(':').to_owned(), Vec::new())),
            (Some(entry), Some((_, commands))) => match (entry.strip_prefix(' '), commands.last_mut()) {
                (Some(more), Some((_, about))) => about.push_str(&format!(" {}", more.trim_start())),
                _ => {
                    let (name, about) = entry.split_once(' ').unwrap_or((entry, ""));
                    commands.push((name.to_owned(), about.trim_start().to_owned()));
                }
            },
            _ => {}
        }
    }
    groups
}

fn index(root: &str) -> String {
    let line = |(name, about): &(String, String)| format!("- [{name}](#nsaccess-{name}): {about}\n");
    let group = |(heading, commands): &(String, Vec<(String, String)>)| {
        format!("\n**{heading}**\n\n{}", commands.iter().map(line).collect::<String>())
    };
    groups(root).iter().map(group).collect()
}

fn section(world: &World, page: &mut String, words: &str, level: usize) {
    let help = help(world, words);
    let title = format!("nsaccess {words}");
    page.push_str(&format!("\n{} `{}`\n\n```text\n{}\n```\n", "#".repeat(level), title.trim(), help.trim_end()));
    for verb in verbs(&help) {
        section(world, page, format!("{words} {verb}").trim(), level + 1);
    }
}

#[test]
fn the_commands_page_is_the_help_of_every_verb() {
    let mut world = World::new();
    world.set("COLUMNS", "100");
    let index = index(&help(&world, ""));
    assert!(index.matches("](#nsaccess-").count() > 15, "{index}");
    let mut page = format!("{HEAD}{index}");
    section(&world, &mut page, "", 2);
    assert!(page.contains("### `nsaccess login`") && page.contains("#### `nsaccess config set`"), "{page}");
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &page).expect("written");
    }
    let text = std::fs::read_to_string(&file).expect("docs/commands.md");
    assert_eq!(text, page, "UPDATE_DOCS=1 cargo test --test it docs:: writes it anew");
}
