//! Access entries of EKS: which principal of AWS is who in a cluster.
//! <https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html>

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::settings::pattern::matches_glob;

/// What an access entry says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AccessEntry {
    /// With its path.
    pub(crate) principal_arn: String,
    /// `STANDARD` for people and programs; nodes have others.
    pub(crate) kind: String,
    /// With its templates, like `{{SessionName}}`.
    pub(crate) username: String,
    pub(crate) groups: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_at: Option<Timestamp>,
    /// Its access policies. `None`: they were not read.
    pub(crate) policies: Option<Vec<PolicyAssociation>>,
}

/// An access policy of an entry, and where it holds. An entry has each policy once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyAssociation {
    /// `arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy`, …
    pub(crate) policy_arn: String,
    pub(crate) scope: PolicyScope,
}

/// Where an access policy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PolicyScope {
    Cluster,
    /// In these namespaces; `*` stands for any text.
    Namespaces(Vec<String>),
}

impl PolicyAssociation {
    /// The last part of the policy's ARN.
    pub(crate) fn policy_name(&self) -> &str {
        self.policy_arn.rsplit('/').next().unwrap_or(&self.policy_arn)
    }
}

impl PolicyScope {
    /// Whether it holds in a namespace.
    pub(crate) fn covers(&self, namespace: &str) -> bool {
        match self {
            PolicyScope::Cluster => true,
            PolicyScope::Namespaces(patterns) => patterns.iter().any(|pattern| matches_glob(pattern, namespace)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_what_its_patterns_match() {
        let scope = PolicyScope::Namespaces(vec!["pay*".into(), "shop".into()]);
        assert!(scope.covers("payroll") && scope.covers("shop") && !scope.covers("shop-dev"));
        assert!(PolicyScope::Cluster.covers("anything"));
    }
}
