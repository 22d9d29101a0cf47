//! `token`: kubectl's credential plugin, and a drop-in for `aws eks get-token`.

use std::ffi::OsString;

use clap::Args;

use crate::actions::get_token;
use crate::chain::cached_signer::{self, Signer};
use crate::chain::cached_token;
use crate::chain::cluster;
use crate::chain::credentials::own;
use crate::chain::credentials::{self, Credentials};
use crate::chain::session::stored;
use crate::chain::target;
use crate::chain::{Chain, Presence, access};
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::disk::cache::RememberedFailure;
use crate::disk::config_fingerprint;
use crate::disk::settings;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::eks_token;
use crate::model::kube::access::{Access, AccessName};
use crate::model::kube::exec_credential::{self, ExecInfo};
use crate::process::runtime;
use crate::secret::Secret;

/// Print a token for kubectl, as an ExecCredential in the version that $KUBERNETES_EXEC_INFO requests.
///
/// With a namespace, signs with the credentials of its role and ignores AWS variables in the environment. Without one,
/// works like `aws eks get-token`: with --cluster-name and --region, and the credentials of the environment or a profile.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// Namespace to use
    pub(crate) namespace: Option<String>,
    /// Name of the EKS cluster
    #[arg(long, visible_alias = "cluster", value_name = "NAME")]
    pub(crate) cluster_name: Option<String>,
    /// ID of an EKS cluster on Outposts
    #[arg(long, value_name = "ID", conflicts_with = "cluster_name")]
    pub(crate) cluster_id: Option<String>,
    /// Region of the cluster
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// AWS profile to sign with (without a namespace)
    #[arg(long, value_name = "PROFILE", conflicts_with = "namespace")]
    pub(crate) profile: Option<String>,
    /// Role to assume first (without a namespace)
    #[arg(long, visible_alias = "role", value_name = "ARN", conflicts_with = "namespace")]
    pub(crate) role_arn: Option<String>,
    /// External ID that the role's trust policy requires
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub(crate) external_id: Option<String>,
    /// Name of the role's session [default: EKSGetTokenAuth]
    #[arg(long, value_name = "NAME", requires = "role_arn")]
    pub(crate) session_name: Option<String>,
}

/// The answer for the very words that our kubeconfig entries hold, before clap builds its tree of verbs: that costs more
/// than all the rest of the warm path. `None` leaves the call to [`run`], which answers the same.
pub(crate) fn warm_start(arguments: &[OsString], host: &Host) -> Option<Secret<String>> {
    let words: Vec<&str> = arguments.iter().skip(1).map(|word| word.to_str()).collect::<Option<_>>()?;
    let ["token", words @ ..] = words.as_slice() else { return None };
    let info = ExecInfo::parse(host.env(env_vars::KUBERNETES_EXEC_INFO));
    if info.warning.is_some() {
        return None;
    }
    let (name, cluster) = match words {
        [name] => (*name, None),
        ["--cluster-name", cluster, "--region", region, signer @ ..] => {
            let signer = Signer::of_words(signer)?;
            return cached_signer::exec_credential(host, &info, signer, (cluster, region));
        }
        [name, "--cluster-name", cluster, "--region", region] => (*name, Some((*cluster, *region))),
        _ => return None,
    };
    cached_token::exec_credential(host, &info, &AccessName::parse(name).ok()?, cluster)
}

/// Runs the verb.
///
/// # Errors
/// [`Kind::NotSignedIn`] when a person is needed and kubectl has none for us.
pub(crate) fn run(context: Context<'_>, args: &TokenArgs) -> Result<()> {
    let host = context.host;
    let info = ExecInfo::parse(host.env(env_vars::KUBERNETES_EXEC_INFO));
    if let Some(warning) = &info.warning {
        context.ui.warning(warning);
    }
    let cluster_name = args.cluster_name.as_deref().or(args.cluster_id.as_deref());
    let Some(namespace) = context.named(args.namespace.as_deref()) else {
        let Some(cluster_name) = cluster_name else { return Err(nothing_named()) };
        return get_token(context, args, &info, cluster_name);
    };
    let name = AccessName::parse(namespace)
        .map_err(|why| Error::usage(format!("invalid namespace {namespace:?}")).because(format!("it {why}")))?;
    let cluster = cluster_name.zip(args.region.as_deref());
    let answer = match cached_token::exec_credential(host, &info, &name, cluster) {
        Some(answer) => answer,
        None => of_access(context, args, &info, &name)?,
    };
    print(context, &answer)
}

fn print(context: Context<'_>, answer: &Secret<String>) -> Result<()> {
    context.ui.print_bytes(answer.expose().as_bytes())
}

/// The slow path: something is stale. A person may have to sign in, if kubectl says that one is there.
fn of_access(context: Context<'_>, args: &TokenArgs, info: &ExecInfo, name: &AccessName) -> Result<Secret<String>> {
    let person = info.interactive && context.host.terminals.stdin && context.host.terminals.stderr;
    let presence = if person { Presence::Person } else { Presence::Nobody };
    let target =
        TargetArgs { cluster: args.cluster_name.clone(), region: args.region.clone(), ..TargetArgs::default() };
    let flags = flags(&target, &SignInArgs::default());
    let chain = match Chain::open_anywhere(context.host, context.ui, &flags, presence) {
        Ok(chain) => chain,
        Err(error) => return as_before(context, args, info, name, error),
    };
    let access = &access::named(&chain, name.clone())?;
    let fingerprint = fingerprint(&chain, access);
    let remembered = chain.cache.failure(name, &fingerprint, context.host.now());
    // A failure to get credentials is over once any process has got some.
    let stands = |failure: &RememberedFailure| failure.with_credentials == has_credentials(&chain, access);
    if let (Presence::Nobody, Some(failure)) = (presence, remembered.filter(stands)) {
        return Err(as_told(&chain, name, failure));
    }
    // kubectl shows our standard error and nothing else: the command that helps must stand there.
    let answer = runtime::run(refreshed(&chain, info, access));
    let (host, name_text) = (context.host, name.as_str());
    let answer =
        answer.map_err(|error| settings::with_request(host, error.or_sign_in(name_text)).or_doctor(Some(name_text)));
    if let (Presence::Nobody, Err(error)) = (presence, &answer) {
        remember(&chain, access, fingerprint, error);
    }
    answer
}

/// A failure that stands. A client that asks again at once, as kubectl does, has shown its words.
fn as_told(chain: &Chain<'_>, name: &AccessName, failure: RememberedFailure) -> Error {
    let client = client(chain.host);
    if client != 0 && failure.told == client {
        return failure.into_silence();
    }
    // If this cannot be kept, it is said once more.
    let _ = chain.cache.store_failure(name, &RememberedFailure { told: client, ..failure.clone() });
    failure.into_error()
}

/// The process that speaks for a client of Kubernetes; 0 if there is none.
fn client(host: &Host) -> u32 {
    if host.env(env_vars::KUBERNETES_EXEC_INFO).is_some() { host.parent_pid } else { 0 }
}

/// The settings cannot be read: kubectl goes on with what was decided before, and the person is warned.
fn as_before(
    context: Context<'_>,
    args: &TokenArgs,
    info: &ExecInfo,
    name: &AccessName,
    error: Error,
) -> Result<Secret<String>> {
    let cluster = args.cluster_name.as_deref().zip(args.region.as_deref());
    let answer = cached_token::as_decided_before(context.host, info, name, cluster).ok_or_else(|| error.clone())?;
    context.ui.warning(&format!("{error}; using the previous settings"));
    Ok(answer)
}

async fn refreshed(chain: &Chain<'_>, info: &ExecInfo, access: &Access) -> Result<Secret<String>> {
    let target = match chain.known_target(access)? {
        Some(target) => target,
        None => chain.target(access).await?,
    };
    let obtained = match cached_token::asks_again(chain.host, &access.name) {
        true => credentials::in_doubt(chain, &target).await?,
        false => credentials::obtain(chain, &target).await?,
    };
    let credentials = Credentials::with(chain, target, obtained);
    let (name, region) = match cluster::known_name(chain, &credentials.target) {
        Some((name, Some(region))) => (name, region),
        _ => {
            let cluster = cluster::describe(&credentials).await?;
            (cluster.name, cluster.region)
        }
    };
    own::keep_warm(chain, &credentials.target, (&name, &region)).await;
    let (now, role) = (chain.host.now(), credentials.role());
    let token = eks_token::sign(&role.keys, &name, &region, now);
    let expires_at = exec_credential::expiration(now, Some(role.expires_at));
    Ok(exec_credential::render(info.api_version, &token, expires_at))
}

fn fingerprint(chain: &Chain<'_>, access: &Access) -> String {
    // Who has no portal is not asked for one.
    let portal = match target::without_portal(chain, access) {
        Ok(None) => chain.portal(access),
        Ok(Some(_)) => {
            return format!("{}{}", chain.config_fingerprint, config_fingerprint::of_credentials(chain.host));
        }
        Err(error) => Err(error),
    };
    let session = portal.map_or_else(|_| String::new(), |portal| stored::fingerprint(chain, &portal));
    // A failure of one identity is none of another.
    format!("{session}\n{}", chain.config_fingerprint)
}

fn has_credentials(chain: &Chain<'_>, access: &Access) -> bool {
    let target = chain.known_target(access).ok().flatten();
    target.is_some_and(|target| credentials::are_cached(chain, &target))
}

fn remember(chain: &Chain<'_>, access: &Access, token_file: String, error: &Error) {
    let failure = RememberedFailure::of(error, token_file, chain.host.now());
    let with_credentials = has_credentials(chain, access);
    let told = client(chain.host);
    let Some(failure) = failure.map(|failure| RememberedFailure { with_credentials, told, ..failure }) else { return };
    // The next caller finds out by itself.
    let _ = chain.cache.store_failure(&access.name, &failure);
}

/// `aws eks get-token`: no namespace, so the environment's or a profile's credentials sign.
fn get_token(context: Context<'_>, args: &TokenArgs, info: &ExecInfo, cluster_name: &str) -> Result<()> {
    let signer = Signer {
        profile: args.profile.as_deref(),
        role_arn: args.role_arn.as_deref(),
        external_id: args.external_id.as_deref(),
        session_name: args.session_name.as_deref(),
    };
    let cluster = (cluster_name, args.region.as_deref());
    print(context, &get_token::exec_credential(context.host, context.ui, info, signer, cluster)?)
}

fn nothing_named() -> Error {
    Error::usage("no namespace or cluster specified")
        .try_next("nsaccess token NAMESPACE")
        .try_next("nsaccess token --cluster-name NAME --region REGION")
}
