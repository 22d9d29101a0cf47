//! Settings and profile: whether what is configured fits together.

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::{Finding, Severity, Waiting};

pub(crate) const CHECKS: &[&Check] =
    &[&SETTINGS, &CONFIG, &EXISTS, &SSO_SESSION, &STYLE, &VALUES, &DUPLICATES, &CONTEXT];

pub(crate) const FINDINGS: &[&Finding] = &[];

pub(crate) const SETTINGS: Check = Check {
    id: "profile.settings",
    group: Group::Profile,
    title: "settings",
    what: "Whether the settings of nsaccess can be read, and name nothing unknown.",
    uses: Uses::Files,
    needs: &["machine.certificates", "machine.files", "machine.proxy", "environment.endpoints", "profile.config"],
};

pub(crate) const CONFIG: Check = Check {
    id: "profile.config",
    group: Group::Profile,
    title: "AWS config",
    what: "Whether ~/.aws/config can be read as the AWS CLI reads it.",
    uses: Uses::Files,
    needs: &["machine.files"],
};

pub(crate) const EXISTS: Check = Check {
    id: "profile.exists",
    group: Group::Profile,
    title: "profile",
    what: "Whether the namespace has a profile in ~/.aws/config.",
    uses: Uses::Files,
    needs: &["profile.settings"],
};

pub(crate) const SSO_SESSION: Check = Check {
    id: "profile.sso-session",
    group: Group::Profile,
    title: "sso-session",
    what: "Whether the sso-session that the profile names is there, complete, and asks for the scope that renewal needs.",
    uses: Uses::Files,
    needs: &["profile.exists"],
};

pub(crate) const STYLE: Check = Check {
    id: "profile.style",
    group: Group::Profile,
    title: "credentials",
    what: "Whether the profile has one kind of credentials only.",
    uses: Uses::Files,
    needs: &["profile.exists"],
};

pub(crate) const VALUES: Check = Check {
    id: "profile.values",
    group: Group::Profile,
    title: "values",
    what: "Whether account, permission set and region are such.",
    uses: Uses::Files,
    needs: &["profile.exists"],
};

pub(crate) const DUPLICATES: Check = Check {
    id: "profile.duplicates",
    group: Group::Profile,
    title: "duplicates",
    what: "Whether a section or a key stands in ~/.aws/config twice.",
    uses: Uses::Files,
    needs: &["profile.config"],
};

pub(crate) const CONTEXT: Check = Check {
    id: "profile.context",
    group: Group::Profile,
    title: "same place",
    what: "Whether the profile and the kubeconfig context lead to the same account, namespace and cluster.",
    uses: Uses::Files,
    needs: &["profile.exists", "kubectl.context"],
};
