//! What is asked for: by the arguments, or by a file of grants.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::commands::Context;
use crate::commands::grant::parse_duration;
use crate::disk::atomic;
use crate::error::{Error, Result};
use crate::model::grants::access::Access;
use crate::model::grants::access_policy;
use crate::model::grants::file::reader::Remark;
use crate::model::grants::file::{self, GrantsFile};
use crate::model::grants::grant::{Grant, Way};
use crate::model::grants::preset::Preset;
use crate::model::grants::principal::{Principal, PrincipalName};
use crate::model::grants::rules;
use crate::model::kube::namespace::Namespace;
use crate::model::shell::{self, quote};

/// Who gets what, where and until when.
#[derive(Debug, Args)]
pub(crate) struct WantedArgs {
    /// Namespace
    pub(crate) namespace: Option<String>,
    /// Who gets access: the ARN of a role or user, permission-set:NAME, or an assumed-role ARN
    #[arg(long, value_name = "PRINCIPAL")]
    pub(crate) to: Option<String>,
    /// Permissions: floor, viewer, developer or admin [default: floor]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["policy", "rules"])]
    pub(crate) preset: Option<String>,
    /// Include Kubernetes secrets in the preset developer
    #[arg(long)]
    pub(crate) with_secrets: bool,
    /// EKS access policy instead of a preset, for example AmazonEKSViewPolicy
    #[arg(long, value_name = "NAME", conflicts_with = "rules")]
    pub(crate) policy: Option<String>,
    /// YAML file with the rules of a Role instead of a preset
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// YAML file with several grants
    #[arg(long, value_name = "FILE", conflicts_with_all = ["namespace", "to", "preset", "policy", "rules", "duration", "with_secrets"])]
    pub(crate) from: Option<PathBuf>,
    /// Expire after 8h, 30m or 7d; expired grants are removed by nsaccess revoke --expired
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    /// Create the namespace if it does not exist
    #[arg(long)]
    pub(crate) create_namespace: bool,
}

/// The verb that a person has typed, to name it with what it lacks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'a> {
    /// `grant`, or `grant render`.
    pub(crate) verb: &'a str,
    /// Flags of its own, with a blank before each.
    pub(crate) flags: &'a str,
}

impl Typed<'_> {
    fn with(&self, args: &WantedArgs, namespace: &str, principal: &str) -> String {
        format!("nsaccess {} {namespace} --to {principal}{}{}", self.verb, args.in_words(), self.flags)
    }
}

impl WantedArgs {
    /// What they may do and until when, as it was typed, with a blank before each flag.
    fn in_words(&self) -> String {
        let path = |path: &PathBuf| quote(&path.display().to_string()).into_owned();
        let flags = [
            ("preset", self.preset.clone()),
            ("policy", self.policy.clone()),
            ("rules", self.rules.as_ref().map(path)),
            ("for", self.duration.clone()),
        ];
        let with_value = flags.into_iter().filter_map(|(flag, value)| Some(format!(" --{flag} {}", value?)));
        let switches = [("with-secrets", self.with_secrets), ("create-namespace", self.create_namespace)];
        let switches = switches.into_iter().filter(|(_, on)| *on).map(|(flag, _)| format!(" --{flag}"));
        with_value.chain(switches).collect()
    }

    /// Whether it is said what they may do.
    pub(crate) fn names_access(&self) -> bool {
        self.from.is_some() || self.preset.is_some() || self.policy.is_some() || self.rules.is_some()
    }
}

/// A grant whose principal is not looked up yet.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) namespace: String,
    pub(crate) principal: PrincipalName,
    pub(crate) access: Access,
    pub(crate) until: Option<Timestamp>,
    pub(crate) create_namespace: bool,
}

/// All that is asked for, and what a file says of the cluster; arguments win over that.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) grants: Vec<Wanted>,
    /// `None`: as the cluster's mode says.
    pub(crate) way: Option<Way>,
    pub(crate) cluster: Option<String>,
    pub(crate) region: Option<String>,
    /// Of permission sets.
    pub(crate) account: Option<String>,
}

impl Wanted {
    /// With its principal.
    pub(crate) fn grant(&self, principal: Principal) -> Grant {
        Grant {
            namespace: self.namespace.clone(),
            principal,
            access: self.access.clone(),
            until: self.until,
            create_namespace: self.create_namespace,
        }
    }
}

/// What the arguments ask for, or the file that they name.
///
/// # Errors
/// When something is missing or is none of what there is.
pub(crate) fn read(context: Context<'_>, args: &WantedArgs, typed: Typed<'_>) -> Result<Request> {
    let Some(path) = &args.from else {
        return Ok(Request { grants: vec![one(context, args, typed)?], ..Request::default() });
    };
    let file = read_file(context, path)?;
    let grants = file.grants.into_iter().map(|grant| Wanted {
        namespace: grant.namespace,
        principal: grant.to,
        access: grant.access,
        until: grant.until,
        create_namespace: grant.create_namespace || args.create_namespace,
    });
    Ok(Request {
        grants: grants.collect(),
        way: file.via,
        cluster: file.cluster,
        region: file.region,
        account: file.account,
    })
}

/// A file of grants; what looks wrong in it is said.
///
/// # Errors
/// All its problems, with their lines.
pub(crate) fn read_file(context: Context<'_>, path: &Path) -> Result<GrantsFile> {
    let path = context.host.current_dir.join(path);
    let text = text_of(&path)?;
    let folder = path.parent().unwrap_or(&path).to_owned();
    let rules = |name: &str| text_of(&folder.join(name)).map_err(|error| error.to_string());
    let file = file::parse(&text, context.host.now(), &rules).map_err(|problems| wrong(&path, &problems))?;
    for warning in &file.warnings {
        context.ui.warning(&format!("{}, {warning}", path.display()));
    }
    Ok(file)
}

fn text_of(path: &Path) -> Result<String> {
    let missing = || {
        Error::usage(format!("file {} not found", path.display())).try_next("ls   # check the name and the directory")
    };
    atomic::read_text(path)?.ok_or_else(missing)
}

fn wrong(path: &Path, problems: &[Remark]) -> Error {
    let error = Error::usage(format!("{} is invalid", path.display()));
    let error = problems.iter().fold(error, |error, problem| error.because(problem.to_string()));
    let line = problems.first().map_or(1, |problem| problem.line);
    error.try_next(shell::edit(&path.display().to_string(), Some(line)))
}

fn one(context: Context<'_>, args: &WantedArgs, typed: Typed<'_>) -> Result<Wanted> {
    let Some(namespace) = context.named(args.namespace.as_deref()) else {
        return Err(Error::usage("no namespace specified")
            .because("grant requires an explicit namespace and never uses the current one")
            .try_next(typed.with(args, "NAMESPACE", args.to.as_deref().unwrap_or("PRINCIPAL"))));
    };
    let access = access(context, args)?;
    let namespace = check_namespace(context, namespace, &access)?;
    let Some(to) = &args.to else {
        return Err(Error::usage("no principal specified").try_next(typed.with(
            args,
            &namespace,
            "permission-set:NAME",
        )));
    };
    let principal = principal(to, |instead| typed.with(args, &namespace, instead))?;
    let duration = args.duration.as_deref().map(parse_duration).transpose()?;
    let until = duration.and_then(|duration| context.host.now().checked_add(duration).ok());
    Ok(Wanted { namespace, principal, access, until, create_namespace: args.create_namespace })
}

/// Whom an argument means. `command` is what was typed, with another principal.
///
/// # Errors
/// When it is no principal.
pub(in crate::commands) fn principal(text: &str, command: impl Fn(&str) -> String) -> Result<PrincipalName> {
    PrincipalName::parse(text).map_err(|why| {
        let error = Error::usage(format!("invalid principal {text:?}")).because(format!("it {why}"));
        let could_be_permission_set = !text.contains([':', '/']);
        let named = format!("permission-set:{text}");
        match could_be_permission_set && PrincipalName::parse(&named).is_ok() {
            true => error.try_next(format!("{}   # if it is a permission set", command(&named))),
            false => error.try_next(command("arn:aws:iam::ACCOUNT:role/NAME")),
        }
    })
}

/// A policy may be for all namespaces whose names begin so.
fn check_namespace(context: Context<'_>, name: &str, access: &Access) -> Result<String> {
    let wrong = |why: String| {
        Error::usage(format!("invalid namespace {name:?}")).because(why).try_next("kubectl get namespaces")
    };
    if let Access::Policy(_) = access {
        if let Some(warning) = access_policy::parse_scope(name).map_err(wrong)? {
            context.ui.warning(&warning);
        }
        return Ok(name.to_owned());
    }
    Namespace::parse(name).map(|namespace| namespace.as_str().to_owned()).map_err(wrong)
}

fn access(context: Context<'_>, args: &WantedArgs) -> Result<Access> {
    if let Some(policy) = &args.policy {
        let name = access_policy::parse(policy).map_err(|why| {
            Error::usage(format!("invalid access policy {policy:?}"))
                .because(why)
                .try_next("aws eks list-access-policies")
        })?;
        access_policy::warnings(&name).iter().for_each(|warning| context.ui.warning(warning));
        return Ok(Access::Policy(name));
    }
    if let Some(path) = &args.rules {
        let path = context.host.current_dir.join(path);
        let (rules, warnings) = rules::parse(&text_of(&path)?).map_err(|problems| wrong(&path, &problems))?;
        warnings.iter().for_each(|warning| context.ui.warning(&format!("{}, {warning}", path.display())));
        return Ok(Access::Rules { source: path.display().to_string(), rules });
    }
    let name = args.preset.as_deref().unwrap_or("floor");
    let preset = Preset::parse(name, args.with_secrets);
    preset.map(Access::Preset).map_err(|why| Error::usage(format!("{name} {why}")).try_next("nsaccess grant --presets"))
}
