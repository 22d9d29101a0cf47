//! The access: which one is meant, and why, and whose namespace it is a way into.

use std::fmt;

use crate::chain::{Chain, Presence};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::model::kube::access::{Access, AccessName};
use crate::model::kube::namespace::Namespace;
use crate::model::settings::{Origin, namespace_from_folder};
use crate::ui::PRODUCTION;

/// What says which namespace is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Naming {
    /// An argument, or `-n`.
    Argument,
    /// `$NSACCESS_NAMESPACE`.
    Environment,
    /// The current context, which is one of ours.
    CurrentContext(String),
    /// A project's file.
    Project(Origin),
    /// The folder's name.
    Folder,
}

impl fmt::Display for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Naming::Argument => f.write_str("as named"),
            Naming::Environment => write!(f, "${}", env_vars::NSACCESS_NAMESPACE),
            Naming::CurrentContext(context) => write!(f, "the current context {context}"),
            Naming::Project(origin) => write!(f, "{origin}"),
            Naming::Folder => f.write_str("this folder's name"),
        }
    }
}

/// The namespace: as named, else `$NSACCESS_NAMESPACE`, else the current context if it is one of ours, else the
/// project file or folder, else a person chooses.
///
/// # Errors
/// When the name is not valid, or nothing names a namespace and no person can be asked.
pub(crate) fn meant(chain: &Chain<'_>, named: Option<&str>) -> Result<Access> {
    if let Some(access) = implied(chain, named)? {
        return Ok(access);
    }
    let names = familiar(chain);
    if chain.presence != Presence::Person || names.is_empty() {
        return Err(not_specified(chain));
    }
    pick(chain, names)
}

/// The same without a choice: `None` if nothing names a namespace.
///
/// # Errors
/// When the name is not valid.
pub(crate) fn implied(chain: &Chain<'_>, named: Option<&str>) -> Result<Option<Access>> {
    let Some((name, naming)) = name_and_reason(chain, named)? else {
        tell_untrusted(chain, None);
        return Ok(None);
    };
    tell_untrusted(chain, Some(&name));
    let access = parse(chain, &name)?;
    chain.ui.detail(&format!("namespace: {} ({naming})", in_words(&access)));
    Ok(Some(access))
}

fn name_and_reason(chain: &Chain<'_>, named: Option<&str>) -> Result<Option<(String, Naming)>> {
    if let Some(named) = named {
        return Ok(Some((named.to_owned(), Naming::Argument)));
    }
    if let Some(name) = chain.host.env(env_vars::NSACCESS_NAMESPACE) {
        return Ok(Some((name.to_owned(), Naming::Environment)));
    }
    let current = chain.kubeconfigs.merged()?.current_context().map(str::to_owned).unwrap_or_default();
    if let Some(name) = chain.settings.context_pattern.value.namespace_of(&current) {
        return Ok(Some((name, Naming::CurrentContext(current))));
    }
    if let Some(project) = &chain.settings.project_namespace {
        return Ok(Some((project.value.clone(), Naming::Project(project.origin.clone()))));
    }
    let folder = namespace_from_folder(&chain.host.current_dir);
    Ok(folder.map(|name| (name, Naming::Folder)))
}

/// Lets a person choose one of these names. Production is marked.
///
/// # Errors
/// When the person cancels.
pub(crate) fn pick(chain: &Chain<'_>, names: Vec<String>) -> Result<Access> {
    let lines: Vec<String> = names.iter().map(|name| with_mark(chain, name)).collect();
    let chosen = chain.prompts.pick("Which namespace?", &lines)?;
    parse(chain, &names[chosen])
}

/// A name for a list to choose from.
pub(crate) fn with_mark(chain: &Chain<'_>, name: &str) -> String {
    format!("{name}{}", mark(chain, name))
}

/// What stands behind the name of an access in a sentence or a list: that it is production, or nothing.
pub(crate) fn mark(chain: &Chain<'_>, name: &str) -> String {
    if is_production(chain, name) { format!("  {PRODUCTION}") } else { String::new() }
}

/// Whether the settings call an access, or its namespace, production.
pub(crate) fn is_production(chain: &Chain<'_>, access: &str) -> bool {
    chain.settings.pins(access).production.is_some_and(|production| production.value)
}

/// Nothing says which namespace is meant, and nobody can be asked.
pub(crate) fn not_specified(chain: &Chain<'_>) -> Error {
    let error = Error::usage("no namespace specified").because(
        "no argument, -n or $NSACCESS_NAMESPACE, and neither the current context, nsaccess.toml nor this folder names one",
    );
    // Somebody who has never used kubectl has no file in the default place.
    let default = chain.host.home.join(".kube/config");
    let missing = chain.kubeconfigs.paths().iter().filter(|path| **path != default && !path.exists());
    let error = missing.fold(error, |error, path| {
        error.because(format!("the kubeconfig {} does not exist", chain.host.shorten_home(path)))
    });
    let error = match familiar(chain).is_empty() {
        true => error.try_next("nsaccess login   # signs in and lists your namespaces"),
        false => error.try_next("nsaccess list   # lists your namespaces"),
    };
    match &chain.settings.untrusted_project {
        None => error,
        Some(project) => error
            .because(format!("{} is not trusted: {}", chain.host.shorten_home(&project.path), project.summary()))
            .try_next(project.trust_command()),
    }
}

/// Names that are known here without a call: of accesses that are set up, and namespaces of the portals' kept lists.
pub(crate) fn familiar(chain: &Chain<'_>) -> Vec<String> {
    let mut names: Vec<String> = set_up(chain).iter().map(AccessName::to_string).collect();
    let of_settings = chain.settings.start_url.iter().map(|start_url| start_url.value.as_str());
    let of_sessions = chain.aws_config.sso_sessions().filter_map(|session| session.get("sso_start_url"));
    for start_url in of_settings.chain(of_sessions) {
        let Some(index) = chain.cache.portal_index(start_url) else { continue };
        names.extend(index.assignments.iter().filter_map(|assignment| chain.settings.namespace_of(assignment)));
    }
    names.sort();
    names.dedup();
    names
}

/// The accesses that are set up here: with a profile or a context of ours, or a profile named in the settings.
pub(crate) fn set_up(chain: &Chain<'_>) -> Vec<AccessName> {
    let of_entry = |name: &str| chain.settings.context_pattern.value.namespace_of(name);
    let mut names: Vec<String> = chain.aws_config.profile_names().filter_map(of_entry).collect();
    if let Ok(merged) = chain.kubeconfigs.merged() {
        let ours = merged.context_names().filter(|name| merged.own_cluster(name).is_some());
        names.extend(ours.filter_map(of_entry));
    }
    names.extend(chain.settings.rows().into_iter().filter_map(|(key, _, _)| pinned_by_profile(&key)));
    names.sort();
    names.dedup();
    names.iter().filter_map(|name| AccessName::parse(name).ok()).collect()
}

/// The access whose identity a setting names: `namespace.NAME.role_arn` or `namespace.NAME.source_profile`.
fn pinned_by_profile(key: &str) -> Option<String> {
    let (name, pin) = key.strip_prefix("namespace.")?.rsplit_once('.')?;
    matches!(pin, "role_arn" | "source_profile").then(|| name.to_owned())
}

/// Says what a project's file asks for and does not get, where it would make a difference for this namespace.
pub(crate) fn tell_untrusted(chain: &Chain<'_>, namespace: Option<&str>) {
    let Some(project) = &chain.settings.untrusted_project else { return };
    if namespace.is_some_and(|namespace| !project.matters_for(namespace)) {
        return;
    }
    let file = chain.host.shorten_home(&project.path);
    chain.ui.warning(&format!("ignoring {file}, which is not trusted: {}", project.summary()));
    chain.ui.hint(&project.trust_command());
}

fn parse(chain: &Chain<'_>, name: &str) -> Result<Access> {
    named(chain, parse_name(name)?)
}

/// A name as a person types it.
///
/// # Errors
/// When no access can have it.
pub(crate) fn parse_name(name: &str) -> Result<AccessName> {
    AccessName::parse(name).map_err(|why| {
        Error::usage(format!("invalid namespace {name:?}"))
            .because(format!("it {why}"))
            .try_next("nsaccess list   # lists your namespaces")
    })
}

/// The access of a name: into the namespace that the settings name for it, by default the one of the same name.
///
/// # Errors
/// When the settings name something else than a namespace.
pub(crate) fn named(chain: &Chain<'_>, name: AccessName) -> Result<Access> {
    let namespace = chain.settings.namespace_of_access(name.as_str());
    let namespace = Namespace::parse(&namespace)
        .map_err(|why| Error::usage(format!("invalid namespace {namespace:?}")).because(format!("it {why}")))?;
    Ok(Access { name, namespace })
}

fn in_words(access: &Access) -> String {
    match access.has_own_name() {
        true => format!("{}, by the access {access}", access.namespace),
        false => access.to_string(),
    }
}
