//! Who may read what we write into: replacing a file takes nothing from anybody, and gives nothing to anybody.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{World, program, skipped};

/// Runs a tool. Its output, unless it failed.
fn tool(name: &str, words: &[&str], path: &Path) -> Option<String> {
    let output = Command::new(program(name)?).args(words).arg(path).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn access_lists_and_attributes_are_kept_and_none_is_made() {
    let world = World::signed_in();
    for name in [".kube/config", ".aws/config"] {
        world.chmod(name, 0o640);
        if tool("setfacl", &["-m", "u:65534:r,g:65533:-,m::r"], &world.path(name)).is_none()
            || tool("setfattr", &["-n", "user.mine", "-v", "kept"], &world.path(name)).is_none()
        {
            return skipped("there are no access lists here");
        }
    }
    let list = |name: &str| tool("getfacl", &["-cpn"], &world.path(name)).expect("a list");
    let mine = |name: &str| tool("getfattr", &["-n", "user.mine", "--only-values"], &world.path(name));
    let before = [list(".kube/config"), list(".aws/config")];
    assert!(before[0].contains("user:65534:r--") && before[0].contains("group::r--"), "{before:?}");
    world.login("idp-test").run().success();
    assert_eq!([list(".kube/config"), list(".aws/config")], before);
    for name in [".kube/config", ".aws/config"] {
        assert!(world.read(name).contains("idp-ns-idp-test"), "it was written");
        assert_eq!(mine(name).as_deref(), Some("kept"), "{name}");
    }
}

#[test]
fn a_list_that_the_folder_hands_out_opens_no_file_that_had_none() {
    let world = World::signed_in();
    world.chmod(".kube/config", 0o640);
    if tool("setfacl", &["-d", "-m", "u:65534:rw"], &world.path(".kube")).is_none() {
        return skipped("there are no access lists here");
    }
    let list = || tool("getfacl", &["-cpn"], &world.path(".kube/config")).expect("a list");
    let before = list();
    world.run("kubeconfig idp-test --cluster idp-nonprod-1").success();
    assert!(world.read(".kube/config").contains("idp-ns-idp-test"), "it was written");
    assert_eq!(list(), before);
}

#[test]
fn a_group_that_cannot_be_kept_gets_no_rights_elsewhere() {
    let world = World::signed_in();
    if !is_root() || !world.give_to_nobody() {
        return skipped("only root can give a file to another group here");
    }
    // Owner and group are others; nobody may read the file as one of the others, and replace it in its own folder.
    std::os::unix::fs::chown(world.path(".kube/config"), Some(1234), Some(2345)).expect("given away");
    world.chmod(".kube/config", 0o666);
    world.nsaccess("kubeconfig idp-dev --switch --refresh").by_nobody().run().success();
    world.nsaccess("kubeconfig idp-dev --remove").by_nobody().run().success();
    let found = std::fs::metadata(world.path(".kube/config")).expect("there");
    assert_eq!((found.uid(), found.mode() & 0o777), (65534, 0o606), "the new group got the old one's rights");
    // With an access list nobody can say who would get what.
    std::os::unix::fs::chown(world.path(".kube/config"), Some(1234), Some(2345)).expect("given away");
    if tool("setfacl", &["-m", "u:65534:rw"], &world.path(".kube/config")).is_some() {
        let before = world.read(".kube/config");
        let output = world.nsaccess("kubeconfig idp-dev").by_nobody().run().exits(1).one_error();
        output.says("because: its access list (ACL) is for a group that you are not in");
        assert_eq!(world.read(".kube/config"), before);
    }
}

#[test]
fn a_group_of_our_own_is_kept_even_if_the_owner_is_not() {
    let world = World::signed_in();
    if !is_root() || !world.give_to_nobody() {
        return skipped("only root can give a file to another group here");
    }
    std::os::unix::fs::chown(world.path(".kube/config"), Some(1234), Some(65534)).expect("given away");
    world.chmod(".kube/config", 0o664);
    world.nsaccess("kubeconfig idp-dev --remove").by_nobody().run().success();
    let found = std::fs::metadata(world.path(".kube/config")).expect("there");
    assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (65534, 65534, 0o664));
}

#[test]
fn a_file_with_two_names_stays_one_file() {
    let world = World::signed_in();
    for name in [".kube/config", ".aws/config"] {
        std::fs::hard_link(world.path(name), world.path(&format!("{name}-too"))).expect("a second name");
    }
    world.login("idp-test").run().success();
    for name in [".kube/config", ".aws/config"] {
        assert!(world.read(name).contains("idp-ns-idp-test"), "{name} was written");
        assert_eq!(world.read(&format!("{name}-too")), world.read(name));
        assert_eq!(std::fs::metadata(world.path(name)).expect("there").nlink(), 2);
    }
    world.run("kubeconfig idp-test --remove").success();
    assert!(!world.read(".kube/config-too").contains("idp-ns-idp-test"), "shorter is right too");
}

/// A file of the outside in a container: mounted by itself.
struct Mounted(PathBuf);

impl Mounted {
    fn at(outside: &Path, inside: PathBuf) -> Option<Mounted> {
        let done = Command::new(program("mount")?).arg("--bind").arg(outside).arg(&inside).output().ok()?;
        done.status.success().then_some(Mounted(inside))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_file_that_is_mounted_by_itself_is_written_where_it_is() {
    let world = World::signed_in();
    let mut mounts = Vec::new();
    for name in [".kube/config", ".aws/config"] {
        let outside = world.path(&format!("outside-{}", name.replace('/', "-")));
        std::fs::copy(world.path(name), &outside).expect("a copy");
        let Some(mount) = Mounted::at(&outside, world.path(name)) else {
            return skipped("nothing can be mounted here");
        };
        mounts.push((mount, name, outside));
    }
    world.login("idp-test").run().success();
    for (_, name, outside) in &mounts {
        assert!(world.read(name).contains("idp-ns-idp-test"), "{name} was written");
        assert_eq!(std::fs::read_to_string(outside).expect("the file of the outside"), world.read(name));
    }
    let left: Vec<String> = world.files().names().into_iter().filter(|name| name.contains(".nsaccess-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_root_makes_in_a_persons_home_is_the_persons() {
    let world = World::new();
    if !is_root() || !world.give_to_nobody() {
        return skipped("only root works in the home of others");
    }
    world.login("idp-dev").run().success();
    world.run("exec -n idp-dev -- true").success();
    let mut foreign = Vec::new();
    let mut folders = vec![world.home()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let found = std::fs::symlink_metadata(&path).expect("there");
            if (found.uid(), found.gid()) != (65534, 65534) {
                foreign.push(path.clone());
            }
            if found.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(foreign.is_empty(), "not the person's: {foreign:#?}");
    // And the person goes on with it.
    world.nsaccess("token idp-dev").by_nobody().run().success();
    world.login("idp-test").by_nobody().run().success();
    world.run("logout").success();
}

#[test]
fn a_logout_that_cannot_remove_the_session_removes_the_rest() {
    let world = World::signed_in();
    if !is_root() || !world.give_to_nobody() {
        return skipped("root may remove every file");
    }
    let token = world.token_file().expect("a session");
    world.chmod(".aws/sso/cache", 0o500);
    world
        .nsaccess("logout")
        .by_nobody()
        .run()
        .exits(1)
        .one_error()
        .says("because: permission denied\nbecause: the session itself has ended; only its file is left\n")
        .says("try: nsaccess doctor");
    assert!(token.exists());
    let credentials = std::fs::read_dir(world.path(".cache/nsaccess/v1/credentials")).map_or(0, Iterator::count);
    assert_eq!(credentials, 0, "credentials of a session that has ended");
    world.chmod(".aws/sso/cache", 0o700);
    world.nsaccess("logout").by_nobody().run().success();
    assert!(!token.exists());
}
