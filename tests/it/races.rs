//! Many real processes at once, and processes that die in the middle.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;

use crate::sign_in::age_token;
use crate::support::{World, program, skipped};
use crate::token::{age_credentials, url_of};

#[test]
fn a_hundred_tokens_at_once_make_one_refresh_and_one_fetch() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    age_token(&world);
    let running: Vec<_> = (0..100)
        .map(|_| world.nsaccess("token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1").spawn())
        .collect();
    let mut keys = std::collections::BTreeSet::new();
    for token in running {
        let url = url_of(&token.finish().success().json());
        let key = url.split("X-Amz-Credential=").nth(1).and_then(|rest| rest.split('%').next());
        keys.insert(key.expect("a key").to_owned());
    }
    assert_eq!(keys.len(), 1, "all signed with the same new credentials: {keys:?}");
    assert_eq!(world.control().calls("CreateToken:refresh_token"), 1);
    assert_eq!(world.control().calls("CreateToken"), 1);
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
    assert_eq!(world.control().refresh_token_reuses(), 0);
}

#[test]
fn several_logins_at_once_make_one_sign_in() {
    let world = World::new();
    world.control().approve_device_codes(false);
    let mut first = world.login("idp-dev").spawn();
    first.wait_for("    page   ");
    let others: Vec<_> = ["idp-dev", "idp-test", "idp-prod"].map(|namespace| world.login(namespace).spawn()).into();
    crate::support::until("the code", || (world.control().approve(None) == 1).then_some(()));
    first.finish().success();
    for other in others {
        other.finish().success().says_not("    code   ");
    }
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
    for namespace in ["idp-dev", "idp-test", "idp-prod"] {
        assert!(world.read(".kube/config").contains(&format!("- name: idp-ns-{namespace}\n")), "{namespace}");
        assert!(world.read(".aws/config").contains(&format!("[profile idp-ns-{namespace}]\n")), "{namespace}");
    }
}

/// Namespaces `load-00` … that are all in one cluster.
fn many_namespaces(count: usize) -> (World, Vec<String>) {
    let mut of = sandbox::World::default();
    let names: Vec<String> = (0..count).map(|index| format!("load-{index:02}")).collect();
    of.accounts[0].permission_sets.extend(names.iter().map(|name| format!("idp-ns-{name}")));
    let world = World::of(of);
    world.login("idp-dev").run().success();
    (world, names)
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn twenty_writers_beside_kubectl_lose_nothing() {
    let Some(kubectl) = program("kubectl") else { return skipped("there is no kubectl here") };
    let (world, names) = many_namespaces(20);
    world.write(
        ".kube/config",
        "# mine\napiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\ncurrent-context: ''\n",
    );
    let done = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        // Also when a writer fails: the loop below must end for the failure to be seen.
        let ended = SetOnDrop(&done);
        let by_kubectl = scope.spawn(|| {
            let mut written = Vec::new();
            // At least a few, however quick the others are.
            while written.len() < 5 || !done.load(Ordering::Relaxed) {
                let was_done = done.load(Ordering::Relaxed);
                let name = format!("of-kubectl-{:03}", written.len());
                let set = format!("config set-context {name} --cluster=c --user=u --namespace=n");
                let output = world.program(&kubectl, &set).run();
                // kubectl does not wait for a lock; whoever uses it in scripts tries again.
                if output.status == "0" {
                    written.push(name);
                } else {
                    assert!(output.stderr.contains(".lock"), "{}", output.transcript());
                    assert!(!was_done, "nobody writes, and there is a lock: {}", output.transcript());
                }
            }
            written
        });
        let writers: Vec<_> = names
            .iter()
            .map(|name| world.nsaccess(&format!("kubeconfig {name} --cluster idp-nonprod-1")).spawn())
            .collect();
        for writer in writers {
            writer.finish().success();
        }
        drop(ended);
        by_kubectl.join().expect("the kubectl loop")
    });
    let text = world.read(".kube/config");
    for name in names.iter().map(|name| format!("idp-ns-{name}")).chain(written) {
        assert!(text.contains(&format!("name: {name}\n")), "{name} is lost from\n{text}");
    }
    let view = world.program(&kubectl, "config view -o json").run().success().json();
    let users = view["users"].as_array().expect("users");
    assert_eq!(users.len(), 20);
    let leftovers: Vec<String> =
        world.files().names().into_iter().filter(|name| name.starts_with(".kube/") && name != ".kube/config").collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
}

/// Numbers that look random and are the same in every run.
pub(crate) fn pseudo_random(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |&last| {
        let mut next = last ^ (last << 13);
        next ^= next >> 7;
        Some(next ^ (next << 17))
    })
}

#[test]
fn a_writer_that_is_killed_at_any_moment_leaves_the_old_file_or_the_new_one() {
    let world = World::signed_in();
    let foreign = "# mine\napiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n";
    world.write(".kube/config", foreign);
    world.run("kubeconfig idp-dev").success();
    let written = world.read(".kube/config");
    let (mut old, mut new) = (0, 0);
    for spins in pseudo_random(0x5eed).map(|number| number % 300_000).take(40) {
        world.write(".kube/config", foreign);
        let writer = world.nsaccess("kubeconfig idp-dev").spawn();
        for _ in 0..spins {
            std::hint::spin_loop();
        }
        writer.signal(Signal::KILL);
        let _ = writer.finish();
        match world.read(".kube/config") {
            text if text == foreign => old += 1,
            text if text == written => new += 1,
            half => panic!("half a file:\n{half}"),
        }
    }
    assert_eq!(old + new, 40);
    eprintln!("killed before the rename {old} times, after it {new} times");
    // Whatever the killed ones left, lock and all, is in nobody's way and goes with the next write.
    world.write(".kube/config", foreign);
    world.run("kubeconfig idp-dev").success();
    assert_eq!(world.read(".kube/config"), written);
    let names = world.files().names();
    let left: Vec<&String> =
        names.iter().filter(|name| name.starts_with(".kube/") && *name != ".kube/config").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_killed_refresher_leaves_no_lock_behind() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().fail_next("GetRoleCredentials", 1, sandbox::FaultKind::Hang);
    let stuck = world.nsaccess("token idp-dev").spawn();
    crate::support::until("its call", || (world.control().calls("GetRoleCredentials") == 1).then_some(()));
    stuck.signal(Signal::KILL);
    let _ = stuck.finish();
    world.run("token idp-dev").success().says_not("waiting");
}
