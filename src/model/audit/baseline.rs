//! Which findings are new since a former audit.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::audit::finding::Found;

/// The findings of a former audit.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    known: BTreeSet<(String, String)>,
}

impl Baseline {
    /// Reads a former `-o json`.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn parse(text: &str) -> Result<Baseline, String> {
        let document: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let Some(findings) = document["findings"].as_array() else {
            return Err("it has no list `findings`; a baseline is what nsaccess audit -o json printed".to_owned());
        };
        let word = |finding: &Value, key: &str| finding[key].as_str().map(str::to_owned);
        let known = findings.iter().map(|finding| Some((word(finding, "id")?, word(finding, "about")?)));
        match known.collect() {
            Some(known) => Ok(Baseline { known }),
            None => Err("a finding in it has no `id` or no `about`".to_owned()),
        }
    }

    pub(crate) fn has(&self, found: &Found) -> bool {
        self.known.contains(&(found.finding.id.to_owned(), found.about.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_audit_is_no_baseline() {
        assert!(Baseline::parse(r#"{"findings": [{"id": "a.b", "about": "c", "severity": "high"}]}"#).is_ok());
        for (text, words) in [("", "JSON"), ("{}", "findings"), (r#"{"findings": [{"id": "a"}]}"#, "about")] {
            let why = Baseline::parse(text).expect_err(text);
            assert!(why.contains(words), "{why}");
        }
    }
}
