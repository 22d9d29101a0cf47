//! Pure decisions: no file, no network, no clock, no environment. Time comes in as `now`, text as text.

pub mod aws_config;
pub mod cluster;
pub mod credentials;
pub mod device_flow;
pub mod eks_token;
pub mod exec_credential;
pub mod kubeconfig;
pub mod namespace;
pub mod partition;
pub mod pkce;
pub mod pods;
pub mod ports;
pub mod proxy;
pub mod review;
pub mod role_arn;
pub mod settings;
pub mod shell;
pub mod spdy;
pub mod sso_cache;
pub mod target;
pub mod websocket;
