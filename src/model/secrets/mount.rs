//! Which secret goes into which file: `--mount FILE`, or `--mount NAME=FILE` where several secrets are named. A file with an
//! equals sign in its name is written with its folder (`./a=b`).

use std::path::PathBuf;

/// A file, and the secret in it by its place among those that were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) secret: usize,
    pub(crate) file: PathBuf,
}

/// Why a `--mount` means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MountError {
    /// Several secrets are named, and it does not say which one.
    Which(String),
    /// What stands before the equals sign is none of the secrets.
    Other(String),
    /// There is no file behind the name.
    NoFile(String),
}

/// Reads what was typed behind `--mount`. `names` are the secrets as they were typed; none if a person chooses one.
///
/// # Errors
/// The first that means nothing.
pub(crate) fn read(typed: &[String], names: &[String]) -> Result<Vec<Mount>, MountError> {
    typed.iter().map(|typed| read_one(typed, names)).collect()
}

fn read_one(typed: &str, names: &[String]) -> Result<Mount, MountError> {
    let is_path = typed.starts_with(['.', '/']);
    let named = typed.split_once('=').map(|(name, file)| (names.iter().position(|other| other == name), file));
    let (secret, file) = match named {
        Some((Some(secret), file)) => (secret, file),
        Some((None, _)) if !is_path && !names.is_empty() => return Err(MountError::Other(typed.to_owned())),
        _ if names.len() > 1 => return Err(MountError::Which(typed.to_owned())),
        _ => (0, typed),
    };
    match file {
        "" => Err(MountError::NoFile(typed.to_owned())),
        file => Ok(Mount { secret, file: PathBuf::from(file) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str, names: &[&str]) -> Result<(usize, String), MountError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut mounts = super::read(&[typed.to_owned()], &names)?;
        let mount = mounts.remove(0);
        Ok((mount.secret, mount.file.to_string_lossy().into_owned()))
    }

    #[test]
    fn a_name_is_needed_where_there_are_several() {
        assert_eq!(read("key.pem", &["key"]), Ok((0, "key.pem".into())));
        assert_eq!(read("key.pem", &[]), Ok((0, "key.pem".into())));
        assert_eq!(read("b=key.pem", &["a", "b"]), Ok((1, "key.pem".into())));
        assert_eq!(read("b=a=b", &["a", "b"]), Ok((1, "a=b".into())));
        assert_eq!(read("key.pem", &["a", "b"]), Err(MountError::Which("key.pem".into())));
        assert_eq!(read("c=key.pem", &["a", "b"]), Err(MountError::Other("c=key.pem".into())));
    }

    #[test]
    fn a_file_may_have_an_equals_sign_in_its_name() {
        assert_eq!(read("./a=b.pem", &["key"]), Ok((0, "./a=b.pem".into())));
        // It is more likely a mistyped secret.
        assert_eq!(read("a=b.pem", &["key"]), Err(MountError::Other("a=b.pem".into())));
        assert_eq!(read("key=a=b.pem", &["key"]), Ok((0, "a=b.pem".into())));
        assert_eq!(read("key=", &["key"]), Err(MountError::NoFile("key=".into())));
        assert_eq!(read("", &["key"]), Err(MountError::NoFile(String::new())));
    }
}
