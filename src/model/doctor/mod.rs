//! What `doctor` checks, what it can find, and how it judges: facts in, findings out. `actions/doctor` gathers the facts.
//!
//! One file for each group, in the order in which they are checked. A group's file has its checks, its findings and a
//! function for each check that judges facts.

pub(crate) mod check;
pub(crate) mod document;
pub(crate) mod finding;
pub(crate) mod judgement;
pub(crate) mod plan;
pub(crate) mod row;
pub(crate) mod shareable;

pub(crate) mod authentication;
pub(crate) mod authorization;
pub(crate) mod aws;
pub(crate) mod cluster;
pub(crate) mod environment;
pub(crate) mod grant;
pub(crate) mod kubectl;
pub(crate) mod machine;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod session_region;

use check::Check;
use finding::Finding;

/// Every check, in the order in which they are made and shown.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    TABLES.iter().flat_map(|(checks, _)| checks.iter().copied())
}

/// Every finding, in the order of the checks that can have them.
pub(crate) fn findings() -> impl Iterator<Item = &'static Finding> {
    TABLES.iter().flat_map(|(_, findings)| findings.iter().copied().flatten().copied())
}

/// The check of an id.
pub(crate) fn check(id: &str) -> Option<&'static Check> {
    checks().find(|check| check.id == id)
}

/// What is done about a certificate that is not trusted.
fn untrusted(problem: judgement::Problem, why: &str) -> judgement::Problem {
    problem.because(why).try_next("export AWS_CA_BUNDLE=FILE   # a PEM file with the CA of your organisation's proxy")
}

/// What a person does about a network that does not answer, and what notices when it is done.
pub(crate) fn wait_for_network(namespace: &str) -> String {
    format!("nsaccess doctor {namespace} --wait   # check network, VPN and HTTPS_PROXY in the meantime")
}

/// The checks of a group, and lists of what they find.
type Table = (&'static [&'static Check], &'static [&'static [&'static Finding]]);

const TABLES: [Table; 10] = [
    (machine::CHECKS, machine::FINDINGS),
    (environment::CHECKS, environment::FINDINGS),
    (profile::CHECKS, profile::FINDINGS),
    (session::CHECKS, &[session::FINDINGS]),
    (grant::CHECKS, &[grant::FINDINGS]),
    (cluster::CHECKS, &[cluster::FINDINGS]),
    (authentication::CHECKS, &[authentication::FINDINGS]),
    (authorization::CHECKS, &[authorization::FINDINGS]),
    (kubectl::CHECKS, kubectl::FINDINGS),
    (aws::CHECKS, &[aws::FINDINGS]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_begin_with_their_group() {
        let ids: Vec<&str> = checks().map(|check| check.id).chain(findings().map(|finding| finding.id)).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id is used twice");
        for check in checks() {
            assert!(check.id.starts_with(&format!("{}.", check.group.id())), "{}", check.id);
        }
        for finding in findings() {
            let check = check(finding.check).unwrap_or_else(|| panic!("{} names no check", finding.id));
            assert!(finding.id.starts_with(&format!("{}.", check.group.id())), "{}", finding.id);
            assert!(finding.cause.ends_with('.') && finding.repair.ends_with('.'), "{}: whole sentences", finding.id);
        }
    }

    #[test]
    fn checks_need_only_what_is_checked_before_them() {
        // The clock is read off the answers of the network, and so are the versions that are compared.
        let order: Vec<&str> = checks().map(|check| check.id).collect();
        for check in checks() {
            for need in check.needs {
                assert!(order.contains(need), "{} needs {need}, which is no check", check.id);
            }
            assert!(!needs_itself(check.id, check.id, 0), "{} needs itself", check.id);
        }
    }

    fn needs_itself(id: &str, start: &str, depth: usize) -> bool {
        let needs = check(id).map_or(&[][..], |check| check.needs);
        depth > 30 || needs.iter().any(|need| *need == start || needs_itself(need, start, depth + 1))
    }
}
