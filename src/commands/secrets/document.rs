//! What `secrets` prints for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::rfc3339::Rfc3339;
use crate::model::secrets::{Prefix, SecretMetadata, SecretValue, Version};

/// A secret's metadata.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SecretDocument {
    /// Name as the other verbs take it: without the namespace's prefix.
    name: String,
    /// Name in AWS.
    full_name: String,
    /// ARN.
    arn: String,
    /// Whether the name is below the namespace's prefix.
    readable: bool,
    /// Description.
    description: Option<String>,
    /// When it was created.
    created_at: Option<Rfc3339>,
    /// When anything of it was changed last.
    changed_at: Option<Rfc3339>,
    /// The day when its value was read last.
    accessed_at: Option<Rfc3339>,
    /// Set if it is scheduled for deletion: when that was requested (list), or when it will be deleted (describe).
    deleted_at: Option<Rfc3339>,
    /// Rotation.
    rotation: RotationDocument,
    /// Versions that have a stage.
    versions: Vec<StagedVersion>,
    /// KMS key; `null` for aws/secretsmanager.
    kms_key: Option<String>,
    /// AWS service that manages it.
    owning_service: Option<String>,
    /// Region of the original, if this is a replica.
    primary_region: Option<String>,
    /// Tags.
    tags: Vec<Tag>,
}

/// A secret's rotation.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RotationDocument {
    /// Whether it is rotated.
    enabled: bool,
    /// `every 30 days`, or an expression of AWS.
    schedule: Option<String>,
    /// ARN of the function that rotates it.
    lambda: Option<String>,
    /// When it was rotated last.
    last_at: Option<Rfc3339>,
    /// When it will be rotated next.
    next_at: Option<Rfc3339>,
}

/// A version and its stages.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StagedVersion {
    /// Version ID.
    id: String,
    /// Stages, such as AWSCURRENT.
    stages: Vec<String>,
}

/// A tag.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Tag {
    /// Key.
    key: String,
    /// Value.
    value: String,
}

/// A version of a secret.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VersionDocument {
    /// Version ID.
    id: String,
    /// Stages, such as AWSCURRENT; empty for a deprecated version.
    stages: Vec<String>,
    /// When it was created.
    created_at: Option<Rfc3339>,
    /// The day when it was read last.
    accessed_at: Option<Rfc3339>,
}

/// A secret's value. It cannot be printed for debugging.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ValueDocument<'a> {
    /// Name as the other verbs take it: without the namespace's prefix.
    pub(super) name: &'a str,
    /// Name in AWS.
    pub(super) full_name: &'a str,
    /// ARN.
    pub(super) arn: &'a str,
    /// Version ID.
    pub(super) version_id: &'a str,
    /// Stages, such as AWSCURRENT.
    pub(super) stages: &'a [String],
    /// When the version was created.
    pub(super) created_at: Option<Rfc3339>,
    /// Field that was asked for (--field).
    pub(super) field: Option<&'a str>,
    /// `text` or `base64`.
    pub(super) encoding: &'static str,
    /// Value; always a string, so that nothing is rounded.
    pub(super) value: &'a str,
}

/// What the last change of a secret was.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DiffDocument<'a> {
    /// Name as the other verbs take it: without the namespace's prefix.
    pub(super) name: &'a str,
    /// Previous version.
    pub(super) before: ComparedVersion,
    /// Current version.
    pub(super) after: ComparedVersion,
    /// `keys` of JSON objects, or `whole` values.
    pub(super) compared: &'static str,
    /// What changed.
    pub(super) changes: Vec<ChangeDocument<'a>>,
}

/// A version that is compared.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ComparedVersion {
    /// Stage.
    stage: &'static str,
    /// Version ID.
    version_id: String,
    /// When it was created.
    created_at: Option<Rfc3339>,
}

/// A change.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChangeDocument<'a> {
    /// Key, joined with dots; `null` for a whole value.
    pub(super) key: Option<&'a str>,
    /// `added`, `removed` or `changed`.
    pub(super) change: &'static str,
    /// Values, with --show-values.
    pub(super) values: Option<ChangedValues<'a>>,
}

/// The values of a change.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChangedValues<'a> {
    /// Previous value.
    pub(super) before: Option<&'a str>,
    /// Current value.
    pub(super) after: Option<&'a str>,
}

impl SecretDocument {
    pub(super) fn of(facts: &SecretMetadata, prefix: &Prefix) -> Self {
        let versions =
            facts.versions.iter().map(|(id, stages)| StagedVersion { id: id.clone(), stages: stages.clone() });
        let tags = facts.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        SecretDocument {
            name: prefix.display_name(&facts.name).to_owned(),
            full_name: facts.name.clone(),
            arn: facts.arn.clone(),
            readable: prefix.covers(&facts.name),
            description: facts.description.clone(),
            created_at: facts.created_at.map(Rfc3339::from),
            changed_at: facts.changed_at.map(Rfc3339::from),
            accessed_at: facts.accessed_at.map(Rfc3339::from),
            deleted_at: facts.deleted_at.map(Rfc3339::from),
            rotation: RotationDocument {
                enabled: facts.rotation.enabled,
                schedule: facts.rotation.schedule.clone(),
                lambda: facts.rotation.lambda.clone(),
                last_at: facts.rotation.last_at.map(Rfc3339::from),
                next_at: facts.rotation.next_at.map(Rfc3339::from),
            },
            versions: versions.collect(),
            kms_key: facts.kms_key.clone(),
            owning_service: facts.owning_service.clone(),
            primary_region: facts.primary_region.clone(),
            tags: tags.collect(),
        }
    }
}

impl VersionDocument {
    pub(super) fn of(version: &Version) -> Self {
        VersionDocument {
            id: version.id.clone(),
            stages: version.stages.clone(),
            created_at: version.created_at.map(Rfc3339::from),
            accessed_at: version.accessed_at.map(Rfc3339::from),
        }
    }
}

impl ComparedVersion {
    pub(super) fn of(stage: &'static str, stored: &SecretValue) -> Self {
        let created_at = stored.created_at.map(Rfc3339::from);
        ComparedVersion { stage, version_id: stored.version_id.clone(), created_at }
    }
}
