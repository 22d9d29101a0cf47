//! The built-in resources and their names.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BuiltIn {
    /// `pods`, `deployments`, …
    pub(crate) plural: &'static str,
    /// Empty for the core group.
    pub(crate) group: &'static str,
    pub(crate) is_namespaced: bool,
}

/// Parses `deploy`, `Deployment`, `deployments.apps`, `deployments.v1.apps`. In any case, unlike kubectl, which takes short
/// names in lower case only.
pub(crate) fn built_in(typed: &str) -> Option<BuiltIn> {
    let (name, group) = name_and_group(typed);
    let group = group.as_deref();
    let found = RESOURCES.iter().find(|(plural, known_group, _, others)| {
        (*plural == name || others.contains(&name.as_str())) && group.is_none_or(|group| group == *known_group)
    });
    found.map(|(plural, group, is_namespaced, _)| BuiltIn { plural, group, is_namespaced: *is_namespaced })
}

/// The name in lower case, and the group if one was typed.
pub(crate) fn name_and_group(typed: &str) -> (String, Option<String>) {
    let lower = typed.to_ascii_lowercase();
    match lower.split_once('.') {
        Some((name, group)) => (name.to_owned(), Some(without_version(group).to_owned())),
        None => (lower, None),
    }
}

/// Removes the version in `v1.apps`, as kubectl does.
fn without_version(group: &str) -> &str {
    match group.split_once('.') {
        Some((version, rest)) if version.starts_with('v') && version[1..].starts_with(|c: char| c.is_ascii_digit()) => {
            rest
        }
        _ => group,
    }
}

/// Plural, group, whether it is namespaced, and other names.
const RESOURCES: &[(&str, &str, bool, &[&str])] = &[
    ("pods", "", true, &["pod", "po"]),
    ("services", "", true, &["service", "svc"]),
    ("endpoints", "", true, &["endpoint", "ep"]),
    ("configmaps", "", true, &["configmap", "cm"]),
    ("secrets", "", true, &["secret"]),
    ("serviceaccounts", "", true, &["serviceaccount", "sa"]),
    ("events", "", true, &["event", "ev"]),
    ("persistentvolumeclaims", "", true, &["persistentvolumeclaim", "pvc"]),
    ("replicationcontrollers", "", true, &["replicationcontroller", "rc"]),
    ("resourcequotas", "", true, &["resourcequota", "quota"]),
    ("limitranges", "", true, &["limitrange", "limits"]),
    ("namespaces", "", false, &["namespace", "ns"]),
    ("nodes", "", false, &["node", "no"]),
    ("persistentvolumes", "", false, &["persistentvolume", "pv"]),
    ("deployments", "apps", true, &["deployment", "deploy"]),
    ("statefulsets", "apps", true, &["statefulset", "sts"]),
    ("daemonsets", "apps", true, &["daemonset", "ds"]),
    ("replicasets", "apps", true, &["replicaset", "rs"]),
    ("jobs", "batch", true, &["job"]),
    ("cronjobs", "batch", true, &["cronjob", "cj"]),
    ("ingresses", "networking.k8s.io", true, &["ingress", "ing"]),
    ("networkpolicies", "networking.k8s.io", true, &["networkpolicy", "netpol"]),
    ("endpointslices", "discovery.k8s.io", true, &["endpointslice"]),
    ("horizontalpodautoscalers", "autoscaling", true, &["horizontalpodautoscaler", "hpa"]),
    ("poddisruptionbudgets", "policy", true, &["poddisruptionbudget", "pdb"]),
    ("roles", "rbac.authorization.k8s.io", true, &["role"]),
    ("rolebindings", "rbac.authorization.k8s.io", true, &["rolebinding"]),
    ("clusterroles", "rbac.authorization.k8s.io", false, &["clusterrole"]),
    ("clusterrolebindings", "rbac.authorization.k8s.io", false, &["clusterrolebinding"]),
    ("leases", "coordination.k8s.io", true, &["lease"]),
    ("customresourcedefinitions", "apiextensions.k8s.io", false, &["customresourcedefinition", "crd", "crds"]),
    ("storageclasses", "storage.k8s.io", false, &["storageclass", "sc"]),
    ("podtemplates", "", true, &["podtemplate"]),
    ("bindings", "", true, &["binding"]),
    ("componentstatuses", "", false, &["componentstatus", "cs"]),
    ("controllerrevisions", "apps", true, &["controllerrevision"]),
    ("selfsubjectaccessreviews", "authorization.k8s.io", false, &["selfsubjectaccessreview"]),
    ("selfsubjectrulesreviews", "authorization.k8s.io", false, &["selfsubjectrulesreview"]),
    ("subjectaccessreviews", "authorization.k8s.io", false, &["subjectaccessreview"]),
    ("localsubjectaccessreviews", "authorization.k8s.io", true, &["localsubjectaccessreview"]),
    ("selfsubjectreviews", "authentication.k8s.io", false, &["selfsubjectreview"]),
    ("tokenreviews", "authentication.k8s.io", false, &["tokenreview"]),
    ("ingressclasses", "networking.k8s.io", false, &["ingressclass"]),
    ("ipaddresses", "networking.k8s.io", false, &["ipaddress", "ip"]),
    ("servicecidrs", "networking.k8s.io", false, &["servicecidr"]),
    ("volumeattachments", "storage.k8s.io", false, &["volumeattachment"]),
    ("volumeattributesclasses", "storage.k8s.io", false, &["volumeattributesclass", "vac"]),
    ("csidrivers", "storage.k8s.io", false, &["csidriver"]),
    ("csinodes", "storage.k8s.io", false, &["csinode"]),
    ("csistoragecapacities", "storage.k8s.io", true, &["csistoragecapacity"]),
    ("priorityclasses", "scheduling.k8s.io", false, &["priorityclass", "pc"]),
    ("runtimeclasses", "node.k8s.io", false, &["runtimeclass"]),
    ("certificatesigningrequests", "certificates.k8s.io", false, &["certificatesigningrequest", "csr"]),
    ("apiservices", "apiregistration.k8s.io", false, &["apiservice"]),
    ("mutatingwebhookconfigurations", "admissionregistration.k8s.io", false, &["mutatingwebhookconfiguration"]),
    ("validatingwebhookconfigurations", "admissionregistration.k8s.io", false, &["validatingwebhookconfiguration"]),
    ("validatingadmissionpolicies", "admissionregistration.k8s.io", false, &["validatingadmissionpolicy"]),
    ("validatingadmissionpolicybindings", "admissionregistration.k8s.io", false, &["validatingadmissionpolicybinding"]),
    ("flowschemas", "flowcontrol.apiserver.k8s.io", false, &["flowschema"]),
    ("prioritylevelconfigurations", "flowcontrol.apiserver.k8s.io", false, &["prioritylevelconfiguration"]),
    ("deviceclasses", "resource.k8s.io", false, &["deviceclass"]),
    ("resourceclaims", "resource.k8s.io", true, &["resourceclaim"]),
    ("resourceclaimtemplates", "resource.k8s.io", true, &["resourceclaimtemplate"]),
    ("resourceslices", "resource.k8s.io", false, &["resourceslice"]),
];
