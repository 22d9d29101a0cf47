//! Settings and profile: whether what is configured fits together.

pub(crate) mod config_file;
pub(crate) mod same_place;
pub(crate) mod settings;
pub(crate) mod sso_session;
pub(crate) mod style;
pub(crate) mod values;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::Finding;

pub(crate) const CHECKS: &[&Check] =
    &[&CONFIG, &SETTINGS, &EXISTS, &VALUES, &SSO_SESSION, &STYLE, &DUPLICATES, &CONTEXT];

/// Of each of its files.
pub(crate) const FINDINGS: &[&[&Finding]] =
    &[settings::FINDINGS, values::FINDINGS, sso_session::FINDINGS, style::FINDINGS, same_place::FINDINGS];

pub(crate) const SETTINGS: Check = Check {
    id: "profile.settings",
    group: Group::Profile,
    title: "settings",
    what: "Whether the settings of nsaccess can be read and have no unknown keys.",
    uses: Uses::Files,
    needs: &["machine.certificates", "machine.proxy", "environment.endpoints", "profile.config"],
};

pub(crate) const CONFIG: Check = Check {
    id: "profile.config",
    group: Group::Profile,
    title: "AWS config",
    what: "Whether the AWS CLI can parse ~/.aws/config.",
    uses: Uses::Files,
    needs: &["environment.aws-files"],
};

pub(crate) const EXISTS: Check = Check {
    id: "profile.exists",
    group: Group::Profile,
    title: "profile",
    what: "Whether the namespace has a profile in ~/.aws/config, or the settings use one of your own profiles.",
    uses: Uses::Files,
    needs: &["profile.settings"],
};

pub(crate) const SSO_SESSION: Check = Check {
    id: "profile.sso-session",
    group: Group::Profile,
    title: "sso-session",
    what: "Whether the profile's sso-session exists, is complete, and requests the scope required for renewal. Not needed for a role that other credentials assume.",
    uses: Uses::Files,
    needs: &["profile.values"],
};

pub(crate) const STYLE: Check = Check {
    id: "profile.style",
    group: Group::Profile,
    title: "credential source",
    what: "Whether the profile has only one kind of credentials.",
    uses: Uses::Files,
    needs: &["profile.exists"],
};

pub(crate) const VALUES: Check = Check {
    id: "profile.values",
    group: Group::Profile,
    title: "account and role",
    what: "Whether the account, permission set and region are valid, or the role and its source profile.",
    uses: Uses::Files,
    needs: &["profile.exists"],
};

pub(crate) const DUPLICATES: Check = Check {
    id: "profile.duplicates",
    group: Group::Profile,
    title: "duplicates",
    what: "Whether a section or a key is defined twice in ~/.aws/config.",
    uses: Uses::Files,
    needs: &["profile.exists"],
};

pub(crate) const CONTEXT: Check = Check {
    id: "profile.context",
    group: Group::Profile,
    title: "target",
    what: "Whether the profile and the kubeconfig context point to the same account, namespace and cluster.",
    uses: Uses::Files,
    needs: &["profile.values", "kubectl.context"],
};
