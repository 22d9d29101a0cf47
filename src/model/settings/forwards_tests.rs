use super::super::explain::only;
use super::*;

fn set(settings: &Settings, name: &str) -> String {
    settings.forwards.get(name).map_or("-".to_owned(), |set| format!("{} < {}", set.value.join(" | "), set.origin))
}

#[test]
fn a_set_comes_from_the_strongest_place_that_names_it() {
    let mut sources = Texts {
        project: Some(("[forwards]\ndev = ['svc/web 8080:http', 'svc/db 5432']", true)),
        user: Some("[forwards]\ndev = 'svc/own'\nmine = ['svc/mine 1']"),
        organisation: Some("[forwards]\nmine = 'svc/corp'\ncorp = 'svc/corp'"),
        ..Texts::default()
    };
    let settings = sources.resolve();
    assert_eq!(set(&settings, "dev"), "svc/web 8080:http | svc/db 5432 < /repo/nsaccess.toml");
    assert_eq!(set(&settings, "mine"), format!("svc/mine 1 < {USER}"));
    assert_eq!(set(&settings, "corp"), format!("svc/corp < {ORGANISATION}"));
    let explained = sources.try_with(PROJECT, |sources| sources.explain()).expect("explained");
    let names = only(explained.clone(), "forwards").expect("a table");
    let names: Vec<&str> = names.iter().map(|row| row.setting.as_str()).collect();
    assert_eq!(names, ["forwards.corp", "forwards.dev", "forwards.mine"]);
    let dev = only(explained, "forwards.dev").expect("a setting");
    let values: Vec<&str> = dev[0].values.iter().map(|(value, _)| value.as_str()).collect();
    assert_eq!(values, ["svc/web 8080:http,svc/db 5432", "svc/own"]);
    sources.project = sources.project.map(|(text, _)| (text, false));
    let settings = sources.resolve();
    assert_eq!(set(&settings, "dev"), format!("svc/own < {USER}"));
    let asked = settings.untrusted_project.expect("untrusted");
    assert!(asked.has_forward_set("dev") && !asked.has_forward_set("mine"));
    assert_eq!(asked.summary(), "forwards.dev = svc/web 8080:http,svc/db 5432");
    assert!(!asked.matters_for("a"), "only where the set is used");
}

#[test]
fn what_is_no_set_has_a_position() {
    for (text, message) in [
        (
            "[forwards]\ndev = ['svc/web 80', 'svc/db 0']",
            "line 2, column 1: `forwards.dev` has `svc/db 0`, which is not a target and its ports: invalid port \"0\": \
             expected a number from 1 to 65535, in `dev = ['svc/web 80', 'svc/db 0']`",
        ),
        (
            "[forwards]\ndev = '5432'",
            "line 2, column 1: `forwards.dev` is not a target and its ports: port \"5432\" has no target before it, \
             in `dev = '5432'`",
        ),
        ("[forwards]\ndev = []", "line 2, column 1: `forwards.dev` must not be empty, in `dev = []`"),
        (
            "[forwards]\ndev = 5432",
            "line 2, column 1: `forwards.dev` must be a string or a list of strings, in `dev = 5432`",
        ),
        (
            "[forwards]\n'a b' = 'svc/x'",
            "line 2, column 1: `a b` cannot be a forward set's name: those are of a-z, A-Z, 0-9, '-' and '_', \
             in `'a b' = 'svc/x'`",
        ),
        ("forwards = 1", "line 1, column 1: `forwards` must be a table, in `forwards = 1`"),
    ] {
        assert_eq!(parse_own(text).expect_err(text).to_string(), message);
        assert_eq!(parse_project(text).expect_err(text).to_string(), message);
    }
}

#[test]
fn a_set_can_be_written_from_the_command_line() {
    let two = "[forwards]\ndev = [\"svc/web 8080:http\", \"svc/db 5432\"]\n";
    assert_eq!(super::super::set("", "forwards.dev", "svc/web 8080:http, svc/db 5432").as_deref(), Ok(two));
    assert_eq!(unset(two, "forwards.dev").as_deref(), Ok(""));
    let wrong = super::super::set("", "forwards.dev", "svc/web 80,90").expect_err("no target");
    assert_eq!(wrong, "`90` is not a target and its ports: port \"90\" has no target before it");
    assert!(super::super::set("", "forwards.@dev", "svc/web").is_err());
}
