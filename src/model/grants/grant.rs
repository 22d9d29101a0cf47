//! A grant, and the names of what it is made of.

use jiff::Timestamp;

use crate::model::grants::access::{Access, RoleRef};
use crate::model::grants::preset::{CLUSTER_ROLE_ADMIN, Preset};
use crate::model::grants::principal::Principal;

/// How the cluster learns who a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Way {
    AccessEntry,
    AwsAuth,
}

impl Way {
    /// As `--via` takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::AccessEntry => "access-entry",
            Way::AwsAuth => "aws-auth",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Way::AccessEntry, Way::AwsAuth].into_iter().find(|way| way.name() == name)
    }
}

/// One principal in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) namespace: String,
    pub(crate) principal: Principal,
    pub(crate) access: Access,
    /// When it ends, with `--for`.
    pub(crate) until: Option<Timestamp>,
    pub(crate) create_namespace: bool,
}

impl Grant {
    /// The group that the principal is mapped to, and that the binding binds.
    pub(crate) fn group(&self) -> String {
        group(&self.namespace, &self.principal.slug())
    }

    pub(crate) fn binding_name(&self) -> String {
        binding_name(&self.principal.slug())
    }

    /// The Role of its own, if it needs one: not for an access policy, nor where the Role comes with Kubernetes.
    pub(crate) fn role_name(&self) -> Option<String> {
        match self.role_ref()? {
            RoleRef::Role(name) => Some(name),
            RoleRef::ClusterRole(_) => None,
        }
    }

    /// What its binding refers to. `None`: it has no binding.
    fn role_ref(&self) -> Option<RoleRef> {
        role_ref(&self.access, &self.principal.slug())
    }
}

pub(crate) fn group(namespace: &str, slug: &str) -> String {
    format!("nsaccess:{namespace}:{slug}")
}

pub(crate) fn binding_name(slug: &str) -> String {
    format!("nsaccess-{slug}")
}

pub(crate) fn role_ref(access: &Access, slug: &str) -> Option<RoleRef> {
    match access {
        Access::Preset(Preset::Admin) => Some(RoleRef::ClusterRole(CLUSTER_ROLE_ADMIN.to_owned())),
        Access::Preset(preset) => Some(RoleRef::Role(format!("nsaccess-{}", preset.label()))),
        Access::Rules { .. } => Some(RoleRef::Role(binding_name(slug))),
        Access::Policy(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(access: Access) -> Grant {
        let principal = Principal::parse("arn:aws:iam::111122223333:role/ci/deploy").expect("a role");
        Grant { namespace: "idp-dev".to_owned(), principal, access, until: None, create_namespace: false }
    }

    #[test]
    fn names_are_made_of_the_principal_and_the_access() {
        let viewer = grant(Access::Preset(Preset::Viewer));
        let slug = viewer.principal.slug();
        assert_eq!(viewer.group(), format!("nsaccess:idp-dev:{slug}"));
        assert_eq!(viewer.binding_name(), format!("nsaccess-{slug}"));
        assert_eq!(viewer.role_name().as_deref(), Some("nsaccess-viewer"));
        let role_of = |access| grant(access).role_name();
        let developer = Access::Preset(Preset::Developer { with_secrets: true });
        assert_eq!(role_of(developer).as_deref(), Some("nsaccess-developer-with-secrets"));
        let rules = Access::Rules { source: "rules.yaml".to_owned(), rules: vec![] };
        assert_eq!(role_of(rules), Some(format!("nsaccess-{slug}")));
    }

    #[test]
    fn what_comes_with_kubernetes_or_eks_needs_no_role() {
        let admin = grant(Access::Preset(Preset::Admin));
        assert_eq!((admin.role_name(), admin.role_ref()), (None, Some(RoleRef::ClusterRole("admin".to_owned()))));
        let policy = grant(Access::Policy("AmazonEKSViewPolicy".to_owned()));
        assert_eq!((policy.role_name(), policy.role_ref()), (None, None));
    }

    #[test]
    fn ways_are_read_as_they_are_written() {
        for way in [Way::AccessEntry, Way::AwsAuth] {
            assert_eq!(Way::parse(way.name()), Some(way));
        }
        assert_eq!(Way::parse("auto"), None);
    }
}
