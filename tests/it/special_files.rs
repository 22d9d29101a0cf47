//! Files that are no plain files, or larger than any text: an error in words at once, and everything as it was.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::Command;

use sandbox::FaultKind;

use crate::support::World;
use crate::support::forward::world_with;
use crate::support::logs::LOG;

fn make_pipe(world: &World, name: &str) {
    let path = world.path(name);
    let _ = std::fs::remove_file(&path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
    let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
}

/// A file of 5 GB that takes no room.
fn make_huge(world: &World, name: &str) {
    world.write(name, "");
    let file = std::fs::OpenOptions::new().write(true).open(world.path(name)).expect("the file");
    file.set_len(5 << 30).expect("a hole");
}

fn is_pipe(world: &World, name: &str) -> bool {
    std::fs::symlink_metadata(world.path(name)).expect("there").file_type().is_fifo()
}

#[test]
fn the_null_device_is_an_empty_file_and_stays_what_it_is() {
    let mut world = World::signed_in();
    let is_device = || std::fs::metadata("/dev/null").expect("there").file_type().is_char_device();
    // Should a write ever get through: a link to the device, not the device itself, is what it would break.
    std::os::unix::fs::symlink("/dev/null", world.path("null")).expect("a link");
    for null in ["/dev/null".to_owned(), world.path("null").display().to_string()] {
        world.set("AWS_CONFIG_FILE", &null);
        world.run("status").success();
        let output = world.login("idp-dev").run().exits(1).one_error();
        output.says("because: it is a device, not a plain file");
        world.set("AWS_CONFIG_FILE", "");
        world.set("KUBECONFIG", &null);
        world.run("use idp-dev").exits(5).says("has no context in your kubeconfig");
        let output = world.run("kubeconfig idp-dev").exits(1).one_error();
        output.says("because: it is a device, not a plain file").says("try: ls -ld");
        world.set("KUBECONFIG", "");
        assert!(is_device() && !Path::new("/dev/null.lock").exists() && !world.exists("null.lock"));
    }
    assert!(std::fs::symlink_metadata(world.path("null")).expect("there").is_symlink());
}

#[test]
fn a_pipe_in_the_place_of_a_file_does_not_hang_anybody() {
    let world = World::signed_in();
    let token = world.token_file().expect("a session").strip_prefix(world.home()).expect("below").display().to_string();
    make_pipe(&world, ".kube/config");
    world.run("use idp-dev").exits(1).one_error().says("because: it is a named pipe, not a plain file");
    world.run("kubeconfig idp-dev").exits(1).one_error().says("it is a named pipe");
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    make_pipe(&world, &token);
    world.run("status").success();
    world.run("list --refresh").exits(1).one_error().says("it is a named pipe, not a plain file");
    assert!(is_pipe(&world, &token));
    std::fs::remove_file(world.path(&token)).expect("removed");
    make_pipe(&world, ".config/nsaccess/config.toml");
    world.run("status").exits(1).one_error().says("it is a named pipe, not a plain file");
    std::fs::remove_file(world.path(".config/nsaccess/config.toml")).expect("removed");
    make_pipe(&world, ".aws/config");
    world.run("status").exits(1).one_error().says("cannot read").says("it is a named pipe, not a plain file");
    assert!(is_pipe(&world, ".aws/config"));
}

#[test]
fn a_pipe_in_our_cache_is_a_miss_and_is_not_replaced() {
    let world = World::signed_in();
    let name = ".cache/nsaccess/v1/credentials/idp-dev.json";
    make_pipe(&world, name);
    world.run("token idp-dev").success().says("warning: cannot cache the credentials");
    assert!(is_pipe(&world, name));
}

#[test]
fn a_file_that_is_larger_than_any_text_is_not_read() {
    let mut world = World::signed_in();
    for name in [".kube/config", ".aws/config", ".config/nsaccess/config.toml"] {
        let before = std::fs::read(world.path(name)).ok();
        make_huge(&world, name);
        world.run("use idp-dev").exits(1).one_error().says("because: it is larger than 16 MiB");
        match before {
            Some(text) => world.write(name, text),
            None => std::fs::remove_file(world.path(name)).expect("removed"),
        }
    }
    make_huge(&world, "bundle.pem");
    world.set("AWS_CA_BUNDLE", &world.path("bundle.pem").display().to_string());
    world.run("list --refresh").exits(2).one_error().says("because: it is larger than 16 MiB");
}

#[test]
fn the_profile_of_a_token_without_a_namespace_is_a_plain_file() {
    let mut world = World::signed_in();
    world.set("AWS_SHARED_CREDENTIALS_FILE", &world.path("credentials").display().to_string());
    make_pipe(&world, "credentials");
    let token = "token --cluster-name idp-nonprod-1 --region eu-west-1 --profile x";
    world.run(token).exits(1).one_error().says("it is a named pipe, not a plain file");
    make_huge(&world, "other");
    world.set("AWS_SHARED_CREDENTIALS_FILE", &world.path("other").display().to_string());
    world.run(token).exits(1).one_error().says("it is larger than 16 MiB");
}

#[test]
fn a_certificate_bundle_with_bad_content_is_an_error_in_words() {
    let mut world = World::signed_in();
    let bundle = world.path("bundle.pem");
    let pem = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    for (content, why) in [
        (pem("!!!"), "certificate number 1 is invalid"),
        (pem("aGVsbG8="), "certificate number 1 is not a CA certificate"),
        (pem(""), "certificate number 1"),
        ("-----BEGIN CERTIFICATE-----\nMIIB".to_owned(), "certificate number 1 is invalid"),
        ("no certificate".to_owned(), "it contains no PEM certificate"),
        (String::new(), "it contains no PEM certificate"),
    ] {
        world.write("bundle.pem", &content);
        for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
            world.set(variable, &bundle.display().to_string());
            world.run("list --refresh").exits(2).one_error().says(why).says(&format!("try: unset {variable}"));
            world.set(variable, "");
        }
    }
}

#[test]
fn every_number_that_a_person_can_give_is_used_or_refused_in_words() {
    let world = World::signed_in();
    let largest = u64::MAX.to_string();
    for line in [
        "port-forward web-0 :8080 --wait 30".to_owned(),
        format!("port-forward web-0 :8080 --wait {largest}s"),
        "port-forward web-0 :8080 --wait 9223372036854775807s".to_owned(),
        "port-forward web-0 :8080 --wait 5124095576030431h".to_owned(),
        format!("port-forward web-0 {largest}:8080"),
        format!("port-forward web-0 :{largest}"),
        format!("logs web-0 --tail {largest}"),
        "logs web-0 --since 5".to_owned(),
        format!("logs web-0 --since {largest}s"),
        "logs web-0 --since 9223372036854775807s".to_owned(),
        "logs web-0 --since-time +999999-01-01T00:00:00Z".to_owned(),
        format!("assume-irsa deploy/web --duration {largest}"),
        "assume-irsa deploy/web --duration 9223372036854775807".to_owned(),
        format!("secrets get billing/database --copy --clear-after {largest}s"),
        "secrets get billing/database --copy --clear-after 9223372036854775807s".to_owned(),
    ] {
        let output = world.nsaccess(&line).run();
        assert_eq!(output.status, "2", "{}", output.transcript());
        assert!(!output.stderr.contains("panicked"), "{}", output.transcript());
    }
    // What is extreme and has a meaning has its meaning.
    let world = world_with(&[LOG]);
    for extreme in
        ["--tail 9223372036854775807", "--since-time 9999-01-01T00:00:00Z", "--since-time=-009999-01-02T01:59:59Z"]
    {
        world.run(&format!("logs web-0 {extreme}")).success();
    }
}

#[test]
fn a_browser_is_given_no_file_and_no_flag_that_a_server_names() {
    for page in ["file:///etc/passwd", "--incognito", "http://evil.example/device", "https://x/\u{1b}]0;x"] {
        let mut world = World::new();
        let script = world.script("bin/browser", "touch \"$HOME/opened\"");
        world.set("BROWSER", &script.display().to_string());
        let body = serde_json::json!({
            "deviceCode": "d", "expiresIn": 600, "interval": 1, "userCode": "ABCD-EFGH",
            "verificationUri": page, "verificationUriComplete": page,
        });
        let answer =
            FaultKind::Body { status: 200, content_type: "application/json".to_owned(), body: body.to_string() };
        world.control().fail_next("StartDeviceAuthorization", 1, answer);
        let output = world.login("idp-dev").run().exits(6).one_error();
        output.says("the sign-in page is neither https nor on this machine");
        assert!(!world.exists("opened"), "{page}");
    }
}
