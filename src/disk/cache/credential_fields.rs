//! The fields of credentials in a cache file, whatever else the file holds. Only here are secrets serialised.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::aws::credentials::{AccessKeys, RoleCredentials};
use crate::secret::Secret;

#[derive(Serialize, Deserialize)]
pub(super) struct CredentialFields {
    access_key_id: String,
    secret_access_key: SecretField,
    session_token: Option<SecretField>,
    obtained_at: Timestamp,
    pub(crate) expires_at: Timestamp,
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

impl From<&RoleCredentials> for CredentialFields {
    fn from(credentials: &RoleCredentials) -> Self {
        let RoleCredentials { keys, obtained_at, expires_at } = credentials;
        CredentialFields {
            access_key_id: keys.access_key_id.clone(),
            secret_access_key: SecretField(keys.secret_access_key.clone()),
            session_token: keys.session_token.clone().map(SecretField),
            obtained_at: *obtained_at,
            expires_at: *expires_at,
        }
    }
}

impl From<CredentialFields> for RoleCredentials {
    fn from(fields: CredentialFields) -> Self {
        RoleCredentials {
            keys: AccessKeys {
                access_key_id: fields.access_key_id,
                secret_access_key: fields.secret_access_key.0,
                session_token: fields.session_token.map(|field| field.0),
            },
            obtained_at: fields.obtained_at,
            expires_at: fields.expires_at,
        }
    }
}
