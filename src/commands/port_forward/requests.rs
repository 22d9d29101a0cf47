//! The words of the command line, in which `@name` stands for a forward set of the settings.

use crate::chain::Chain;
use crate::error::{Error, Kind, Result};
use crate::model::kube::namespace::similar;
use crate::model::port_forward::ports::ForwardRequest;
use crate::model::port_forward::sets::{self, SIGN, WordsError};

const HELP: &str = "nsaccess port-forward --help   # syntax of targets and ports";
const NEW_SET: &str = "svc/web,svc/db";

/// What the words ask for.
///
/// # Errors
/// Which word is wrong, or which set there is not.
pub(super) fn read(chain: &Chain<'_>, words: &[String]) -> Result<Vec<ForwardRequest>> {
    let known = &chain.settings.forwards;
    let requests = sets::parse(words, |name| known.get(name).map(|set| set.value.as_slice()));
    let requests = requests.map_err(|error| match error {
        WordsError::Invalid(why) => Error::usage(why).try_next(HELP),
        WordsError::UnknownSet(name) => unknown(chain, &name),
    })?;
    for name in words.iter().filter_map(|word| word.strip_prefix(SIGN)) {
        let set = &known[name];
        chain.ui.detail(&format!("forward set {SIGN}{name}: {} ({})", set.value.join(", "), set.origin));
        if let Some(project) = &chain.settings.untrusted_project
            && project.has_forward_set(name)
        {
            let file = chain.host.shorten_home(&project.path);
            chain.ui.warning(&format!("ignoring forwards.{name} in {file}, which is not trusted"));
            chain.ui.hint(&project.trust_command());
        }
    }
    Ok(requests)
}

fn unknown(chain: &Chain<'_>, name: &str) -> Error {
    let error = Error::new(Kind::NotFound, format!("forward set {name:?} not found"));
    if let Some(project) = &chain.settings.untrusted_project
        && project.has_forward_set(name)
    {
        let file = chain.host.shorten_home(&project.path);
        return error
            .because(format!("{file} sets forwards.{name}, but is not trusted"))
            .try_next(project.trust_command());
    }
    let known = || chain.settings.forwards.keys().map(String::as_str);
    let names: Vec<String> = known().map(|name| format!("{SIGN}{name}")).collect();
    if names.is_empty() {
        let name = if sets::check_name(name).is_ok() { name } else { "NAME" };
        return error
            .because("neither an nsaccess.toml here or above nor your config.toml has [forwards]")
            .try_next(format!("nsaccess config set forwards.{name} {NEW_SET}"));
    }
    let error = error.because(format!("the forward sets are {}", names.join(", ")));
    match similar(name, known()) {
        Some(near) => error.try_next(format!("nsaccess port-forward {SIGN}{near}")),
        None => error.try_next("nsaccess config --explain forwards   # what is in them, and where they are written"),
    }
}
