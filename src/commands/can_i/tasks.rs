//! The table of tasks.

use serde_json::{Value, json};

use crate::actions::reviews::survey::{AwsCheck, Reviews, Survey};
use crate::chain::cluster::api::ClusterAccess;
use crate::commands::Context;
use crate::error::Result;
use crate::model::kube::role_rule::{Rule, merged};
use crate::model::reviews::review::Verdict;
use crate::model::reviews::tasks::{Task, judge};
use crate::ui::Ui;

/// Asks, prints the table, and says which rules would allow the rest.
///
/// # Errors
/// When the cluster cannot be asked.
pub(super) async fn show(context: Context<'_>, cluster: &ClusterAccess<'_>) -> Result<()> {
    let survey = Reviews::of(cluster).survey().await?;
    let tasks = judge(&survey.answers);
    let name = cluster.cluster().name;
    let version = survey.answers.minor.map(|minor| format!("1.{minor}"));
    let value = json!({
        "namespace": cluster.namespace(),
        "cluster": name,
        "server_version": version,
        "username": survey.identity.username,
        "groups": survey.identity.groups,
        "tasks": tasks.iter().map(task_value).collect::<Vec<_>>(),
        "aws": survey.aws.iter().map(check_value).collect::<Vec<_>>(),
    });
    let known = version.map_or_else(String::new, |version| format!(" (Kubernetes {version})"));
    context.ui.status(&format!("{} on {name}{known}, as {}", cluster.namespace(), survey.identity.username));
    context.ui.print_document(&value, || render(context.ui, &tasks, &survey))?;
    let missing = merged(tasks.into_iter().flat_map(|task| task.missing));
    if !missing.is_empty() {
        advise(context, cluster.namespace(), &missing);
    }
    Ok(())
}

fn render(ui: &Ui, tasks: &[Task], survey: &Survey) -> String {
    let row = |title: &str, word: &str, why: &str| vec![title.to_owned(), word.to_owned(), why.to_owned()];
    let mut rows: Vec<_> = tasks.iter().map(|task| row(task.title, task.outcome.word(), &task.why)).collect();
    rows.extend(survey.aws.iter().map(|check| row(check.title, check.outcome.word(), &check.why)));
    ui.table(&["TASK", "MAY YOU", "HOW, OR WHY NOT"], &rows)
}

fn advise(context: Context<'_>, namespace: &str, missing: &[Rule]) {
    if context.global.verbose == 0 {
        context.hint("nsaccess can-i -v   # prints the rules of a Role that would allow the rest");
        return;
    }
    context.ui.blank();
    context.ui.status(&format!("These rules of a Role in {namespace} would allow the rest; ask for those you need:"));
    for rule in missing {
        context.ui.status(&rule.to_string());
    }
}

fn task_value(task: &Task) -> Value {
    let reviews = task.asked.iter().map(|(question, verdict)| {
        let (allowed, reason) = match verdict {
            Verdict::Allowed => (json!(true), None),
            Verdict::Denied(reason) => (json!(false), reason.clone()),
            Verdict::Unknown(words) => (json!(null), Some(words.clone())),
        };
        json!({"question": question.to_string(), "allowed": allowed, "reason": reason})
    });
    let missing = task
        .missing
        .iter()
        .map(|rule| json!({"apiGroups": [rule.group], "resources": [rule.resource], "verbs": rule.verbs}));
    json!({
        "id": task.id,
        "title": task.title,
        "verdict": task.outcome.word(),
        "why": task.why,
        "reviews": reviews.collect::<Vec<_>>(),
        "missing_rules": missing.collect::<Vec<_>>(),
    })
}

fn check_value(check: &AwsCheck) -> Value {
    json!({"action": check.action, "title": check.title, "verdict": check.outcome.word(), "why": check.why})
}
