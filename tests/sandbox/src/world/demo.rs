//! The world for trying the product: everything that the README and the pages in docs/ type works in it. In `idp-dev` the
//! developer has every right of a namespace; elsewhere, as usual, only what port-forwarding takes.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::{Account, Portal, World};
use crate::cluster::{AccessEntry, Cluster};
use crate::iam::{Role, User, trust_principal};
use crate::objects;
use crate::secretsmanager::Secret;
use crate::{Control, Sandbox};

const NONPROD: &str = "111122223333";
const PROD: &str = "444455556666";
/// A company without a portal: IAM users and roles.
const CORP: &str = "123456789012";
const OTHER: &str = "999999999991";
const HOME_REGION: &str = "eu-west-1";
const OTHER_REGION: &str = "us-east-1";

impl World {
    /// The world of `cargo run -p sandbox`. The [default](World::default) is the one of the tests.
    pub fn demo() -> World {
        let mut world = World::default();
        // One cluster a region and account, so that an administrator need not name it.
        world.clusters.retain(|cluster| cluster.name != "tools-1");
        for (account, permission_sets) in
            [(NONPROD, &["idp-ns-payments"][..]), (PROD, &["idp-ns-payments", "TeamBlue"][..])]
        {
            let Some(account) = world.account_mut(account) else { continue };
            account.permission_sets.extend(permission_sets.iter().map(|&name| name.to_owned()));
        }
        for cluster in &mut world.clusters {
            match cluster.name.as_str() {
                "idp-nonprod-1" => nonprod(cluster),
                "idp-prod-1" => prod(cluster),
                _ => {}
            }
        }
        let mut american = Cluster::new("prod-us", PROD, OTHER_REGION);
        add(&mut american, "payments", "idp-ns-payments");
        let mut shop = Cluster::new("shop-1", OTHER, OTHER_REGION);
        shop.map_permission_set(OTHER_REGION, "idp-ns-shop", "idp-ns-shop");
        shop.add_namespace("shop").grant_floor("shop", "idp-ns-shop");
        world.clusters.extend([american, shop, corp_cluster()]);
        let portal = Portal::new("https://other.awsapps.com/start", OTHER_REGION);
        world.portals.push(portal.with_account(Account::new(OTHER, "other-shop", &["idp-ns-shop"])));
        world.users.extend([platform(), ada()]);
        world.roles.extend([Role::new(NONPROD, "ci"), corp_role()]);
        world.secrets.extend(["a", "b"].map(|name| {
            Secret::new(
                NONPROD,
                HOME_REGION,
                &format!("customer/idp-dev/{name}"),
                &format!("{{\"key\":\"sandbox-{name}\"}}"),
            )
        }));
        world
    }
}

/// A namespace whose permission set has the least rights.
fn add(cluster: &mut Cluster, namespace: &str, permission_set: &str) {
    cluster.map_permission_set(HOME_REGION, permission_set, permission_set);
    cluster.add_namespace(namespace).grant_floor(namespace, permission_set);
}

/// `idp-dev` with every right and a Deployment `web`; `payments`, for granting.
fn nonprod(cluster: &mut Cluster) {
    let role = ("ClusterRole", "admin");
    cluster.objects.push(objects::role_binding("idp-dev", "idp-dev-developers", role, "idp-ns-idp-dev"));
    cluster.objects.extend(objects::deployment(
        "idp-dev",
        "web",
        2,
        &objects::template("web", &[("http", 8080, "http")]),
    ));
    add(cluster, "payments", "idp-ns-payments");
    let entry = AccessEntry::new(&platform().arn(), &platform().arn(), &[]);
    cluster.access_entries.push(entry.with_policy("AmazonEKSClusterAdminPolicy", None));
}

/// `payments` again, and a permission set for two namespaces.
fn prod(cluster: &mut Cluster) {
    add(cluster, "payments", "idp-ns-payments");
    cluster.map_permission_set(HOME_REGION, "TeamBlue", "team-blue");
    cluster.add_namespace("ledger").grant_floor("ledger", "team-blue");
    let floor = ("Role", "idp-ns-floor");
    cluster.objects.push(objects::role_binding("payments", "team-blue", floor, "team-blue"));
    let view = ("ClusterRole", "view");
    cluster.objects.push(objects::role_binding("payments", "payments-viewers", view, "idp-ns-payments"));
}

fn corp_cluster() -> Cluster {
    let mut cluster = Cluster::new("prod-eks-cluster", CORP, HOME_REGION);
    cluster.access_entries.push(AccessEntry::new(&corp_role().arn(), "developer", &["developers"]));
    cluster.access_entries.push(AccessEntry::new(&ada().arn(), "ada", &["developers"]));
    for namespace in ["dev", "uat", "prod"] {
        cluster.add_namespace(namespace).grant_floor(namespace, "developers");
    }
    cluster
}

fn allow(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

/// The platform team: cluster admin in `idp-nonprod-1`.
fn platform() -> User {
    User::new(NONPROD, "platform").allowing(allow(&["*"]))
}

/// An IAM user who may assume a role that the cluster maps, and whom the cluster maps, too.
fn ada() -> User {
    User::new(CORP, "ada").allowing(allow(&["sts:AssumeRole", "eks:DescribeCluster"]))
}

fn corp_role() -> Role {
    let role = Role::new(CORP, "k8s-devs-role").trusting(trust_principal(&ada().arn()));
    role.allowing(allow(&["eks:DescribeCluster", "secretsmanager:*"]))
}

/// The forward set of the pages, in the settings of nsaccess.
const FORWARDS: &str = "[forwards]\ndev = [\"svc/web 8080:http\", \"svc/db 5432\"]\n";
const SERVER: &str = "#!/bin/sh\necho \"a server: username=$username BILLING_username=$BILLING_username $*\"\n";

const GRANTS: &str = "\
cluster: idp-nonprod-1
region: eu-west-1
account: \"111122223333\"
grants:
  - namespace: payments
    to:
      - permission-set:idp-ns-payments
      - arn:aws:iam::111122223333:role/ci
    preset: viewer
";

/// A context `prod` as `aws eks update-kubeconfig` writes it, for `kubeconfig convert`.
fn kubeconfig(sandbox: &Sandbox) -> String {
    let cluster = corp_cluster().name;
    let endpoint = sandbox.kube_endpoint(&cluster).unwrap_or_default();
    let authority = BASE64.encode(sandbox.kube_ca_pem(&cluster).unwrap_or_default());
    format!(
        "apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: {authority}
    server: {endpoint}
  name: prod
contexts:
- context:
    cluster: prod
    namespace: prod
    user: prod
  name: prod
users:
- name: prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args: [--region, {HOME_REGION}, eks, get-token, --cluster-name, {cluster}, --output, json]
      command: aws
      env:
      - name: AWS_PROFILE
        value: corp
"
    )
}

/// Writes what a person of the demo world has at home: the AWS profiles `corp` (the IAM user ada) and `platform` (the
/// platform team), a context that runs the AWS CLI, a file of grants, and a program `server` for `secrets exec`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_home(sandbox: &Sandbox, home: &Path) -> std::io::Result<()> {
    let control = sandbox.control();
    std::fs::create_dir_all(home.join(".aws"))?;
    let keys = format!("{}\n{}", section(&control, "corp", &ada()), section(&control, "platform", &platform()));
    std::fs::write(home.join(".aws/credentials"), keys)?;
    std::fs::write(home.join(".aws/config"), "[profile platform]\nregion = eu-west-1\n")?;
    std::fs::create_dir_all(home.join(".kube"))?;
    std::fs::write(home.join(".kube/config"), kubeconfig(sandbox))?;
    std::fs::write(home.join("grants.yaml"), GRANTS)?;
    std::fs::write(home.join("server"), SERVER)?;
    std::fs::create_dir_all(home.join(".config/nsaccess"))?;
    std::fs::write(home.join(".config/nsaccess/config.toml"), FORWARDS)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(home.join(".aws/credentials"), std::fs::Permissions::from_mode(0o600))?;
        std::fs::set_permissions(home.join("server"), std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn section(control: &Control, profile: &str, user: &User) -> String {
    let keys = control.user_keys(&user.account, &user.name);
    let lines: Vec<String> = keys.iter().map(|(name, value)| format!("{} = {value}\n", name.to_lowercase())).collect();
    format!("[{profile}]\n{}", lines.concat())
}
