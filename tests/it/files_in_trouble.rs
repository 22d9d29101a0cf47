//! Files that cannot be read, written or understood: a clear error with what to do, and everything as it was.

use std::process::Command;

use crate::support::{World, program, skipped};

#[test]
fn a_settings_file_that_is_no_toml_is_named_with_its_line() {
    let world = World::signed_in();
    world.write(".config/nsaccess/config.toml", "# mine\nflow = \n");
    let before = world.files();
    for command in ["login idp-dev", "status", "config set flow device", "token idp-dev --cluster-name x --region y"] {
        let output = world.run(command);
        if command.starts_with("token") {
            output.success();
            continue;
        }
        output.exits(2).one_error().says("~/.config/nsaccess/config.toml").says("line 2");
    }
    assert_eq!(world.files(), before);
}

#[test]
fn a_wrong_value_in_the_settings_is_an_error_and_an_unknown_key_a_warning() {
    let world = World::signed_in();
    world.write(".config/nsaccess/config.toml", "sso_region = \"europe\"\n");
    world
        .run("status")
        .exits(2)
        .one_error()
        .says("is not an AWS region such as eu-west-1, in `sso_region = \"europe\"`");
    world.write(".config/nsaccess/config.toml", "colour = \"blue\"\n");
    world.run("status").success().says("warning: ~/.config/nsaccess/config.toml: ");
}

#[test]
fn an_aws_config_that_cannot_be_read_is_named_with_its_line() {
    let world = World::new();
    for text in ["[profile a\nregion = x\n", "key = value\n[default]\n", "[default]\nno equals sign here\n"] {
        world.write(".aws/config", text);
        let output = world.login("idp-dev").run().exits(2).one_error().says("~/.aws/config").says("line ");
        output.says("try: ${EDITOR:-vi} +");
        assert_eq!(world.read(".aws/config"), text);
    }
    world.write(".aws/config", b"[default]\nregion = \xff\n");
    world.login("idp-dev").run().exits(1).one_error().says("is not UTF-8 text");
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn a_write_protected_kubeconfig_is_not_replaced() {
    let world = World::signed_in();
    let text = "apiVersion: v1\nkind: Config\n";
    world.write(".kube/config", text);
    world.chmod(".kube/config", 0o444);
    world
        .run("kubeconfig idp-dev")
        .exits(1)
        .one_error()
        .says("error: cannot write $HOME/.kube/config")
        .says("try: chmod u+w $HOME/.kube/config");
    assert_eq!(world.read(".kube/config"), text);
    assert!(!world.exists(".kube/config.lock"));
}

#[test]
fn what_may_not_be_read_or_written_is_named() {
    let world = World::signed_in();
    if !world.give_to_nobody() {
        return skipped("only root can become another user here");
    }
    world.chmod(".kube/config", 0o000);
    let output = world.nsaccess("kubeconfig idp-dev").by_nobody().run();
    output.exits(1).one_error().says("error: cannot read").says("because: permission denied").says("try: ls -l");
    world.chmod(".kube/config", 0o600);
    world.chmod(".kube", 0o500);
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    let output = world.nsaccess("kubeconfig idp-dev").by_nobody().run();
    output.exits(1).one_error().says("error: cannot lock").says("because: permission denied").says("try: ls -ld");
    world.chmod(".kube", 0o700);
    world.chmod(".aws/config", 0o000);
    let output = world.nsaccess("status").by_nobody().run();
    output.exits(1).one_error().says("error: cannot read $HOME/.aws/config");
    world.chmod(".aws/config", 0o600);
    let token = world.token_file().expect("a session");
    let name = token.strip_prefix(world.home()).expect("below home").display().to_string();
    world.chmod(&name, 0o000);
    let output = world.nsaccess("status").by_nobody().run().success();
    assert!(output.stdout.contains("not signed in: cannot read"), "{}", output.transcript());
}

/// A file system without room for anything, mounted below a world's home.
struct FullDisk(std::path::PathBuf);

impl FullDisk {
    fn at(world: &World, name: &str) -> Option<FullDisk> {
        let path = world.path(name);
        std::fs::create_dir_all(&path).expect("the folder");
        let mount = program("mount")?;
        let done = Command::new(mount).args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&path).output().ok()?;
        done.status.success().then_some(FullDisk(path))
    }

    fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join("filler")).expect("a file");
        while file.write_all(&[0; 1024]).is_ok() {}
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_leaves_the_files_as_they_were_and_no_half_beside_them() {
    let mut world = World::signed_in();
    let Some(disk) = FullDisk::at(&world, "full") else {
        return skipped("no file system can be mounted here");
    };
    let text = "# mine\napiVersion: v1\nkind: Config\n";
    world.write("full/kube", text);
    world.write("full/aws", "[default]\nregion = x\n");
    disk.fill();
    world.set("KUBECONFIG", &world.path("full/kube").display().to_string());
    world
        .run("kubeconfig idp-dev")
        .exits(1)
        .one_error()
        .says("error: cannot write $HOME/full/kube")
        .says("because: the file is unchanged")
        .says("try: df -h");
    assert_eq!(world.read("full/kube"), text);
    world.set("KUBECONFIG", "");
    world.set("AWS_CONFIG_FILE", &world.path("full/aws").display().to_string());
    world.login("idp-dev").run().exits(1).one_error().says("error: cannot write").says("try: df -h");
    assert_eq!(world.read("full/aws"), "[default]\nregion = x\n");
    let names: Vec<String> = world.files().names().into_iter().filter(|name| name.starts_with("full/")).collect();
    assert_eq!(names, ["full/aws", "full/filler", "full/kube"]);
}

#[test]
fn a_full_disk_under_the_cache_costs_a_warning() {
    let mut world = World::signed_in();
    let Some(disk) = FullDisk::at(&world, "full") else {
        return skipped("no file system can be mounted here");
    };
    disk.fill();
    world.set("XDG_CACHE_HOME", &world.path("full").display().to_string());
    world
        .run("token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1")
        .success()
        .says("warning: cannot cache the credentials");
}
