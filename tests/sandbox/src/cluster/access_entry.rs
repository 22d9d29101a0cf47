//! Who is mapped to what: EKS access entries, and the roles of `aws-auth`.

use std::collections::BTreeMap;

/// An EKS access entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// The ARN of the role, with its path.
    pub principal_arn: String,
    /// The user name; `{{SessionName}}`, `{{SessionNameRaw}}`, `{{AccountID}}` and `{{AccessKeyID}}` are filled in.
    pub username: String,
    /// The groups.
    pub groups: Vec<String>,
    /// `STANDARD`, `EC2_LINUX`, …
    pub kind: String,
    /// When it was created, in milliseconds since 1970; None is filled in when the cluster gets it.
    pub created_at: Option<i64>,
    /// When it was last changed, in milliseconds since 1970; None is the time of its creation.
    pub modified_at: Option<i64>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// The access policies.
    pub policies: Vec<AssociatedPolicy>,
}

/// An access policy that is associated with an access entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociatedPolicy {
    /// `arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy`, …
    pub policy_arn: String,
    /// The namespaces in which it holds, which may end with `*`; None for the whole cluster.
    pub namespaces: Option<Vec<String>>,
    /// When it was associated, in milliseconds since 1970; None is the time of the entry's creation.
    pub associated_at: Option<i64>,
}

/// A role of `mapRoles` in the `aws-auth` ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleMapping {
    /// The ARN of the role, without its path.
    pub role_arn: String,
    /// The user name, with the same templates.
    pub username: String,
    /// The groups, with the same templates.
    pub groups: Vec<String>,
}

impl AccessEntry {
    /// A standard entry.
    pub fn new(principal_arn: &str, username: &str, groups: &[&str]) -> AccessEntry {
        AccessEntry {
            principal_arn: principal_arn.to_owned(),
            username: username.to_owned(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            kind: "STANDARD".to_owned(),
            created_at: None,
            modified_at: None,
            tags: BTreeMap::new(),
            policies: Vec::new(),
        }
    }

    /// Associates an access policy, `AmazonEKSViewPolicy`, with the whole cluster or with namespaces.
    #[must_use]
    pub fn with_policy(mut self, name: &str, namespaces: Option<&[&str]>) -> AccessEntry {
        self.policies.push(AssociatedPolicy {
            policy_arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
            namespaces: namespaces.map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            associated_at: None,
        });
        self
    }

    /// Whether it is about a principal. ARNs are compared without their case.
    pub(crate) fn is_of(&self, principal_arn: &str) -> bool {
        self.principal_arn.eq_ignore_ascii_case(principal_arn)
    }
}

impl RoleMapping {
    /// A mapping.
    pub fn new(role_arn: &str, username: &str, groups: &[&str]) -> RoleMapping {
        RoleMapping {
            role_arn: role_arn.to_owned(),
            username: username.to_owned(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
        }
    }
}
