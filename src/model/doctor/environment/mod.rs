//! The environment: which variables give kubectl or the AWS CLI another identity than the person thinks.

pub(crate) mod aws_files;
pub(crate) mod endpoints;
pub(crate) mod identity;
pub(crate) mod kubeconfig;
pub(crate) mod region;
pub(crate) mod static_keys;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::Finding;

pub(crate) const CHECKS: &[&Check] = &[&IDENTITY, &REGION, &AWS_FILES, &ENDPOINTS, &KUBECONFIG, &STATIC_KEYS];

/// Of each of its checks.
pub(crate) const FINDINGS: &[&[&Finding]] = &[
    identity::FINDINGS,
    region::FINDINGS,
    aws_files::FINDINGS,
    endpoints::FINDINGS,
    kubeconfig::FINDINGS,
    static_keys::FINDINGS,
];

pub(crate) const IDENTITY: Check = Check {
    id: "environment.identity",
    group: Group::Environment,
    title: "AWS identity",
    what: "AWS_PROFILE, AWS_DEFAULT_PROFILE and AWS_ACCESS_KEY_ID: the identity that the AWS CLI uses because of them.",
    uses: Uses::Files,
    needs: &["profile.settings"],
};

pub(crate) const REGION: Check = Check {
    id: "environment.region",
    group: Group::Environment,
    title: "AWS region",
    what: "AWS_REGION and AWS_DEFAULT_REGION: whether they differ from the namespace's region.",
    uses: Uses::Files,
    needs: &["profile.values"],
};

pub(crate) const AWS_FILES: Check = Check {
    id: "environment.aws-files",
    group: Group::Environment,
    title: "AWS files",
    what: "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE: the files that are used instead of those in ~/.aws.",
    uses: Uses::Files,
    needs: &[],
};

pub(crate) const ENDPOINTS: Check = Check {
    id: "environment.endpoints",
    group: Group::Environment,
    title: "AWS endpoints",
    what: "AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SERVICE: custom endpoints for AWS services.",
    uses: Uses::Files,
    needs: &[],
};

pub(crate) const KUBECONFIG: Check = Check {
    id: "environment.kubeconfig",
    group: Group::Environment,
    title: "kubeconfig",
    what: "KUBECONFIG: whether its files exist and can be read.",
    uses: Uses::Files,
    needs: &[],
};

pub(crate) const STATIC_KEYS: Check = Check {
    id: "environment.static-keys",
    group: Group::Environment,
    title: "credentials file",
    what: "Keys under the profile's name in ~/.aws/credentials, which take precedence over the profile in other tools.",
    uses: Uses::Files,
    needs: &["profile.exists"],
};
