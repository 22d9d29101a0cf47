//! What is in the way of a file.

use super::place::{Encoding, Expected, Found, Kind, Place};
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::shell::quote;

pub(super) const FINDINGS: &[&Finding] = &[&NOT_A_FILE, &DANGLING_LINK, &NOT_UTF_8];

pub(crate) const NOT_A_FILE: Finding = Finding::fail(
    "machine.not-a-file",
    "machine.files",
    "A configuration file is a directory, a named pipe, a socket or a device, or a directory is a file. Programs fail on it or hang. Containers create such directories when they mount a path that does not exist.",
    "Move it aside with the command shown in the report. Whatever needs the file creates a new one.",
);

pub(crate) const DANGLING_LINK: Finding = Finding::fail(
    "machine.dangling-link",
    "machine.files",
    "A symbolic link points to a file that does not exist, so programs behave as if the file had never been written. Its directory may have moved, or is not mounted.",
    "Restore the target file, or move the link aside.",
);

pub(crate) const NOT_UTF_8: Finding = Finding::fail(
    "machine.not-utf-8",
    "machine.files",
    "The file is encoded in UTF-16 or something else that neither kubectl nor the AWS CLI can read. PowerShell's `>` writes UTF-16.",
    "Convert it with the command shown in the report.",
);

/// Whether files are files.
pub(crate) fn judge_files(places: &[Place]) -> Judgement {
    let problems: Vec<Problem> = places.iter().filter_map(problem).collect();
    let count = places.iter().filter(|place| place.as_expected().is_some()).count();
    Judgement::of(problems, format!("{count} files and directories checked"))
}

/// The finding that keeps the file from being used.
pub(super) fn fault(place: &Place) -> Option<&'static Finding> {
    problem(place).map(|problem| problem.finding)
}

fn problem(place: &Place) -> Option<Problem> {
    let shown = &place.shown;
    let aside = out_of_the_way(place);
    let something = match &place.found {
        Found::Nothing => return None,
        Found::DanglingLink(target) => {
            let problem = Problem::of(&DANGLING_LINK, format!("{shown} is a broken symbolic link"));
            return Some(problem.because(format!("{target} does not exist")).try_next(aside));
        }
        Found::Something(something) => something,
    };
    if place.as_expected().is_some() {
        return not_utf_8(place, something.encoding);
    }
    let is = match something.kind {
        Kind::File => "a file",
        Kind::Folder => "a directory",
        Kind::Other(kind) => kind,
    };
    let should = if place.expected == Expected::Folder { "a directory" } else { "a file" };
    Some(Problem::of(&NOT_A_FILE, format!("{shown} is {is}, but should be {should}")).try_next(aside))
}

/// What stands at a usual path is moved aside. What a variable names may be anything, a home folder even.
fn out_of_the_way(place: &Place) -> String {
    let folders = ["~/.aws", "~/.kube", "~/.config/nsaccess", "~/.cache/nsaccess"];
    let is_usual = folders.iter().any(|folder| match place.shown.strip_prefix(folder) {
        Some("") => place.expected == Expected::Folder,
        Some(rest) => rest.starts_with('/'),
        None => false,
    });
    match is_usual {
        true => format!("mv {} {}", word(place, ""), word(place, ".aside")),
        false => "unset AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE KUBECONFIG   # one of them points to it".to_owned(),
    }
}

fn not_utf_8(place: &Place, encoding: Encoding) -> Option<Problem> {
    let (name, why) = match encoding {
        Encoding::Utf8 => return None,
        Encoding::Utf16 => ("UTF-16", "it starts with a UTF-16 byte order mark".to_owned()),
        Encoding::Other(offset) => ("ISO-8859-1", format!("invalid byte at offset {offset}")),
    };
    let (old, new) = (word(place, ""), word(place, ".utf8"));
    let problem = Problem::of(&NOT_UTF_8, format!("{} is not UTF-8 text", place.shown)).because(why);
    // `cat` keeps the file, its mode and a link to it.
    Some(problem.try_next(format!("iconv -f {name} -t UTF-8 {old} > {new} && cat {new} > {old} && rm {new}")))
}

fn word(place: &Place, suffix: &str) -> String {
    quote(&format!("{}{suffix}", place.path.display())).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::place::Something;
    use super::super::place::samples::{GOOD, place};
    use super::super::{FILES, PERMISSIONS};
    use super::*;

    fn ids(found: Found, expected: Expected) -> Vec<&'static str> {
        judge_files(&[place(expected, found)]).problems.iter().map(|problem| problem.finding.id).collect()
    }

    #[test]
    fn what_is_no_file_is_found_and_what_is_absent_is_not() {
        let kind = |kind| Found::Something(Something { kind, ..GOOD });
        assert!(ids(Found::Nothing, Expected::Text).is_empty());
        assert!(ids(kind(Kind::File), Expected::Text).is_empty());
        assert!(ids(kind(Kind::Folder), Expected::Folder).is_empty());
        assert_eq!(ids(kind(Kind::Folder), Expected::Text), ["machine.not-a-file"]);
        assert_eq!(ids(kind(Kind::Other("a named pipe")), Expected::Secret), ["machine.not-a-file"]);
        assert_eq!(ids(kind(Kind::File), Expected::Folder), ["machine.not-a-file"]);
        assert_eq!(ids(Found::DanglingLink("/mnt/x".to_owned()), Expected::Text), ["machine.dangling-link"]);
    }

    #[test]
    fn what_a_variable_names_is_not_moved() {
        let folder = Found::Something(Something { kind: Kind::Folder, ..GOOD });
        let tried = |shown: &str| {
            let place = Place { shown: shown.to_owned(), ..place(Expected::Text, folder.clone()) };
            judge_files(&[place]).problems[0].try_next[0].split(' ').next().expect("a word").to_owned()
        };
        assert_eq!(tried("~/.kube/config"), "mv");
        for named in ["~/", "~", "/srv", "~/.aws", "~/.kube", "~/x"] {
            assert_eq!(tried(named), "unset", "{named}");
        }
    }

    #[test]
    fn a_fault_is_that_of_the_file_or_of_a_folder_above_it() {
        let lock = |name: &str, expected, something| Place {
            path: format!("/home/ada/{name}").into(),
            ..place(expected, Found::Something(something))
        };
        let places = [
            lock(".aws", Expected::Folder, Something { kind: Kind::Folder, may_read: false, ..GOOD }),
            lock(".kube/config", Expected::Text, Something { kind: Kind::Folder, ..GOOD }),
            lock(".kube/other", Expected::Text, Something { may_write: false, is_own: false, ..GOOD }),
        ];
        let fault = |check, name: &str| {
            super::super::fault(check, &places, &Path::new("/home/ada").join(name)).map(|finding| finding.id)
        };
        assert_eq!(fault(&PERMISSIONS, ".aws/config"), Some("machine.unreadable"));
        assert_eq!(fault(&FILES, ".kube/config"), Some("machine.not-a-file"));
        assert_eq!(fault(&FILES, ".aws/config"), None);
        assert_eq!(fault(&PERMISSIONS, ".kube/other"), None, "it can be read");
    }

    #[test]
    fn an_encoding_is_converted_in_place() {
        let encoded = |encoding| Found::Something(Something { encoding, ..GOOD });
        assert_eq!(ids(encoded(Encoding::Other(7)), Expected::Text), ["machine.not-utf-8"]);
        let judged = judge_files(&[place(Expected::Text, encoded(Encoding::Utf16))]);
        assert_eq!(
            judged.problems[0].try_next,
            [
                "iconv -f UTF-16 -t UTF-8 /home/ada/x > /home/ada/x.utf8 && cat /home/ada/x.utf8 > /home/ada/x && rm /home/ada/x.utf8"
            ]
        );
    }
}
