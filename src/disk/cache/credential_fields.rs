//! The fields of credentials in a cache file, whatever else the file holds. Only here are secrets serialised.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::aws::access_keys::{AccessKeys, UnusableKeys};
use crate::model::aws::credentials::RoleCredentials;
use crate::secret::Secret;

/// Keys that cannot sign make a file that cannot be read.
#[derive(Deserialize)]
#[serde(try_from = "WrittenFields")]
pub(super) struct CredentialFields {
    keys: AccessKeys,
    obtained_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct WrittenFields {
    access_key_id: String,
    secret_access_key: SecretField,
    session_token: Option<SecretField>,
    obtained_at: Timestamp,
    expires_at: Timestamp,
}

struct SecretField(Secret<String>);

impl Serialize for SecretField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for SecretField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| SecretField(Secret::new(text)))
    }
}

impl Serialize for CredentialFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let CredentialFields { keys, obtained_at, expires_at } = self;
        let written = WrittenFields {
            access_key_id: keys.access_key_id().to_owned(),
            secret_access_key: SecretField(keys.secret_access_key().clone()),
            session_token: keys.session_token().cloned().map(SecretField),
            obtained_at: *obtained_at,
            expires_at: *expires_at,
        };
        written.serialize(serializer)
    }
}

impl TryFrom<WrittenFields> for CredentialFields {
    type Error = UnusableKeys;

    fn try_from(written: WrittenFields) -> Result<Self, UnusableKeys> {
        let WrittenFields { access_key_id, secret_access_key, session_token, obtained_at, expires_at } = written;
        let keys = AccessKeys::new(access_key_id, secret_access_key.0, session_token.map(|field| field.0))?;
        Ok(CredentialFields { keys, obtained_at, expires_at })
    }
}

impl From<&RoleCredentials> for CredentialFields {
    fn from(credentials: &RoleCredentials) -> Self {
        let RoleCredentials { keys, obtained_at, expires_at } = credentials.clone();
        CredentialFields { keys, obtained_at, expires_at }
    }
}

impl From<CredentialFields> for RoleCredentials {
    fn from(fields: CredentialFields) -> Self {
        let CredentialFields { keys, obtained_at, expires_at } = fields;
        RoleCredentials { keys, obtained_at, expires_at }
    }
}
