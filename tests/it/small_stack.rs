//! Every verb has enough of a small stack. On Windows the main thread has 1 MiB unless the linker is told otherwise
//! (`build.rs`), and a person can have less than usual here, too (`ulimit -s`). A debug build needs about twice as much.

use std::path::Path;

use crate::assume_irsa::add_pod;
use crate::support::administrator::{CLUSTER, PERMISSION_SET, Platform};
use crate::support::forward::grant;
use crate::support::world::Invocation;
use crate::support::{Output, World};

/// `nsaccess` with 2 MiB.
fn small<'a>(world: &'a World, words: &str) -> Invocation<'a> {
    let nsaccess = world.program(Path::new("/bin/sh"), "-ec").arg("ulimit -s 2048 && exec \"$@\"").arg("sh");
    words.split_whitespace().fold(nsaccess.arg(env!("CARGO_BIN_EXE_nsaccess")), Invocation::arg)
}

fn ends_well(output: Output) {
    let said = format!("{}\n{}", output.command, output.stderr);
    assert!(!said.contains("overflow"), "{said}");
    output.success();
}

#[test]
fn a_developer_s_verbs_have_enough_of_a_small_stack() {
    let world = World::new();
    grant(&world, &[("*", "*", "*")]);
    let (start_url, region) = (world.sandbox.start_url(), world.sandbox.sso_region());
    ends_well(small(&world, &format!("login idp-dev --start-url {start_url} --sso-region {region}")).run());
    for words in [
        "doctor",
        "status",
        "whoami",
        "list --refresh",
        "can-i",
        "can-i --list",
        "pods",
        "pods web-0",
        "logs web-0",
        "port-forward pod/web-0 :8080 -- true",
        "kubeconfig idp-dev",
        "exec -- true",
        "secrets list",
        "secrets exec api-key -- true",
    ] {
        ends_well(small(&world, words).run_trusted());
    }
    add_pod(&world, "billing-x");
    for words in ["assume-irsa pod/billing-x-0 -- true", "logout"] {
        ends_well(small(&world, words).run_trusted());
    }
}

#[test]
fn so_have_those_of_the_platform_team() {
    let platform = Platform::new();
    let verbs = [
        format!("grant pay --to permission-set:{PERMISSION_SET} --yes --cluster {CLUSTER} --region eu-west-1"),
        format!("audit --all --cluster {CLUSTER} --region eu-west-1"),
        format!("revoke pay --from permission-set:{PERMISSION_SET} --yes --cluster {CLUSTER} --region eu-west-1"),
    ];
    for words in verbs {
        let keys = platform.control().administrator_keys(crate::support::administrator::ACCOUNT);
        let command =
            keys.iter().fold(small(&platform.world, &words), |command, (name, value)| command.env(name, value));
        ends_well(command.run_trusted());
    }
}
