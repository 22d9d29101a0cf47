//! A file that exists in memory only, and has no name.

use std::io::Result;

/// What such a file is passed on as.
#[cfg(unix)]
pub(crate) type Handle = std::os::fd::OwnedFd;
#[cfg(not(unix))]
pub(crate) type Handle = std::convert::Infallible;

/// A file with these bytes, of mode 0600, that nobody can change.
///
/// # Errors
/// On systems without such files.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn sealed(bytes: &[u8]) -> Result<Handle> {
    use std::io::Write;

    use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};

    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = std::fs::File::from(memfd_create("secret", flags)?);
    fchmod(&file, Mode::RUSR | Mode::WUSR)?;
    file.write_all(bytes)?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn sealed(_: &[u8]) -> Result<Handle> {
    Err(std::io::ErrorKind::Unsupported.into())
}
