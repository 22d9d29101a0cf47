//! Which findings are new since a former audit.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::audit::finding::Found;

/// The findings of a former audit.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    /// Its cluster and region, as far as it has them.
    cluster: Option<String>,
    region: Option<String>,
    known: BTreeSet<(String, String)>,
}

impl Baseline {
    /// Reads a former `-o json`.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn parse(text: &str) -> Result<Baseline, String> {
        let document: Value = serde_json::from_str(text).map_err(|error| format!("invalid JSON: {error}"))?;
        let Some(findings) = document["findings"].as_array() else {
            return Err("it has no list `findings`; a baseline is the output of nsaccess audit -o json".to_owned());
        };
        let word = |finding: &Value, key: &str| finding[key].as_str().map(str::to_owned);
        let known = findings.iter().map(|finding| Some((word(finding, "id")?, word(finding, "about")?)));
        match known.collect() {
            Some(known) => {
                Ok(Baseline { cluster: word(&document, "cluster"), region: word(&document, "region"), known })
            }
            None => Err("one of its findings has no `id` or no `about`".to_owned()),
        }
    }

    /// The cluster that it is of, if that is another one. What is not known differs from nothing.
    pub(crate) fn other_cluster(&self, name: &str, region: &str) -> Option<String> {
        let differs = |own: &Option<String>, other: &str| {
            own.as_deref().is_some_and(|own| !own.is_empty() && !other.is_empty() && own != other)
        };
        let cluster = self.cluster.as_ref()?;
        (differs(&self.cluster, name) || differs(&self.region, region)).then(|| match self.region.as_deref() {
            Some(region) if !region.is_empty() => format!("{cluster} in {region}"),
            _ => cluster.clone(),
        })
    }

    pub(crate) fn has(&self, found: &Found) -> bool {
        self.known.contains(&(found.finding.id.to_owned(), found.about.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cluster_is_noticed() {
        let baseline = |head: &str| Baseline::parse(&format!(r#"{{{head}"findings": []}}"#)).expect("a baseline");
        let own = baseline(r#""cluster": "demo", "region": "eu-west-1", "#);
        assert_eq!(own.other_cluster("demo", "eu-west-1"), None);
        assert_eq!(own.other_cluster("demo", ""), None);
        assert_eq!(own.other_cluster("prod", "eu-west-1").as_deref(), Some("demo in eu-west-1"));
        assert_eq!(own.other_cluster("demo", "eu-west-2").as_deref(), Some("demo in eu-west-1"));
        assert_eq!(baseline("").other_cluster("prod", "eu-west-1"), None);
    }

    #[test]
    fn what_is_no_audit_is_no_baseline() {
        assert!(Baseline::parse(r#"{"findings": [{"id": "a.b", "about": "c", "severity": "high"}]}"#).is_ok());
        for (text, words) in [("", "JSON"), ("{}", "findings"), (r#"{"findings": [{"id": "a"}]}"#, "about")] {
            let why = Baseline::parse(text).expect_err(text);
            assert!(why.contains(words), "{why}");
        }
    }
}
