//! What kubectl sees: the context as it resolves it, and the credential plugin as it starts it.

pub(crate) mod call;
pub(crate) mod context;
pub(crate) mod current;
pub(crate) mod endpoint;
pub(crate) mod plugin;
pub(crate) mod policy;
pub(crate) mod user;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::Finding;

pub(crate) const CHECKS: &[&Check] = &[&CONTEXT, &CURRENT, &NAMESPACE, &ENDPOINT, &USER, &POLICY, &PLUGIN, &CALL];

/// Of each of its files.
pub(crate) const FINDINGS: &[&[&Finding]] = &[
    context::FINDINGS,
    current::FINDINGS,
    endpoint::FINDINGS,
    user::FINDINGS,
    policy::FINDINGS,
    plugin::FINDINGS,
    call::FINDINGS,
];

pub(crate) const CONTEXT: Check = Check {
    id: "kubectl.context",
    group: Group::Kubectl,
    title: "context",
    what: "Whether the context exists, is complete, and is not overridden by another file.",
    uses: Uses::Files,
    needs: &["environment.kubeconfig", "profile.exists"],
};

pub(crate) const NAMESPACE: Check = Check {
    id: "kubectl.namespace",
    group: Group::Kubectl,
    title: "namespace",
    what: "Whether the context's default namespace is the right one.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const ENDPOINT: Check = Check {
    id: "kubectl.endpoint",
    group: Group::Kubectl,
    title: "server",
    what: "The server in the kubeconfig, and whether kubectl reaches it via a proxy.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const USER: Check = Check {
    id: "kubectl.user",
    group: Group::Kubectl,
    title: "exec plugin",
    what: "Whether the context's user runs nsaccess with a protocol version that kubectl supports.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const POLICY: Check = Check {
    id: "kubectl.policy",
    group: Group::Kubectl,
    title: "plugin policy",
    what: "Whether kubectl's preferences (kuberc) allow the plugin.",
    uses: Uses::Files,
    needs: &["kubectl.user"],
};

pub(crate) const PLUGIN: Check = Check {
    id: "kubectl.plugin",
    group: Group::Kubectl,
    title: "plugin token",
    what: "Runs the plugin as kubectl does, without a terminal, and measures how long it takes.",
    uses: Uses::Programs,
    needs: &["kubectl.user", "kubectl.policy", "machine.nsaccess", "grant.assignment"],
};

pub(crate) const CURRENT: Check = Check {
    id: "kubectl.current",
    group: Group::Kubectl,
    title: "current context",
    what: "Whether the kubeconfig's current context exists.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const CALL: Check = Check {
    id: "kubectl.call",
    group: Group::Kubectl,
    title: "kubectl",
    what: "Runs kubectl, if installed, to get the server's version with this context.",
    uses: Uses::Programs,
    needs: &["kubectl.plugin", "kubectl.endpoint", "cluster.endpoint", "authentication.identity"],
};
