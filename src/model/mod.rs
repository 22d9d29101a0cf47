//! Pure decisions: no file, no network, no clock, no environment. Time comes in as `now`, text as text.

pub mod aws;
pub mod elapsed;
pub mod held;
pub mod irsa;
pub mod kube;
pub mod lanes;
pub mod logs;
pub mod placing;
pub mod port_forward;
pub mod reviews;
pub mod secrets;
pub mod settings;
pub mod shell;
pub mod spdy;
pub mod trouble;
pub mod websocket;
pub mod wire;
