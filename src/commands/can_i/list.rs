//! `can-i --list`: the rules that the cluster lists, never taken for all there is.

use super::document::{ListedReview, Review, Rules};
use crate::actions::reviews::survey::Reviews;
use crate::chain::cluster::api::ClusterAccess;
use crate::commands::Context;
use crate::error::Result;
use crate::model::kube::policy_rule::PolicyRule;
use crate::model::reviews::review::{ListedRule, ListedRules, Question, Verdict};
use crate::ui::{Style, Ui, joined_or_dash, or_dash};

/// Prints the listed rules, then what access reviews say about the developer's questions.
///
/// # Errors
/// When the cluster cannot be asked.
pub(super) async fn show(context: Context<'_>, cluster: &ClusterAccess<'_>) -> Result<()> {
    let (listed, verdicts) = Reviews::of(cluster).listed_rules().await?;
    if listed.incomplete {
        let why = listed.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        context.ui.warning(&format!(
            "the list is incomplete{why}: it lacks the rights of EKS access policies; rely on the access reviews below"
        ));
    }
    let review = |(question, verdict): &(Question, Verdict)| ListedReview {
        review: Review::of(*question, verdict),
        listed: is_listed(&listed, *question),
    };
    let document = Rules {
        namespace: cluster.namespace().to_owned(),
        incomplete: listed.incomplete,
        incomplete_reason: listed.why.clone(),
        rules: listed.rules.iter().map(policy_rule).collect(),
        reviews: verdicts.iter().map(review).collect(),
    };
    context.ui.print_document(&document, || {
        format!("{}\n{}", rules(context.ui, &listed), reviews(context.ui, &listed, &verdicts))
    })
}

fn rules(ui: &Ui, listed: &ListedRules) -> String {
    let mut rows: Vec<Vec<String>> = listed.rules.iter().flat_map(rows).collect();
    rows.sort();
    rows.dedup();
    ui.table(&["RESOURCE", "NAMES", "VERBS"], &rows)
}

/// A row for each resource (`deployments.apps`) or path of a rule.
fn rows(rule: &ListedRule) -> Vec<Vec<String>> {
    let grouped = rule.groups.iter().flat_map(|group| {
        rule.resources.iter().map(move |resource| match (group.as_str(), resource.split_once('/')) {
            ("", _) => resource.clone(),
            (group, Some((resource, subresource))) => format!("{resource}.{group}/{subresource}"),
            (group, None) => format!("{resource}.{group}"),
        })
    });
    let names = joined_or_dash(&rule.names, ", ");
    let row = |what: String| vec![what, names.clone(), rule.verbs.join(", ")];
    grouped.chain(rule.paths.iter().cloned()).map(row).collect()
}

fn reviews(ui: &Ui, listed: &ListedRules, verdicts: &[(Question, Verdict)]) -> String {
    let rows: Vec<Vec<String>> = verdicts
        .iter()
        .map(|(question, verdict)| {
            let (word, note) = match (verdict, is_listed(listed, *question)) {
                (Verdict::Allowed, true) => ("yes", or_dash(None)),
                (Verdict::Allowed, false) => ("yes", "not in the list above".to_owned()),
                (Verdict::Denied(_), true) => ("no", "but in the list above".to_owned()),
                (Verdict::Denied(reason), false) => ("no", or_dash(reason.as_deref())),
                (Verdict::Unknown(words), _) => ("unknown", words.clone()),
            };
            vec![question.to_string(), word.to_owned(), note]
        })
        .collect();
    ui.styled_table(&["ACCESS REVIEW", "ALLOWED", "DETAILS"], &rows, Style::of_verdicts)
}

fn is_listed(listed: &ListedRules, question: Question) -> bool {
    listed.rules.iter().any(|rule| rule.allows(question))
}

fn policy_rule(rule: &ListedRule) -> PolicyRule {
    let ListedRule { groups, resources, names, paths, verbs } = rule.clone();
    PolicyRule { api_groups: groups, resources, resource_names: names, non_resource_urls: paths, verbs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reviews::review::{CREATE_PORT_FORWARD, GET_PODS};

    fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> ListedRule {
        let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
        ListedRule { groups: owned(groups), resources: owned(resources), verbs: owned(verbs), ..ListedRule::default() }
    }

    #[test]
    fn a_resource_and_its_subresource_are_two_things() {
        let pods = ListedRules { rules: vec![rule(&[""], &["pods"], &["*"])], ..ListedRules::default() };
        assert!(is_listed(&pods, GET_PODS) && !is_listed(&pods, CREATE_PORT_FORWARD));
        let any = ListedRules { rules: vec![rule(&["*"], &["*/portforward"], &["create"])], ..ListedRules::default() };
        assert!(is_listed(&any, CREATE_PORT_FORWARD) && !is_listed(&any, GET_PODS));
        let named = ListedRule { names: vec!["web-1".into()], ..rule(&[""], &["pods"], &["get"]) };
        assert!(!is_listed(&ListedRules { rules: vec![named], ..ListedRules::default() }, GET_PODS));
    }

    #[test]
    fn groups_are_written_as_kubectl_writes_them() {
        let rows = rows(&rule(&["", "apps"], &["deployments/scale"], &["get", "patch"]));
        assert_eq!(rows[0][0], "deployments/scale");
        assert_eq!(rows[1], ["deployments.apps/scale", "-", "get, patch"]);
    }
}
