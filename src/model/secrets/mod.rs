//! Secrets of AWS Secrets Manager: which of them are the namespace's, what is known of them, and what is made of their
//! values. A value is a [`crate::secret::Secret`] wherever it stands.

pub mod deliver;
pub mod diff;
pub mod facts;
pub mod json;
pub mod name;
pub mod steering;
pub mod value;
pub mod variables;

pub use facts::{Facts, Rotation, Version};
pub use name::{Prefix, Refusal, SecretName};
pub use value::{Stored, Value, Wanted};
