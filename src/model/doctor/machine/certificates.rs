//! Bundles of certificate authorities that the environment names.

use crate::error::Error;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&UNUSABLE];

pub(crate) const UNUSABLE: Finding = Finding::fail(
    "machine.certificates-unusable",
    "machine.certificates",
    "AWS_CA_BUNDLE, SSL_CERT_FILE or SSL_CERT_DIR points to a file or directory that does not exist or contains no usable PEM certificates, so no server can be verified.",
    "Correct or unset the variable.",
);

/// Whether the bundles could be read. `set`: the variables that name one.
pub(crate) fn judge_certificates(read: Result<(), &Error>, set: &[&str]) -> Judgement {
    let Err(error) = read else {
        let seen = if set.is_empty() { "system defaults".to_owned() } else { format!("from {}", set.join(", ")) };
        return Judgement::ok(seen);
    };
    Judgement::problem(Problem::of_error(&UNUSABLE, error))
}
