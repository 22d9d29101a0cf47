//! Programs of this machine: the nsaccess that kubectl starts, and those of others.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::future::join_all;

use crate::actions::doctor::Scene;
use crate::actions::doctor::kubectl;
use crate::actions::doctor::limit;
use crate::env_vars::KUBECONFIG;
use crate::host::Host;
use crate::model::doctor::machine::nsaccess::{Command, judge_nsaccess};
use crate::model::doctor::machine::tools::{FoundTool, Tool, judge_tools, version_in};
use crate::model::doctor::machine::{NSACCESS, TOOLS};
use crate::model::kube::exec_plugin::program_name;
use crate::process::probe::{self, Ran};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether the nsaccess that kubectl starts is this one.
pub(in crate::actions::doctor) async fn nsaccess(scene: &Scene<'_>) {
    let host = scene.chain.host;
    let check = async {
        let command = command(scene).await;
        judge_nsaccess(&command, VERSION, &host.own_command(), scene.access.name.as_str())
    };
    scene.board.judge(&NSACCESS, check).await;
}

async fn command(scene: &Scene<'_>) -> Command {
    let host = scene.chain.host;
    let files = kubectl::readable(scene);
    let resolved = crate::model::doctor::kubectl::context::resolved(&files, &scene.entry);
    let exec = resolved.and_then(|resolved| Some((resolved.folder, resolved.user.exec.as_ref()?)));
    let Some((folder, exec)) = exec else { return Command::None };
    let shown = exec.command.clone();
    if program_name(&shown) != "nsaccess" {
        return Command::OfOthers(shown);
    }
    let file = match probe::find(host, folder, &shown) {
        Ok(Some(file)) => file,
        Ok(None) => return Command::Missing(shown),
        Err(file) => return Command::NotExecutable(file.display().to_string()),
    };
    if host.is_this_program(&file) {
        return Command::This;
    }
    match said(&file, &["--version"]).await {
        Ok(said) => match said.trim().strip_prefix("nsaccess ") {
            Some(version) => Command::Other(shown, version.split_whitespace().next().unwrap_or_default().to_owned()),
            None => Command::Silent(shown, "its output is not that of nsaccess".to_owned()),
        },
        Err(why) => Command::Silent(shown, why),
    }
}

/// What the other programs say of their version, if they are there.
pub(in crate::actions::doctor) async fn tools(scene: &Scene<'_>) -> Vec<Tool> {
    if !scene.board.plan.makes(&TOOLS) {
        return Vec::new();
    }
    let asked: [(&'static str, &[&str]); 3] = [
        ("kubectl", &["version", "--client", "-o", "json"]),
        ("aws", &["--version"]),
        ("k9s", &["version", "--short"]),
    ];
    let host = scene.chain.host;
    join_all(asked.map(|(name, words)| tool(host, name, words))).await
}

async fn tool(host: &Host, name: &'static str, words: &[&str]) -> Tool {
    let found = match probe::find(host, &host.current_dir, name) {
        Ok(Some(file)) => match said(&file, words).await.ok().and_then(|said| version_in(name, &said)) {
            Some(version) => FoundTool::Version(version),
            None => FoundTool::Silent,
        },
        Ok(None) | Err(_) => FoundTool::Missing,
    };
    Tool { name, found }
}

/// Judges them, once the server's version is known or will not be.
pub(in crate::actions::doctor) fn other_tools(scene: &Scene<'_>, tools: &[Tool], server: Option<&str>) {
    scene.board.judge_now(&TOOLS, || judge_tools(tools, server));
}

async fn said(file: &Path, words: &[&str]) -> Result<String, String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    // A kubectl that picks one of several versions would ask the cluster which.
    let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let variables = BTreeMap::from([(KUBECONFIG.to_owned(), nothing.to_owned())]);
    match probe::run(file, &words, &variables, limit::STEP).await {
        Ran::NotStarted(why) => Err(why),
        Ran::Late => Err("it did not respond within 5 seconds".to_owned()),
        Ran::Ended(ended) if ended.status.success() => Ok(String::from_utf8_lossy(ended.stdout.expose()).into_owned()),
        Ran::Ended(ended) => {
            let first = ended.stderr.lines().next().unwrap_or_default().to_owned();
            Err(if first.is_empty() { ended.status.to_string() } else { format!("{}: {first}", ended.status) })
        }
    }
}
