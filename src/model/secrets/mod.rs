//! Secrets of AWS Secrets Manager: names, metadata, values, and their use as environment variables. Values are always in a
//! [`crate::secret::Secret`].

pub(crate) mod basic_variables;
pub(crate) mod dangerous;
pub(crate) mod deliver;
pub(crate) mod diff;
pub(crate) mod metadata;
pub(crate) mod mount;
pub(crate) mod name;
pub(crate) mod value;
pub(crate) mod variables;

pub(crate) use metadata::{Rotation, SecretMetadata, Version};
pub(crate) use name::{NameError, Prefix, SecretName};
pub(crate) use value::{SecretValue, Value, VersionSelector};
