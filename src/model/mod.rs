//! Pure decisions: no file, no network, no clock, no environment. Time comes in as `now`, text as text.

pub mod aws;
pub mod elapsed;
pub mod irsa;
pub mod kube;
pub mod logs;
pub mod port_forward;
pub mod reviews;
pub mod secrets;
pub mod settings;
pub mod shell;
pub mod wire;
