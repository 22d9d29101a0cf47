//! Secrets of AWS Secrets Manager: which of them are the namespace's, what is known of them, and what is made of their
//! values. A value is a [`crate::secret::Secret`] wherever it stands.

pub(crate) mod dangerous;
pub(crate) mod deliver;
pub(crate) mod diff;
pub(crate) mod json;
pub(crate) mod metadata;
pub(crate) mod name;
pub(crate) mod value;
pub(crate) mod variables;

pub(crate) use metadata::{Rotation, SecretMetadata, Version};
pub(crate) use name::{NameError, Prefix, SecretName};
pub(crate) use value::{SecretValue, Value, VersionSelector};
