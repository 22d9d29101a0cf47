//! `console --isolated`: a browser profile for each access, which `logout` removes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::output::Ended;
use crate::support::world::Invocation;
use crate::support::{World, corp, http, until};

const CHROMIUM: [&str; 2] = ["--no-first-run", "--no-default-browser-check"];

/// Puts a browser into the only folder of `PATH` that keeps what it was started with, and is not quiet about it.
fn install(world: &World, name: &str) {
    let seen = world.path("opened");
    let (seen, part) = (seen.display(), world.path("opened.part"));
    let part = part.display();
    let lines =
        format!("for word; do echo \"$word\"; done > {part}; /bin/mv {part} {seen}; echo noise; echo noise >&2");
    world.script(&format!("bin/{name}"), &lines);
}

fn with_own_path<'a>(world: &'a World, words: &str) -> Invocation<'a> {
    world.nsaccess(words).env("PATH", world.path("bin"))
}

/// What the browser was started with.
#[track_caller]
fn seen(world: &World) -> Vec<String> {
    let seen = world.path("opened");
    let text = until("the browser", || std::fs::read_to_string(&seen).ok());
    std::fs::remove_file(seen).expect("removed");
    text.lines().map(str::to_owned).collect()
}

#[track_caller]
fn opened(world: &World, words: &str, browser: &str) -> Vec<String> {
    let output = with_own_path(world, words).env("BROWSER", browser).run().success();
    assert!(!output.transcript().contains("noise") && output.stdout.is_empty(), "{}", output.transcript());
    let _ = output.says(&format!("in a profile of its own ({browser})"));
    seen(world)
}

/// The profile's folder among the arguments of Chromium.
#[track_caller]
fn folder(words: &[String]) -> PathBuf {
    words[0].strip_prefix("--user-data-dir=").expect("a folder").into()
}

#[test]
fn each_access_has_a_private_profile() {
    let world = World::signed_in();
    world.run("login idp-test --no-switch").success();
    install(&world, "chromium");
    let words = opened(&world, "console idp-dev --isolated --service eks", "chromium");
    assert_eq!(words[1..3], CHROMIUM);
    assert_eq!(words[3], world.run("console idp-dev --print --service eks").success().stdout.trim());
    let dev = folder(&words);
    assert_eq!(dev.parent(), Some(world.path(".cache/nsaccess/browsers").as_path()));
    let name = |path: &Path| path.strip_prefix(world.home()).expect("at home").display().to_string();
    assert_eq!((world.mode(&name(&dev)), world.mode(".cache/nsaccess/browsers")), (0o700, 0o700));
    let test = folder(&opened(&world, "console idp-test --isolated", "chromium"));
    assert!(test != dev && test.is_dir());
    world.chmod(&name(&dev), 0o755);
    assert_eq!(folder(&opened(&world, "console idp-dev --isolated", "chromium")), dev);
    assert_eq!(world.mode(&name(&dev)), 0o700);
}

#[test]
fn firefox_takes_the_profile_in_its_own_way() {
    let world = World::signed_in();
    install(&world, "firefox");
    let words = opened(&world, "console idp-dev --isolated", "firefox");
    assert_eq!((words.len(), words[0].as_str()), (3, "--profile"));
    assert!(Path::new(&words[1]).is_dir() && words[2].contains("/#/console?account_id=111122223333"), "{words:?}");
}

#[test]
fn the_browser_is_that_of_the_desktop_or_one_that_is_there() {
    let world = World::signed_in();
    let open = || with_own_path(&world, "console idp-dev --isolated").env("DISPLAY", ":0").run();
    let none = open().exits(1).one_error().says("error: cannot open a browser with a profile of its own\n");
    let _ =
        none.says("because: found no Chrome, Chromium, Edge").says("try: nsaccess console idp-dev   # in the browser");
    install(&world, "chromium");
    install(&world, "firefox");
    let _ = open().success().says("(chromium)");
    seen(&world);
    world.script("bin/xdg-settings", "[ \"$1 $2\" = 'get default-web-browser' ] && echo firefox.desktop");
    let _ = open().success().says("(firefox)");
    seen(&world);
    world.script("bin/firefox", "exec /snap/bin/firefox \"$@\"");
    let _ = open().success().says("(chromium)");
    seen(&world);
    let snap = with_own_path(&world, "console idp-dev --isolated").env("BROWSER", "firefox").run().exits(1);
    let _ = snap
        .says("because: firefox is a snap, which has no access to a profile in ~/.cache/nsaccess\n")
        .says("try: BROWSER=chromium nsaccess console idp-dev --isolated\n");
}

#[test]
fn what_cannot_be_opened_is_said_before_anything_is_done() {
    let world = corp::logged_in();
    install(&world, "firefox");
    for (browser, why) in [
        ("/usr/bin/w3m", "because: $BROWSER is /usr/bin/w3m, not Chrome, Chromium, Edge"),
        ("chromium --incognito", "because: $BROWSER is chromium, which is not there\n"),
    ] {
        let output = with_own_path(&world, "console idp-dev --isolated").env("BROWSER", browser).run().exits(1);
        let _ = output.one_error().says(why).says("try: BROWSER=firefox nsaccess console idp-dev --isolated\n");
    }
    let output = with_own_path(&world, "console idp-dev --isolated").run().exits(1).one_error();
    let _ = output.says("because: there is no display\n").says("try: nsaccess console idp-dev --print\n");
    for words in ["--print", "--no-browser", "-o json", "-o yaml"] {
        let output = with_own_path(&world, &format!("console idp-dev --isolated {words}")).env("BROWSER", "firefox");
        let _ = output.run().exits(2).says("--isolated");
    }
    assert_eq!(world.control().calls("GetSigninToken"), 0);
    assert!(!world.exists(".cache/nsaccess/browsers") && !world.exists("opened"));
}

#[test]
fn an_address_that_signs_in_is_for_the_browser_alone() {
    let world = corp::logged_in();
    install(&world, "chromium");
    let words = opened(&world, "console idp-dev --isolated -vvv", "chromium");
    assert_eq!(http::get(&words[3]).status, 302);
    let output = with_own_path(&world, "logout").run().success();
    let _ = output.says("removed cached credentials for idp-dev\n").says("removed browser profiles for idp-dev\n");
    assert!(!folder(&words).exists());
}

/// A signed-in person with profiles of two accesses.
fn with_profiles() -> (World, BTreeSet<PathBuf>) {
    let world = World::signed_in();
    world.run("login idp-test --no-switch").success();
    install(&world, "chromium");
    let open = |access: &str| folder(&opened(&world, &format!("console {access} --isolated"), "chromium"));
    let folders = BTreeSet::from([open("idp-dev"), open("idp-test")]);
    assert_eq!(folders.len(), 2);
    (world, folders)
}

#[track_caller]
fn removed(output: Ended, folders: &BTreeSet<PathBuf>) {
    let _ = output.says("removed browser profiles for idp-dev, idp-test\n");
    assert!(folders.iter().all(|folder| !folder.exists()));
}

#[test]
fn a_logout_removes_the_profiles_and_follows_no_link() {
    let (world, folders) = with_profiles();
    world.write("outside/mine", "mine");
    for folder in &folders {
        std::os::unix::fs::symlink(world.path("outside"), folder.join("link")).expect("a link");
        std::fs::create_dir(folder.join("Default")).expect("a folder");
    }
    removed(world.run("logout").success(), &folders);
    assert_eq!(world.read("outside/mine"), "mine");
    let _ = world.run("logout").success().says_not("browser");

    let (world, folders) = with_profiles();
    // The session alone has ended.
    std::fs::remove_file(world.token_file().expect("a session")).expect("removed");
    removed(world.run("logout --purge").success(), &folders);

    let (world, folders) = with_profiles();
    std::fs::remove_file(world.path(".aws/config")).expect("removed");
    removed(world.run("logout --all").success(), &folders);

    let (world, _) = with_profiles();
    let json = world.run("logout -o json").success().json();
    assert_eq!(json[0]["browser_profiles_removed"], serde_json::json!(["idp-dev", "idp-test"]));
}

#[test]
fn a_logout_warns_of_a_browser_that_is_open() {
    let (world, folders) = with_profiles();
    let mut folders = folders.iter();
    let mut link = |name: &str, leads_to: String| {
        std::os::unix::fs::symlink(leads_to, folders.next().expect("a profile").join(name)).expect("a link");
    };
    let mut over = std::process::Command::new("true").spawn().expect("started");
    over.wait().expect("ended");
    link("SingletonLock", format!("my-laptop-{}", std::process::id()));
    link("lock", format!("127.0.1.1:+{}", over.id()));
    let _ = world
        .run("logout")
        .success()
        .says("warning: a browser is open with the profile of idp-dev: it stays signed in until it is closed\n")
        .says_not("profile of idp-test")
        .says("removed browser profiles for idp-dev, idp-test\n");
}

#[test]
fn what_a_browser_keeps_does_not_keep_the_session() {
    let (world, folders) = with_profiles();
    let kept = folders.first().expect("a profile").join("Default");
    std::fs::create_dir(&kept).expect("a folder");
    std::fs::write(kept.join("Cookies"), "").expect("written");
    if !world.give_to_nobody() {
        return crate::support::skipped("only root can be somebody else");
    }
    let name = kept.strip_prefix(world.home()).expect("at home").display().to_string();
    world.chmod(&name, 0o500);
    let output = world.nsaccess("logout").by_nobody().run().success();
    let _ = output
        .says("signed out of ")
        .says("warning: cannot remove all of the browser profile of idp-dev: ~/.cache/nsaccess/browsers/idp-dev.")
        .says("permission denied")
        .says("removed browser profiles for idp-test\n");
    assert!(world.token_file().is_none());
}
