//! Built-in subresources and verbs.

/// Subresources of the built-in resources. After a `/`, one of these is not an object's name.
pub(super) const SUBRESOURCES: &[(&str, &[&str])] = &[
    (
        "pods",
        &[
            "attach",
            "binding",
            "ephemeralcontainers",
            "eviction",
            "exec",
            "log",
            "portforward",
            "proxy",
            "resize",
            "status",
        ],
    ),
    ("services", &["proxy", "status"]),
    ("serviceaccounts", &["token"]),
    ("nodes", &["proxy", "status", "log", "metrics", "stats"]),
    ("namespaces", &["finalize", "status"]),
    ("deployments", &["scale", "status"]),
    ("statefulsets", &["scale", "status"]),
    ("replicasets", &["scale", "status"]),
    ("replicationcontrollers", &["scale", "status"]),
    ("daemonsets", &["status"]),
    ("jobs", &["status"]),
    ("cronjobs", &["status"]),
];

/// The verbs that Kubernetes defines.
pub(super) const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "proxy",
    "head",
    "post",
    "put",
    "options",
    "*",
];
