//! How help pages look: one compact page for `-h` and `--help`, verbs in groups, and the global options on the first page
//! alone, as gh and kubectl do it.

use clap::builder::{PossibleValue, Resettable, StyledStr};
use clap::error::ErrorKind;
use clap::{Arg, Command};

use super::topics;

/// The verbs by what people come for. Every verb stands in one group.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Set up",
        &["login", "logout", "status", "list", "use", "doctor", "kubeconfig", "config", "completion", "version"],
    ),
    ("Look", &["can-i", "whoami", "pods", "logs"]),
    ("Use", &["port-forward", "exec", "shell", "token"]),
    ("AWS", &["secrets", "credentials", "console", "assume-irsa"]),
    ("For the platform team", &["grant", "revoke", "audit"]),
];

/// The last line of a verb's page.
const GLOBAL_OPTIONS: &str = "Global options: -n NAMESPACE, -o FORMAT, -q, -v, --kubeconfig (nsaccess help)";

/// Whether this asks for a page, rather than being a mistake.
pub(super) fn is_help(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand)
}

/// The same command line, whose pages are laid out.
pub(super) fn laid_out(command: Command) -> Command {
    let global: Vec<Arg> = command.get_arguments().filter(|argument| argument.is_global_set()).cloned().collect();
    let mut built = command.clone();
    built.build();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let after = format!("Topics (nsaccess help TOPIC):\n{}\n{after}", topics::listed());
    let verbs = grouped(&command);
    let mut command = page(command, &built, &verbs, &after);
    for verb in command.get_subcommands_mut() {
        let built = built.find_subcommand(verb.get_name());
        *verb = verb_page(std::mem::take(verb), built, &global);
    }
    command
}

fn verb_page(mut verb: Command, built: Option<&Command>, global: &[Arg]) -> Command {
    let Some(built) = built else { return verb };
    let passed_on: Vec<Arg> = verb.get_arguments().filter(|argument| argument.is_global_set()).cloned().collect();
    let after = match verb.get_after_help() {
        Some(after) => format!("{after}\n\n{GLOBAL_OPTIONS}"),
        None => GLOBAL_OPTIONS.to_owned(),
    };
    let actions = listed("Commands", &verb.get_subcommands().collect::<Vec<_>>());
    verb = page(verb, built, &actions, &after).args(hidden(global));
    for action in verb.get_subcommands_mut() {
        // Flags of the verb are shown with each of its actions, where they are typed.
        let with_flags = std::mem::take(action).args(passed_on.clone());
        let of_action = built.find_subcommand(with_flags.get_name());
        *action = verb_page(with_flags, of_action, global);
    }
    verb
}

/// clap passes a global flag on only where there is none of its id.
fn hidden(global: &[Arg]) -> impl Iterator<Item = Arg> {
    global.iter().map(|argument| argument.clone().hide(true))
}

/// One page, for `-h` and `--help` alike: no argument has a text that only one of them would show.
fn page(command: Command, built: &Command, verbs: &str, after: &str) -> Command {
    let about = command.get_long_about().or_else(|| command.get_about()).cloned().unwrap_or_default();
    let usage = built.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let arguments = if command.get_name() == "help" { "" } else { "{all-args}" };
    command
        .about(about)
        .long_about(Resettable::<StyledStr>::Reset)
        .after_help(after.to_owned())
        .override_usage(usage)
        .help_template(format!(
            "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{verbs}{arguments}{{after-help}}\n"
        ))
        .mut_args(one_text)
        .mut_subcommands(|verb| verb.hide(true))
}

fn one_text(argument: Arg) -> Arg {
    let text = argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let values = argument.get_possible_values();
    // Values that explain themselves would make a second, long page.
    let explained = values.iter().any(|value| value.get_help().is_some()) && !argument.is_hide_possible_values_set();
    let argument = argument.long_help(Resettable::<StyledStr>::Reset);
    if !explained {
        return argument.help(text);
    }
    let names: Vec<&str> = values.iter().filter(|value| !value.is_hide_set()).map(PossibleValue::get_name).collect();
    argument.help(format!("{text} [possible values: {}]", names.join(", "))).hide_possible_values(true)
}

fn grouped(command: &Command) -> String {
    let verbs = |names: &[&str]| names.iter().filter_map(|name| command.find_subcommand(name)).collect::<Vec<_>>();
    GROUPS.iter().map(|(heading, names)| listed(heading, &verbs(names))).collect()
}

/// Names and what they do, below a heading.
fn listed(heading: &str, commands: &[&Command]) -> String {
    let shown: Vec<&&Command> = commands.iter().filter(|command| !command.is_hide_set()).collect();
    if shown.is_empty() {
        return String::new();
    }
    let width = shown.iter().map(|command| command.get_name().len()).max().unwrap_or_default().max(12);
    let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let lines = shown
        .iter()
        .map(|command| format!("  {:<width$}  {}{}\n", command.get_name(), about(command), aliases(command)));
    format!("{heading}:\n{}\n", lines.collect::<String>())
}

/// ` [alias: pf]`
fn aliases(command: &Command) -> String {
    let names: Vec<&str> = command.get_visible_aliases().collect();
    if names.is_empty() { String::new() } else { format!(" [alias: {}]", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_verb_stands_in_one_group() {
        let command = Cli::command();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        grouped.sort_unstable();
        let mut verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        verbs.sort_unstable();
        assert_eq!(grouped, verbs);
    }

    /// The lists are not wrapped by clap.
    #[test]
    fn lists_fit_eighty_columns() {
        fn long_lines(command: &Command) -> Vec<String> {
            let lists = listed("Commands", &command.get_subcommands().collect::<Vec<_>>());
            let groups = grouped(command);
            let lines = lists.lines().chain(groups.lines()).filter(|line| line.chars().count() > 80);
            let own: Vec<String> = lines.map(str::to_owned).collect();
            own.into_iter().chain(command.get_subcommands().flat_map(long_lines)).collect()
        }
        assert_eq!(long_lines(&Cli::command()), Vec::<String>::new());
    }

    /// A terminal would break an example in two commands.
    #[test]
    fn examples_fit_eighty_columns() {
        fn long_lines(command: &Command) -> Vec<String> {
            let about = command.get_long_about().map(ToString::to_string).unwrap_or_default();
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let is_broken_by_hand = about.lines().any(|line| line.starts_with("  nsaccess") || line.contains(":  "));
            let examples = after.lines().filter(|line| line.starts_with(' '));
            let by_hand = about.lines().filter(|_| is_broken_by_hand);
            let long = examples.chain(by_hand).filter(|line| line.chars().count() > 80).map(str::to_owned);
            long.chain(command.get_subcommands().flat_map(long_lines)).collect()
        }
        assert_eq!(long_lines(&Cli::command()), Vec::<String>::new());
    }

    #[test]
    fn global_options_are_on_the_first_page_alone() {
        let page = |words: &str| {
            let words = words.split(' ');
            laid_out(Cli::command()).try_get_matches_from(words).expect_err("a page").to_string()
        };
        assert!(page("nsaccess --help").contains("--kubeconfig <FILE>"));
        for words in ["nsaccess pods --help", "nsaccess secrets get --help", "nsaccess help pods"] {
            let page = page(words);
            assert!(!page.contains("--kubeconfig <FILE>") && page.contains(GLOBAL_OPTIONS), "{page}");
        }
        assert!(page("nsaccess secrets get --help").contains("--region"));
        assert_eq!(page("nsaccess pods -h"), page("nsaccess pods --help"));
    }
}
