//! The context as kubectl resolves it, and the plugin as kubectl starts it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kubeconfig_edit::UserExec;

use crate::actions::doctor::Scene;
use crate::actions::doctor::limit;
use crate::disk::atomic;
use crate::env_vars::{KUBECONFIG, KUBERC, KUBERNETES_EXEC_INFO};
use crate::host::Host;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::kubectl as checks;
use crate::model::doctor::kubectl::call::{Call, judge_call};
use crate::model::doctor::kubectl::context::{File, is_ours, judge_context, judge_namespace, resolved};
use crate::model::doctor::kubectl::current::judge_current;
use crate::model::doctor::kubectl::endpoint::{Way, judge_endpoint};
use crate::model::doctor::kubectl::plugin::{Program, Run, SLOW_MILLISECONDS, judge_plugin, read_answer, read_words};
use crate::model::doctor::kubectl::policy::{Kuberc, judge_policy};
use crate::model::doctor::kubectl::user::judge_user;
use crate::model::kube::exec_plugin::program_name;
use crate::model::wire::proxy::ProxyVariables;
use crate::process::probe::{self, Ran};

/// The kubeconfig files that can be read, in the order of the list.
pub(super) fn readable(scene: &Scene<'_>) -> Vec<File> {
    let (host, kubeconfigs) = (scene.chain.host, &scene.chain.kubeconfigs);
    let read = kubeconfigs.paths().iter().filter_map(|path| Some((path, kubeconfigs.read(path).ok()??)));
    read.map(|(path, config)| File {
        shown: host.shorten_home(path),
        folder: path.parent().unwrap_or(path).to_owned(),
        config,
    })
    .collect()
}

/// What the kubeconfig files say.
pub(super) fn files(scene: &Scene<'_>) {
    let (host, board) = (scene.chain.host, scene.board);
    let (name, namespace) = (&scene.entry, scene.access.name.as_str());
    let files = readable(scene);
    board.judge_now(&checks::CONTEXT, || judge_context(&files, name, namespace));
    let Some(resolved) = resolved(&files, name) else { return };
    let current = files.iter().find_map(|file| file.config.current_context.as_deref());
    board.judge_now(&checks::CURRENT, || {
        let exists = current.is_some_and(|name| files.iter().any(|file| file.config.context(name).is_some()));
        judge_current(current, exists, name, namespace)
    });
    board.judge_now(&checks::NAMESPACE, || {
        judge_namespace(resolved.context, is_ours(resolved.user), scene.access, current)
    });
    board.judge_now(&checks::ENDPOINT, || {
        let cluster = resolved.cluster;
        let way = Way { cluster: &cluster.name, server: &cluster.server, proxy_url: cluster.proxy_url.as_deref() };
        judge_endpoint(way, &ProxyVariables::read(|name| host.env(name)))
    });
    let user = || scene.read_only().unwrap_or_else(|| judge_user(resolved.user, namespace));
    board.judge_now(&checks::USER, user);
    board.judge_now(&checks::POLICY, || {
        let Some(exec) = &resolved.user.exec else { return Judgement::ok("no exec plugin") };
        let path = match host.env(KUBERC) {
            Some(path) => host.current_dir.join(path),
            None => host.home.join(".kube/kuberc"),
        };
        let found =
            |name: &str| probe::find(host, resolved.folder, name).ok().flatten().map(|file| file.display().to_string());
        judge_policy(&kuberc(host, &path), &path.display().to_string(), &exec.command, found)
    });
}

fn kuberc(host: &Host, path: &Path) -> Kuberc {
    if host.env(KUBERC) == Some("off") {
        return Kuberc::Off;
    }
    match atomic::read_text(path) {
        Ok(None) => Kuberc::Absent,
        Ok(Some(text)) => Kuberc::Text(text),
        Err(error) => Kuberc::Broken(error.to_string()),
    }
}

/// Lets kubectl make the call that needs no right but to be known.
pub(super) async fn call(scene: &Scene<'_>) {
    let (host, name) = (scene.chain.host, &scene.entry);
    let check = async {
        let paths = scene.chain.kubeconfigs.paths();
        let file = paths.iter().find(|path| path.is_file()).or(paths.first());
        let file = file.map(|path| path.display().to_string()).unwrap_or_default();
        judge_call(&called(host, paths, name).await, name, &file)
    };
    scene.board.judge(&checks::CALL, check).await;
}

async fn called(host: &Host, paths: &[PathBuf], context: &str) -> Call {
    let Ok(Some(kubectl)) = probe::find(host, &host.current_dir, "kubectl") else { return Call::None };
    let list = std::env::join_paths(paths).map(|list| list.to_string_lossy().into_owned()).unwrap_or_default();
    let words = ["--context", context, "--request-timeout", "4s", "get", "--raw", "/version"].map(str::to_owned);
    match probe::run(&kubectl, &words, &BTreeMap::from([(KUBECONFIG.to_owned(), list)]), limit::STEP).await {
        Ran::NotStarted(why) => Call::Failed(vec![why]),
        Ran::Late => Call::Late,
        Ran::Ended(ended) if ended.status.success() => Call::Succeeded,
        Ran::Ended(ended) => Call::Failed(ended.stderr.lines().map(str::to_owned).collect()),
    }
}

/// Runs the plugin.
pub(super) async fn plugin(scene: &Scene<'_>) {
    let host = scene.chain.host;
    let check = async {
        if let Some(not_needed) = scene.read_only() {
            return not_needed;
        }
        let files = readable(scene);
        let resolved = resolved(&files, &scene.entry);
        let Some((folder, exec)) = resolved.and_then(|resolved| Some((resolved.folder, resolved.user.exec.as_ref()?)))
        else {
            return Judgement::unknown("no exec plugin");
        };
        let file = probe::find(host, folder, &exec.command).unwrap_or_else(Some);
        let which = match program_name(&exec.command) {
            _ if file.as_ref().is_some_and(|file| host.is_this_program(file)) => Program::This,
            "nsaccess" => Program::Nsaccess,
            _ => Program::Other,
        };
        let run = match &file {
            Some(file) => run_twice_if_slow(file, exec).await,
            None => Run::NotStarted(format!("kubectl cannot find {}", exec.command)),
        };
        judge_plugin(&run, which, scene.access.name.as_str(), host.now())
    };
    scene.board.judge(&checks::PLUGIN, check).await;
}

async fn run_twice_if_slow(file: &Path, exec: &UserExec) -> Run {
    let first = run(file, &exec.args, exec).await;
    match &first {
        Run::Ended { answer: Ok(_), milliseconds } if *milliseconds > SLOW_MILLISECONDS => {
            again(file, exec).await.unwrap_or(first)
        }
        _ => first,
    }
}

/// The first run may have fetched what later ones find in a file: those are what kubectl waits for every time. It is
/// started by a shell, because a plugin that its caller asks twice may take the first token for refused.
async fn again(file: &Path, exec: &UserExec) -> Option<Run> {
    if cfg!(windows) {
        return None;
    }
    let script = r#""$0" "$@"; exit $?"#.to_owned();
    let words = ["-c".to_owned(), script, file.display().to_string()];
    let words: Vec<String> = words.into_iter().chain(exec.args.iter().cloned()).collect();
    Some(run(Path::new("/bin/sh"), &words, exec).await)
}

async fn run(file: &Path, words: &[String], exec: &UserExec) -> Run {
    let mut variables: BTreeMap<String, String> = exec.env.iter().cloned().collect();
    let version = &exec.api_version;
    let info = serde_json::json!({"kind": "ExecCredential", "apiVersion": version, "spec": {"interactive": false}});
    variables.insert(KUBERNETES_EXEC_INFO.to_owned(), info.to_string());
    match probe::run(file, words, &variables, limit::STEP).await {
        Ran::NotStarted(why) => Run::NotStarted(format!("{}: {why}", file.display())),
        Ran::Late => Run::Late,
        Ran::Ended(ended) if ended.status.success() => {
            Run::Ended { answer: read_answer(ended.stdout.expose(), version), milliseconds: milliseconds(ended.took) }
        }
        Ran::Ended(ended) => Run::Failed { status: ended.status.to_string(), said: read_words(&ended.stderr) },
    }
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
