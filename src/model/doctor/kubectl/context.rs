//! The context as kubectl puts it together from its files: the first file that has a name counts.

use std::path::{Path, PathBuf};

use kubeconfig_edit::{Cluster, Context, Kubeconfig, User};

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::kube::access::Access;
use crate::model::kube::exec_plugin::program_name;

pub(super) const FINDINGS: &[&Finding] = &[&MISSING, &BROKEN, &SHADOWED, &OTHER_NAMESPACE];

pub(crate) const MISSING: Finding = Finding::fail(
    "kubectl.context-missing",
    "kubectl.context",
    "The kubeconfig has no context for the namespace: it was removed, or KUBECONFIG has changed since you logged in.",
    "Write it: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const BROKEN: Finding = Finding::fail(
    "kubectl.context-broken",
    "kubectl.context",
    "The context refers to a cluster or user that no kubeconfig file has.",
    "Rewrite it: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const SHADOWED: Finding = Finding::fail(
    "kubectl.shadowed",
    "kubectl.context",
    "Two files in KUBECONFIG have an entry with this name. kubectl uses the one in the first file, which differs from the one written by nsaccess.",
    "Rewrite the context, which corrects the entry that kubectl uses: `nsaccess kubeconfig NAMESPACE`. Or rename the entry in the first file.",
);

pub(crate) const OTHER_NAMESPACE: Finding = Finding::warn(
    "kubectl.other-namespace",
    "kubectl.namespace",
    "The context's default namespace is another one: kubectl without -n uses it, and you have no permissions there.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`.",
);

/// A kubeconfig file, in the order of the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    /// Its path for people.
    pub(crate) shown: String,
    /// Its folder: a relative path in it starts there.
    pub(crate) folder: PathBuf,
    pub(crate) config: Kubeconfig,
}

/// What counts under a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Resolved<'a> {
    pub(crate) context: &'a Context,
    pub(crate) cluster: &'a Cluster,
    pub(crate) user: &'a User,
    /// Where the file with the user is.
    pub(crate) folder: &'a Path,
}

/// What counts under a name, if it is whole.
pub(crate) fn resolved<'a>(files: &'a [File], name: &str) -> Option<Resolved<'a>> {
    let context = first(files, |config| config.context(name))?.1;
    let cluster = first(files, |config| config.cluster(&context.cluster))?.1;
    let (file, user) = first(files, |config| config.user(&context.user))?;
    Some(Resolved { context, cluster, user, folder: &file.folder })
}

fn first<'a, T>(files: &'a [File], part: impl Fn(&'a Kubeconfig) -> Option<&'a T>) -> Option<(&'a File, &'a T)> {
    files.iter().find_map(|file| Some((file, part(&file.config)?)))
}

/// Whether the context is there, is whole, and is the one that nsaccess wrote, if it wrote one.
pub(crate) fn judge_context(files: &[File], name: &str, namespace: &str) -> Judgement {
    let rewritten = |problem: Problem| problem.try_next(format!("nsaccess kubeconfig {namespace}"));
    let repaired = |problem: Problem| Judgement::problem(rewritten(problem).repair(Repair::WriteContext));
    let Some((file, context)) = first(files, |config| config.context(name)) else {
        let problem = Problem::of(&MISSING, format!("context {name} not found"));
        let list: Vec<&str> = files.iter().map(|file| file.shown.as_str()).collect();
        let problem = match list.is_empty() {
            true => problem.because("no kubeconfig file exists"),
            false => problem.because(format!("files searched: {}", list.join(", "))),
        };
        // Without a current context kubectl would still ask nobody.
        let has_current = files.iter().any(|file| file.config.current_context.is_some());
        let switch = if has_current { "" } else { " --switch" };
        let problem = problem.try_next(format!("nsaccess kubeconfig {namespace}{switch}"));
        return Judgement::problem(problem.repair(Repair::WriteContext));
    };
    if let Some((ours, other)) = shadow(files, name) {
        // The entry that counts is not ours: it is for a person to replace it.
        let message = format!("kubectl uses a different entry {name} than the one written by nsaccess");
        let why =
            format!("kubectl uses the first one, in {}; the one written by nsaccess is in {}", other.shown, ours.shown);
        return Judgement::problem(rewritten(Problem::of(&SHADOWED, message).because(why)));
    }
    let cluster = first(files, |config| config.cluster(&context.cluster));
    let user = first(files, |config| config.user(&context.user));
    let missing = match (&cluster, &user) {
        (None, _) => format!("cluster {:?}", context.cluster),
        (_, None) => format!("user {:?}", context.user),
        _ => return Judgement::ok(format!("{name} in {}", file.shown)),
    };
    let problem = Problem::of(&BROKEN, format!("the context {name} refers to the {missing}, which does not exist"));
    match user {
        Some((_, user)) if !is_ours(user) => Judgement::problem(rewritten(problem)),
        _ => repaired(problem),
    }
}

/// The file with a whole entry of ours, and the earlier one that keeps it from counting.
fn shadow<'a>(files: &'a [File], name: &str) -> Option<(&'a File, &'a File)> {
    let (context_file, context) = first(files, |config| config.context(name))?;
    let ours = files.iter().find(|file| own_entry(file, name).is_some())?;
    let own = own_entry(ours, name)?;
    if *context != *own.context {
        return Some((ours, context_file));
    }
    let (cluster_file, cluster) = first(files, |config| config.cluster(&context.cluster))?;
    if cluster.server != own.cluster.server {
        return Some((ours, cluster_file));
    }
    let (user_file, user) = first(files, |config| config.user(&context.user))?;
    (!is_ours(user)).then_some((ours, user_file))
}

/// An entry as nsaccess writes it, in one file.
fn own_entry<'a>(file: &'a File, name: &str) -> Option<Resolved<'a>> {
    let config = &file.config;
    let context = config.context(name)?;
    let (cluster, user) = (config.cluster(&context.cluster)?, config.user(&context.user)?);
    is_ours(user).then_some(Resolved { context, cluster, user, folder: &file.folder })
}

/// Whether a user starts `nsaccess token`.
pub(crate) fn is_ours(user: &User) -> bool {
    let exec = user.exec.as_ref();
    exec.is_some_and(|exec| {
        program_name(&exec.command) == "nsaccess" && exec.args.first().is_some_and(|verb| verb == "token")
    })
}

/// Whether the context starts in the namespace. `is_ours`: its user starts nsaccess. `current`: the context that kubectl
/// uses without a flag.
pub(crate) fn judge_namespace(context: &Context, is_ours: bool, access: &Access, current: Option<&str>) -> Judgement {
    let is_current = current == Some(context.name.as_str());
    let current = match current {
        Some(_) if is_current => format!("the current context is {}", context.name),
        Some(other) => format!("the current context is {other}"),
        None => "there is no current context".to_owned(),
    };
    let started = context.namespace.as_deref().unwrap_or("default");
    let namespace = &access.namespace;
    if started == namespace.as_str() {
        let beside = if is_current { "" } else { " (not the current context)" };
        return Judgement::ok(format!("{namespace}{beside}")).fact(current);
    }
    let message = format!("the context's namespace is {started} instead of {namespace}");
    let problem = Problem::of(&OTHER_NAMESPACE, message).try_next(format!("nsaccess kubeconfig {access}"));
    let problem = if is_ours { problem.repair(Repair::WriteContext) } else { problem };
    Judgement::problem(problem).fact(current)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "clusters: [{name: c, cluster: {server: 'https://ours'}}]\ncontexts: [{name: n, context: {cluster: c, user: n, namespace: a}}]\nusers: [{name: n, user: {exec: {command: /usr/bin/nsaccess, args: [token, a]}}}]\n";
    const OTHERS: &str = "users: [{name: n, user: {exec: {command: aws, args: [eks, get-token]}}}]\n";

    fn files(texts: &[&str]) -> Vec<File> {
        let parsed = |text: &&str| kubeconfig_edit::parse(text).expect("a kubeconfig");
        let named = |(number, config)| File { shown: format!("file {number}"), config, ..File::default() };
        texts.iter().map(parsed).enumerate().map(named).collect()
    }

    fn id(texts: &[&str]) -> Option<&'static str> {
        judge_context(&files(texts), "n", "a").problems.first().map(|problem| problem.finding.id)
    }

    fn is_repaired(texts: &[&str]) -> bool {
        judge_context(&files(texts), "n", "a").problems[0].repair.is_some()
    }

    #[test]
    fn only_what_is_ours_is_written_anew_without_asking() {
        let broken = OURS.replace("name: c, cluster", "name: d, cluster");
        assert!(is_repaired(&[]) && is_repaired(&[&broken]));
        assert!(!is_repaired(&[OTHERS, OURS]), "shadowed by another program's");
        assert!(!is_repaired(&[&broken.replace("/usr/bin/nsaccess", "aws")]));
        let context = Context { name: "n".to_owned(), ..Context::default() };
        for is_ours in [true, false] {
            let judged = judge_namespace(&context, is_ours, &Access::of("a"), None);
            assert_eq!(judged.problems[0].repair.is_some(), is_ours);
        }
    }

    #[test]
    fn a_context_is_there_and_whole() {
        assert_eq!(id(&[OURS]), None);
        assert_eq!(id(&[]), Some(MISSING.id));
        assert_eq!(id(&[OTHERS]), Some(MISSING.id));
        assert_eq!(id(&[&OURS.replace("name: c, cluster", "name: d, cluster")]), Some(BROKEN.id));
        assert_eq!(id(&[&OURS.replace("user: n", "user: m")]), Some(BROKEN.id));
        // Its parts may lie in several files.
        assert_eq!(
            id(&[
                "contexts: [{name: n, context: {cluster: c, user: n}}]\n",
                &OURS.replace("name: n, context", "name: m, context")
            ]),
            None
        );
    }

    #[test]
    fn an_earlier_entry_of_the_same_name_is_a_shadow_if_it_leads_elsewhere() {
        assert_eq!(id(&[OURS, OTHERS]), None, "ours counts");
        assert_eq!(id(&[OTHERS, OURS]), Some(SHADOWED.id));
        assert_eq!(id(&["clusters: [{name: c, cluster: {server: 'https://other'}}]\n", OURS]), Some(SHADOWED.id));
        assert_eq!(id(&["contexts: [{name: n, context: {cluster: x, user: y}}]\n", OURS]), Some(SHADOWED.id));
        assert_eq!(id(&[OURS, OURS]), None, "a copy");
        let judged = judge_context(&files(&[OTHERS, OURS]), "n", "a");
        assert_eq!(
            judged.problems[0].because,
            ["kubectl uses the first one, in file 0; the one written by nsaccess is in file 1"]
        );
    }

    #[test]
    fn the_namespace_of_the_context_is_compared_and_the_current_context_a_fact() {
        let context = |namespace: Option<&str>| Context {
            name: "n".to_owned(),
            namespace: namespace.map(str::to_owned),
            ..Context::default()
        };
        assert_eq!(
            judge_namespace(&context(Some("a")), true, &Access::of("a"), Some("x")).facts,
            ["the current context is x"]
        );
        for (started, found) in
            [(Some("a"), None), (Some("b"), Some(OTHER_NAMESPACE.id)), (None, Some(OTHER_NAMESPACE.id))]
        {
            let judged = judge_namespace(&context(started), true, &Access::of("a"), Some("n"));
            assert_eq!(judged.problems.first().map(|problem| problem.finding.id), found, "{started:?}");
        }
    }
}
