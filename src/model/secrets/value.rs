//! A secret's value and version.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::secret::Secret;

/// A value, as Secrets Manager stores it.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// `SecretString`.
    Text(Secret<String>),
    /// `SecretBinary`.
    Binary(Secret<Vec<u8>>),
}

/// A value with its version.
#[derive(Debug, Clone)]
pub(crate) struct SecretValue {
    /// The secret's full name.
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) version_id: String,
    pub(crate) stages: Vec<String>,
    /// Of the version.
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) value: Value,
}

/// Selects a version, by default the current one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct VersionSelector {
    /// A stage, like `AWSPREVIOUS`.
    pub(crate) stage: Option<String>,
    pub(crate) version_id: Option<String>,
}

impl VersionSelector {
    pub(crate) fn stage(stage: &str) -> Self {
        VersionSelector { stage: Some(stage.to_owned()), version_id: None }
    }
}

impl std::fmt::Display for VersionSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.version_id, &self.stage) {
            (Some(id), Some(stage)) => write!(f, "version {id} at stage {stage}"),
            (Some(id), None) => write!(f, "version {id}"),
            (None, Some(stage)) => write!(f, "version at stage {stage}"),
            (None, None) => f.write_str("current version"),
        }
    }
}

impl Value {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Value::Text(text) => text.expose().as_bytes(),
            Value::Binary(bytes) => bytes.expose(),
        }
    }

    /// The text of either kind, if it is UTF-8.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text.expose()),
            Value::Binary(bytes) => std::str::from_utf8(bytes.expose()).ok(),
        }
    }

    /// The encoding, `text` or `base64`, and the encoded value.
    pub(crate) fn encoded(&self) -> (&'static str, Secret<String>) {
        match self {
            Value::Text(text) => ("text", text.clone()),
            Value::Binary(bytes) => ("base64", Secret::new(STANDARD.encode(bytes.expose()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_values() {
        let text = Value::Text(Secret::from("hunter2"));
        let binary = Value::Binary(Secret::new(b"hunter2".to_vec()));
        assert_eq!(format!("{text:?} {binary:?}"), "Text(****) Binary(****)");
    }

    #[test]
    fn binary_values_are_encoded() {
        let binary = Value::Binary(Secret::new(vec![0xff, 0]));
        assert_eq!(binary.text(), None);
        let (encoding, encoded) = binary.encoded();
        assert_eq!((encoding, encoded.expose().as_str()), ("base64", "/wA="));
        assert_eq!(Value::Binary(Secret::new(b"a".to_vec())).text(), Some("a"));
    }

    #[test]
    fn selectors_are_displayed() {
        assert_eq!(VersionSelector::default().to_string(), "current version");
        assert_eq!(VersionSelector::stage("AWSPREVIOUS").to_string(), "version at stage AWSPREVIOUS");
    }
}
