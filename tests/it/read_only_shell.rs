//! `shell --read-only`: what kubectl and our own verbs may do in it.

use std::path::PathBuf;

use crate::support::forward::{CREATE, grant, world_with};
use crate::support::logs::{ALL, write};
use crate::support::output::Ended;
use crate::support::proxy::{Proxy, proxy_url};
use crate::support::{World, program, skipped};

/// Runs lines in a read-only shell of a namespace.
#[track_caller]
fn inside(world: &World, lines: &str) -> Ended {
    let shell: PathBuf = world.script("read-only-shell", &format!("set -u\n{lines}"));
    world.nsaccess("shell idp-dev --read-only").env("SHELL", shell).run_trusted().success()
}

/// A role that could do what is refused.
fn world() -> World {
    let everything = &[("*", "*", "*")];
    let world = world_with(&[ALL, &[CREATE], everything].concat());
    write(&world, "web-0", "hello\n");
    world
}

const OURS: &str = env!("CARGO_BIN_EXE_nsaccess");

#[test]
fn kubectl_reads_and_changes_nothing() {
    let Some(kubectl) = program("kubectl") else { return skipped("there is no kubectl here") };
    let world = world();
    let kubectl = kubectl.display();
    let mut reads = inside(
        &world,
        &format!(
            "{kubectl} get pod web-0; {kubectl} get pod web-0 -o name; {kubectl} describe pod web-0 | grep ^Name:\n\
             {kubectl} logs web-0 --tail 1; {kubectl} auth can-i delete pods; {kubectl} auth whoami | grep -i username"
        ),
    );
    for words in ["NAME", "pod/web-0\n", "Name:             web-0", "hello\n", "yes\n", "sso:ada-example.com"] {
        reads = reads.prints(words);
    }
    for (words, refused) in [
        ("delete pod web-0", "delete pods \"web-0\""),
        ("create configmap x", "create configmaps"),
        ("scale deploy gateway --replicas 0", "patch deployments/scale \"gateway\""),
        ("exec web-0 -- true", "connect to pods/exec \"web-0\""),
        ("port-forward web-0 :8080", "connect to pods/portforward \"web-0\""),
        ("create token default", "create serviceaccounts/token \"default\""),
        ("get --raw /api/v1/namespaces/idp-dev/services/web/proxy/", "connect to services/proxy \"web\""),
    ] {
        let output = inside(&world, &format!("{kubectl} {words} && echo went through; exit 0"));
        let output = output
            .says(&format!("{refused} was refused: this shell is read-only"))
            .says("type exit, then: nsaccess shell idp-dev");
        assert!(!output.stdout.contains("went through"), "{words}");
    }
    world.run("pods web-0").success();
}

#[test]
fn streams_are_passed_on_as_they_come() {
    let Some(kubectl) = program("kubectl") else { return skipped("there is no kubectl here") };
    let world = world();
    let kubectl = kubectl.display();
    // What was passed on is seen while the stream is still open.
    let streamed = |words: &str, seen: &str| {
        format!(
            "{kubectl} {words} > stream & until grep -q '{seen}' stream; do :; done; kill $! && echo '{seen} came'; wait\n"
        )
    };
    let lines = streamed("logs -f web-0 --tail 1", "hello")
        + &streamed("get pods -w -o name", "pod/web-0")
        + &streamed("get --raw /api/v1/namespaces/idp-dev/pods?watch=true", "ADDED")
        + "true";
    inside(&world, &lines).prints("hello came\npod/web-0 came\nADDED came\n");
}

#[test]
fn our_own_verbs_keep_the_promise() {
    let world = world();
    let kubeconfig = world.read(".kube/config");
    for (words, why) in [
        ("port-forward web-0 :8080", "because: it connects to pods\n"),
        ("assume-irsa pod/ledger-0 --export", "because: it can change something in a cluster\n"),
        ("doctor --irsa deploy/billing", "because: it can change something in a cluster\n"),
        ("grant x --to permission-set:y --preset viewer", "because: it can change something in a cluster\n"),
        ("revoke x --from permission-set:y", "because: it can change something in a cluster\n"),
        ("use idp-dev", "because: kubectl in this shell would then be allowed more than reading\n"),
        ("login idp-dev", "because: kubectl in this shell would then be allowed more than reading\n"),
        ("kubeconfig idp-dev", "because: kubectl in this shell would then be allowed more than reading\n"),
        ("doctor --fix", "because: kubectl in this shell would then be allowed more than reading\n"),
    ] {
        let output = inside(&world, &format!("{OURS} {words}; echo $?; grep -c token: $KUBECONFIG; exit 0"));
        let output = output
            .says("is not possible in a read-only shell\n")
            .says(why)
            .says("try: exit   # or open another terminal; then: ");
        assert_eq!(output.stdout, "2\n0\n", "{words}");
    }
    for verb in ["use", "login", "kubeconfig"] {
        let refused = inside(&world, &format!("{OURS} {verb} idp-test; exit 0"));
        refused.says(&format!("then: nsaccess {verb} idp-test\n"));
    }
    let reads =
        inside(&world, &format!("{OURS} pods web-0 -o name; {OURS} logs web-0 --tail 1; {OURS} grant --presets"));
    reads.prints("web-0\n").prints("hello\n").prints("developer");
    assert_eq!(world.read(".kube/config"), kubeconfig);
}

#[test]
fn the_proxy_of_the_kubeconfig_is_on_the_way_inside_too() {
    let world = world();
    let proxy = Proxy::start();
    proxy_url(&world, &proxy.url("http"));
    let inside = |words: &str| {
        let before = proxy.targets().len();
        let output = inside(&world, words);
        (output.stdout.clone(), proxy.targets().len() - before)
    };
    let (_, without) = inside("true");
    for (words, answer) in
        [("pods web-0 -o name", "web-0\n"), ("logs web-0 --tail 1", "hello\n"), ("can-i get pods", "")]
    {
        let (printed, connections) = inside(&format!("{OURS} {words}"));
        assert!(printed.contains(answer) && connections > without, "{words}: {printed} {connections} {without}");
    }
    assert_eq!(proxy.logins(), ["ada:p@ss"]);
    let Some(kubectl) = program("kubectl") else { return skipped("there is no kubectl here") };
    let kubectl = kubectl.display();
    // kubectl writes the file anew.
    let (printed, _) = inside(&format!(
        "{kubectl} config set-context --current --user other >&2; {kubectl} config set-context --current --user \
         idp-ns-idp-dev >&2; {kubectl} get pod web-0 -o name; proxy=$(grep -c proxy-url $KUBECONFIG); echo $proxy"
    ));
    assert_eq!(printed, "pod/web-0\n1\n");
}

#[test]
fn doctor_finds_nothing_wrong_with_the_server_of_the_shell() {
    if program("kubectl").is_none() {
        return skipped("there is no kubectl here");
    }
    let output = inside(&world(), &format!("{OURS} doctor --only cluster,kubectl -v; exit 0"));
    output.prints("kubectl goes through the server of this read-only shell").prints("idp-dev: no problems found");
}

#[test]
fn nobody_else_is_answered() {
    let Some(curl) = program("curl") else { return skipped("there is no curl here") };
    let world = world();
    let curl = format!("{} -sk -w '%{{http_code}}\\n' -o answer", curl.display());
    let lines = format!(
        "url=$(grep -o 'https://[^\"]*' $KUBECONFIG)/version; key=$(grep '\"token\"' $KUBECONFIG | cut -d'\"' -f4)\n\
         {curl} $url; {curl} -H \"Authorization: Bearer x$key\" $url; {curl} -H \"Authorization: Bearer $key\" $url\n\
         {curl} -H \"Authorization: Bearer $key\" -H 'Host: evil.example.com' $url\n\
         {curl} -H \"Authorization: Bearer $key\" -H 'Origin: https://evil.example.com' $url\n\
         {curl} -H \"Authorization: Bearer $key\" -H 'Upgrade: websocket' -H 'Connection: Upgrade' $url\n\
         for size in 3000000 30000000; do for expect in 'Expect: 100-continue' 'Expect:'; do head -c $size /dev/zero |\
         {curl} -H \"Authorization: Bearer $key\" -H \"$expect\" -X POST --data-binary @- \
         ${{url%/version}}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews; done; done\n\
         stat -c %a $KUBECONFIG; echo $NSACCESS_READ_ONLY"
    );
    let output = inside(&world, &lines);
    assert_eq!(output.stdout, "401\n401\n200\n403\n403\n403\n413\n413\n413\n413\n600\n1\n");
}

#[test]
fn least_privilege_stays_what_it_is() {
    let Some(kubectl) = program("kubectl") else { return skipped("there is no kubectl here") };
    let world = world();
    grant(&world, &[("", "pods", "get")]);
    let kubectl = kubectl.display();
    let output = inside(&world, &format!("{kubectl} get pods; {kubectl} get pod web-0 -o name"));
    output.says("Error from server (Forbidden): pods is forbidden").prints("pod/web-0\n");
}

#[test]
fn the_prompt_says_it() {
    let Some(bash) = program("bash") else { return skipped("there is no bash here") };
    let world = World::signed_in();
    world.write(".bashrc", "PS1='mine> '\n");
    let (child, mut person) = world.nsaccess("shell idp-dev --read-only").env("SHELL", &bash).on_terminal();
    person.sees("idp-dev read-only: AWS credentials of idp-ns-idp-dev until ");
    person.sees("kubectl only reads here; the AWS credentials are not limited.");
    person.sees("(idp-dev read-only) mine> ");
    person.types("exit 3\n");
    person.sees_the_end();
    assert_eq!(child.wait_with_output().expect("our own child").status.code(), Some(3));
    assert_eq!(std::fs::read_dir(world.path(".cache/nsaccess/run")).expect("the folder").count(), 0);
}
