//! Pure decisions: no files, network, clock or environment. Time is passed in as `now`.

pub(crate) mod audit;
pub(crate) mod aws;
pub(crate) mod browser;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod elapsed;
pub(crate) mod grants;
pub(crate) mod irsa;
pub(crate) mod json;
pub(crate) mod kube;
pub(crate) mod logs;
pub(crate) mod port_forward;
pub(crate) mod reviews;
pub(crate) mod rfc3339;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod shell;
pub(crate) mod version;
pub(crate) mod wire;
