//! What `~/.aws/credentials` says under the profile's name.

use crate::error::Error;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&IDENTITY, &REGION, &UNREADABLE];

pub(crate) const IDENTITY: Finding = Finding::warn(
    "environment.static-identity",
    "environment.static-keys",
    "~/.aws/credentials has keys, a role or other values under the profile's name. They take precedence over those in ~/.aws/config, and tools disagree about which credentials to use: botocore (the AWS CLI, boto3) uses the permission set, other SDKs use the keys. login refuses to write such a profile.",
    "Remove the section from ~/.aws/credentials. The command shown in the report opens the line.",
);

pub(crate) const REGION: Finding = Finding::warn(
    "environment.static-region",
    "environment.static-keys",
    "~/.aws/credentials sets a different region under the profile's name, which takes precedence in the AWS CLI and the SDKs.",
    "Remove the line from ~/.aws/credentials.",
);

pub(crate) const UNREADABLE: Finding = Finding::fail(
    "environment.credentials-unreadable",
    "environment.static-keys",
    "~/.aws/credentials has a line that the AWS CLI cannot parse, so it fails with every profile.",
    "Correct the line. The command shown in the report opens it.",
);

/// What the file says of a profile.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    Nothing,
    /// Another region, in words, and the command that opens the line.
    OtherRegion(String, String),
    OtherIdentity(Error),
    Unreadable(Error),
}

/// Whether the profile means what `~/.aws/config` says.
pub(crate) fn judge_static_keys(found: &Credentials) -> Judgement {
    let problem = match found {
        Credentials::Nothing => return Judgement::ok("no entry for this profile"),
        Credentials::OtherRegion(words, open) => Problem::of(&REGION, words).try_next(open),
        Credentials::OtherIdentity(error) => Problem::of_error(&IDENTITY, error),
        Credentials::Unreadable(error) => Problem::of_error(&UNREADABLE, error),
    };
    Judgement::problem(problem)
}
