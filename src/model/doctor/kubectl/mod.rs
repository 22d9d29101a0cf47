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
    what: "Whether the context is there, is whole, and comes from the file that it should.",
    uses: Uses::Files,
    needs: &["environment.kubeconfig", "profile.exists"],
};

pub(crate) const NAMESPACE: Check = Check {
    id: "kubectl.namespace",
    group: Group::Kubectl,
    title: "namespace",
    what: "Whether the context starts in the namespace, and which context is current.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const ENDPOINT: Check = Check {
    id: "kubectl.endpoint",
    group: Group::Kubectl,
    title: "proxy",
    what: "The endpoint in the kubeconfig, and whether a proxy is between kubectl and a private one.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const USER: Check = Check {
    id: "kubectl.user",
    group: Group::Kubectl,
    title: "plugin entry",
    what: "Whether the context's user starts nsaccess in a version of the protocol that kubectl speaks.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const POLICY: Check = Check {
    id: "kubectl.policy",
    group: Group::Kubectl,
    title: "plugin policy",
    what: "Whether kubectl's own settings (kuberc) allow the plugin.",
    uses: Uses::Files,
    needs: &["kubectl.user"],
};

pub(crate) const PLUGIN: Check = Check {
    id: "kubectl.plugin",
    group: Group::Kubectl,
    title: "plugin",
    what: "Runs the plugin as kubectl does, without a terminal, and takes its time.",
    uses: Uses::Programs,
    needs: &["kubectl.user", "kubectl.policy", "machine.nsaccess", "grant.assignment"],
};

pub(crate) const CURRENT: Check = Check {
    id: "kubectl.current",
    group: Group::Kubectl,
    title: "current context",
    what: "Whether kubectl has a context without a flag.",
    uses: Uses::Files,
    needs: &["kubectl.context"],
};

pub(crate) const CALL: Check = Check {
    id: "kubectl.call",
    group: Group::Kubectl,
    title: "kubectl",
    what: "Lets the kubectl of this machine, if there is one, ask for the server's version as this context.",
    uses: Uses::Programs,
    needs: &["kubectl.plugin", "kubectl.endpoint", "cluster.endpoint", "authentication.identity"],
};
