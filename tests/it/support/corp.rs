//! A company without an access portal, as the AWS documentation has it: IAM users with keys in `~/.aws/credentials`, a role
//! that they may assume, and a cluster that maps it.

use sandbox::{AccessEntry, Role, User, iam};
use serde_json::{Value, json};

use super::World;
use super::forward::CLUSTER;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/k8s-devs-role";
pub(crate) const USER: &str = "arn:aws:iam::111122223333:user/ada";
/// The flags that say where the cluster is.
pub(crate) const PLACE: &str = "--cluster idp-nonprod-1 --region eu-west-1";

/// A statement that allows these actions.
pub(crate) fn allow(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

/// A role of the account that ada may assume, and which may describe clusters.
pub(crate) fn role(name: &str) -> Role {
    Role::new(ACCOUNT, name).trusting(iam::trust_principal(USER)).allowing(allow(&["eks:DescribeCluster"]))
}

/// Lets the cluster know a role or a user as one of the namespace's developers, by an access entry.
pub(crate) fn map(world: &World, arn: &str) {
    assert!(world.control().put_access_entry(CLUSTER, AccessEntry::new(arn, "developer", &["idp-ns-idp-dev"])));
}

/// Writes new keys of ada under a profile of `~/.aws/credentials`. Returns their id.
pub(crate) fn write_keys(world: &World, profile: &str) -> String {
    let keys = world.control().user_keys(ACCOUNT, "ada");
    let of = |name: &str| keys.iter().find(|(key, _)| key == name).expect("a key").1.clone();
    let (id, secret) = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"));
    let text = format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    world.write(".aws/credentials", text);
    world.chmod(".aws/credentials", 0o600);
    id
}

/// Ada, with keys in the profile `corp`, and the role `k8s-devs-role`, which the cluster knows.
pub(crate) fn corp() -> World {
    let world = World::new();
    let control = world.control();
    control.put_user(User::new(ACCOUNT, "ada").allowing(allow(&["sts:AssumeRole", "eks:DescribeCluster"])));
    control.put_role(role("k8s-devs-role").allowing(allow(&["secretsmanager:*", "sts:AssumeRole"])));
    map(&world, ROLE);
    write_keys(&world, "corp");
    world
}

/// The words of a login by a role.
pub(crate) fn by_role(namespace: &str, role: &str) -> String {
    format!("login {namespace} --role-arn {role} --source-profile corp {PLACE}")
}

/// The same person, logged in to `idp-dev` by the role.
pub(crate) fn logged_in() -> World {
    let world = corp();
    world.run(&by_role("idp-dev", ROLE)).success().says("now current");
    world.control().reset_calls();
    world
}
