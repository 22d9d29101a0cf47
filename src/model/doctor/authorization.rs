//! Authorization: what the identity may do in the namespace.

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};

pub(crate) const CHECKS: &[&Check] = &[&NAMESPACE, &TASKS, &PORT_FORWARD];

pub(crate) const FINDINGS: &[&Finding] = &[];

pub(crate) const NAMESPACE: Check = Check {
    id: "authorization.namespace",
    group: Group::Authorization,
    title: "namespace",
    what: "Whether the namespace exists, as far as the role can tell.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};

pub(crate) const TASKS: Check = Check {
    id: "authorization.tasks",
    group: Group::Authorization,
    title: "rights",
    what: "What one may do (SelfSubjectAccessReview), against what a developer needs.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};

pub(crate) const PORT_FORWARD: Check = Check {
    id: "authorization.port-forward",
    group: Group::Authorization,
    title: "port-forward",
    what: "Whether ports can be forwarded, with this server's rules.",
    uses: Uses::Network,
    needs: &["authentication.identity"],
};
