//! Flags that several verbs have, and what they mean.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::chain::administrator::AdministratorFlags;
use crate::env_vars;
use crate::host::Host;
use crate::model::kube::access::Access;
use crate::model::settings::Flags;
use crate::model::shell::{self, quote};
use crate::ui::Format;

/// Flags of every verb.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Namespace to use [default: $NSACCESS_NAMESPACE, the current context, this folder]
    // An id of its own: under that of a verb's argument clap would not let the verb have this flag.
    #[arg(id = "namespace_flag", short = 'n', long = "namespace", global = true, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Output format: table, wide (more columns), json, yaml, or name where there is a list
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value = "table",
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    pub(crate) output: Format,
    /// Suppress informational messages
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Explain decisions
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Use this kubeconfig file only [default: $KUBECONFIG, else ~/.kube/config]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

/// Flags that name what a namespace resolves to; they win over every setting.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// Account that has the namespace's permission set
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// Permission set, where its name does not follow the pattern
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// EKS cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Region of the cluster
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

/// Flags that say who an administrator is, and at which cluster.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Administrator")]
pub(crate) struct AdministratorArgs {
    /// EKS cluster [default: that of --context, of the settings, the only one in the region]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Region of the cluster [default: $AWS_REGION, the profile's]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// AWS profile to act with [default: keys in the environment, $AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Context for what is asked of Kubernetes [default: an EKS token of the same AWS identity]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
}

impl AdministratorArgs {
    /// As the chain takes them.
    pub(crate) fn flags(&self) -> AdministratorFlags {
        AdministratorFlags {
            profile: self.profile.clone(),
            cluster: self.cluster.clone(),
            region: self.region.clone(),
            context: self.context.clone(),
        }
    }
}

/// Flags that say where and how to sign in.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct SignInArgs {
    /// Start URL of the AWS access portal
    #[arg(long, value_name = "URL")]
    pub(crate) start_url: Option<String>,
    /// Region of IAM Identity Center
    #[arg(long, value_name = "REGION")]
    pub(crate) sso_region: Option<String>,
    /// device: a code to approve on any device; browser: a page on this machine
    #[arg(long, value_parser = ["device", "browser"], value_name = "FLOW")]
    pub(crate) flow: Option<String>,
    /// Do not open a browser; print the address
    #[arg(long)]
    pub(crate) no_browser: bool,
}

/// Flags that name an identity which no portal gives.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "IAM role instead of a permission set")]
pub(crate) struct IdentityArgs {
    /// IAM role to assume, which the cluster must know
    #[arg(long, value_name = "ARN", conflicts_with_all = ["account", "role", "start_url", "sso_region"])]
    pub(crate) role_arn: Option<String>,
    /// AWS profile to assume the role with; without a role, to use as it is
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["account", "role", "start_url", "sso_region"])]
    pub(crate) source_profile: Option<String>,
    /// External ID that the role requires
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// MFA device that the role requires; you are asked for its code
    #[arg(long, value_name = "ARN")]
    pub(crate) mfa_serial: Option<String>,
    /// Name of the role's session, for CloudTrail
    #[arg(long, value_name = "NAME")]
    pub(crate) session_name: Option<String>,
    /// How long the role's session lasts, like 1h [default: the role's limit, at most 1h]
    #[arg(long, value_name = "TIME")]
    pub(crate) duration: Option<String>,
}

/// All flags of a login.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoginFlags<'a> {
    pub(crate) target: &'a TargetArgs,
    pub(crate) sign_in: &'a SignInArgs,
    pub(crate) identity: Option<&'a IdentityArgs>,
}

/// Both groups of flags as settings.
pub(crate) fn flags(target: &TargetArgs, sign_in: &SignInArgs) -> Flags {
    Flags {
        start_url: sign_in.start_url.clone(),
        sso_region: sign_in.sso_region.clone(),
        flow: sign_in.flow.clone(),
        account: target.account.clone(),
        role: target.role.clone(),
        cluster: target.cluster.clone(),
        region: target.region.clone(),
        no_browser: sign_in.no_browser,
        ..Flags::default()
    }
}

impl LoginFlags<'_> {
    /// As settings.
    pub(crate) fn settings(&self) -> Flags {
        let IdentityArgs { role_arn, source_profile, external_id, mfa_serial, session_name, duration } =
            self.identity.cloned().unwrap_or_default();
        let flags = flags(self.target, self.sign_in);
        Flags { role_arn, source_profile, external_id, mfa_serial, session_name, duration, ..flags }
    }
}

/// A login with these flags.
pub(crate) fn login_command(access: &Access, flags: LoginFlags<'_>) -> String {
    let own_name = if access.has_own_name() { access.name.as_str() } else { "" };
    login_as(access, own_name, flags)
}

/// A login with these flags that takes the place of what is set up.
pub(crate) fn insistent_login(access: &Access, flags: LoginFlags<'_>) -> String {
    format!("{} --replace", login_command(access, flags))
}

/// A login with these flags under a name of its own; under the namespace's if that is empty.
pub(crate) fn login_as(access: &Access, name: &str, flags: LoginFlags<'_>) -> String {
    let name = if name == access.namespace.as_str() { "" } else { name };
    login_again(access.namespace.as_str(), name, flags, "")
}

/// The same; what `rest`, which will follow it, names itself is left out.
pub(crate) fn login_again(namespace: &str, name: &str, flags: LoginFlags<'_>, rest: &str) -> String {
    let LoginFlags { target, sign_in, identity } = flags;
    let no_identity = IdentityArgs::default();
    let identity = identity.unwrap_or(&no_identity);
    let name = Some(name).filter(|name| !name.is_empty()).map(str::to_owned);
    let flags = [
        ("--as", &name),
        ("--account", &target.account),
        ("--role", &target.role),
        ("--role-arn", &identity.role_arn),
        ("--source-profile", &identity.source_profile),
        ("--external-id", &identity.external_id),
        ("--mfa-serial", &identity.mfa_serial),
        ("--session-name", &identity.session_name),
        ("--duration", &identity.duration),
        ("--cluster", &target.cluster),
        ("--region", &target.region),
        ("--start-url", &sign_in.start_url),
        ("--sso-region", &sign_in.sso_region),
    ];
    let follows = |flag: &str| rest.split(' ').any(|word| word == flag);
    let flags = flags.into_iter().filter(|(flag, _)| !follows(flag));
    let flags = flags.filter_map(|(flag, value)| Some(format!(" {flag} {}", quote(value.as_ref()?))));
    format!("nsaccess login {namespace}{}", flags.collect::<String>())
}

/// Shells that variables can be set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// By $SHELL; PowerShell on Windows.
    #[value(hide = true)]
    Auto,
    /// bash, zsh, sh.
    Bash,
    /// The same as bash.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell.
    Powershell,
}

impl Shell {
    /// The shell that is meant: itself, or the one that the environment names.
    pub(crate) fn meant(self, host: &Host) -> Shell {
        match self {
            Shell::Auto if cfg!(windows) => Shell::Powershell,
            Shell::Auto => {
                let name = host.env(env_vars::SHELL).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
                match name {
                    "fish" => Shell::Fish,
                    "pwsh" => Shell::Powershell,
                    "zsh" => Shell::Zsh,
                    _ => Shell::Bash,
                }
            }
            named => named,
        }
    }

    /// How its variables are set. `Auto` counts as a POSIX shell: see [`Shell::meant`].
    pub(crate) fn dialect(self) -> shell::Dialect {
        match self {
            Shell::Auto | Shell::Bash | Shell::Zsh => shell::Dialect::Posix,
            Shell::Fish => shell::Dialect::Fish,
            Shell::Powershell => shell::Dialect::PowerShell,
        }
    }
}
