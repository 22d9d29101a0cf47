//! `aws-iam-authenticator token`, as pflag reads it: cmd/aws-iam-authenticator/token.go and root.go.

use super::reason::Reason;
use super::words::{Words, split};
use super::{Plugin, variable};

/// Variables of the authenticator's own that stand for arguments.
const CLUSTER_ID: &str = "KUBERNETES_AWS_AUTHENTICATOR_CLUSTER_ID";
const ROLE: &str = "DEFAULT_ROLE";

/// Short options, and what they stand for.
const SHORT: [(&str, &str); 6] = [
    ("-i", "--cluster-id"),
    ("-r", "--role"),
    ("-e", "--external-id"),
    ("-s", "--session-name"),
    ("-l", "--log-format"),
    ("-v", "--log-verbosity"),
];

pub(super) fn read(args: &[String], env: &[(String, String)]) -> Result<Plugin, Reason> {
    let (mut plugin, mut verbs, mut forwards) = (Plugin::default(), Vec::new(), false);
    let mut words = Words::of(args);
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            verbs.push(word);
            continue;
        }
        let (name, attached) = option(word);
        match name {
            "--cluster-id" => plugin.cluster = words.value(name, attached)?,
            "--region" => plugin.region = Some(words.value(name, attached)?),
            "--role" => plugin.role_arn = Some(words.value(name, attached)?),
            "--external-id" => plugin.external_id = Some(words.value(name, attached)?),
            "--session-name" => plugin.session_name = Some(words.value(name, attached)?),
            "--log-format" | "--log-verbosity" => drop(words.value(name, attached)?),
            // Ours keeps credentials anyway.
            "--cache" if is_truth(attached).is_some() => {}
            "--token-only" if is_truth(attached) == Some(false) => {}
            "--forward-session-name" if is_truth(attached).is_some() => forwards = is_truth(attached) == Some(true),
            _ => return Err(Reason::Option(name.to_owned())),
        }
    }
    if verbs != ["token"] {
        return Err(Reason::OtherVerb(verbs.join(" ")));
    }
    plugin.role_arn = plugin.role_arn.or_else(|| variable(env, ROLE));
    // It forwards the name to the session of a role, and does nothing without one.
    if forwards && plugin.role_arn.is_some() {
        return Err(Reason::Option("--forward-session-name".to_owned()));
    }
    if plugin.cluster.is_empty() {
        plugin.cluster = variable(env, CLUSTER_ID).ok_or(Reason::NoCluster)?;
    }
    Ok(plugin)
}

/// The long name of an option, and what is attached to it: `--name=value`, `-nvalue`, `-n=value`.
fn option(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return split(word);
    }
    let short = SHORT.iter().find(|(short, _)| word.starts_with(short));
    short.map_or((word, None), |(short, long)| {
        let attached = &word[short.len()..];
        (long, Some(attached.strip_prefix('=').unwrap_or(attached)).filter(|_| !attached.is_empty()))
    })
}

/// The value of a switch: `--name`, `--name=false`.
fn is_truth(attached: Option<&str>) -> Option<bool> {
    match attached {
        None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Some(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Some(false),
        Some(_) => None,
    }
}
