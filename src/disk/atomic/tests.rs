use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn put(path: &Path, text: &str) {
    write_private(path, text.as_bytes()).expect("written");
}

#[test]
fn a_snapshot_is_replaced_once_and_not_after_a_change() {
    let home = home();
    let path = home.path().join("file");
    put(&path, "one");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    let snapshot = read(&path).expect("read");
    assert!(!snapshot.replace(b"one", NewMode::Shared).expect("nothing to do"));
    assert!(snapshot.replace(b"two", NewMode::Shared).expect("replaced"));
    assert_eq!(fs::metadata(&path).expect("there").mode() & 0o7777, 0o640);
    let error = snapshot.replace(b"three", NewMode::Shared).expect_err("it is no longer `one`");
    assert_eq!(error.because, ["another program changed it at the same time"]);
    assert_eq!(fs::read(&path).expect("there"), b"two");
    assert_eq!(fs::read_dir(home.path()).expect("the folder").count(), 1, "no temporary file is left");
}

#[test]
fn a_hard_link_is_kept_by_an_edit_and_broken_by_a_private_write() {
    let home = home();
    let [path, other] = ["file", "other"].map(|name| home.path().join(name));
    put(&path, "a long text");
    fs::hard_link(&path, &other).expect("a second name");
    assert!(read(&path).expect("read").replace(b"short", NewMode::Shared).expect("replaced"));
    assert_eq!(fs::read(&other).expect("there"), b"short");
    put(&path, "a secret");
    assert_eq!(fs::read(&other).expect("there"), b"short", "a secret goes to one name");
}

#[test]
fn special_files_are_never_replaced() {
    let home = home();
    let link = home.path().join("link");
    std::os::unix::fs::symlink("/dev/null", &link).expect("a link");
    let snapshot = read(&link).expect("it reads as empty");
    assert_eq!(snapshot.bytes.as_deref(), Some(b"".as_slice()));
    let why = "it is a device, not a plain file";
    assert_eq!(snapshot.refuse_unless_plain().expect_err("refused").because[0], why);
    assert_eq!(snapshot.replace(b"x", NewMode::Shared).expect_err("refused").because[0], why);
    assert_eq!(write_private(&link, b"x").expect_err("refused").because[0], why);
    assert_eq!(
        write_private_to_current_user(home.path(), b"x").expect_err("refused").because[0],
        "it is a folder, not a plain file"
    );
}

#[test]
fn root_leaves_files_to_the_owner_of_the_folder_unless_asked() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let home = home();
    std::os::unix::fs::chown(home.path(), Some(1234), Some(2345)).expect("given away");
    let [token, secret] = ["token", "secret"].map(|name| home.path().join(name));
    put(&token, "x");
    write_private_to_current_user(&secret, b"x").expect("written");
    let owner = |path: &Path| fs::metadata(path).map(|found| (found.uid(), found.gid())).expect("there");
    assert_eq!((owner(&token), owner(&secret).0), ((1234, 2345), 0));
}
