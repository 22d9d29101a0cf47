//! `secrets get`: a value, to standard output, a file or the clipboard.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::document::ValueDocument;
use super::exec::NamingArgs;
use super::refusals::refused;
use super::{Place, named_or_chosen};
use crate::actions::secrets;
use crate::commands::flags::Shell;
use crate::disk::atomic::{self, Occupant};
use crate::error::{Error, Kind, Result};
use crate::model::elapsed;
use crate::model::json::{FieldError, field, invalid_json};
use crate::model::kube::namespace::similar;
use crate::model::rfc3339::Rfc3339;
use crate::model::secrets::deliver::{is_printable, with_line_end};
use crate::model::secrets::variables::{Naming, variables};
use crate::model::secrets::{SecretName, SecretValue, Value, VersionSelector};
use crate::model::shell;
use crate::process::clipboard::Clipboard;
use crate::process::runtime;
use crate::secret::Secret;
use crate::ui::Format;

/// Which value, and where to.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess secrets get api-key\n  nsaccess secrets get billing/database --field password --copy\n  eval \"$(nsaccess secrets get billing/database -o env)\""
)]
pub(crate) struct GetArgs {
    /// Name of the secret; without one, you are asked on a terminal
    pub(crate) name: Option<String>,
    /// Field of a JSON value, such as password or db.hosts.0
    #[arg(long, value_name = "PATH")]
    pub(crate) field: Option<String>,
    /// Version stage, such as AWSPREVIOUS [default: AWSCURRENT]
    #[arg(long, value_name = "STAGE")]
    pub(crate) version_stage: Option<String>,
    /// Version ID
    #[arg(long, value_name = "ID")]
    pub(crate) version_id: Option<String>,
    /// Write to a file that only you can read
    #[arg(long, value_name = "FILE", conflicts_with = "copy")]
    pub(crate) out: Option<PathBuf>,
    /// Copy to the clipboard (over SSH through the terminal, OSC 52)
    #[arg(long)]
    pub(crate) copy: bool,
    /// Clear the clipboard after this time, if it still holds the value
    #[arg(long, value_name = "TIME", default_value = "45s", value_parser = elapsed::parse, requires = "copy")]
    pub(crate) clear_after: i64,
    /// How the variables of -o env are called.
    #[command(flatten)]
    pub(crate) naming: NamingArgs,
    /// Print to a terminal even if the value is not text
    #[arg(long)]
    pub(crate) force: bool,
}

pub(super) fn run(place: Place<'_>, args: &GetArgs) -> Result<()> {
    let Place { context, chain, access, .. } = place;
    let name = named_or_chosen(place, "nsaccess secrets get NAME", args.name.as_deref())?;
    let wanted = wanted(args, &name.relative)?;
    let named = naming(args, &name)? != Naming::default();
    if named && place.context.global.output != Format::Env {
        return Err(Error::usage("--prefix and --allow require -o env")
            .because("without it, the value is printed as is")
            .try_next(format!("nsaccess secrets get {} -o env --prefix DB_", name.relative)));
    }
    // What cannot be done with the value is said before it is asked for.
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    out.map_or(Ok(()), |out| check_file(&context.host.current_dir.join(out), &name.relative))?;
    let clipboard =
        if args.copy { Some(Clipboard::find(context.host).ok_or_else(|| no_clipboard(&name.relative))?) } else { None };
    let stored = runtime::run(async { secrets::open(chain, access).await?.value(&name, &wanted).await })?;
    let content = content(place, args, &name, &stored)?;
    match (out, clipboard) {
        (Some(out), _) => {
            atomic::write_private_to_current_user(&context.host.current_dir.join(out), content.expose())?;
            let whose = if cfg!(unix) { " (readable only by you)" } else { "" };
            context.ui.status(&format!("wrote {}{whose}", out.display()));
            Ok(())
        }
        (None, Some(clipboard)) => copy(place, args, &name, &clipboard, &content),
        (None, None) => print(place, args, &name, &content),
    }
}

fn naming<'a>(args: &'a GetArgs, name: &SecretName) -> Result<Naming<'a>> {
    args.naming.naming(&format!("nsaccess secrets get {} -o env --prefix DB_", name.relative))
}

fn wanted(args: &GetArgs, name: &str) -> Result<VersionSelector> {
    let (stage, version_id) = (args.version_stage.clone(), args.version_id.clone());
    let wrong = |what: String, why: &str| {
        Err(Error::usage(what).because(why).try_next(format!("nsaccess secrets versions {name}")))
    };
    match (&stage, &version_id) {
        (Some(stage), _) if stage.is_empty() || stage.len() > 256 => {
            wrong(format!("invalid version stage {stage:?}"), "a stage has 1 to 256 characters, such as AWSPREVIOUS")
        }
        (_, Some(id)) if !(32..=64).contains(&id.len()) => {
            wrong(format!("invalid version ID {id:?}"), "a version ID has 32 to 64 characters")
        }
        _ => Ok(VersionSelector { stage, version_id }),
    }
}

/// A rename would put a plain file in the place of a device or a folder.
fn check_file(out: &Path, name: &str) -> Result<()> {
    let refuse = |why: &str| {
        Err(Error::usage(format!("cannot write the value to {}", out.display()))
            .because(why)
            .try_next(format!("nsaccess secrets get {name} --out FILE")))
    };
    match atomic::occupant(out) {
        Occupant::Folder => refuse("it is a directory"),
        Occupant::Other => refuse("it is not a regular file; omit --out to print to standard output"),
        Occupant::Nothing if out.file_name().is_none() => refuse("the path has no file name"),
        Occupant::Nothing | Occupant::File => Ok(()),
    }
}

/// The bytes that are wanted, in the form that is wanted.
fn content(place: Place<'_>, args: &GetArgs, name: &SecretName, stored: &SecretValue) -> Result<Secret<Vec<u8>>> {
    let value = match &args.field {
        Some(path) => Value::Text(of_field(place, name, stored, path)?),
        None => stored.value.clone(),
    };
    let bytes = |text: Secret<String>| Secret::new(text.expose().as_bytes().to_vec());
    match place.context.global.output {
        Format::Table | Format::Wide | Format::Name => Ok(Secret::new(value.bytes().to_vec())),
        Format::Env => {
            let source = args.field.as_deref().unwrap_or(&name.relative);
            warn_of_invalid_json(place, source, &value);
            let found = variables(naming(args, name)?, &[(source, &value)])
                .map_err(|refusal| refused(refusal, std::slice::from_ref(name)))?;
            let named: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            Ok(bytes(shell::set_variables(Shell::Auto.meant(place.context.host).dialect(), &named)))
        }
        form => {
            let (encoding, encoded) = value.encoded();
            let document = ValueDocument {
                name: &name.relative,
                full_name: &stored.name,
                arn: &stored.arn,
                version_id: &stored.version_id,
                stages: &stored.stages,
                created_at: stored.created_at.map(Rfc3339::from),
                field: args.field.as_deref(),
                encoding,
                value: encoded.expose(),
            };
            place.context.ui.render(form, &document).map(|text| bytes(Secret::new(text)))
        }
    }
}

/// A value that looks like JSON but is not has no keys: it becomes one variable, with a warning.
pub(super) fn warn_of_invalid_json(place: Place<'_>, source: &str, value: &Value) {
    if let Some(invalid) = value.text().and_then(invalid_json) {
        place.context.ui.warning(&format!("{source} becomes one variable: {invalid}"));
    }
}

fn of_field(place: Place<'_>, name: &SecretName, stored: &SecretValue, path: &str) -> Result<Secret<String>> {
    let whole = format!("nsaccess secrets get {} -n {}", name.relative, place.access);
    let found = stored.value.text().ok_or(FieldError::NotAnObject).and_then(|text| field(text, path));
    found.map_err(|missing| match missing {
        FieldError::NotAnObject => Error::failure(format!("secret {:?} is not a JSON object", name.relative))
            .because("--field needs a JSON object")
            .try_next(whole),
        FieldError::InvalidJson(broken) => Error::failure(format!("secret {:?} has no fields", name.relative))
            .because(broken.to_string())
            .try_next(whole),
        FieldError::NoKey { at, key, known } => {
            let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
            let place = if at.is_empty() { "it" } else { &at };
            let error = Error::new(Kind::NotFound, format!("secret {:?} has no field {path:?}", name.relative));
            match known.is_empty() {
                true => error.because(format!("{place} has no fields")).try_next(whole),
                false => error.because(format!("{place} has the keys {}", known.join(", "))).try_next(
                    match similar(&key, known.iter().map(String::as_str)) {
                        Some(meant) => format!("{whole} --field {}", shell::quote(&below(meant))),
                        None => whole,
                    },
                ),
            }
        }
    })
}

fn print(place: Place<'_>, args: &GetArgs, name: &SecretName, content: &Secret<Vec<u8>>) -> Result<()> {
    let context = place.context;
    if !context.host.terminals.stdout {
        return context.ui.print_bytes(content.expose());
    }
    if is_printable(content.expose()) {
        return context.ui.print_bytes(with_line_end(content.expose()).expose());
    }
    if args.force {
        return context.ui.print_bytes(content.expose());
    }
    Err(Error::failure(format!("secret {:?} cannot be shown on a terminal", name.relative))
        .because("it is not plain text and could control the terminal; use --force to print it anyway")
        .try_next(format!("nsaccess secrets get {} --out FILE", name.relative)))
}

fn copy(
    place: Place<'_>,
    args: &GetArgs,
    name: &SecretName,
    clipboard: &Clipboard,
    content: &Secret<Vec<u8>>,
) -> Result<()> {
    let ui = place.context.ui;
    if std::str::from_utf8(content.expose()).is_err() {
        return Err(Error::failure(format!("secret {:?} is not text", name.relative))
            .because("the clipboard cannot hold binary data")
            .try_next(format!("nsaccess secrets get {} --out FILE", name.relative)));
    }
    clipboard.copy(content)?;
    let seconds = u64::try_from(args.clear_after).unwrap_or_default();
    if matches!(clipboard, Clipboard::Terminal) {
        ui.status("sent to the terminal's clipboard (OSC 52)");
        ui.warning("it stays in the clipboard until you copy something else: a terminal's clipboard cannot be checked");
        return Ok(());
    }
    match clipboard.clear_later(place.context.host, content, Duration::from_secs(seconds)) {
        Ok(()) => ui.status(&format!("copied to the clipboard; clearing it in {}", elapsed::human(args.clear_after))),
        Err(error) => ui.warning(&format!("copied, but the clipboard will not be cleared: {error}")),
    }
    Ok(())
}

fn no_clipboard(name: &str) -> Error {
    Error::failure("no clipboard available")
        .because("none of wl-copy, xclip, xsel, pbcopy and clip.exe works, and there is no terminal")
        .try_next(format!("nsaccess secrets get {name} --out FILE"))
}
