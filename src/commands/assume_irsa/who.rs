//! The assumed identity, when it expires, and how to use it.

use crate::actions::irsa::AssumedRole;
use crate::commands::Context;
use crate::error::Result;
use crate::model::irsa::IrsaRequest;
use crate::ui::local_time;

/// Prints it.
pub(super) fn show(context: Context<'_>, request: &IrsaRequest, assumed: &AssumedRole) -> Result<()> {
    let workload_role = &assumed.workload_role;
    let mut rows = vec![row("arn", &assumed.arn), row("role", workload_role.role.arn())];
    rows.extend(workload_role.service_account.as_deref().map(|account| row("service account", account)));
    rows.extend(workload_role.container.as_deref().map(|container| row("container", container)));
    rows.push(row("session name", assumed.session_name()));
    rows.push(row("region", &assumed.region));
    rows.push(row("expires", &local_time(context.host, assumed.credentials.expires_at)));
    rows.push(row("method", assumed.method.action()));
    context.ui.print(&context.ui.table(&["ATTRIBUTE", "VALUE"], &rows))?;
    let namespace = assumed.target.access.name.as_str();
    let ui = context.ui;
    ui.blank();
    ui.status(&format!("Use it:  {}", request.command(namespace, "-- aws sts get-caller-identity")));
    ui.status(&format!("         eval \"$({})\"", request.command(namespace, "--export")));
    ui.status(&format!("         {}", request.command(namespace, "--profile   # for any AWS tool")));
    Ok(())
}

fn row(name: &str, value: &str) -> Vec<String> {
    vec![name.to_owned(), value.to_owned()]
}
