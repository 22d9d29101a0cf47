//! A secret, its versions, and how Secrets Manager shows them.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::objects::uid;

/// The default creation time of secrets: 2026-10-05T08:12:44Z.
const CREATED: i64 = 1_791_187_964;

/// A secret of an account in a region. Times are seconds since 1970.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The name, with its slashes.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The key that encrypts it; None for `aws/secretsmanager`.
    pub kms_key_id: Option<String>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// The versions, the oldest first.
    pub versions: Vec<SecretVersion>,
    /// When it was created.
    pub created: i64,
    /// When it was last changed.
    pub last_changed: i64,
    /// When it was last read; AWS shows only the day.
    pub last_accessed: Option<i64>,
    /// The days between rotations; None for no rotation.
    pub rotation_days: Option<i64>,
    /// When it was last rotated.
    pub last_rotated: Option<i64>,
    /// When it will be deleted, if it is marked for deletion.
    pub deleted: Option<i64>,
    /// The state of its KMS key.
    pub encryption: Encryption,
}

/// One version of a secret.
#[derive(Debug, Clone)]
pub struct SecretVersion {
    /// A UUID.
    pub id: String,
    /// `AWSCURRENT`, `AWSPREVIOUS`, …; none for a deprecated version.
    pub stages: Vec<String>,
    /// The value.
    pub value: SecretValue,
    /// When it was made.
    pub created: i64,
}

/// The value of a version.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretValue {
    /// `SecretString`.
    Text(String),
    /// `SecretBinary`.
    Binary(Vec<u8>),
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretValue(****)")
    }
}

/// Whether the KMS key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// It can.
    #[default]
    Fine,
    /// The caller may not use the key.
    Denied,
    /// The key does not decrypt it.
    Broken,
}

impl Secret {
    /// A secret with one text as its current version.
    pub fn new(account: &str, region: &str, name: &str, text: &str) -> Secret {
        Secret {
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
            description: None,
            kms_key_id: None,
            tags: Vec::new(),
            versions: Vec::new(),
            created: CREATED,
            last_changed: CREATED,
            last_accessed: None,
            rotation_days: None,
            last_rotated: None,
            deleted: None,
            encryption: Encryption::Fine,
        }
        .then(SecretValue::Text(text.to_owned()))
    }

    /// Adds a current version, as `PutSecretValue` does: the former current version becomes the previous one, and the
    /// former previous version has no stage any more.
    #[must_use]
    pub fn then(mut self, value: SecretValue) -> Secret {
        for version in &mut self.versions {
            version.stages.retain(|stage| stage != "AWSPREVIOUS");
            for stage in version.stages.iter_mut().filter(|stage| *stage == "AWSCURRENT") {
                "AWSPREVIOUS".clone_into(stage);
            }
        }
        let number = self.versions.len();
        let created = self.last_changed + 86400 * i64::from(number > 0);
        let id = uid(&["version", &self.account, &self.region, &self.name, &number.to_string()]);
        self.versions.push(SecretVersion { id, stages: vec!["AWSCURRENT".to_owned()], value, created });
        self.last_changed = created;
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn described(mut self, description: &str) -> Secret {
        self.description = Some(description.to_owned());
        self
    }

    /// Its ARN, which ends in a hyphen and six random characters.
    pub fn arn(&self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let digest = Sha256::digest(format!("{} {} {}", self.account, self.region, self.name));
        let suffix: String =
            digest.iter().take(6).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
        format!("{}-{suffix}", self.partial_arn())
    }

    /// Its ARN without that suffix, which AWS accepts too.
    fn partial_arn(&self) -> String {
        format!("arn:aws:secretsmanager:{}:{}:secret:{}", self.region, self.account, self.name)
    }

    /// Whether a `SecretId` is this secret's name, its ARN, or its ARN without the suffix.
    pub(crate) fn is(&self, id: &str) -> bool {
        self.name == id || (id.starts_with("arn:") && (self.arn() == id || self.partial_arn() == id))
    }

    /// What `ListSecrets` and `DescribeSecret` have in common.
    fn facts(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                facts.insert(name.to_owned(), value);
            }
        };
        put("ARN", json!(self.arn()));
        put("Name", json!(self.name));
        put("Description", json!(self.description));
        put("KmsKeyId", json!(self.kms_key_id));
        if let Some(days) = self.rotation_days {
            let lambda = format!("arn:aws:lambda:{}:{}:function:rotate", self.region, self.account);
            put("RotationEnabled", json!(true));
            put("RotationLambdaARN", json!(lambda));
            put("RotationRules", json!({"AutomaticallyAfterDays": days}));
            put("NextRotationDate", moment(self.last_rotated.unwrap_or(self.created) + days * 86400));
        }
        put("LastRotatedDate", self.last_rotated.map_or(Value::Null, moment));
        put("LastChangedDate", moment(self.last_changed));
        put("LastAccessedDate", self.last_accessed.map_or(Value::Null, |at| moment(at - at.rem_euclid(86400))));
        put("DeletedDate", self.deleted.map_or(Value::Null, moment));
        if !self.tags.is_empty() {
            let tags: Vec<Value> = self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            put("Tags", json!(tags));
        }
        put("CreatedDate", moment(self.created));
        facts
    }

    fn stages(&self) -> Value {
        let staged = self.versions.iter().filter(|version| !version.stages.is_empty());
        staged.map(|version| (version.id.clone(), json!(version.stages))).collect::<Map<String, Value>>().into()
    }

    /// As `ListSecrets` shows it.
    pub(crate) fn entry(&self) -> Value {
        let mut facts = self.facts();
        facts.insert("SecretVersionsToStages".to_owned(), self.stages());
        facts.into()
    }

    /// As `DescribeSecret` shows it.
    pub(crate) fn description(&self) -> Value {
        let mut facts = self.facts();
        facts.insert("VersionIdsToStages".to_owned(), self.stages());
        facts.into()
    }
}

/// A time in the JSON protocol: seconds with a fraction.
pub(crate) fn moment(seconds: i64) -> Value {
    json!(seconds as f64)
}
