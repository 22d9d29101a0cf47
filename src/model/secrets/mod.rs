//! Secrets of AWS Secrets Manager: which of them are the namespace's, what is known of them, and what is made of their
//! values. A value is a [`crate::secret::Secret`] wherever it stands.

pub(crate) mod deliver;
pub(crate) mod diff;
pub(crate) mod facts;
pub(crate) mod json;
pub(crate) mod name;
pub(crate) mod steering;
pub(crate) mod value;
pub(crate) mod variables;

pub(crate) use facts::{Facts, Rotation, Version};
pub(crate) use name::{Prefix, Refusal, SecretName};
pub(crate) use value::{Stored, Value, Wanted};
