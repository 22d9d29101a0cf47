//! The table of tasks.

use super::document::{AwsVerdict, TaskVerdict, Tasks};
use crate::actions::reviews::survey::{Reviews, Survey};
use crate::chain::cluster::api::ClusterAccess;
use crate::commands::Context;
use crate::error::Result;
use crate::model::kube::role_rule::{Rule, merged};
use crate::model::reviews::tasks::{Outcome, Task, judge};
use crate::ui::{Style, Ui};

/// Asks, prints the table, and says which rules would allow the rest.
///
/// # Errors
/// When the cluster cannot be asked.
pub(super) async fn show(context: Context<'_>, cluster: &ClusterAccess<'_>) -> Result<()> {
    let survey = Box::pin(Reviews::of(cluster).survey()).await?;
    let tasks = judge(&survey.answers);
    let name = cluster.cluster().name;
    let version = survey.answers.minor.map(|minor| format!("1.{minor}"));
    let document = Tasks {
        namespace: cluster.namespace().to_owned(),
        cluster: name.clone(),
        server_version: version.clone(),
        username: survey.identity.username.clone(),
        groups: survey.identity.groups.clone(),
        arn: survey.caller_arn.clone(),
        tasks: tasks.iter().map(TaskVerdict::of).collect(),
        aws: survey.aws.iter().map(AwsVerdict::of).collect(),
    };
    let known = version.map_or_else(String::new, |version| format!(" (Kubernetes {version})"));
    context.ui.status(&format!("{} on {name}{known}, as {}", cluster.namespace(), survey.identity.username));
    context.ui.print_document(&document, || render(context.ui, &tasks, &survey))?;
    let missing = merged(tasks.into_iter().flat_map(|task| task.missing));
    if !missing.is_empty() {
        advise(context, cluster.namespace(), &missing);
    }
    Ok(())
}

fn render(ui: &Ui, tasks: &[Task], survey: &Survey) -> String {
    let row = |title: &str, outcome: Outcome, why: &str| {
        let details = if why.is_empty() { "-" } else { why };
        vec![title.to_owned(), outcome.word().to_owned(), details.to_owned()]
    };
    let mut rows: Vec<_> = tasks.iter().map(|task| row(task.title, task.outcome, &task.why)).collect();
    rows.extend(survey.aws.iter().map(|check| row(check.title, check.outcome, &check.why)));
    ui.styled_table(&["TASK", "ALLOWED", "DETAILS"], &rows, Style::of_verdicts)
}

fn advise(context: Context<'_>, namespace: &str, missing: &[Rule]) {
    if context.global.verbose == 0 {
        context.hint("nsaccess can-i -v   # show the missing rules");
        return;
    }
    context.ui.blank();
    context.ui.status(&format!("Missing rules of the Role in {namespace}; ask for those you need:"));
    for rule in missing {
        context.ui.status(&rule.to_string());
    }
}
