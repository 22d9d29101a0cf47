//! The settings of nsaccess, and whether `~/.aws/config` can be read.

use crate::error::Error;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::settings::Warning;
use crate::model::shell;

pub(super) const FINDINGS: &[&Finding] =
    &[&UNUSABLE, &UNKNOWN_KEY, &FOREIGN_PROJECT, &FOREIGN_ORGANISATION, &UNTRUSTED_PROJECT, &CONFIG_UNREADABLE];

pub(crate) const UNUSABLE: Finding = Finding::fail(
    "profile.settings-unusable",
    "profile.settings",
    "The settings file of nsaccess, a project's nsaccess.toml or a NSACCESS_… variable has an invalid value, and nsaccess cannot continue.",
    "Correct the line or variable shown in the report.",
);

pub(crate) const UNKNOWN_KEY: Finding = Finding::warn(
    "profile.settings-unknown-key",
    "profile.settings",
    "A settings file has an unknown key, usually a typo. It has no effect.",
    "Correct the key or remove the line. The command shown in the report opens it.",
);

pub(crate) const FOREIGN_PROJECT: Finding = Finding::warn(
    "profile.project-foreign",
    "profile.settings",
    "The nsaccess.toml in this directory belongs to neither you nor root, so it is ignored: its owner could change which identity you use.",
    "Use a checkout of your own.",
);

pub(crate) const FOREIGN_ORGANISATION: Finding = Finding::warn(
    "profile.organisation-not-read",
    "profile.settings",
    "Your organisation's settings file (/etc/nsaccess/config.toml or $NSACCESS_SYSTEM_CONFIG) is not owned by root, is writable by others, or is not readable by you. It is ignored, because whoever can write it decides where you sign in.",
    "Ask an administrator of this machine to give the file back to root with the command shown in the report.",
);

pub(crate) const UNTRUSTED_PROJECT: Finding = Finding::warn(
    "profile.project-untrusted",
    "profile.settings",
    "The nsaccess.toml in this directory has settings that choose the identity, the cluster or the portal. They are ignored until you trust the file, and again after each change.",
    "Review the file, then trust it: `nsaccess config trust FILE`.",
);

pub(crate) const CONFIG_UNREADABLE: Finding = Finding::fail(
    "profile.config-unreadable",
    "profile.config",
    "~/.aws/config has a line that the AWS CLI cannot parse, or has the same section or key twice. Every AWS CLI command fails, and nsaccess neither reads nor changes the file.",
    "Correct the line. The command shown in the report opens it.",
);

/// Whether `~/.aws/config` could be read, and how many profiles it has.
pub(crate) fn judge_config(read: Result<usize, &Error>) -> Judgement {
    match read {
        Ok(0) => Judgement::ok("no profiles yet"),
        Ok(1) => Judgement::ok("1 profile"),
        Ok(count) => Judgement::ok(format!("{count} profiles")),
        Err(error) => Judgement::problem(Problem::of_error(&CONFIG_UNREADABLE, error)),
    }
}

/// Why the settings could not be read.
pub(crate) fn judge_unusable(error: &Error) -> Judgement {
    Judgement::problem(Problem::of_error(&UNUSABLE, error))
}

/// What reading the settings warned of. `untrusted`: what a project file asks for, and the command that trusts it.
/// `expand`: the whole path of one for people.
pub(crate) fn judge_settings(
    warnings: &[Warning],
    untrusted: Option<(String, String)>,
    expand: impl Fn(&str) -> String,
) -> Judgement {
    let mut problems: Vec<Problem> = warnings.iter().map(|warning| warned(warning, &expand)).collect();
    problems.extend(untrusted.map(|(asked, command)| {
        Problem::of(
            &UNTRUSTED_PROJECT,
            "the nsaccess.toml in this directory is not trusted, so its settings are ignored",
        )
        .because(format!("it sets {asked}"))
        .try_next(command)
    }));
    Judgement::of(problems, "valid")
}

fn warned(warning: &Warning, expand: impl Fn(&str) -> String) -> Problem {
    let Warning { text: warning, command } = warning;
    if let Some(command) = command {
        return Problem::of(&FOREIGN_ORGANISATION, warning).try_next(command);
    }
    // `FILE: line N: …` is about a key, anything else about a file.
    let key = warning.split_once(": line ").and_then(|(file, rest)| {
        let (line, why) = rest.split_once(": ")?;
        Some((file, line.parse::<usize>().ok()?, why))
    });
    match key {
        Some((file, line, why)) => Problem::of(&UNKNOWN_KEY, format!("{file}, line {line}: {why}"))
            .try_next(shell::edit(&expand(file), Some(line))),
        None => {
            let file = warning.split_once(" is not read").map_or(warning.as_str(), |(file, _)| file);
            let file = expand(file);
            Problem::of(&FOREIGN_PROJECT, warning).try_next(format!("ls -l {}", shell::quote(&file)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(judged: Judgement) -> Vec<(&'static str, String)> {
        judged.problems.into_iter().map(|problem| (problem.finding.id, problem.try_next[0].clone())).collect()
    }

    #[test]
    fn warnings_of_the_settings_are_told_apart() {
        let key = "~/c.toml: line 3: unknown setting \"flwo\"; did you mean \"flow\"?".to_owned();
        let foreign = "/srv/nsaccess.toml is not read: it belongs to neither you nor root".to_owned();
        let asked = Some(("start_url = x".to_owned(), "nsaccess config trust x".to_owned()));
        let corp = Warning {
            text: "/etc/nsaccess/config.toml is not read: …".to_owned(),
            command: Some("sudo x".to_owned()),
        };
        let judged = judge_settings(&[key.into(), foreign.into(), corp], asked, |path| path.replace('~', "/h"));
        assert_eq!(
            found(judged),
            [
                (UNKNOWN_KEY.id, "${EDITOR:-vi} +3 /h/c.toml".to_owned()),
                (FOREIGN_PROJECT.id, "ls -l /srv/nsaccess.toml".to_owned()),
                (FOREIGN_ORGANISATION.id, "sudo x".to_owned()),
                (UNTRUSTED_PROJECT.id, "nsaccess config trust x".to_owned()),
            ]
        );
        assert_eq!(found(judge_settings(&[], None, str::to_owned)), []);
    }
}
