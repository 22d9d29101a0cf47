//! `kubeconfig convert`: contexts that others wrote, there and back.

use crate::support::World;

const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";

/// As the AWS CLI, eksctl and people leave it.
const TEXT: &str = "\
# of the platform team
apiVersion: v1
kind: Config
current-context: prod
clusters:
- cluster: {server: \"https://ABC.gr7.eu-west-1.eks.amazonaws.com\"} # flow
  name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
- {name: kind, cluster: {server: \"https://127.0.0.1:6443\"}}
contexts:
- context: {cluster: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\", user: prod}
  name: prod
- context: {cluster: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\", user: vault, namespace: team}
  name: vault
- context: {cluster: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\", user: eksctl}
  name: eksctl
- context: {cluster: kind, user: kind}
  name: kind
- context: {cluster: kind, user: oidc}
  name: oidc
users:
- name: prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1alpha1 # old
      # written by hand
      args: # of the CLI
      - --region
      - eu-west-1 # Ireland
      - eks
      - get-token
      - --cluster-name
      - prod
      - --role
      - arn:aws:iam::111122223333:role/deployer
      command:  \"aws\"
      env:
      - {name: AWS_PROFILE, value: corp}
      - name: AWS_SECRET_ACCESS_KEY
        value: hunter2
- name: eksctl
  user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws-iam-authenticator, args: [token, -i, prod]}}
- name: vault
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws-vault
      args: [exec, corp, --, aws, eks, get-token, --cluster-name, prod]
- {name: kind, user: {token: abc}}
- {name: oidc, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: kubelogin, args: [get-token]}}}
";

fn world() -> World {
    let world = World::new();
    world.write(".kube/config", TEXT);
    world
}

const STORE: &str = ".config/nsaccess/converted.json";

#[test]
fn all_contexts_there_and_back() {
    let world = world();
    world.run("kubeconfig convert --all").is("\
CONTEXT  CLUSTER  REGION     PROFILE  ROLE                                     RESULT
prod     prod     eu-west-1  corp     arn:aws:iam::111122223333:role/deployer  converted
eksctl   prod     eu-west-1  -        -                                        converted
vault    -        -          -        -                                        not converted: it runs aws-vault, which chooses the AWS credentials
------- stderr -------
wrote ~/.kube/config
hint: kubectl --context prod get pod
hint: nsaccess kubeconfig convert --revert --all   # gives back what was there
[exit status: 0]
");
    let own = env!("CARGO_BIN_EXE_nsaccess");
    let expected = TEXT
        .replace("v1alpha1 # old", "v1beta1 # old")
        .replace("- --region\n      - eu-west-1 # Ireland\n      - eks\n      - get-token\n      - --cluster-name\n      - prod\n      - --role\n", "- token\n      - --cluster-name\n      - prod\n      - --region\n      - eu-west-1\n      - --role-arn\n")
        .replace("command:  \"aws\"", &format!("command:  \"{own}\""))
        .replace("command: aws-iam-authenticator, args: [token, -i, prod]", &format!("command: {own}, args: [token, --cluster-name, prod, --region, eu-west-1]"));
    assert_eq!(world.read(".kube/config"), expected);
    assert_eq!(world.mode(STORE), 0o600);

    world.run("kubeconfig convert --context prod").is("\
CONTEXT  CLUSTER  REGION     PROFILE  ROLE                                     RESULT
prod     prod     eu-west-1  corp     arn:aws:iam::111122223333:role/deployer  unchanged
[exit status: 0]
");
    world.run("kubeconfig convert --revert --all").is("\
CONTEXT  CLUSTER  REGION     PROFILE  ROLE                                     RESULT
prod     prod     eu-west-1  corp     arn:aws:iam::111122223333:role/deployer  reverted
eksctl   prod     eu-west-1  -        -                                        reverted
------- stderr -------
wrote ~/.kube/config
[exit status: 0]
");
    assert_eq!(world.read(".kube/config"), TEXT);
    assert!(!world.exists(STORE));
    world.run("kubeconfig convert --revert --all").success().prints("nothing to do\n");
}

#[test]
fn a_dry_run_shows_each_change_and_writes_nothing() {
    let world = world();
    let before = world.files();
    let output = world.run("kubeconfig convert --all --dry-run");
    assert!(!output.transcript().contains("hunter2"), "a value of env is shown");
    let output = output.success();
    for words in [
        "~ user prod   (~/.kube/config)\n    - apiVersion: client.authentication.k8s.io/v1alpha1\n    - command: aws\n",
        "    + - --role-arn\n",
        "would be converted\n",
    ] {
        assert!(output.stdout.contains(words), "{}", output.transcript());
    }
    assert_eq!(world.files(), before);
    world.run("kubeconfig convert --all").success();
    let before = world.files();
    world.run("kubeconfig convert --revert --context prod --dry-run").success().prints("would be reverted\n");
    assert_eq!(world.files(), before);
}

#[test]
fn programs_get_every_word_of_it() {
    let world = world();
    let document = world.run("kubeconfig convert --all -o json").success().json();
    assert_eq!(document["dry_run"], false);
    assert_eq!(document["changed"][0], world.path(".kube/config").display().to_string());
    let prod = &document["contexts"][0];
    assert_eq!(
        (&prod["context"], &prod["cluster"], &prod["region"], &prod["profile"], &prod["role_arn"], &prod["result"]),
        (&"prod".into(), &"prod".into(), &"eu-west-1".into(), &"corp".into(), &ROLE.into(), &"converted".into())
    );
    assert_eq!(prod["before"]["command"], "aws");
    assert_eq!(prod["after"]["args"][0], "token");
    let vault = &document["contexts"][2];
    assert_eq!((&vault["result"], &vault["after"]), (&"left".into(), &serde_json::Value::Null));
    assert_eq!(vault["reason"], "it runs aws-vault, which chooses the AWS credentials");
}

#[test]
fn what_cannot_be_done_is_said() {
    let world = world();
    world.run("kubeconfig convert").is("\
------- stderr -------
error: no context specified
because: without a terminal, it cannot ask which one you mean
try: nsaccess kubeconfig convert --context NAME
try: nsaccess kubeconfig convert --all
[exit status: 2]
");
    world
        .run("kubeconfig convert --context prd")
        .exits(5)
        .one_error()
        .says("context \"prd\" not found")
        .says("did you mean prod?");
    world.run("kubeconfig convert --context vault").is("\
------- stderr -------
error: the context vault cannot be converted
because: it runs aws-vault, which chooses the AWS credentials
try: kubectl config view --minify --context vault   # what it is now
[exit status: 1]
");
    world.run("kubeconfig convert --context oidc").exits(1).says("it runs kubelogin, which is not a plugin for EKS");
    world.run("kubeconfig convert --context kind").exits(1).says("because: it has no credential plugin");
    world.run("kubeconfig convert --revert --context prod").exits(1).says("because: it was not converted here");
    world.run("kubeconfig convert --context prod --all").exits(2).one_error();
    assert_eq!(world.read(".kube/config"), TEXT);
    let only_left: String = TEXT.replace("aws-iam-authenticator", "sh").replace("command:  \"aws\"", "command: sh");
    world.write(".kube/config", only_left.replace("[token, -i, prod]", "[-c, aws-iam-authenticator token -i prod]"));
    world
        .run("kubeconfig convert --all")
        .exits(1)
        .one_error()
        .says("error: no context was converted")
        .prints("not converted: it runs sh");
    world.write(".kube/config", "users: []\n");
    world.run("kubeconfig convert --all").success().prints("nothing to do\n");
}

#[test]
fn each_user_is_changed_in_the_file_that_kubectl_reads_it_from() {
    let mut world = World::new();
    let user = |name: &str| {
        format!(
            "- name: {name}\n  user:\n    exec:\n      command: aws\n      args: [eks, get-token, --cluster-name, c, --region, r]\n"
        )
    };
    let (first, second) = (format!("users:\n{}", user("a")), format!("users:\n{}{}", user("a"), user("b")));
    world.write("k/first.yaml", &first);
    world.write("k/second.yaml", &second);
    std::os::unix::fs::symlink(world.path("k/second.yaml"), world.path("link.yaml")).expect("a link");
    let list = ["k/first.yaml", "link.yaml", "k/none.yaml"].map(|name| world.path(name).display().to_string());
    world.set("KUBECONFIG", &list.join(":"));
    world.run("kubeconfig convert --all").success().says("wrote ~/k/first.yaml, ~/link.yaml").prints("(user b)");
    let own = env!("CARGO_BIN_EXE_nsaccess");
    assert!(world.read("k/first.yaml").contains(own));
    let now = world.read("k/second.yaml");
    assert_eq!(now.matches(own).count(), 1, "what the first file hides stays\n{now}");
    assert!(std::fs::symlink_metadata(world.path("link.yaml")).expect("there").is_symlink());
    // Another list, and another path to the same file.
    world.set("KUBECONFIG", &world.path("k/second.yaml").display().to_string());
    let output = world.run("kubeconfig convert --revert --all").success();
    let output = output.says("warning: ~/k/first.yaml has converted users too, and is not in use");
    assert!(output.says("--kubeconfig $HOME/k/first.yaml\n").stdout.ends_with(" reverted\n"));
    assert_eq!(world.read("k/second.yaml"), second);
    assert!(world.exists(STORE), "the other file is still converted");
    world.set("KUBECONFIG", &list.join(":"));
    world.run("kubeconfig convert --revert --all").success();
    assert_eq!((world.read("k/first.yaml"), world.exists(STORE)), (first, false));
}

#[test]
fn whoever_is_killed_in_between_can_go_back() {
    let world = world();
    world.run("kubeconfig convert --all").success();
    let converted = world.read(".kube/config");
    // Killed before the kubeconfig was written: the store is there, and the file is as it was.
    world.write(".kube/config", TEXT);
    world.run("kubeconfig convert --revert --all").success().prints("already reverted\n");
    assert_eq!((world.read(".kube/config"), world.exists(STORE)), (TEXT.to_owned(), false));
    // Killed on the way back, before the store was.
    world.run("kubeconfig convert --all").success();
    assert_eq!(world.read(".kube/config"), converted);
    let store = world.read(STORE);
    world.run("kubeconfig convert --revert --all").success();
    world.write(STORE, &store);
    world.run("kubeconfig convert --revert --context eksctl").success().prints("already reverted\n");
    world.run("kubeconfig convert --all").success();
    world.run("kubeconfig convert --revert --all").success();
    assert_eq!(world.read(".kube/config"), TEXT);
}

#[test]
fn what_somebody_changed_since_is_not_overwritten() {
    let world = world();
    world.run("kubeconfig convert --all").success();
    let changed = world.read(".kube/config").replace("- arn:aws:iam::111122223333:role/deployer\n", "- arn:other\n");
    world.write(".kube/config", &changed);
    let output = world.run("kubeconfig convert --revert --context prod").exits(1).one_error();
    let output =
        output.says("somebody has changed it since: it runs").says("--role-arn arn:other` now, and ran `aws --region");
    assert!(!output.transcript().contains("hunter2"));
    assert_eq!(world.read(".kube/config"), changed);
    world.run("kubeconfig convert --revert --all").success().prints("not reverted: somebody has changed it");
    assert!(world.read(".kube/config").contains("command: aws-iam-authenticator"));
    assert!(world.exists(STORE), "what is left can still be looked up");
}

#[test]
fn a_user_that_is_gone_is_forgotten() {
    let world = World::signed_in();
    let ours = world.read(".kube/config");
    world.write(".kube/config", TEXT);
    world.run("kubeconfig convert --all").success();
    world.write(".kube/config", &ours);
    // Whoever removes nsaccess is told what would no longer work.
    world.run("logout --purge").success().says("hint: nsaccess kubeconfig convert --revert --all   # other contexts");
    let output = world.run("kubeconfig convert --revert --all").success();
    assert_eq!(output.stdout.matches("removed since\n").count(), 2, "{}", output.transcript());
    assert!(!world.exists(STORE));
    world.run("logout --purge").success().says_not("convert");
}

#[test]
fn a_store_that_cannot_be_read_is_not_lost() {
    let world = world();
    world.write(STORE, "{}");
    world.run("kubeconfig convert --all").exits(1).one_error().says("cannot read ~/.config/nsaccess/converted.json");
    assert_eq!((world.read(".kube/config"), world.read(STORE)), (TEXT.to_owned(), "{}".to_owned()));
}

#[test]
fn a_person_chooses() {
    let world = world();
    let (child, mut person) = world.nsaccess("kubeconfig convert").on_terminal();
    person.sees("Convert which context?");
    person.types("eksctl\r");
    let screen = person.sees_the_end();
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "{screen}");
    let text = world.read(".kube/config");
    assert!(
        text.contains("args: [token, --cluster-name, prod, --region, eu-west-1]") && text.contains("command:  \"aws\""),
        "{text}"
    );
    let (child, mut person) = world.nsaccess("kubeconfig convert --revert").on_terminal();
    person.sees("Revert which context?");
    person.types("\r");
    person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success());
    assert_eq!(world.read(".kube/config"), TEXT);
}

#[test]
fn our_own_entries_are_right_already() {
    let world = World::signed_in();
    let before = world.read(".kube/config");
    world.run("kubeconfig convert --all").is("\
CONTEXT         CLUSTER        REGION     PROFILE  ROLE  RESULT
idp-ns-idp-dev  idp-nonprod-1  eu-west-1  -        -     unchanged
[exit status: 0]
");
    assert_eq!((world.read(".kube/config"), world.exists(STORE)), (before, false));
}

#[test]
fn kubectl_works_as_before_with_the_same_profile() {
    let Some(kubectl) = crate::support::program("kubectl") else {
        return crate::support::skipped("there is no kubectl here");
    };
    let world = World::signed_in();
    let ours = world.read(".kube/config");
    let theirs = ours
        .replace(env!("CARGO_BIN_EXE_nsaccess"), "aws")
        .replace("- token\n      - idp-dev\n", "- --profile\n      - idp-ns-idp-dev\n      - eks\n      - get-token\n");
    assert!(!theirs.contains("- token\n"), "{theirs}");
    world.write(".kube/config", &theirs);
    world.run("kubeconfig convert --context idp-ns-idp-dev").success().prints("converted\n");
    let output = world.program(&kubectl, "get pod web-0 -o name").run().success();
    assert_eq!(output.stdout, "pod/web-0\n");
}
