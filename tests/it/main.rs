//! The integration tests: one binary, a module a verb. The real `nsaccess` runs in a sealed home against the sandbox.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests read their own process and files, say what they skip, and fail by panicking"
)]

mod accesses;
mod accesses_listed;
mod assume_irsa;
mod assume_irsa_out;
mod assume_irsa_profile;
mod assume_irsa_refused;
mod assume_irsa_rights;
mod audit;
mod audit_programs;
mod aws_credentials_file;
mod browser_flow;
mod can_i;
mod config;
mod config_explain;
mod contexts;
mod credentials;
mod docs;
mod doctor;
mod doctor_authentication;
mod doctor_authorization;
mod doctor_aws;
mod doctor_cluster;
mod doctor_environment;
mod doctor_kubectl;
mod doctor_machine;
mod doctor_profile;
mod doctor_region;
mod doctor_role;
mod doctor_session;
mod doctor_way;
mod endings;
mod file_rights;
mod files_in_trouble;
mod grant;
mod grant_docs;
mod grant_principals;
mod grant_refused;
mod grant_render;
mod hints;
mod hostile;
mod inside;
mod kubeconfig_convert;
mod kubeconfig_verb;
mod layering;
mod login;
mod login_by_role;
mod login_by_role_refused;
mod login_by_role_sources;
mod login_choices;
mod login_replaces;
mod login_unreached;
mod logs;
mod logs_cuts;
mod logs_follow;
mod logs_passing;
mod logs_sources;
mod moved;
mod no_terminal;
mod organisation;
mod organisations;
mod pods;
mod port_forward;
mod port_forward_command;
mod port_forward_network;
mod port_forward_pods;
mod port_forward_refused;
mod port_forward_roles;
mod port_forward_services;
mod port_forward_wire;
mod portal_regions;
mod races;
mod refused_session;
mod revoke;
mod role_console;
mod role_verbs;
mod roles;
mod screen;
mod secret_clipboard;
mod secret_exec;
mod secret_lists;
mod secret_searches;
mod secret_steering;
mod secret_trouble;
mod secret_values;
mod secret_versions;
mod secrets;
mod settings_docs;
mod sign_in;
mod sign_out;
mod special_files;
mod support;
mod token;
mod token_drop_in;
mod token_profiles;
mod trouble;
mod trust;
mod typed_names;
mod ways_out;
