//! Which file is read and written, and what happens when another program writes too.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use kubeconfig_edit::{Entry, Exec, Parts, parse};
use tempfile::TempDir;

use super::{ATTEMPTS, Kubeconfigs, Task, Tasks};
use crate::host::Host;

const NAME: &str = "idp-ns-dev";

fn entry() -> Entry {
    Entry {
        name: NAME.to_owned(),
        server: "https://K.eks.amazonaws.com".to_owned(),
        certificate_authority_data: "Q0E=".to_owned(),
        namespace: "dev".to_owned(),
        exec: Exec { command: "nsaccess".to_owned(), args: vec!["token".to_owned()], install_hint: String::new() },
    }
}

/// A home folder with these files, and kubectl's list of them.
struct Home(TempDir);

impl Home {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = Home(TempDir::new().expect("a folder"));
        for (name, text) in files {
            home.put(name, text);
        }
        home
    }

    #[expect(clippy::disallowed_methods, reason = "a test lays its own ground")]
    fn put(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().expect("a folder")).expect("created");
        fs::write(self.path(name), text).expect("written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("text")
    }

    fn listed(&self, list: &str) -> Kubeconfigs {
        let list: Vec<String> = list
            .split(':')
            .map(|name| if name.is_empty() { String::new() } else { self.path(name).display().to_string() })
            .collect();
        let separator = if cfg!(windows) { ";" } else { ":" };
        let host = Host::for_test(self.0.path(), &[("KUBECONFIG", &list.join(separator))], later());
        Kubeconfigs { patience: Duration::ZERO, ..Kubeconfigs::new(&host, None) }
    }

    fn has(&self, name: &str) -> (bool, bool, bool) {
        let config = parse(&self.text(name)).expect("a kubeconfig");
        (config.cluster(NAME).is_some(), config.context(NAME).is_some(), config.user(NAME).is_some())
    }
}

/// Later than any file that a test makes.
fn later() -> Timestamp {
    "2999-01-01T00:00:00Z".parse().expect("a time")
}

#[test]
fn the_default_is_in_the_home_folder_and_is_created() {
    let home = Home::new(&[]);
    let host = Host::for_test(home.0.path(), &[], Timestamp::UNIX_EPOCH);
    let applied = Kubeconfigs::new(&host, None).apply(&entry(), true).unwrap();
    assert_eq!((applied.files, applied.previous_context), (vec![home.path(".kube/config")], None));
    assert_eq!(parse(&home.text(".kube/config")).unwrap().current_context.as_deref(), Some(NAME));
    assert!(!home.path(".kube/config.lock").exists());
}

#[test]
fn the_explicit_path_is_the_only_one() {
    let home = Home::new(&[("a", ""), (".kube/config", "kind: Config\n")]);
    let host = Host::for_test(home.0.path(), &[("KUBECONFIG", "/nowhere/at/all")], Timestamp::UNIX_EPOCH);
    let files = Kubeconfigs::new(&host, Some(Path::new("mine")));
    assert_eq!(files.paths(), [home.path("mine")]);
    assert_eq!(files.apply(&entry(), true).unwrap().files, [home.path("mine")]);
    assert_eq!(home.text(".kube/config"), "kind: Config\n");
}

#[test]
fn a_list_drops_empty_and_repeated_names() {
    let home = Home::new(&[]);
    assert_eq!(home.listed(":a::b:a:").paths(), [home.path("a"), home.path("b")]);
    assert_eq!(home.listed("::").paths(), [home.path(".kube/config")]);
}

#[test]
fn new_parts_go_to_the_first_file_that_exists_else_to_the_last() {
    let home = Home::new(&[("b", "kind: Config\n"), ("c", "kind: Config\n")]);
    assert_eq!(home.listed("a:b:c").apply(&entry(), false).unwrap().files, [home.path("b")]);
    assert_eq!(home.has("b"), (true, true, true));
    assert!(!home.path("a").exists());

    let home = Home::new(&[]);
    assert_eq!(home.listed("x:deep/er/y").apply(&entry(), false).unwrap().files, [home.path("deep/er/y")]);
}

#[test]
fn parts_that_exist_are_changed_where_they_are() {
    let home = Home::new(&[
        ("a", "current-context: x\n"),
        ("b", "users:\n- name: idp-ns-dev\n  user: {}\n"),
        ("c", "clusters:\n- name: idp-ns-dev\nusers:\n- name: idp-ns-dev\n  user: {token: shadowed}\n"),
    ]);
    let applied = home.listed("a:b:c").apply(&entry(), true).unwrap();
    assert_eq!(applied.files, [home.path("a"), home.path("b"), home.path("c")]);
    assert_eq!(applied.previous_context.as_deref(), Some("x"));
    assert_eq!(
        (home.has("a"), home.has("b"), home.has("c")),
        ((false, true, false), (false, false, true), (true, false, true))
    );
    let merged = home.listed("a:b:c").merged().unwrap();
    assert_eq!(merged.config.current_context.as_deref(), Some(NAME));
    assert_eq!(merged.context_file(NAME), Some(home.path("a").as_path()));
    assert_eq!(merged.user_file(NAME), Some(home.path("b").as_path()));
    assert_eq!(merged.cluster_file(NAME), Some(home.path("c").as_path()));
    assert!(home.text("c").contains("{token: shadowed}"));
    assert_eq!(home.listed("a:b:c").apply(&entry(), true).unwrap().files, Vec::<PathBuf>::new());
    assert_eq!(home.listed("a:b:c").remove(NAME).unwrap().files.len(), 3);
}

#[test]
fn the_first_definition_and_the_first_current_context_win() {
    let home = Home::new(&[
        ("a", "current-context: \"\"\nclusters:\n- name: k\n  cluster: {server: one}\n"),
        ("b", "current-context: b\nclusters:\n- name: k\n  cluster: {server: two}\n- name: l\n"),
    ]);
    let merged = home.listed("missing:a:b").merged().unwrap();
    assert_eq!(merged.config.current_context.as_deref(), Some("b"));
    assert_eq!(merged.config.cluster("k").unwrap().server, "one");
    assert_eq!((merged.config.clusters.len(), merged.files.len()), (2, 2));
    let moved = home.listed("missing:a:b").set_current_context("z").unwrap();
    assert_eq!((moved.files, moved.previous_context.as_deref()), (vec![home.path("a")], Some("b")));
    assert!(home.text("a").starts_with("current-context: z\n"));
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let home = Home::new(&[("a", "kind: Config\n"), ("b", "kind: Config\nusers: [\n")]);
    let error = home.listed("a:b").apply(&entry(), true).unwrap_err();
    assert_eq!(error.message, "cannot read ~/b");
    assert!(error.because[0].starts_with("line 2, column 8: this is not valid YAML"), "{error}");
    assert_eq!(home.text("a"), "kind: Config\n");

    let home = Home::new(&[("a", "users: &u []\nx: *u\n")]);
    let error = home.listed("a").apply(&entry(), true).unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.try_next[0].as_str()),
        ("cannot edit ~/a", "nsaccess kubeconfig dev --print   # the entry, to add by hand")
    );
    assert!(error.because[0].starts_with("line 2, column 4: "), "{error}");
}

#[test]
fn a_lock_is_waited_for_and_never_stolen() {
    let home = Home::new(&[("a", "kind: Config\n"), ("a.lock", "")]);
    let error = home.listed("a").apply(&entry(), false).unwrap_err();
    assert_eq!(error.message, "cannot lock ~/a");
    assert!(error.because[0].contains("days old"), "{error}");
    assert!(error.try_next[0].starts_with("rm -f ") && error.try_next[0].contains("a.lock"), "{error}");
    assert_eq!(home.text("a"), "kind: Config\n");
    assert!(home.path("a.lock").exists());
}

#[test]
fn nothing_to_do_needs_no_lock() {
    let home = Home::new(&[("a", "kind: Config\n")]);
    home.listed("a").apply(&entry(), true).unwrap();
    home.put("a.lock", "");
    let applied = home.listed("a").apply(&entry(), true).unwrap();
    assert_eq!((applied.files.len(), applied.previous_context.as_deref()), (0, Some(NAME)));
    assert!(home.listed("a").remove("idp-ns-other").unwrap().files.is_empty());
    home.listed("a").set_current_context(NAME).unwrap();
}

#[test]
fn what_a_killed_writer_left_goes_when_there_is_nothing_to_do_too() {
    let home = Home::new(&[("a", "kind: Config\n")]);
    let listed = home.listed("a");
    listed.apply(&entry(), false).expect("written");
    let left = [".a.nsaccess-0123456789abcdef", "a.lock"];
    home.put(left[0], "users:\n- name: mine\n  user: {token: secret}\n");
    home.put(left[1], "nsaccess 1\n");
    assert_eq!(listed.apply(&entry(), false).expect("nothing to do").files, [] as [PathBuf; 0]);
    assert_eq!(left.map(|name| home.path(name).exists()), [false, false]);
}

#[test]
fn only_files_that_change_are_locked() {
    let home = Home::new(&[("a", "kind: Config\n"), ("b", "kind: Config\n"), ("b.lock", "")]);
    assert_eq!(home.listed("a:b").apply(&entry(), true).unwrap().files, [home.path("a")]);
}

#[test]
fn no_lock_is_left_behind_by_a_refusal_or_a_second_lock() {
    let home = Home::new(&[("a", "current-context: x\n"), ("b", "users:\n- name: idp-ns-dev\n"), ("b.lock", "")]);
    assert!(home.listed("a:b").apply(&entry(), true).is_err());
    assert!(!home.path("a.lock").exists());
    assert_eq!(home.text("a"), "current-context: x\n");
}

#[test]
fn a_writer_without_a_lock_makes_the_edit_start_again() {
    let home = Home::new(&[("a", "kind: Config\n")]);
    let files = home.listed("a");
    let mut changed = Vec::new();
    let task = Task { parts: Parts::ALL, ..Task::NOTHING };
    let edits = || files.edits(&entry(), Tasks::from([(home.path("a"), task)])).expect("edits");
    let stale = edits();
    home.put("a", "kind: Config\nx-other: program\n");
    assert_eq!(files.write(&stale, &mut changed, 1), Ok(false));
    assert!(files.write(&stale, &mut changed, ATTEMPTS).is_err());
    assert_eq!((home.text("a").as_str(), changed.len()), ("kind: Config\nx-other: program\n", 0));
    assert_eq!(files.write(&edits(), &mut changed, 2), Ok(true));
    assert_eq!((home.has("a"), home.text("a").contains("x-other: program")), ((true, true, true), true));
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let home = Home::new(&[("a", "# mine\nkind: Config\n")]);
    std::thread::scope(|scope| {
        for number in 0..6 {
            let mut files = home.listed("a");
            files.patience = Duration::from_secs(60);
            scope.spawn(move || {
                let entry = Entry { name: format!("idp-ns-{number}"), ..entry() };
                files.apply(&entry, number % 2 == 0).expect("applied");
            });
        }
    });
    let config = parse(&home.text("a")).unwrap();
    assert_eq!((config.clusters.len(), config.contexts.len(), config.users.len()), (6, 6, 6));
    assert!(!home.path("a.lock").exists());
    for number in 0..6 {
        home.listed("a").remove(&format!("idp-ns-{number}")).unwrap();
    }
    assert!(home.text("a").starts_with("# mine\nkind: Config\n"));
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn modes_are_kept_and_new_files_are_private() {
        let home = Home::new(&[("a", "kind: Config\n"), ("b", "kind: Config\n")]);
        for (name, bits) in [("a", 0o644), ("b", 0o600)] {
            fs::set_permissions(home.path(name), fs::Permissions::from_mode(bits)).unwrap();
            home.listed(name).apply(&entry(), true).unwrap();
            assert_eq!(mode(&home.path(name)), bits, "{name}");
        }
        home.listed("new/c").apply(&entry(), true).unwrap();
        assert_eq!((mode(&home.path("new/c")), mode(&home.path("new")) & 0o700), (0o600, 0o700));
    }

    #[test]
    fn a_link_stays_a_link_and_both_names_are_locked() {
        let home = Home::new(&[("real/config", "kind: Config\n")]);
        symlink("real/config", home.path("link")).unwrap();
        let left = ".link.lock.nsaccess-0123456789abcdef";
        home.put(left, "");
        home.listed("link").apply(&entry(), true).unwrap();
        assert!(!home.path(left).exists(), "a writer that was killed before it had the lock");
        assert!(fs::symlink_metadata(home.path("link")).unwrap().is_symlink());
        assert_eq!(home.has("real/config"), (true, true, true));
        for lock in ["link.lock", "real/config.lock"] {
            home.put(lock, "");
            let error = home.listed("link").remove(NAME).unwrap_err();
            assert!(error.try_next[0].contains(lock), "{error}");
            fs::remove_file(home.path(lock)).unwrap();
        }
        home.listed("link").remove(NAME).unwrap();
        assert!(!home.path("link.lock").exists() && !home.path("real/config.lock").exists());
    }

    #[test]
    fn a_lock_of_ours_holds_while_its_process_lives_and_no_longer() {
        let home = Home::new(&[("a", "kind: Config\n"), ("a.lock", "nsaccess 4194304\n")]);
        let process = fs::File::open(home.path("a.lock")).unwrap();
        process.lock().unwrap();
        let error = home.listed("a").apply(&entry(), true).unwrap_err();
        assert!(error.because[0].ends_with("another nsaccess (process 4194304) is editing it"), "{error}");
        assert_eq!(error.try_next, ["run the same command again"]);
        drop(process);
        home.listed("a").apply(&entry(), true).unwrap();
        assert!(!home.path("a.lock").exists());
    }

    #[test]
    fn a_lock_of_ours_that_was_left_goes_even_if_there_is_nothing_to_edit() {
        let home = Home::new(&[("a", "kind: Config\n")]);
        home.listed("a").apply(&entry(), true).unwrap();
        for (text, is_left) in [("nsaccess 4194304\n", false), ("", true)] {
            home.put("a.lock", text);
            assert_eq!(home.listed("a").apply(&entry(), true).unwrap().files, [] as [PathBuf; 0]);
            assert_eq!(home.path("a.lock").exists(), is_left, "{text:?}");
        }
    }

    #[test]
    fn a_folder_that_is_a_link_does_not_lock_us_out() {
        let home = Home::new(&[("real/config", "kind: Config\n")]);
        symlink("real", home.path("kube")).unwrap();
        home.listed("kube/config:real/config").apply(&entry(), true).unwrap();
        assert_eq!(home.has("real/config"), (true, true, true));
        assert_eq!(home.listed("kube/config:real/config").remove(NAME).unwrap().files.len(), 1);
    }

    #[test]
    fn a_link_to_nothing_is_filled() {
        let home = Home::new(&[("real/other", "")]);
        symlink("real/config", home.path("link")).unwrap();
        home.listed("link").apply(&entry(), false).unwrap();
        assert_eq!(home.has("real/config"), (true, true, true));
    }
}

#[test]
fn a_list_that_was_null_is_remembered_in_a_comment_and_comes_back() {
    let before = "kind: Config\nclusters: null\ncontexts: []\nusers: []\n";
    let home = Home::new(&[("config", before)]);
    home.listed("config").apply(&entry(), false).expect("applied");
    assert!(home.text("config").contains("clusters: # nsaccess: was null\n"), "{}", home.text("config"));
    home.listed("config").remove(NAME).expect("removed");
    assert!(home.text("config").contains("clusters: null\n"), "{}", home.text("config"));
}
