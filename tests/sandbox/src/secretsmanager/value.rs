//! One secret: what is known of it, its versions, and a value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::model::{Encryption, Secret, SecretValue, SecretVersion, moment};
use super::{Question, Refused, invalid, pages};
use crate::state::State;

/// `DescribeSecret`; a secret that is marked for deletion can still be described.
pub(super) fn describe(state: &State, question: &Question) -> Result<Value, Refused> {
    let index = question.secret(state, secret_id(question)?, "secretsmanager:DescribeSecret")?;
    Ok(state.world.secrets[index].description())
}

/// `ListSecretVersionIds`: the versions with a stage, and the others if requested.
pub(super) fn versions(state: &State, question: &Question) -> Result<Value, Refused> {
    let index = question.secret(state, secret_id(question)?, "secretsmanager:ListSecretVersionIds")?;
    let secret = &state.world.secrets[index];
    let deprecated = question.input["IncludeDeprecated"].as_bool().unwrap_or(false);
    let all: Vec<&SecretVersion> =
        secret.versions.iter().rev().filter(|version| deprecated || !version.stages.is_empty()).collect();
    let page = pages::page(question, 100, all.len())?;
    let shown: Vec<Value> = all[page.start..page.end].iter().map(|version| version_entry(secret, version)).collect();
    let mut answer = Map::new();
    answer.insert("Versions".to_owned(), json!(shown));
    answer.extend(page.next.map(|next| ("NextToken".to_owned(), json!(next))));
    answer.insert("ARN".to_owned(), json!(secret.arn()));
    answer.insert("Name".to_owned(), json!(secret.name));
    Ok(answer.into())
}

fn version_entry(secret: &Secret, version: &SecretVersion) -> Value {
    let key = secret.kms_key_id.as_deref().unwrap_or("DefaultEncryptionKey");
    let mut shown = json!({"VersionId": version.id, "CreatedDate": moment(version.created), "KmsKeyIds": [key]});
    if !version.stages.is_empty() {
        shown["VersionStages"] = json!(version.stages);
    }
    shown
}

fn secret_id<'request>(question: &'request Question) -> Result<&'request str, Refused> {
    let missing = || invalid("secretId", "null", "Member must not be null");
    question.text("SecretId").ok_or_else(missing)
}

/// `GetSecretValue`.
pub(super) fn get(state: &mut State, question: &Question) -> Result<Value, Refused> {
    let (id, stage) = (question.text("VersionId"), question.text("VersionStage"));
    if let Some(id) = id.filter(|id| !(32..=64).contains(&id.len())) {
        let bound = if id.len() < 32 { "greater than or equal to 32" } else { "less than or equal to 64" };
        return Err(invalid("versionId", id, &format!("Member must have length {bound}")));
    }
    read(state, question, secret_id(question)?, (id, stage))
}

/// A value, if the caller may read it. Updates the time of the last read.
pub(super) fn read(
    state: &mut State,
    question: &Question,
    secret_id: &str,
    version: (Option<&str>, Option<&str>),
) -> Result<Value, Refused> {
    let index = question.secret(state, secret_id, "secretsmanager:GetSecretValue")?;
    let secret = &mut state.world.secrets[index];
    if secret.deleted.is_some() {
        let message = "You can't perform this operation on the secret because it was marked for deletion.";
        return Err(("InvalidRequestException", message.to_owned()));
    }
    let shown = shown(secret, choose(secret, version)?)?;
    secret.last_accessed = Some(question.now);
    Ok(shown)
}

fn choose<'secret>(
    secret: &'secret Secret,
    version: (Option<&str>, Option<&str>),
) -> Result<&'secret SecretVersion, Refused> {
    let missing = |what: String| {
        let message = format!("Secrets Manager can't find the specified secret value for {what}");
        ("ResourceNotFoundException", message)
    };
    let (id, stage) = match version {
        (None, None) => (None, Some("AWSCURRENT")),
        given => given,
    };
    let has = |version: &SecretVersion, stage: &str| version.stages.iter().any(|own| own == stage);
    let Some(id) = id else {
        let stage = stage.unwrap_or_default();
        let found = secret.versions.iter().find(|version| has(version, stage));
        return found.ok_or_else(|| missing(format!("staging label: {stage}")));
    };
    let found = secret.versions.iter().find(|version| version.id == id);
    let found = found.ok_or_else(|| missing(format!("VersionId: {id}")))?;
    if stage.is_some_and(|stage| !has(found, stage)) {
        let message = "You provided a VersionStage that is not associated to the provided VersionId.";
        return Err(("InvalidRequestException", message.to_owned()));
    }
    Ok(found)
}

fn shown(secret: &Secret, version: &SecretVersion) -> Result<Value, Refused> {
    match secret.encryption {
        Encryption::Fine => {}
        Encryption::Denied => return Err(("AccessDeniedException", "Access to KMS is not allowed".to_owned())),
        Encryption::Broken => {
            let message = "Secrets Manager can't decrypt the protected secret text using the provided KMS key.";
            return Err(("DecryptionFailure", message.to_owned()));
        }
    }
    let mut shown = json!({"ARN": secret.arn(), "Name": secret.name, "VersionId": version.id});
    match &version.value {
        SecretValue::Text(text) => shown["SecretString"] = json!(text),
        SecretValue::Binary(bytes) => shown["SecretBinary"] = json!(STANDARD.encode(bytes)),
    }
    shown["VersionStages"] = json!(version.stages);
    shown["CreatedDate"] = moment(version.created);
    Ok(shown)
}
