//! This machine: files first, programs and the clock beside and after the network.

mod clock;
mod programs;

pub(super) use clock::{after_answer as clock_after_answer, ask as ask_time, at_end as clock_at_end};
pub(super) use programs::{nsaccess, other_tools, tools};

use std::path::{Path, PathBuf};

use crate::actions::doctor::board::Board;
use crate::disk::kubeconfig::Kubeconfigs;
use crate::disk::{aws_config, inspect, left_overs};
use crate::env_vars::{AWS_CA_BUNDLE, AWS_ENDPOINT_URL, SSL_CERT_DIR, SSL_CERT_FILE};
use crate::host::Host;
use crate::model::aws::partition::Partition;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::machine::certificates::judge_certificates;
use crate::model::doctor::machine::files::judge_files;
use crate::model::doctor::machine::left_overs::judge_left_overs;
use crate::model::doctor::machine::permissions::judge_permissions;
use crate::model::doctor::machine::place::Place;
use crate::model::doctor::machine::proxy::judge_proxy;
use crate::model::doctor::machine::{CERTIFICATES, FILES, LEFT_OVERS, PERMISSIONS, PROXY, fault};
use crate::model::wire::proxy::ProxyVariables;
use crate::net::trust::Trust;

/// What can be seen without a chain.
pub(super) fn of_files(board: &Board, host: &Host, kubeconfig: Option<&Path>) {
    let kubeconfigs = Kubeconfigs::new(host, kubeconfig);
    let places = inspect::places(host, kubeconfigs.paths());
    board.judge_now(&PERMISSIONS, || judge_permissions(&places));
    board.judge_now(&FILES, || judge_files(&places));
    board.judge_now(&LEFT_OVERS, || judge_left_overs(&left_overs::find(host, &kubeconfigs)));
    board.judge_now(&PROXY, || judge_proxy(&ProxyVariables::read(|name| host.env(name)), &hosts(host)));
    board.judge_now(&CERTIFICATES, || {
        let set: Vec<&str> =
            [AWS_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR].into_iter().filter(|name| host.env(name).is_some()).collect();
        match Trust::from_env(host) {
            Ok(_) => judge_certificates(Ok(()), &set),
            Err(error) => judge_certificates(Err(&error), &set),
        }
    });
}

/// Skips a check whose own file is at fault, if a check of this machine says so.
pub(super) fn skipped_for_fault(board: &Board, places: &[Place], paths: &[PathBuf]) -> Option<Judgement> {
    let made = [&PERMISSIONS, &FILES].into_iter().filter(|check| board.plan.makes(check));
    let mut faults = made.flat_map(|check| paths.iter().filter_map(|path| fault(check, places, path)));
    faults.next().map(|finding| Judgement::skipped(format!("depends on {}", finding.id)).because_of(finding.id))
}

/// The hosts of AWS that are called in the regions of the sso-sessions.
fn hosts(host: &Host) -> Vec<String> {
    let has_endpoints = host.environment().keys().any(|name| name.starts_with(AWS_ENDPOINT_URL));
    let config = aws_config::read(host).unwrap_or_default();
    let regions = config.sso_sessions().filter_map(|section| section.get("sso_region")).filter(|_| !has_endpoints);
    let regions: std::collections::BTreeSet<&str> = regions.collect();
    let of_region = |region: &str| {
        let suffix = Partition::of_region(region).dns_suffix;
        ["portal.sso", "oidc", "sts", "eks"].map(|service| format!("{service}.{region}.{suffix}"))
    };
    regions.into_iter().flat_map(of_region).collect()
}
