//! `aws eks get-token`, as argparse reads it: awscli/customizations/eks/get_token.py. Options of `aws` itself may stand
//! anywhere, and those of `get-token` may be shortened: `aws eks update-kubeconfig` writes `--role` for `--role-arn`.

use super::Plugin;
use super::reason::Reason;
use super::words::{Words, split};

const OF_GET_TOKEN: [&str; 4] = ["--cluster-name", "--cluster-id", "--role-arn", "--session-name"];

/// Options of `aws` that do not change a token.
const FLAGS_WITHOUT_EFFECT: [&str; 4] =
    ["--no-paginate", "--no-cli-pager", "--no-cli-auto-prompt", "--cli-auto-prompt"];
const VALUES_WITHOUT_EFFECT: [&str; 3] = ["--output", "--color", "--cli-binary-format"];

pub(super) fn read(args: &[String]) -> Result<Plugin, Reason> {
    let (mut plugin, mut id, mut verbs) = (Plugin::default(), None, Vec::new());
    let mut words = Words::of(args);
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            verbs.push(word);
            continue;
        }
        let (name, attached) = split(word);
        match full_name(name) {
            "--region" => plugin.region = Some(words.value(name, attached)?),
            "--profile" => plugin.profile = Some(words.value(name, attached)?),
            "--cluster-name" => plugin.cluster = words.value(name, attached)?,
            "--cluster-id" => id = Some(words.value(name, attached)?),
            "--role-arn" => plugin.role_arn = Some(words.value(name, attached)?),
            "--session-name" => plugin.session_name = Some(words.value(name, attached)?),
            known if VALUES_WITHOUT_EFFECT.contains(&known) => drop(words.value(name, attached)?),
            known if FLAGS_WITHOUT_EFFECT.contains(&known) && attached.is_none() => {}
            _ => return Err(Reason::Option(name.to_owned())),
        }
    }
    if verbs != ["eks", "get-token"] {
        return Err(Reason::OtherVerb(verbs.join(" ")));
    }
    match id {
        Some(_) if !plugin.cluster.is_empty() => Err(Reason::Option("--cluster-id beside --cluster-name".to_owned())),
        Some(id) => Ok(Plugin { cluster: id, ..plugin }),
        None if plugin.cluster.is_empty() => Err(Reason::NoCluster),
        None => Ok(plugin),
    }
}

/// The option of `get-token` that this is the only beginning of.
fn full_name(name: &str) -> &str {
    let mut candidates = OF_GET_TOKEN.iter().filter(|option| option.starts_with(name));
    match (candidates.next(), candidates.next()) {
        // Shorter ones are the beginning of another option too.
        (Some(option), None) if name.len() > "--x".len() => option,
        _ => name,
    }
}
