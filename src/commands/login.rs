//! `login`: from a namespace's name to a working kubectl.

use clap::Args;
use serde_json::json;

use crate::actions::child_environment;
use crate::actions::logout;
use crate::actions::reviews::login;
use crate::actions::reviews::login::Verification;
use crate::actions::setup::profile_and_context;
use crate::actions::setup::replace;
use crate::chain::clock_skew;
use crate::chain::cluster;
use crate::chain::cluster::proxy;
use crate::chain::credentials::Credentials;
use crate::chain::credentials::own;
use crate::chain::moved;
use crate::chain::session::Session;
use crate::chain::target;
use crate::chain::target::portal;
use crate::chain::{Chain, Presence};
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags, insistent_login, login_command};
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;
use crate::model::kube::namespace::Namespace;
use crate::model::reviews::review::{
    CREATE_PORT_FORWARD, GET_PODS, GET_PORT_FORWARD, GET_SERVICES, Verdict, port_forward,
};
use crate::process::runtime;
use crate::ui::{Mark, Ui, local_time};

/// Sign in, find account, role and cluster of a namespace, write its AWS profile and kubeconfig context, and check
/// what you may do there.
///
/// The profile and the context are both called idp-ns-NAMESPACE. The context becomes the current one. Nothing of that is
/// written before the cluster has let you in, so a login that fails leaves what worked before.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Namespace, like idp-dev
    pub(crate) namespace: Option<String>,
    /// What the namespace resolves to.
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
    /// End the present session first and start a new one
    #[arg(long)]
    pub(crate) force: bool,
    /// Leave kubectl's current context as it is
    #[arg(long)]
    pub(crate) no_switch: bool,
    /// Replace what is set up for another account or portal under this name
    #[arg(long)]
    pub(crate) replace: bool,
    /// Write profile and context even if the cluster does not answer, or does not know the role
    #[arg(long)]
    pub(crate) no_verify: bool,
}

/// What a login found and wrote.
struct Done {
    target: Target,
    credentials: RoleCredentials,
    cluster: Cluster,
    files: String,
    /// `None` when the cluster could not be asked, and the person insisted.
    verification: Option<Verification>,
}

/// Runs the verb.
///
/// # Errors
/// Of any stage; profile, context and current context are then as they were.
pub(crate) fn run(context: Context<'_>, args: &LoginArgs) -> Result<()> {
    // It is run to sign in, as `aws sso login` is, with or without a terminal.
    let presence = match Presence::at(context.host) {
        Presence::Nobody => Presence::Reader,
        person => person,
    };
    let chain = &context.open_for(&flags(&args.target, &args.sign_in), presence)?;
    let done = runtime::run(log_in(chain, args, context.named(args.namespace.as_deref())))?;
    if context.ui.is_table() {
        next_steps(context.ui, &done, args.no_switch);
        return Ok(());
    }
    context.ui.print_document(&report(&done), String::new)
}

/// The chain, stage by stage, each shown as it is reached; then what is written for other tools.
async fn log_in(chain: &Chain<'_>, args: &LoginArgs, named: Option<&str>) -> Result<Done> {
    let namespace = name_namespace(chain, args, named)?;
    let session = open_session(chain, args, &namespace).await?;
    let target = resolve_target(chain, args, &namespace, &session).await?;
    let credentials = obtain_credentials(chain, target).await?;
    let cluster = describe_cluster(chain, &credentials).await?;
    let target = credentials.target.clone();
    let proxy = proxy::of(chain, &namespace, &cluster.endpoint)?;
    let verified = login::verify(chain, &target, &credentials.role(), &cluster, proxy.as_ref()).await;
    let (verification, unreached) = accepted(chain, args, &target, verified)?;
    let switch = !args.no_switch && unreached.is_none();
    let files = write(chain, switch, &target, &cluster)?;
    own::settle(chain, &target, &cluster).await;
    if let Some(error) = unreached {
        return Err(error);
    }
    if let Some(verification) = &verification {
        show(chain.ui, &target, verification);
    }
    Ok(Done { target, credentials: credentials.role(), cluster, files, verification })
}

/// The namespace. What would keep its files from being written is reported before the person signs in.
fn name_namespace(chain: &Chain<'_>, args: &LoginArgs, named: Option<&str>) -> Result<Namespace> {
    chain.kubeconfigs.merged()?;
    let namespace = chain.namespace(named)?;
    crate::disk::aws_credentials::check_name(chain.host, &target::access_name(chain, &namespace))?;
    child_environment::refuse_change_inside(chain, &namespace, chooses(args), "login")?;
    Ok(namespace)
}

async fn open_session(chain: &Chain<'_>, args: &LoginArgs, namespace: &Namespace) -> Result<Session> {
    let name = target::access_name(chain, namespace);
    let portal = chain.portal(namespace)?;
    if !args.replace {
        replace::may_change_portal(chain, &name, &portal, &again(args, namespace))?;
    }
    if args.force {
        logout::sign_out(chain, &portal).await?;
    }
    let session = chain.session(&portal).await?;
    // A namespace that is set up keeps its own portal, which need not be the default.
    if portal::own(chain, &name).is_none() {
        portal::remember(chain, &portal)?;
    }
    let renewable = if session.token.refresh.is_some() { "renews itself" } else { "cannot be renewed" };
    let until = local_time(chain.host, session.token.expires_at);
    chain.ui.stage(Mark::Success, "session", &format!("{}, until {until}, {renewable}", portal.start_url));
    clock_skew::warn(chain);
    Ok(session)
}

async fn resolve_target(
    chain: &Chain<'_>,
    args: &LoginArgs,
    namespace: &Namespace,
    session: &Session,
) -> Result<Target> {
    let target = chain.target(namespace).await?;
    if !args.replace {
        replace::may_change_account(chain, &target, &session.token, &again(args, namespace)).await?;
    }
    Ok(target)
}

async fn obtain_credentials<'a>(chain: &'a Chain<'a>, target: Target) -> Result<Credentials<'a>> {
    let credentials = moved::credentials_where_it_is(chain, target).await?;
    let Target { role, account, .. } = &credentials.target;
    let until = local_time(chain.host, credentials.role().expires_at);
    chain.ui.stage(Mark::Success, "role", &format!("{role} in account {account}, until {until}"));
    Ok(credentials)
}

async fn describe_cluster(chain: &Chain<'_>, credentials: &Credentials<'_>) -> Result<Cluster> {
    let cluster = cluster::describe(credentials).await?;
    let version = cluster.version.as_deref().map(|version| format!(", Kubernetes {version}")).unwrap_or_default();
    chain.ui.stage(Mark::Success, "cluster", &format!("{} in {}{version}", cluster.name, cluster.region));
    Ok(cluster)
}

/// The same login, which takes the place of what is set up.
fn again(args: &LoginArgs, namespace: &Namespace) -> String {
    insistent_login(namespace, &args.target, &args.sign_in)
}

/// A login that the cluster turned down leaves what worked before, unless the person insists. Where nothing was set up and
/// the cluster was not reached, nothing can be lost: what is known is written, and the error comes after it.
fn accepted(
    chain: &Chain<'_>,
    args: &LoginArgs,
    target: &Target,
    verified: Result<Verification>,
) -> Result<(Option<Verification>, Option<Error>)> {
    let (name, kubeconfig) = (&target.access_name, chain.kubeconfigs.merged()?);
    let is_new = chain.aws_config.profile(name).is_none() && kubeconfig.context(name).is_none();
    match verified {
        Ok(verification) => Ok((Some(verification), None)),
        Err(error) if args.no_verify => {
            chain.ui.warning(&format!("not verified: {error}"));
            Ok((None, None))
        }
        Err(error) if is_new && error.kind == Kind::Unreachable => {
            let error = error.because("profile and context are written, not verified and not made current");
            Ok((None, Some(error.try_next(format!("aws --profile {} sts get-caller-identity", target.access_name)))))
        }
        Err(error) => Err(error
            .because("nothing was written: profile, context and current context are as they were")
            .try_next(format!(
                "{} --no-verify   # writes them all the same",
                login_command(&target.namespace, &args.target, &args.sign_in)
            ))),
    }
}

/// Whether flags choose what the namespace resolves to.
fn chooses(args: &LoginArgs) -> bool {
    let TargetArgs { account, role, cluster, region } = &args.target;
    let SignInArgs { start_url, sso_region, .. } = &args.sign_in;
    [account, role, cluster, region, start_url, sso_region].into_iter().any(Option::is_some)
}

fn write(chain: &Chain<'_>, switch: bool, target: &Target, cluster: &Cluster) -> Result<String> {
    let name = &target.access_name;
    let config = chain.host.shorten_home(&crate::disk::aws_config::path(chain.host));
    let (changed, applied) = profile_and_context::write_both(chain, target, cluster, switch)?;
    chain.ui.stage(Mark::Success, "profile", &format!("{name} in {config}{}", unchanged(changed)));
    let files = if applied.files.is_empty() {
        profile_and_context::shown(chain, chain.kubeconfigs.paths())
    } else {
        profile_and_context::shown(chain, &applied.files)
    };
    let current = if switch { ", now current" } else { ", not made current" };
    chain.ui.stage(
        Mark::Success,
        "context",
        &format!("{name} in {files}{current}{}", unchanged(!applied.files.is_empty())),
    );
    Ok(files)
}

fn unchanged(changed: bool) -> &'static str {
    if changed { "" } else { " (was right already)" }
}

fn show(ui: &Ui, target: &Target, verification: &Verification) {
    let groups = verification.identity.groups.iter().filter(|group| !group.starts_with("system:authenticated"));
    let groups = groups.cloned().collect::<Vec<_>>().join(", ");
    let groups = if groups.is_empty() { String::new() } else { format!(", groups {groups}") };
    ui.stage(Mark::Success, "you are", &format!("{}{groups}", verification.identity.username));
    for (question, label) in [(GET_PODS, "pods"), (GET_SERVICES, "services")] {
        let (mark, words) = verdict(&verification.verdict(question), target);
        ui.stage(mark, label, &format!("{question}: {words}"));
    }
    let (create, get) = (verification.verdict(CREATE_PORT_FORWARD), verification.verdict(GET_PORT_FORWARD));
    let (works, how) = port_forward(&create, &get, verification.minor_version);
    let unknown = [&create, &get].iter().any(|verdict| matches!(verdict, Verdict::Unknown(_)));
    let mark = if works {
        Mark::Success
    } else if unknown {
        Mark::Unknown
    } else {
        Mark::Failure
    };
    ui.stage(mark, "port-forward", &format!("{}: {how}", if works { "yes" } else { "no" }));
}

fn verdict(verdict: &Verdict, target: &Target) -> (Mark, String) {
    match verdict {
        Verdict::Allowed => (Mark::Success, "yes".to_owned()),
        Verdict::Denied(None) => (Mark::Failure, format!("no, not in {}", target.namespace)),
        Verdict::Denied(Some(reason)) => (Mark::Failure, format!("no ({reason})")),
        Verdict::Unknown(reason) => (Mark::Unknown, format!("could not be asked ({reason})")),
    }
}

fn next_steps(ui: &Ui, done: &Done, no_switch: bool) {
    let context = if no_switch { format!(" --context {}", done.target.access_name) } else { String::new() };
    let pod = "get pod NAME";
    ui.blank();
    ui.status(&format!("Next:  kubectl{context} {pod}"));
    ui.status(&format!("       aws --profile {} sts get-caller-identity", done.target.access_name));
}

fn report(done: &Done) -> serde_json::Value {
    let verdicts = done.verification.iter().flat_map(|verification| &verification.verdicts);
    let verdicts: serde_json::Map<_, _> = verdicts
        .map(|(question, verdict)| {
            let allowed = match verdict {
                Verdict::Allowed => json!(true),
                Verdict::Denied(_) => json!(false),
                Verdict::Unknown(_) => json!(null),
            };
            (question.to_string(), allowed)
        })
        .collect();
    let verification = done.verification.as_ref();
    json!({
        "namespace": done.target.namespace.as_str(),
        "context": done.target.access_name,
        "profile": done.target.access_name,
        "account": done.target.account,
        "role": done.target.role,
        "credentials_expire_at": done.credentials.expires_at,
        "cluster": done.cluster.name,
        "region": done.cluster.region,
        "endpoint": done.cluster.endpoint,
        "kubeconfig": done.files,
        "caller_arn": verification.and_then(|verification| verification.caller_arn.clone()),
        "username": verification.map(|verification| &verification.identity.username),
        "groups": verification.map(|verification| &verification.identity.groups),
        "may": verdicts,
    })
}
