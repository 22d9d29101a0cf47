//! Files: our own, and those of the user and other tools. Nothing else in the crate opens, writes or locks one.

pub(crate) mod atomic;
pub(crate) mod aws_config;
pub(crate) mod aws_credentials;
pub(crate) mod browser_profiles;
pub(crate) mod cache;
pub(crate) mod cli_cache;
pub(crate) mod config_fingerprint;
pub(crate) mod converted;
pub(crate) mod folder;
pub(crate) mod inspect;
pub(crate) mod kubeconfig;
pub(crate) mod left_overs;
pub(crate) mod link;
pub(crate) mod lock;
pub(crate) mod memory_file;
pub(crate) mod named_pipe;
pub(crate) mod permissions;
pub(crate) mod private_folder;
pub(crate) mod settings;
pub(crate) mod sso_cache;
pub(crate) mod temporary;
