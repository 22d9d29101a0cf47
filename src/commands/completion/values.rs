//! Which values an argument takes, and where they are found.

use super::Candidate;
use super::line::Meaning;
use crate::actions::candidates::{self, Asked};
use crate::chain::{Chain, Presence, access};
use crate::error::Result;
use crate::host::Host;
use crate::model::grants::preset::Preset;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::port_forward::sets;
use crate::model::settings::{self, Flags};
use crate::process::runtime;
use crate::ui::Ui;

/// Values that only this machine or the cluster knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Namespaces and accesses.
    Accesses,
    /// The same, and `-` for the one before.
    OtherContexts,
    /// Objects that have pods, or lead to them.
    Targets(&'static [Kind]),
    /// What has ports, and the forward sets of the settings.
    ForwardTargets,
    /// Containers of the target on the line.
    Containers,
    /// Secrets of the namespace.
    Secrets,
    /// Keys of settings.
    Settings,
    /// Contexts of the kubeconfig.
    Contexts,
    /// Profiles of the AWS CLI.
    Profiles,
    /// Presets of `grant`.
    Presets,
}

const PODS: &[Kind] = &[Kind::Pod];
const WITH_LOGS: &[Kind] = &[Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job];
const WITH_PORTS: &[Kind] = &[Kind::Pod, Kind::Service, Kind::Deployment, Kind::StatefulSet];
const WITH_ROLES: &[Kind] = &[Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::Job, Kind::ServiceAccount];

impl Values {
    /// What an argument of a verb takes; `verb` is empty for the flags of all verbs. `None`: nothing, or what clap knows.
    pub(super) fn of(verb: &str, argument: &str) -> Option<Self> {
        Some(match (verb, argument) {
            ("use", "namespace") => Values::OtherContexts,
            (_, "namespace" | "namespace_flag") => Values::Accesses,
            ("pods", "names") => Values::Targets(PODS),
            ("logs", "targets") => Values::Targets(WITH_LOGS),
            ("port-forward", "words") => Values::ForwardTargets,
            ("assume-irsa", "target") | ("exec" | "shell", "irsa") => Values::Targets(WITH_ROLES),
            ("logs", "containers") | ("assume-irsa", "container") => Values::Containers,
            ("secrets get" | "secrets describe" | "secrets versions" | "secrets diff", "name") => Values::Secrets,
            ("secrets exec", "names") => Values::Secrets,
            ("config set" | "config unset", "key") | ("config", "explain") => Values::Settings,
            ("grant" | "grant render" | "revoke" | "audit" | "kubeconfig convert", "context") => Values::Contexts,
            ("grant" | "revoke" | "audit" | "token", "profile") | ("login", "source_profile") => Values::Profiles,
            ("grant" | "grant render", "preset") => Values::Presets,
            _ => return None,
        })
    }

    /// All of them, or at least those that begin with `begun`.
    pub(super) fn find(self, host: &Host, meaning: &Meaning, begun: &str) -> Vec<Candidate> {
        self.read(host, meaning, begun).unwrap_or_default()
    }

    fn read(self, host: &Host, meaning: &Meaning, begun: &str) -> Result<Vec<Candidate>> {
        let ui = &Ui::silent();
        let kubeconfig = meaning.kubeconfig.as_deref();
        let chain = &Chain::open(host, ui, kubeconfig, &Flags::default(), Presence::Nobody)?;
        Ok(match self {
            Values::Accesses => named(access::familiar(chain)),
            Values::OtherContexts => named(access::familiar(chain).into_iter().chain(["-".to_owned()])),
            Values::Settings => named(setting_keys(chain)),
            Values::Contexts => named(chain.kubeconfigs.merged()?.context_names().map(str::to_owned)),
            Values::Profiles => named(chain.aws_config.profile_names().map(str::to_owned)),
            Values::Presets => named(Preset::NAMES.map(str::to_owned)),
            Values::Targets(kinds) => targets(chain, meaning, kinds, begun)?,
            Values::ForwardTargets if begun.starts_with(sets::SIGN) => forward_sets(chain),
            Values::ForwardTargets => {
                let mut found = forward_sets(chain);
                found.extend(targets(chain, meaning, WITH_PORTS, begun).unwrap_or_default());
                found
            }
            Values::Containers => match meaning.target.as_deref().map(|target| Workload::parse(target, WITH_LOGS)) {
                Some(Ok(workload)) => of_namespace(chain, meaning, &Asked::Containers(workload))?,
                _ => Vec::new(),
            },
            Values::Secrets => of_namespace(chain, meaning, &Asked::Secrets)?,
        })
    }
}

fn targets(chain: &Chain<'_>, meaning: &Meaning, kinds: &[Kind], begun: &str) -> Result<Vec<Candidate>> {
    match Asked::objects(kinds, begun) {
        Some(asked) => of_namespace(chain, meaning, &asked),
        None => Ok(Vec::new()),
    }
}

fn forward_sets(chain: &Chain<'_>) -> Vec<Candidate> {
    let sets = chain.settings.forwards.iter();
    sets.map(|(name, set)| Candidate { value: format!("{}{name}", sets::SIGN), note: set.value.join(", ") }).collect()
}

fn of_namespace(chain: &Chain<'_>, meaning: &Meaning, asked: &Asked) -> Result<Vec<Candidate>> {
    let access = chain.access(meaning.namespace.as_deref())?;
    let found = runtime::run(async { Ok(candidates::find(chain, &access, asked).await) })?;
    Ok(found.into_iter().map(|(value, note)| Candidate { value, note }).collect())
}

/// Those that settings may have, of namespaces that are set up here, and the forward sets that there are.
fn setting_keys(chain: &Chain<'_>) -> Vec<String> {
    let names = access::familiar(chain);
    let sets = chain.settings.forwards.keys().map(|name| format!("forwards.{name}"));
    settings::user_keys(names.iter().map(String::as_str)).into_iter().chain(sets).collect()
}

fn named(names: impl IntoIterator<Item = String>) -> Vec<Candidate> {
    names.into_iter().map(|value| Candidate { value, note: String::new() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_know_their_values() {
        assert_eq!(Values::of("", "namespace_flag"), Some(Values::Accesses));
        assert_eq!(Values::of("secrets get", "name"), Some(Values::Secrets));
        assert_eq!(Values::of("logs", "containers"), Some(Values::Containers));
        assert_eq!(Values::of("logs", "since"), None);
    }
}
