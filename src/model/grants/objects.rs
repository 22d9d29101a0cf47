//! The objects of Kubernetes that a grant is made of.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::grants::access::{Access, RoleRef};
use crate::model::grants::grant::{self, Grant};
use crate::model::kube::policy_rule::PolicyRule;
use crate::model::rfc3339::Rfc3339;

pub(crate) const FIELD_MANAGER: &str = "nsaccess";
/// Whose an object is.
pub(crate) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The label of what a Role or binding gives: `viewer`, …
pub(crate) const PRESET: &str = "nsaccess/preset";
/// The annotation of a binding's principal, since its group says only a slug.
pub(crate) const PRINCIPAL: &str = "nsaccess/principal";
/// The annotation of the time when a binding ends.
pub(crate) const UNTIL: &str = "nsaccess/until";

const RBAC: &str = "rbac.authorization.k8s.io";
const RBAC_V1: &str = "rbac.authorization.k8s.io/v1";

/// A time as annotations and tags have it: in whole seconds of UTC.
pub(crate) fn time_text(time: Timestamp) -> String {
    Rfc3339::from(time).to_string()
}

pub(crate) fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {MANAGED_BY: FIELD_MANAGER}},
    })
}

/// The Role of a grant. `None`: it needs none of its own.
pub(crate) fn role(grant: &Grant) -> Option<Value> {
    role_for(&grant.namespace, &grant.access, &grant.principal.slug())
}

/// The binding of a grant. `None`: an access policy needs none.
pub(crate) fn role_binding(grant: &Grant) -> Option<Value> {
    let (slug, principal) = (grant.principal.slug(), grant.principal.arn());
    role_binding_for(&grant.namespace, &grant.access, &slug, &principal, grant.until)
}

/// The Role of an access, for the principal of a slug.
pub(crate) fn role_for(namespace: &str, access: &Access, slug: &str) -> Option<Value> {
    let RoleRef::Role(name) = grant::role_ref(access, slug)? else { return None };
    let rules: Vec<PolicyRule> = match access {
        Access::Preset(preset) => preset.rules(),
        Access::Rules { rules, .. } => rules.clone(),
        Access::Policy(_) => return None,
    };
    Some(json!({
        "apiVersion": RBAC_V1,
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace, "labels": labels(access)},
        "rules": rules,
    }))
}

/// The binding of an access, for the principal of a slug; `principal` is how the annotation names it.
pub(crate) fn role_binding_for(
    namespace: &str,
    access: &Access,
    slug: &str,
    principal: &str,
    until: Option<Timestamp>,
) -> Option<Value> {
    let (kind, name) = match grant::role_ref(access, slug)? {
        RoleRef::Role(name) => ("Role", name),
        RoleRef::ClusterRole(name) => ("ClusterRole", name),
    };
    let mut annotations = json!({PRINCIPAL: principal});
    if let Some(until) = until {
        annotations[UNTIL] = json!(time_text(until));
    }
    Some(json!({
        "apiVersion": RBAC_V1,
        "kind": "RoleBinding",
        "metadata": {
            "name": grant::binding_name(slug),
            "namespace": namespace,
            "labels": labels(access),
            "annotations": annotations,
        },
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [{"kind": "Group", "apiGroup": RBAC, "name": grant::group(namespace, slug)}],
    }))
}

fn labels(access: &Access) -> Value {
    json!({MANAGED_BY: FIELD_MANAGER, PRESET: access.label()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::grants::preset::Preset;
    use crate::model::grants::principal::Principal;

    fn grant(access: Access) -> Grant {
        let arn =
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_idp-ns-a_0123456789abcdef";
        let until = Some("2026-11-26T18:00:00.25Z".parse().expect("a time"));
        let principal = Principal::parse(arn).expect("a role");
        Grant { namespace: "idp-dev".to_owned(), principal, access, until, create_namespace: true }
    }

    #[test]
    fn a_preset_is_a_role_and_a_binding_of_one_group() {
        let grant = grant(Access::Preset(Preset::Floor));
        let role = role(&grant).expect("a Role");
        assert_eq!(role["metadata"]["name"], "nsaccess-floor");
        assert_eq!(
            role["rules"][0],
            json!({"apiGroups": [""], "resources": ["pods", "services", "endpoints"], "verbs": ["get"]})
        );
        let binding = role_binding(&grant).expect("a binding");
        assert_eq!(
            binding,
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {
                    "name": "nsaccess-idp-ns-a-387f5636",
                    "namespace": "idp-dev",
                    "labels": {"app.kubernetes.io/managed-by": "nsaccess", "nsaccess/preset": "floor"},
                    "annotations": {
                        "nsaccess/principal": grant.principal.arn(),
                        "nsaccess/until": "2026-11-26T18:00:00Z",
                    },
                },
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "nsaccess-floor"},
                "subjects": [{
                    "kind": "Group",
                    "apiGroup": "rbac.authorization.k8s.io",
                    "name": "nsaccess:idp-dev:idp-ns-a-387f5636",
                }],
            })
        );
    }

    #[test]
    fn admin_binds_the_cluster_role_and_a_policy_binds_nothing() {
        let admin = grant(Access::Preset(Preset::Admin));
        assert_eq!(role(&admin), None);
        assert_eq!(role_binding(&admin).expect("a binding")["roleRef"]["kind"], "ClusterRole");
        let policy = grant(Access::Policy("AmazonEKSViewPolicy".to_owned()));
        assert_eq!((role(&policy), role_binding(&policy)), (None, None));
    }

    #[test]
    fn a_file_of_rules_becomes_a_role_named_like_the_binding() {
        let rules = vec![PolicyRule::new("", &["pods"], &["get"])];
        let grant = grant(Access::Rules { source: "rules.yaml".to_owned(), rules });
        let (role, binding) = (role(&grant).expect("a Role"), role_binding(&grant).expect("a binding"));
        assert_eq!(role["metadata"]["name"], binding["metadata"]["name"]);
        assert_eq!(role["metadata"]["name"], binding["roleRef"]["name"]);
        assert_eq!(role["rules"], json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]));
    }
}
