//! What a principal may do in a namespace.

use crate::model::grants::preset::Preset;
use crate::model::kube::policy_rule::PolicyRule;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Access {
    Preset(Preset),
    Rules {
        /// Where they were read, for messages.
        source: String,
        rules: Vec<PolicyRule>,
    },
    /// An access policy of EKS, by its name: `AmazonEKSViewPolicy`.
    Policy(String),
}

/// The `roleRef` of a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleRef {
    Role(String),
    ClusterRole(String),
}

impl Access {
    /// A word for labels, tags and tables.
    pub(crate) fn label(&self) -> &str {
        match self {
            Access::Preset(preset) => preset.label(),
            Access::Rules { .. } => "rules",
            Access::Policy(name) => name,
        }
    }

    /// Whether it is given by objects of Kubernetes, or by EKS alone.
    pub(crate) fn is_rbac(&self) -> bool {
        !matches!(self, Access::Policy(_))
    }
}
