//! Bundles of certificate authorities that the environment names.

use crate::error::Error;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&UNUSABLE];

pub(crate) const UNUSABLE: Finding = Finding::fail(
    "machine.certificates-unusable",
    "machine.certificates",
    "AWS_CA_BUNDLE, SSL_CERT_FILE or SSL_CERT_DIR names a file or folder that does not exist or holds no usable certificates in PEM: no server can be trusted with it.",
    "Correct the variable, or unset it.",
);

/// Whether the bundles could be read. `set`: the variables that name one.
pub(crate) fn judge_certificates(read: Result<(), &Error>, set: &[&str]) -> Judgement {
    let Err(error) = read else {
        let seen = if set.is_empty() { "the system's".to_owned() } else { format!("of {}", set.join(" and ")) };
        return Judgement::ok(seen);
    };
    Judgement::problem(Problem::of_error(&UNUSABLE, error))
}
