//! The contract of documents.

use super::{DEV, add, binding, entry, of_all, role, rule, unread};
use crate::model::audit::baseline::Baseline;
use crate::model::audit::document::{catalogue, counts, document};
use crate::model::audit::picture::{Picture, Read};
use crate::model::audit::spreadsheet::{access_as_csv, findings_as_csv, markdown};
use crate::model::audit::{FINDINGS, audit};

fn picture() -> Picture {
    let mut picture = of_all();
    add(&mut picture.entries, entry(DEV, &["devs"]));
    add(&mut picture.roles, role(Some("web"), "r", &[rule("secrets", &["get", "list"])]));
    add(&mut picture.bindings, binding(Some("web"), "b", "Role/r", "Group/devs"));
    picture.aws_auth = Read::Failed(unread("ConfigMap aws-auth"));
    picture
}

#[test]
fn a_former_document_is_a_baseline() {
    let mut picture = picture();
    let first = serde_json::to_value(document(&picture, &audit(&picture), None)).expect("a document");
    assert_eq!(first["access"][0]["tasks"][0]["objects"][0], "RoleBinding web/b → Role r");
    assert_eq!(first["findings"][0]["id"], "rights.secrets");
    assert_eq!(first["findings"][0]["docs"], "docs/audit.md#rights-secrets");
    assert_eq!(first["not_read"][0]["needs"], "a right");
    let baseline = Baseline::parse(&first.to_string()).expect("a baseline");
    add(&mut picture.bindings, binding(Some("web"), "new", "Role/none", "Group/devs"));
    let second = serde_json::to_value(document(&picture, &audit(&picture), Some(&baseline))).expect("a document");
    let findings = second["findings"].as_array().expect("a list");
    let new: Vec<&str> =
        findings.iter().filter(|found| found["new"] == true).filter_map(|found| found["id"].as_str()).collect();
    assert_eq!(new, ["binding.no-role"]);
    assert_eq!(findings.len(), 2);
}

#[test]
fn tables_for_other_programs() {
    let picture = picture();
    let audit = audit(&picture);
    let csv = access_as_csv(&picture, &audit);
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains(",secrets,yes,"), "{csv}");
    let csv = findings_as_csv(&picture, &audit, |_| true);
    assert!(csv.contains("demo,rights.secrets,medium,yes,web,") && csv.contains("demo,not-read,"), "{csv}");
    let page = markdown(&picture, &audit, |_| false);
    assert!(page.contains("### medium: rights.secrets (known)"), "{page}");
    assert!(page.contains("## Not read\n\n- ConfigMap aws-auth (needs `a right`)"), "{page}");
    assert_eq!(counts(audit.found.iter()), "1 medium");
}

#[test]
fn the_catalogue_has_every_finding() {
    let catalogue = serde_json::to_value(catalogue()).expect("a document");
    assert_eq!(catalogue["findings"].as_array().map(Vec::len), Some(FINDINGS.len()));
}
