//! A value as a file that is never on the disk: a file in memory, else a named pipe.

use std::path::Path;

use crate::disk::link::Link;
use crate::disk::memory_file;
use crate::disk::named_pipe::NamedPipe;
use crate::error::{Error, Result, plain_io};
use crate::host::Host;
use crate::model::shell::quote;
use crate::process::value_holder::ValueHolder;
use crate::secret::Secret;

/// A value at a path. Dropping it removes both.
#[derive(Debug)]
pub(crate) enum MountedValue {
    /// A link to a regular file: it has a size, and whoever opens it reads all of it.
    Memory { link: Link, holder: ValueHolder },
    /// For systems without the other one.
    Pipe(NamedPipe),
}

impl MountedValue {
    /// Puts a value at a path.
    ///
    /// # Errors
    /// When there is a file already, or none can be made.
    pub(crate) fn create(host: &Host, path: &Path, value: Secret<Vec<u8>>) -> Result<Self> {
        let made = match in_memory(host, path, &value) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                NamedPipe::create(path, value).map(MountedValue::Pipe)
            }
            made => made,
        };
        made.map_err(|error| cannot_make(path, &error))
    }

    /// Whoever opens the file from now on reads another value.
    ///
    /// # Errors
    /// When the other one cannot be held.
    pub(crate) fn replace(&mut self, host: &Host, value: Secret<Vec<u8>>) -> Result<()> {
        match self {
            MountedValue::Pipe(pipe) => {
                pipe.replace(value);
                Ok(())
            }
            MountedValue::Memory { link, holder } => {
                let replaced = hold(host, &value).and_then(|new| {
                    link.lead_to(&new.path())?;
                    *holder = new;
                    Ok(())
                });
                replaced.map_err(|error| Error::failure("cannot put the new value in place").because(plain_io(&error)))
            }
        }
    }
}

fn in_memory(host: &Host, path: &Path, value: &Secret<Vec<u8>>) -> std::io::Result<MountedValue> {
    let holder = hold(host, value)?;
    let link = Link::create(path, &holder.path())?;
    Ok(MountedValue::Memory { link, holder })
}

fn hold(host: &Host, value: &Secret<Vec<u8>>) -> std::io::Result<ValueHolder> {
    ValueHolder::start(host, memory_file::sealed(value.expose())?)
}

fn cannot_make(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("cannot create {}", path.display());
    let path = path.to_string_lossy();
    let path = quote(&path);
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::failure(message)
            .because("there is such a file, and it is left as it is")
            .try_next(format!("rm {path}   # or name another file")),
        std::io::ErrorKind::Unsupported => Error::failure(message)
            .because("this system has neither files in memory nor named pipes")
            .try_next(format!("nsaccess secrets get NAME --out {path}")),
        _ => Error::failure(message).because(plain_io(error)),
    }
}
