//! The mode, owner and extended attributes of a file. A replacement gives the same access to the same users.

use std::fs::{File, Metadata};
#[cfg(unix)]
use std::io::Error;
use std::io::Result;
use std::path::Path;

#[cfg(unix)]
use crate::disk::folder;

#[derive(Debug)]
pub(super) struct Permissions {
    mode: u32,
    owner: Owner,
    /// Extended attributes: access control lists, labels and others. `None` for the system's defaults.
    attributes: Option<Vec<(String, Vec<u8>)>>,
}

#[derive(Debug)]
enum Owner {
    CurrentUser,
    /// The current user; or, for root, the owner of the folder.
    OfFolder,
    /// This user and this group.
    #[cfg(unix)]
    Ids(u32, u32),
}

/// Linux's access control list. With one, the group bits of the mode are only its upper limit.
#[cfg(unix)]
const ACCESS_LIST: &str = "system.posix_acl_access";

impl Permissions {
    /// 0600, owned by the current user; or, for root, by the owner of the folder.
    pub(super) fn private() -> Self {
        Permissions { mode: 0o600, owner: Owner::OfFolder, attributes: None }
    }

    /// 0600, owned by the current user.
    pub(super) fn private_to_current_user() -> Self {
        Permissions { mode: 0o600, owner: Owner::CurrentUser, attributes: None }
    }

    /// The permissions of an existing file.
    #[cfg(unix)]
    pub(super) fn of(target: &Path, found: &Metadata) -> Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let attributes = attributes::of(target)?;
        Ok(Permissions {
            mode: found.mode() & 0o7777,
            owner: Owner::Ids(found.uid(), found.gid()),
            attributes: Some(attributes),
        })
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Path, _: &Metadata) -> Result<Self> {
        Ok(Permissions::private())
    }

    /// Applies them to a file of mode 0600 that will replace the target. Fails if that would give anybody else access.
    #[cfg(unix)]
    pub(super) fn apply_to(&self, file: &File, target: &Path) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let mut mode = self.mode;
        let owner = match self.owner {
            Owner::CurrentUser => None,
            Owner::OfFolder => folder::inherited_owner(target),
            Owner::Ids(user, group) => Some((user, group)),
        };
        if let Some(owner) = owner
            && !change_owner(file, owner)?
        {
            mode = without_group(mode);
            if self.attributes.iter().flatten().any(|(name, _)| name == ACCESS_LIST) {
                return Err(Error::other("its access list (ACL) is for a group that you are not in"));
            }
        }
        if let Some(wanted) = &self.attributes {
            attributes::apply_to(file, wanted)?;
        }
        file.set_permissions(std::fs::Permissions::from_mode(mode))
    }

    #[cfg(not(unix))]
    pub(super) fn apply_to(&self, _: &File, _: &Path) -> Result<()> {
        let _ = (self.mode, &self.owner, &self.attributes);
        Ok(())
    }
}

/// Changes the owner and group of a file, or at least the group. Returns whether the group is right.
#[cfg(unix)]
fn change_owner(file: &File, (user, group): (u32, u32)) -> Result<bool> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let has = file.metadata()?;
    let owned = (has.uid(), has.gid()) == (user, group);
    // Only root may change the owner; members may change the group.
    Ok(owned || fchown(file, Some(user), Some(group)).is_ok() || has.gid() == group || {
        fchown(file, None, Some(group)).is_ok()
    })
}

/// The mode for a file that got another group: none for the new group, and for all others no more than the old group had,
/// whose members are now among them.
#[cfg(unix)]
fn without_group(mode: u32) -> u32 {
    let (group, others) = ((mode >> 3) & 7, mode & 7);
    (mode & 0o1700) | (group & others)
}

#[cfg(unix)]
mod attributes {
    use std::fs::File;
    use std::io::{Error, Result};
    use std::path::Path;

    use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr, getxattr, listxattr};
    use rustix::io::Errno;

    use super::ACCESS_LIST;

    /// The kernel's limit for names and values.
    const LARGEST: usize = 64 * 1024;

    pub(super) fn of(target: &Path) -> Result<Vec<(String, Vec<u8>)>> {
        let mut buffer = vec![0; LARGEST];
        let names = match listxattr(target, &mut buffer[..]) {
            Ok(length) => String::from_utf8_lossy(&buffer[..length]).into_owned(),
            Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for name in names.split('\0').filter(|name| !name.is_empty() && !is_system_managed(name)) {
            let length = getxattr(target, name, &mut buffer[..])?;
            found.push((name.to_owned(), buffer[..length].to_vec()));
        }
        Ok(found)
    }

    pub(super) fn apply_to(file: &File, wanted: &[(String, Vec<u8>)]) -> Result<()> {
        if wanted.iter().all(|(name, _)| name != ACCESS_LIST) {
            // A list inherited from the folder would become effective with the new mode.
            match fremovexattr(file, ACCESS_LIST) {
                Ok(()) | Err(Errno::NODATA | Errno::NOTSUP | Errno::NOSYS) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut buffer = vec![0; LARGEST];
        for (name, value) in wanted {
            let there =
                fgetxattr(file, name.as_str(), &mut buffer[..]).is_ok_and(|length| buffer[..length] == value[..]);
            if there || is_security_label(name) {
                // The system decides about labels.
                let _ = fsetxattr(file, name.as_str(), value, XattrFlags::empty());
                continue;
            }
            fsetxattr(file, name.as_str(), value, XattrFlags::empty()).map_err(|error| {
                let why = crate::error::plain_io(&error.into());
                Error::other(format!("its attribute {name} cannot be kept: {why}"))
            })?;
        }
        Ok(())
    }

    /// Attributes that the kernel derives from the content, or that only it may set.
    fn is_system_managed(name: &str) -> bool {
        ["security.ima", "security.evm", "security.capability"].contains(&name)
            || name.starts_with("com.apple.provenance")
    }

    fn is_security_label(name: &str) -> bool {
        name.starts_with("security.") || name.starts_with("com.apple.")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_changed_group_gives_nobody_more_access() {
        for (before, after) in [(0o640, 0o600), (0o664, 0o604), (0o604, 0o600), (0o600, 0o600), (0o777, 0o707)] {
            assert_eq!(without_group(before), after, "{before:o}");
        }
    }
}
