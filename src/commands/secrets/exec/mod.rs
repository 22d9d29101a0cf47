//! `secrets exec`: a program with secrets in its environment or in files that are never on the disk, and nowhere else.

mod environment;
mod watch;

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Place, named_or_chosen};
use crate::actions::secrets;
use crate::actions::secrets::mounted::MountedValue;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::secrets::SecretName;
use crate::model::secrets::mount::{self, MountError};
use crate::model::secrets::variables::{Naming, check_prefix};
use crate::model::shell::quote;
use crate::process::child::{self, Ended};
use crate::process::runtime;
use environment::{Prepared, prepare};

/// Which secrets, and which program.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess secrets exec billing/database -- ./server\n  nsaccess secrets exec billing/database api-key --prefix BILLING_ \\\n      -- sh -c 'psql -U \"$BILLING_username\"'\n  nsaccess secrets exec keystore --mount keystore.jks -- ./server\n  nsaccess secrets exec billing/database --watch -- ./server"
)]
pub(crate) struct ExecArgs {
    /// Names of the secrets
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// How its variables are called.
    #[command(flatten)]
    pub(crate) naming: NamingArgs,
    /// Put the value into FILE, which is in memory only, instead of the environment; with several secrets NAME=FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) mount: Vec<String>,
    /// Restart the command when a secret has a new version, looking for one every 30s or EVERY
    #[arg(long, value_name = "EVERY", num_args = 0..=1, require_equals = true, default_missing_value = "30s")]
    pub(crate) watch: Option<String>,
    /// Give the command only the secrets: no AWS credentials, and of your environment PATH, HOME, TERM and the like
    #[arg(long)]
    pub(crate) only_secrets: bool,
    /// Command and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// How variables are called.
#[derive(Debug, Args)]
pub(crate) struct NamingArgs {
    /// Prefix for the names of the variables
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,
    /// Allow variables that control programs, such as PATH, LD_PRELOAD or AWS_PROFILE
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
}

impl NamingArgs {
    /// The same, checked. `again` is the command that a prefix is given to.
    ///
    /// # Errors
    /// When no variable can begin with the prefix.
    pub(in crate::commands::secrets) fn naming(&self, again: &str) -> Result<Naming<'_>> {
        check_prefix(&self.prefix)
            .map_err(|why| Error::usage(format!("invalid prefix {:?}", self.prefix)).because(why).try_next(again))?;
        Ok(Naming { prefix: &self.prefix, allowed: &self.allow })
    }
}

/// What a program is to be given.
struct Request<'a> {
    names: Vec<SecretName>,
    /// Secrets, by their place in `names`, that go into files.
    mounts: Vec<(usize, PathBuf)>,
    naming: Naming<'a>,
    only_secrets: bool,
}

impl Request<'_> {
    /// Whether a secret goes into the environment.
    fn is_variable(&self, secret: usize) -> bool {
        self.mounts.iter().all(|(mounted, _)| *mounted != secret)
    }
}

pub(super) fn run(place: Place<'_>, args: &ExecArgs) -> Result<()> {
    let (program, words) = args.command.split_first().ok_or_else(|| no_command(&args.names))?;
    let every = args.watch.as_deref().map(watch::interval).transpose()?;
    let request = request(place, args)?;
    let context = place.context;
    runtime::run_with_child(async {
        let mut prepared = runtime::interruptible(prepare(place, &request)).await?;
        let mut mounted = mount(context.host, &request, &prepared)?;
        let Some(every) = every else { return child::run(program, words, &prepared.environment).await };
        loop {
            let new = watch::new_version(place, &request, &prepared, every);
            match child::run_until(program, words, &prepared.environment, new).await? {
                Ended::ByItself => return Ok(()),
                Ended::Stopped(new) => {
                    let changed = prepared.changed(&request, &new).join(", ");
                    context.ui.status(&format!("new version of {changed}: restarting {program}"));
                    prepared = new;
                    remount(context.host, &mut mounted, &request, &prepared)?;
                }
            }
        }
    })
}

/// What the arguments ask for. A person chooses the secret if none is named.
fn request<'a>(place: Place<'_>, args: &'a ExecArgs) -> Result<Request<'a>> {
    let Place { chain, access, .. } = place;
    let naming = args.naming.naming("nsaccess secrets exec NAME --prefix DB_ -- COMMAND")?;
    let mounts = mount::read(&args.mount, &args.names).map_err(|refusal| no_mount(refusal, args))?;
    let mut names: Vec<SecretName> = Vec::new();
    // The place of each that was typed: named twice it is the same secret, and no collision.
    let mut places: Vec<usize> = Vec::new();
    for typed in &args.names {
        let name = secrets::secret_name(chain, access, typed)?;
        let known = names.iter().position(|other| other.full == name.full);
        places.push(known.unwrap_or(names.len()));
        if known.is_none() {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(named_or_chosen(place, "nsaccess secrets exec NAME -- COMMAND", None)?);
        places.push(0);
    }
    let mounts = mounts.into_iter().map(|mount| (places[mount.secret], mount.file)).collect();
    Ok(Request { names, mounts, naming, only_secrets: args.only_secrets })
}

/// The files, which are there as long as the value lives.
fn mount(host: &Host, request: &Request<'_>, prepared: &Prepared) -> Result<Vec<MountedValue>> {
    let create = |(secret, file): &(usize, PathBuf)| MountedValue::create(host, file, prepared.bytes(*secret));
    request.mounts.iter().map(create).collect()
}

fn remount(host: &Host, mounted: &mut [MountedValue], request: &Request<'_>, prepared: &Prepared) -> Result<()> {
    let mut pairs = mounted.iter_mut().zip(&request.mounts);
    pairs.try_for_each(|(value, (secret, _))| value.replace(host, prepared.bytes(*secret)))
}

fn no_mount(refusal: MountError, args: &ExecArgs) -> Error {
    let names: Vec<_> = args.names.iter().map(|name| quote(name)).collect();
    let first = args.names.first().map_or("NAME", String::as_str);
    let again = |mount: &str| format!("nsaccess secrets exec {} --mount {} -- COMMAND", names.join(" "), quote(mount));
    match refusal {
        MountError::Which(typed) => {
            let file = typed.split_once('=').map_or(typed.as_str(), |(_, file)| file);
            Error::usage(format!("no secret specified for --mount {typed}"))
                .because("with several secrets, NAME=FILE says which one goes into the file")
                .try_next(again(&format!("{first}={file}")))
        }
        MountError::Other(typed) => {
            let (name, file) = typed.split_once('=').unwrap_or_default();
            Error::usage(format!("--mount {typed} names no secret of this command"))
                .because(format!("{name:?} is not among {}", args.names.join(", ")))
                .try_next(again(&format!("{first}={file}")))
                .try_next(format!("{}   # a file of this name", again(&format!("./{typed}"))))
        }
        MountError::NoFile(typed) => Error::usage(format!("no file specified for --mount {typed}"))
            .try_next(again(&format!("{typed}{}", Path::new(first).file_name().unwrap_or_default().display()))),
    }
}

/// There is nothing behind `--`. A second word before it is the command then, more likely than a second secret.
fn no_command(words: &[String]) -> Error {
    match words {
        [] => Error::usage("no command specified").try_next("nsaccess secrets exec NAME -- COMMAND"),
        [secret] => {
            Error::usage("no command specified").try_next(format!("nsaccess secrets exec {} -- COMMAND", quote(secret)))
        }
        [secret, command @ ..] => {
            let command: Vec<_> = command.iter().map(|word| quote(word)).collect();
            Error::usage("the command must follow --").try_next(format!(
                "nsaccess secrets exec {} -- {}",
                quote(secret),
                command.join(" ")
            ))
        }
    }
}
