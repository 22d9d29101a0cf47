//! `login`: from a namespace's name to a working kubectl.

mod namespace;
pub(super) mod screen;
mod ways;

use std::path::PathBuf;

use aws_config_edit::same_start_url;
use clap::Args;

use crate::actions::child_environment;
use crate::actions::logout::{self, assumed};
use crate::actions::reviews::login;
use crate::actions::reviews::login::Verification;
use crate::actions::setup::profile_and_context;
use crate::actions::setup::replace;
use crate::chain::access;
use crate::chain::clock_skew;
use crate::chain::cluster;
use crate::chain::cluster::way;
use crate::chain::credentials::Credentials;
use crate::chain::credentials::own;
use crate::chain::moved;
use crate::chain::profile;
use crate::chain::session::Session;
use crate::chain::target;
use crate::chain::target::portal;
use crate::chain::target::settled;
use crate::chain::{Chain, Presence};
use crate::commands::Context;
use crate::commands::flags::{IdentityArgs, LoginFlags, SignInArgs, TargetArgs, login_again, login_command};
use crate::disk::settings;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::kube::access::{Access, AccessName};
use crate::model::kube::cluster::Cluster;
use crate::model::settings::Flags;
use crate::process::runtime;
use crate::ui::{Mark, local_time};

/// Sign in, find the account, role and cluster of a namespace, write its AWS profile and kubeconfig context, and
/// check what you may do there.
///
/// Profile and context are both called idp-ns-NAMESPACE, and the context becomes the current one. They are written only
/// once the cluster has accepted you: a login that fails changes nothing.
#[derive(Debug, Default, Args)]
pub(crate) struct LoginArgs {
    /// Namespace, like idp-dev [default: as for -n; else choose from those that the portal gives you]
    pub(crate) namespace: Option<String>,
    /// Name for this access, where several lead to the same namespace [default: NAMESPACE]
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) access: Option<String>,
    /// What the namespace resolves to.
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Another identity than a permission set's.
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
    /// Sign out first, and start a new session
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not change kubectl's current context
    #[arg(long)]
    pub(crate) no_switch: bool,
    /// Replace what this name is set up for (account, cluster, portal, identity) without asking
    ///
    /// Another --role in the same account replaces the old one without this flag.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Write profile and context even if the cluster does not answer or does not map the role
    #[arg(long)]
    pub(crate) no_verify: bool,
}

/// What a login found and wrote.
pub(super) struct Done {
    pub(super) target: Target,
    credentials: RoleCredentials,
    cluster: Cluster,
    files: Vec<PathBuf>,
    production: bool,
    /// `None` when the cluster could not be asked, and the person insisted.
    verification: Option<Verification>,
}

/// Runs the verb.
///
/// # Errors
/// Of any stage; profile, context and current context are then as they were.
pub(crate) fn run(context: Context<'_>, args: &LoginArgs) -> Result<()> {
    let done = set_up(context, args)?;
    if context.ui.is_table() {
        screen::next_steps(context, &done, args.no_switch);
        return Ok(());
    }
    context.ui.print_document(&screen::report(&done), String::new)
}

/// The same without a word of what could be done next.
///
/// # Errors
/// As [`run`].
pub(super) fn set_up(context: Context<'_>, args: &LoginArgs) -> Result<Done> {
    // It is run to sign in, as `aws sso login` is, with or without a terminal.
    let presence = match Presence::at(context.host) {
        Presence::Nobody => Presence::Reader,
        person => person,
    };
    let named = context.named(args.namespace.as_deref());
    check_name(args, named)?;
    let mut flags = flags_of(args).settings();
    flags.namespace = args.access.as_ref().and(named).map(str::to_owned);
    let chain = &context.open_for(&flags, presence)?;
    let done = runtime::run(log_in(chain, args, args.access.as_deref().or(named)));
    done.map_err(|error| complete(chain, args, named, error))
}

/// A name of its own is one that can be typed, and for a namespace.
fn check_name(args: &LoginArgs, named: Option<&str>) -> Result<()> {
    let Some(name) = &args.access else { return Ok(()) };
    let Some(namespace) = named else {
        return Err(Error::usage(format!("no namespace specified for --as {name}"))
            .try_next(format!("nsaccess login NAMESPACE --as {name}")));
    };
    AccessName::parse(namespace).map_err(|why| {
        Error::usage(format!("invalid namespace {namespace:?}"))
            .because(format!("it {why}"))
            .try_next("nsaccess list   # lists your namespaces")
    })?;
    AccessName::parse(name).map(drop).map_err(|why| {
        Error::usage(format!("invalid name {name:?} for an access"))
            .because(format!("it {why}"))
            .try_next(format!("nsaccess login {namespace} --as NAME"))
    })
}

/// Commands to log in again say what cannot be known without this login: the namespace of an access that does not exist yet,
/// and a portal that is not the default.
fn complete(chain: &Chain<'_>, args: &LoginArgs, named: Option<&str>, mut error: Error) -> Error {
    let Some(namespace) = named else { return error };
    for command in &mut error.try_next {
        if let (Some(name), Some(rest)) = (&args.access, args.access.as_ref().and_then(|name| login_of(command, name)))
        {
            *command = format!("{}{rest}", login_again(namespace, name, flags_of(args), rest));
        } else if let Some(rest) = login_of(command, namespace).filter(|_| is_other_portal(chain, args)) {
            let portal = LoginFlags { target: &TargetArgs::default(), sign_in: &args.sign_in, identity: None };
            *command = format!("{}{rest}", login_again(namespace, "", portal, rest));
        }
    }
    error
}

/// What follows in a command that logs in to this.
fn login_of<'c>(command: &'c str, name: &str) -> Option<&'c str> {
    let rest = command.strip_prefix("nsaccess login ")?.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
}

/// Whether a flag names another portal than the one that is meant without it.
fn is_other_portal(chain: &Chain<'_>, args: &LoginArgs) -> bool {
    let Some(start_url) = &args.sign_in.start_url else { return false };
    let settled = settings::load_without_project(chain.host, &Flags::default(), &chain.aws_config);
    let default = settled.ok().and_then(|(settled, _)| settled.start_url);
    default.is_some_and(|default| !same_start_url(&default.value, start_url))
}

fn flags_of(args: &LoginArgs) -> LoginFlags<'_> {
    LoginFlags { target: &args.target, sign_in: &args.sign_in, identity: Some(&args.identity) }
}

/// The chain, stage by stage, each shown as it is reached; then what is written for other tools.
async fn log_in(chain: &Chain<'_>, args: &LoginArgs, named: Option<&str>) -> Result<Done> {
    chain.kubeconfigs.merged()?;
    let (access, force) = match access::implied(chain, named)? {
        Some(access) => (access, args.force),
        // A new session was started before the choice.
        None => (namespace::choose(chain, args.force).await?, false),
    };
    let access = name_access(chain, args, access)?;
    let target = match target::without_portal(chain, &access)? {
        Some(target) => replace_identity(chain, args, target).await?,
        None => {
            let (session, access) = open_session(chain, args, access, force).await?;
            resolve_target(chain, args, &access, &session).await?
        }
    };
    let credentials = obtain_credentials(chain, target).await?;
    let (cluster, target) = match describe_cluster(chain, args, &credentials).await {
        Err(error) if error.kind == Kind::Unreachable => {
            return Err(without_cluster(chain, &credentials.target, error));
        }
        described => described?,
    };
    let (reached, proxy) = way::to(chain, &target.access, &cluster)?;
    let verified = login::verify(chain, &target, &credentials.role(), &reached, proxy.as_ref()).await;
    let (verification, unreached) = accepted(chain, args, &target, verified)?;
    let switch = !args.no_switch && unreached.is_none();
    let files = write(chain, switch, &target, &cluster)?;
    own::settle(chain, &target, &cluster).await;
    screen::tell_production(chain, &target);
    if let Some(error) = unreached {
        return Err(error);
    }
    if let Some(verification) = &verification {
        screen::show(chain.ui, &target, verification);
    }
    let production = access::is_production(chain, target.access.name.as_str());
    Ok(Done { target, credentials: credentials.role(), cluster, files, production, verification })
}

/// The access. What would keep its files from being written is reported before the person signs in.
fn name_access(chain: &Chain<'_>, args: &LoginArgs, access: Access) -> Result<Access> {
    crate::disk::aws_credentials::check_name(chain.host, &target::entry(chain, &access))?;
    child_environment::refuse_change_inside(chain, &access, chooses(args), "login")?;
    let beside = match args.replace {
        true => None,
        false => {
            let ways = ways::of(args, &access);
            replace::refuse_name_of_namespace(chain, &access, &ways)?;
            replace::may_change_namespace(chain, &access, &ways)?
        }
    };
    Ok(match beside {
        Some(name) => Access { name, ..access },
        None => access,
    })
}

/// An identity that no portal gives.
async fn replace_identity(chain: &Chain<'_>, args: &LoginArgs, target: Target) -> Result<Target> {
    let beside = match args.replace {
        true => None,
        false => replace::may_change_identity(chain, &target, &ways::of_target(chain, args, &target))?,
    };
    let target = target::renamed(chain, target, beside);
    if args.force {
        assumed::forget(chain, &target).await?;
    }
    if let Some(source) = target.identity.source_profile() {
        profile::source(chain.host, &chain.aws_config, source)?;
        chain.ui.stage(Mark::Success, "source", &format!("the profile {source}"));
    }
    Ok(target)
}

async fn open_session(
    chain: &Chain<'_>,
    args: &LoginArgs,
    mut access: Access,
    force: bool,
) -> Result<(Session, Access)> {
    let portal = chain.portal(&access)?;
    if !args.replace {
        let entry = target::entry(chain, &access);
        let beside = replace::may_change_portal(chain, &access, &entry, &portal, &ways::of(args, &access))?;
        access.name = beside.unwrap_or(access.name);
    }
    if force {
        logout::sign_out(chain, &portal).await?;
    }
    let session = chain.session(&portal).await?;
    // An access that is set up keeps its own portal, which need not be the default.
    if portal::own(chain, &target::entry(chain, &access)).is_none() {
        portal::remember(chain, &portal)?;
    }
    let renewable = if session.token.refresh.is_some() { "" } else { ", cannot be renewed" };
    let until = local_time(chain.host, session.token.expires_at);
    chain.ui.stage(Mark::Success, "session", &format!("{} until {until}{renewable}", portal.start_url));
    clock_skew::warn(chain);
    Ok((session, access))
}

async fn resolve_target(chain: &Chain<'_>, args: &LoginArgs, access: &Access, session: &Session) -> Result<Target> {
    let target = chain.target_to_set_up(access).await?;
    let beside = match args.replace {
        true => None,
        false => {
            let ways = ways::of_target(chain, args, &target);
            replace::may_change_account(chain, &target, &session.token, &ways).await?
        }
    };
    Ok(target::renamed(chain, target, beside))
}

async fn obtain_credentials<'a>(chain: &'a Chain<'a>, target: Target) -> Result<Credentials<'a>> {
    let credentials = moved::credentials_where_it_is(chain, target).await?;
    let until = local_time(chain.host, credentials.role().expires_at);
    let identity = &credentials.target.identity;
    let label = if identity.role().is_some() { "role" } else { "identity" };
    chain.ui.stage(Mark::Success, label, &format!("{identity} until {until}"));
    Ok(credentials)
}

/// The cluster, and the target under the name that it is set up by.
async fn describe_cluster(
    chain: &Chain<'_>,
    args: &LoginArgs,
    credentials: &Credentials<'_>,
) -> Result<(Cluster, Target)> {
    let cluster = cluster::describe(credentials).await?;
    let target = credentials.target.clone();
    let beside = match args.replace {
        true => None,
        false => replace::may_change_cluster(chain, &target, &cluster, &ways::of_target(chain, args, &target))?,
    };
    let version = cluster.version.as_deref().map(|version| format!(", Kubernetes {version}")).unwrap_or_default();
    chain.ui.stage(Mark::Success, "cluster", &format!("{} in {}{version}", cluster.name, cluster.region));
    Ok((cluster, target::renamed(chain, target, beside)))
}

/// The way to the clusters is shut. What is known without them is written, unless something would be replaced: the AWS
/// profile works, and the next login finds the rest.
fn without_cluster(chain: &Chain<'_>, target: &Target, error: Error) -> Error {
    if !replace::loses_nothing(chain, target) {
        return error.because("nothing was written; profile and context are unchanged");
    }
    let written = settled::write(chain, target).and_then(|_| profile_and_context::write_profile(chain, target, None));
    let profile = target.profile();
    let works = format!("aws --profile {profile} sts get-caller-identity   # works without the cluster");
    match written {
        Ok(true) => {
            let config = chain.host.shorten_home(&crate::disk::aws_config::path(chain.host));
            chain.ui.stage(Mark::Success, "profile", &format!("{profile} in {config}, without a region"));
            let what = "the AWS profile was written, so that secrets and assume-irsa work; the context was not";
            error.because(what).try_next(works)
        }
        Ok(false) => error.because("profile and context are unchanged"),
        Err(not_written) => error.because(format!("{not_written}; nothing was written")),
    }
}

/// A login that the cluster turned down leaves what worked before, unless the person insists. Where nothing was set up and
/// the cluster was not reached, nothing can be lost: what is known is written, and the error comes after it.
fn accepted(
    chain: &Chain<'_>,
    args: &LoginArgs,
    target: &Target,
    verified: Result<Verification>,
) -> Result<(Option<Verification>, Option<Error>)> {
    let (name, kubeconfig) = (&target.entry, chain.kubeconfigs.merged()?);
    // The profile of the same identity may be there: a login that reached no cluster has written it.
    let is_new = kubeconfig.context(name).is_none() && replace::loses_nothing(chain, target);
    match verified {
        Ok(verification) => Ok((Some(verification), None)),
        Err(error) if args.no_verify => {
            chain.ui.warning(&format!("not verified: {error}"));
            Ok((None, None))
        }
        Err(error) if is_new && error.kind == Kind::Unreachable => {
            let error = error.because("profile and context were written, but not verified and not made current");
            Ok((None, Some(error.try_next(format!("aws --profile {} sts get-caller-identity", target.profile())))))
        }
        Err(error) => Err(error
            .because("nothing was written; profile, context and current context are unchanged")
            .try_next(format!("{} --no-verify   # writes them anyway", login_command(&target.access, flags_of(args))))),
    }
}

/// Whether flags choose what the namespace resolves to.
fn chooses(args: &LoginArgs) -> bool {
    let TargetArgs { account, role, cluster, region } = &args.target;
    let SignInArgs { start_url, sso_region, .. } = &args.sign_in;
    let IdentityArgs { role_arn, source_profile, .. } = &args.identity;
    let chosen = [account, role, cluster, region, start_url, sso_region, role_arn, source_profile];
    chosen.into_iter().any(Option::is_some)
}

fn write(chain: &Chain<'_>, switch: bool, target: &Target, cluster: &Cluster) -> Result<Vec<PathBuf>> {
    let name = &target.entry;
    let config = chain.host.shorten_home(&crate::disk::aws_config::path(chain.host));
    settled::write(chain, target)?;
    let (changed, applied) = profile_and_context::write_both(chain, target, cluster, switch)?;
    let profile = match &target.identity {
        Identity::Profile(source) => format!("{source} (your own)"),
        _ => format!("{name} in {config}{}", unchanged(changed)),
    };
    chain.ui.stage(Mark::Success, "profile", &profile);
    let files = if applied.files.is_empty() { chain.kubeconfigs.paths() } else { applied.files.as_slice() };
    let shown = profile_and_context::shown(chain, files);
    let current = if switch { ", now current" } else { ", not made current" };
    chain.ui.stage(
        Mark::Success,
        "context",
        &format!("{name} in {shown}{current}{}", unchanged(!applied.files.is_empty())),
    );
    Ok(files.to_vec())
}

fn unchanged(changed: bool) -> &'static str {
    if changed { "" } else { " (unchanged)" }
}
