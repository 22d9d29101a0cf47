//! Files: ours, and those that belong to the user and other tools. The only folder that opens, writes or locks one.

pub mod atomic;
pub mod aws_config;
pub mod aws_credentials;
pub mod basis;
pub mod cache;
pub mod folder;
pub mod kubeconfig;
pub mod lock;
pub mod private_folder;
pub mod settings;
pub mod sso_cache;
pub mod temporary;
