//! Presets: what people usually get in a namespace.

use crate::model::kube::policy_rule::PolicyRule;

/// The built-in ClusterRole of the preset `admin`.
pub(crate) const CLUSTER_ROLE_ADMIN: &str = "admin";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Preset {
    Floor,
    Viewer,
    Developer { with_secrets: bool },
    Admin,
}

const READ: &[&str] = &["get", "list", "watch"];
const CHANGE: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];
/// Today's clients open a WebSocket by GET, older ones SPDY by POST; since 1.35 the server wants both of the former.
const CONNECT: &[&str] = &["get", "create"];

type Line = (&'static str, &'static [&'static str], &'static [&'static str]);

const FLOOR: &[Line] = &[("", &["pods", "services", "endpoints"], &["get"]), ("", &["pods/portforward"], CONNECT)];

const VIEWER: &[Line] = &[
    ("", &["pods", "services", "endpoints", "configmaps", "events"], READ),
    ("", &["pods/log"], &["get"]),
    ("", &["pods/portforward"], CONNECT),
    ("apps", &["deployments", "statefulsets", "daemonsets", "replicasets"], READ),
    ("autoscaling", &["horizontalpodautoscalers"], READ),
    ("batch", &["jobs", "cronjobs"], READ),
    ("discovery.k8s.io", &["endpointslices"], READ),
    ("events.k8s.io", &["events"], READ),
    ("networking.k8s.io", &["ingresses"], READ),
];

const DEVELOPER: &[Line] = &[
    ("", &["pods", "services", "configmaps"], CHANGE),
    ("", &["endpoints", "events"], READ),
    ("", &["pods/log"], &["get"]),
    ("", &["pods/attach", "pods/exec", "pods/portforward"], CONNECT),
    ("apps", &["deployments", "statefulsets", "daemonsets", "replicasets"], CHANGE),
    ("apps", &["deployments/scale", "statefulsets/scale", "replicasets/scale"], &["get", "update", "patch"]),
    ("autoscaling", &["horizontalpodautoscalers"], READ),
    ("batch", &["jobs", "cronjobs"], CHANGE),
    ("discovery.k8s.io", &["endpointslices"], READ),
    ("events.k8s.io", &["events"], READ),
    ("networking.k8s.io", &["ingresses"], CHANGE),
];

const SECRETS: &[Line] = &[("", &["secrets"], CHANGE)];

impl Preset {
    /// In the order of their rights.
    pub(crate) const ALL: [Preset; 5] = [
        Preset::Floor,
        Preset::Viewer,
        Preset::Developer { with_secrets: false },
        Preset::Developer { with_secrets: true },
        Preset::Admin,
    ];

    /// As `--preset` takes them.
    pub(crate) const NAMES: [&str; 4] = ["floor", "viewer", "developer", "admin"];

    /// A preset as it is typed. Errors end a sentence that begins with the name.
    pub(crate) fn parse(name: &str, with_secrets: bool) -> Result<Self, String> {
        let preset = match name {
            "floor" => Preset::Floor,
            "viewer" => Preset::Viewer,
            "developer" => return Ok(Preset::Developer { with_secrets }),
            "developer-with-secrets" => return Ok(Preset::Developer { with_secrets: true }),
            "admin" => Preset::Admin,
            _ => return Err(format!("is not a preset; available: {}", Preset::NAMES.join(", "))),
        };
        match (preset, with_secrets) {
            (Preset::Admin, true) => Err("already includes Kubernetes secrets; remove --with-secrets".to_owned()),
            (_, true) => Err("does not support --with-secrets; only developer does".to_owned()),
            (_, false) => Ok(preset),
        }
    }

    /// As it is typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Preset::Floor => "floor",
            Preset::Viewer => "viewer",
            Preset::Developer { .. } => "developer",
            Preset::Admin => "admin",
        }
    }

    /// In the names of Roles, and as the value of labels.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Preset::Developer { with_secrets: true } => "developer-with-secrets",
            other => other.name(),
        }
    }

    pub(crate) fn description(self) -> &'static str {
        match self {
            Preset::Floor => "get pods, services and endpoints by name; port-forward",
            Preset::Viewer => "floor, plus read everything except secrets; logs",
            Preset::Developer { with_secrets: false } => "viewer, plus edit workloads and config maps; exec",
            Preset::Developer { with_secrets: true } => "developer, plus read and edit Kubernetes secrets",
            Preset::Admin => "the built-in ClusterRole admin, in the namespace",
        }
    }

    /// The rules of its Role. `admin` has none: its ClusterRole comes with Kubernetes, and grows with what is installed.
    pub(crate) fn rules(self) -> Vec<PolicyRule> {
        let lines = match self {
            Preset::Floor => FLOOR,
            Preset::Viewer => VIEWER,
            Preset::Developer { .. } => DEVELOPER,
            Preset::Admin => &[],
        };
        let secrets = if self == (Preset::Developer { with_secrets: true }) { SECRETS } else { &[] };
        let rule = |(group, resources, verbs): &Line| PolicyRule::new(group, resources, verbs);
        lines.iter().chain(secrets).map(rule).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every (group, resource, verb) of a preset.
    fn rights(preset: Preset) -> BTreeSet<(String, String, String)> {
        let mut rights = BTreeSet::new();
        for rule in preset.rules() {
            for group in &rule.api_groups {
                for resource in &rule.resources {
                    rights.extend(rule.verbs.iter().map(|verb| (group.clone(), resource.clone(), verb.clone())));
                }
            }
        }
        rights
    }

    #[test]
    fn each_preset_has_all_rights_of_the_one_before() {
        let [floor, viewer, developer, with_secrets, _] = Preset::ALL.map(rights);
        assert!(floor.len() == 5 && floor.is_subset(&viewer) && floor != viewer);
        assert!(viewer.is_subset(&developer) && viewer != developer);
        let secrets: Vec<_> = with_secrets.difference(&developer).map(|(_, resource, _)| resource.as_str()).collect();
        assert!(developer.is_subset(&with_secrets) && secrets.iter().all(|it| *it == "secrets") && secrets.len() == 7);
    }

    #[test]
    fn no_preset_leads_to_more_rights() {
        for preset in Preset::ALL {
            for (group, resource, verb) in rights(preset) {
                let right = format!("{verb} {resource}.{group}");
                assert!(group != "rbac.authorization.k8s.io" && !resource.starts_with("serviceaccounts"), "{right}");
                assert!(![group, resource, verb.clone()].contains(&"*".to_owned()), "{right}");
                assert!(!["escalate", "bind", "impersonate", "deletecollection"].contains(&verb.as_str()), "{right}");
            }
        }
        for preset in [Preset::Floor, Preset::Viewer, Preset::Developer { with_secrets: false }] {
            assert!(rights(preset).iter().all(|(_, resource, _)| resource != "secrets"), "{preset:?}");
        }
    }

    #[test]
    fn who_may_connect_may_do_so_with_old_and_new_clients() {
        for preset in Preset::ALL {
            let connects: Vec<_> = preset.rules().into_iter().filter(|rule| rule.verbs == ["get", "create"]).collect();
            let named: Vec<_> = connects.iter().flat_map(|rule| rule.resources.clone()).collect();
            match preset {
                Preset::Floor | Preset::Viewer => assert_eq!(named, ["pods/portforward"]),
                Preset::Developer { .. } => assert_eq!(named, ["pods/attach", "pods/exec", "pods/portforward"]),
                Preset::Admin => assert!(named.is_empty()),
            }
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for preset in Preset::ALL {
            let with_secrets = preset == Preset::Developer { with_secrets: true };
            assert_eq!(Preset::parse(preset.name(), with_secrets), Ok(preset));
            assert!(Preset::NAMES.contains(&preset.name()));
        }
        for (name, with_secrets) in [("Viewer", false), ("", false), ("edit", false), ("viewer", true), ("admin", true)]
        {
            assert!(Preset::parse(name, with_secrets).is_err(), "{name}");
        }
    }
}
