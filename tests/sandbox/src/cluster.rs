//! The configuration of a cluster: who is mapped to what, and its objects. All of this happens before the start;
//! afterwards `Control` edits the running one.

mod access_entry;

use serde_json::{Value, json};

pub use access_entry::{AccessEntry, AssociatedPolicy, RoleMapping};

use crate::credentials::role_path_arn;
use crate::objects;

/// An EKS cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its name, which a token must be signed for.
    pub name: String,
    /// The account in which it is.
    pub account: String,
    /// The region in which it is.
    pub region: String,
    /// The Kubernetes version, `1.33`.
    pub version: String,
    /// `ACTIVE`, `CREATING`, …
    pub status: String,
    /// `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`: which of the two maps below counts.
    pub authentication_mode: String,
    /// Whether `DescribeCluster` shows an endpoint and a certificate authority (a cluster that is being created has
    /// none yet).
    pub has_endpoint: bool,
    /// The endpoint that `DescribeCluster` shows instead of the listener's, such as a private one that does not answer.
    pub shown_endpoint: Option<String>,
    /// The certificate authority that `DescribeCluster` shows instead of the listener's, in PEM.
    pub shown_authority_pem: Option<String>,
    /// Whether the endpoint is reachable from the internet, as `DescribeCluster` shows it.
    pub endpoint_public_access: bool,
    /// Whether the endpoint is reachable from the VPC, as `DescribeCluster` shows it.
    pub endpoint_private_access: bool,
    /// The networks from which the public endpoint is reachable, as `DescribeCluster` shows them.
    pub public_access_cidrs: Vec<String>,
    /// `STANDARD` or `EXTENDED`: what happens when standard support of the version ends.
    pub support_type: String,
    /// What EKS says is wrong with the cluster.
    pub health_issues: Vec<HealthIssue>,
    /// EKS access entries: roles by their full ARN.
    pub access_entries: Vec<AccessEntry>,
    /// `mapRoles` of the `aws-auth` ConfigMap: roles by their ARN without a path.
    pub aws_auth: Vec<RoleMapping>,
    /// The audiences of the account's IAM OIDC provider for this cluster; None without a provider.
    pub oidc_audiences: Option<Vec<String>>,
    /// The associations of EKS Pod Identity.
    pub pod_identities: Vec<PodIdentity>,
    /// The objects in it, as the API spells them.
    pub objects: Vec<Value>,
}

/// One of the `health.issues` of a cluster.
#[derive(Debug, Clone)]
pub struct HealthIssue {
    /// `ClusterUnreachable`, `KmsKeyDisabled`, `Ec2SubnetNotFound`, …
    pub code: String,
    /// The message.
    pub message: String,
    /// The AWS resources that it is about.
    pub resource_ids: Vec<String>,
}

/// A service account and the role that EKS Pod Identity gives its pods.
#[derive(Debug, Clone)]
pub struct PodIdentity {
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role.
    pub role_arn: String,
}

impl PodIdentity {
    /// An association.
    pub fn new(namespace: &str, service_account: &str, role_arn: &str) -> PodIdentity {
        PodIdentity {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            role_arn: role_arn.to_owned(),
        }
    }
}

impl Cluster {
    /// A cluster that nobody is mapped in, with the objects that every cluster has.
    pub fn new(name: &str, account: &str, region: &str) -> Cluster {
        let mut objects = objects::bootstrap();
        objects.extend(["default", "kube-system", "kube-public"].map(objects::namespace));
        Cluster {
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            version: "1.33".to_owned(),
            status: "ACTIVE".to_owned(),
            authentication_mode: "API_AND_CONFIG_MAP".to_owned(),
            has_endpoint: true,
            shown_endpoint: None,
            shown_authority_pem: None,
            endpoint_public_access: true,
            endpoint_private_access: true,
            public_access_cidrs: vec!["0.0.0.0/0".to_owned()],
            support_type: "EXTENDED".to_owned(),
            health_issues: Vec::new(),
            access_entries: Vec::new(),
            aws_auth: Vec::new(),
            pod_identities: Vec::new(),
            oidc_audiences: Some(vec!["sts.amazonaws.com".to_owned()]),
            objects,
        }
    }

    /// Whether its Kubernetes is of this minor version or newer.
    pub(crate) fn is_at_least(&self, minor: u32) -> bool {
        let own = self.version.split('.').nth(1).and_then(|text| text.parse::<u32>().ok());
        own.is_some_and(|own| own >= minor)
    }

    /// The issuer of its service accounts' tokens.
    pub fn oidc_issuer(&self) -> String {
        let id = objects::uid(&["oidc", &self.name]).replace('-', "").to_ascii_uppercase();
        format!("https://oidc.eks.{}.amazonaws.com/id/{id}", self.region)
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:eks:{}:{}:cluster/{}", self.region, self.account, self.name)
    }

    /// Maps a permission set of this cluster's account to a group, through an access entry.
    pub fn map_permission_set(&mut self, sso_region: &str, permission_set: &str, group: &str) -> &mut Cluster {
        let role = role_path_arn(&self.account, sso_region, permission_set);
        self.access_entries.push(AccessEntry::new(&role, "sso:{{SessionName}}", &[group]));
        self
    }

    /// Adds a namespace with the usual pods and services.
    pub fn add_namespace(&mut self, name: &str) -> &mut Cluster {
        self.objects.push(objects::namespace(name));
        self.objects.extend(objects::workload(name));
        self
    }

    /// Adds one of each kind of service, workload and server to an existing namespace.
    pub fn add_showcase(&mut self, namespace: &str) -> &mut Cluster {
        self.objects.extend(objects::showcase(namespace));
        self
    }

    /// Adds workloads with IAM roles to an existing namespace: see [`objects::identities`].
    pub fn add_identities(&mut self, namespace: &str) -> &mut Cluster {
        let role = format!("arn:aws:iam::{}:role/idp-demo-mailer", self.account);
        self.pod_identities.push(PodIdentity::new(namespace, "mailer", &role));
        self.objects.extend(objects::identities(namespace, &self.account));
        self
    }

    /// Gives a group the minimal rights of a namespace's developer: get pods, get services, create pods/portforward.
    pub fn grant_floor(&mut self, namespace: &str, group: &str) -> &mut Cluster {
        let rules = json!([
            {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get"]},
            {"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["create"]},
        ]);
        self.grant(namespace, "idp-ns-floor", rules, group)
    }

    /// Gives a group these rules in a namespace, by a Role and a RoleBinding with the same name.
    pub fn grant(&mut self, namespace: &str, name: &str, rules: Value, group: &str) -> &mut Cluster {
        self.objects.push(objects::role(namespace, name, rules));
        self.objects.push(objects::role_binding(namespace, name, ("Role", name), group));
        self
    }

    /// Gives a group a ClusterRole everywhere.
    pub fn bind_cluster_role(&mut self, group: &str, cluster_role: &str) -> &mut Cluster {
        self.objects.push(objects::cluster_role_binding(&format!("{group}-{cluster_role}"), cluster_role, group));
        self
    }
}
