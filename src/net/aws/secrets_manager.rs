//! `secretsmanager`: metadata, versions and values of secrets.

use std::collections::HashMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, RotationRulesType, Tag};
use aws_smithy_types::{Blob, DateTime};
use jiff::Timestamp;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::secrets::{Rotation, SecretMetadata, SecretValue, Value, Version, VersionSelector};
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};
use crate::secret::Secret;

/// The largest page of `ListSecrets` and `ListSecretVersionIds`.
const PAGE: i32 = 100;
/// The most that one `BatchGetSecretValue` returns.
pub(crate) const BATCH: usize = 20;

/// Secrets Manager in one region, as one role.
#[derive(Debug, Clone)]
pub(crate) struct SecretsManager {
    client: Client,
    /// For lists, whose many pages get throttled.
    patient: Client,
}

/// A page of a list, and the token of the one after it.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

impl SecretsManager {
    pub(crate) fn new(aws: &Aws, keys: &AccessKeys, region: &str) -> Self {
        let client = |aws: &Aws| Client::new(&aws.config("SECRETS_MANAGER", region, Some(keys)));
        SecretsManager { client: client(aws), patient: client(&aws.patient()) }
    }

    /// For lists of one page, whose failure is to be known soon.
    #[must_use]
    pub(crate) fn impatient(self) -> Self {
        SecretsManager { patient: self.client.clone(), ..self }
    }

    /// A page of the secrets whose names begin with one of `beginnings`, or of all. Includes those marked for deletion.
    pub(crate) async fn list(
        &self,
        beginnings: &[String],
        next: Option<String>,
    ) -> Result<Page<SecretMetadata>, Failure> {
        let mut call =
            self.patient.list_secrets().max_results(PAGE).include_planned_deletion(true).set_next_token(next);
        if !beginnings.is_empty() {
            let filter = Filter::builder().key(FilterNameStringType::Name).set_values(Some(beginnings.to_vec()));
            call = call.filters(filter.build());
        }
        let page = call.send().await.map_err(|error| Failure::from_sdk("ListSecrets", &error))?;
        let found = page.secret_list().iter().map(|entry| SecretMetadata {
            name: entry.name().unwrap_or_default().to_owned(),
            arn: entry.arn().unwrap_or_default().to_owned(),
            description: text(entry.description()),
            kms_key: text(entry.kms_key_id()),
            owning_service: text(entry.owning_service()),
            primary_region: text(entry.primary_region()),
            created_at: time(entry.created_date()),
            changed_at: time(entry.last_changed_date()),
            accessed_at: time(entry.last_accessed_date()),
            deleted_at: time(entry.deleted_date()),
            rotation: Rotation {
                enabled: entry.rotation_enabled().unwrap_or(false),
                schedule: schedule(entry.rotation_rules()),
                lambda: text(entry.rotation_lambda_arn()),
                last_at: time(entry.last_rotated_date()),
                next_at: time(entry.next_rotation_date()),
            },
            versions: versions(entry.secret_versions_to_stages()),
            tags: tags(entry.tags()),
        });
        Ok((found.collect(), token(page.next_token())))
    }

    /// Also works for a secret that is marked for deletion.
    pub(crate) async fn describe(&self, id: &str) -> Result<SecretMetadata, Failure> {
        let call = self.client.describe_secret().secret_id(id);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("DescribeSecret", &error))?;
        Ok(SecretMetadata {
            name: answer.name().unwrap_or(id).to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
            description: text(answer.description()),
            kms_key: text(answer.kms_key_id()),
            owning_service: text(answer.owning_service()),
            primary_region: text(answer.primary_region()),
            created_at: time(answer.created_date()),
            changed_at: time(answer.last_changed_date()),
            accessed_at: time(answer.last_accessed_date()),
            deleted_at: time(answer.deleted_date()),
            rotation: Rotation {
                enabled: answer.rotation_enabled().unwrap_or(false),
                schedule: schedule(answer.rotation_rules()),
                lambda: text(answer.rotation_lambda_arn()),
                last_at: time(answer.last_rotated_date()),
                next_at: time(answer.next_rotation_date()),
            },
            versions: versions(answer.version_ids_to_stages()),
            tags: tags(answer.tags()),
        })
    }

    /// A page of a secret's versions, including those without a stage.
    pub(crate) async fn list_versions(&self, id: &str, next: Option<String>) -> Result<Page<Version>, Failure> {
        let call = self.client.list_secret_version_ids().secret_id(id).include_deprecated(true);
        let call = call.max_results(PAGE).set_next_token(next);
        let page = call.send().await.map_err(|error| Failure::from_sdk("ListSecretVersionIds", &error))?;
        let found = page.versions().iter().map(|entry| Version {
            id: entry.version_id().unwrap_or_default().to_owned(),
            stages: entry.version_stages().to_vec(),
            created_at: time(entry.created_date()),
            accessed_at: time(entry.last_accessed_date()),
        });
        Ok((found.collect(), token(page.next_token())))
    }

    pub(crate) async fn get_value(&self, id: &str, version: &VersionSelector) -> Result<SecretValue, Failure> {
        let call = self.client.get_secret_value().secret_id(id);
        let call = call.set_version_stage(version.stage.clone()).set_version_id(version.version_id.clone());
        let answer = call.send().await.map_err(|error| Failure::from_sdk("GetSecretValue", &error))?;
        let value = value(answer.secret_string(), answer.secret_binary());
        Ok(SecretValue {
            name: answer.name().unwrap_or(id).to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
            version_id: answer.version_id().unwrap_or_default().to_owned(),
            stages: answer.version_stages().to_vec(),
            created_at: time(answer.created_date()),
            value: value.ok_or_else(|| no_value("GetSecretValue"))?,
        })
    }

    /// The current values of up to [`BATCH`] secrets in one call, and the failures of the others by id. The call needs a
    /// permission of its own.
    pub(crate) async fn batch_get_values(
        &self,
        ids: &[String],
    ) -> Result<(Vec<SecretValue>, Vec<(String, Failure)>), Failure> {
        let call = self.client.batch_get_secret_value().set_secret_id_list(Some(ids.to_vec()));
        let answer = call.send().await.map_err(|error| Failure::from_sdk("BatchGetSecretValue", &error))?;
        let mut found = Vec::new();
        let mut missing: Vec<(String, Failure)> = answer
            .errors()
            .iter()
            .map(|error| {
                let (code, words) = (error.error_code().unwrap_or_default(), error.message().unwrap_or_default());
                let failure = Failure::from_code("BatchGetSecretValue", code, words);
                (error.secret_id().unwrap_or_default().to_owned(), failure)
            })
            .collect();
        for entry in answer.secret_values() {
            let name = entry.name().unwrap_or_default().to_owned();
            match value(entry.secret_string(), entry.secret_binary()) {
                Some(value) => found.push(SecretValue {
                    name,
                    arn: entry.arn().unwrap_or_default().to_owned(),
                    version_id: entry.version_id().unwrap_or_default().to_owned(),
                    stages: entry.version_stages().to_vec(),
                    created_at: time(entry.created_date()),
                    value,
                }),
                None => missing.push((name, no_value("BatchGetSecretValue"))),
            }
        }
        Ok((found, missing))
    }
}

fn value(text: Option<&str>, binary: Option<&Blob>) -> Option<Value> {
    let binary = || binary.map(|bytes| Value::Binary(Secret::new(bytes.as_ref().to_vec())));
    text.map(|text| Value::Text(Secret::from(text))).or_else(binary)
}

fn no_value(operation: &'static str) -> Failure {
    Failure { operation, class: Class::Broken, code: None, words: "the response has no value".to_owned() }
}

/// AWS omits empty fields, moto does not.
fn text(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn token(token: Option<&str>) -> Option<String> {
    text(token)
}

fn time(time: Option<&DateTime>) -> Option<Timestamp> {
    time.and_then(|time| Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok())
}

fn schedule(rules: Option<&RotationRulesType>) -> Option<String> {
    rules.and_then(|rules| Rotation::schedule_of(rules.automatically_after_days(), rules.schedule_expression()))
}

fn versions(stages: Option<&HashMap<String, Vec<String>>>) -> Vec<(String, Vec<String>)> {
    let staged = stages.into_iter().flatten();
    let mut versions: Vec<_> = staged.map(|(id, stages)| (id.clone(), stages.clone())).collect();
    versions.sort_by(|left, right| (&left.1, &left.0).cmp(&(&right.1, &right.0)));
    versions
}

fn tags(tags: &[Tag]) -> Vec<(String, String)> {
    let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
    tags.iter().map(|tag| (word(tag.key()), word(tag.value()))).collect()
}
