//! The local time zone, from one file. jiff finds the name of the zone first, and walks the whole database for it, which
//! takes longer than all else of `nsaccess status --check`.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::{Host, plain_file};
use crate::env_vars;

/// The zone of this machine, where `TZ` does not say another one.
const OF_MACHINE: &str = "/etc/localtime";
/// Where most systems have the database; `TZDIR` says where it is otherwise.
const DATABASE: &str = "/usr/share/zoneinfo";
/// Far larger than any zone.
const LARGEST: u64 = 1 << 20;

impl Host {
    /// The zone that times are shown in.
    pub(crate) fn time_zone(&self) -> TimeZone {
        self.zone_file().and_then(|file| read(&file)).unwrap_or_else(TimeZone::system)
    }

    /// The file of the zone, if there is one: `TZ` can hold the rules themselves, and an empty one means UTC.
    fn zone_file(&self) -> Option<PathBuf> {
        let Some(zone) = self.env.get(env_vars::TZ) else { return Some(PathBuf::from(OF_MACHINE)) };
        let zone = Some(zone.strip_prefix(':').unwrap_or(zone)).filter(|zone| !zone.is_empty())?;
        Some(Path::new(self.env(env_vars::TZDIR).unwrap_or(DATABASE)).join(zone))
    }
}

fn read(file: &Path) -> Option<TimeZone> {
    let bytes = plain_file::read(file, LARGEST).ok()??;
    TimeZone::tzif("local", &bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use jiff::Timestamp;
    use jiff::tz::Offset;

    use super::*;

    /// A zone of one offset (RFC 8536).
    fn zone(hours: i8) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in ["version 1", "version 2"] {
            bytes.extend(b"TZif2");
            bytes.extend([0; 15]);
            for count in [0u32, 0, 0, 0, 1, 4] {
                bytes.extend(count.to_be_bytes());
            }
            bytes.extend((i32::from(hours) * 3600).to_be_bytes());
            bytes.extend(b"\0\0XXX\0");
        }
        bytes.extend(format!("\nXXX{}\n", -hours).bytes());
        bytes
    }

    fn put(file: &Path, bytes: &[u8]) {
        std::fs::File::create(file).and_then(|mut file| file.write_all(bytes)).expect("written");
    }

    fn offset(host: &Host) -> Offset {
        host.time_zone().to_offset(Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_zone_is_read_by_its_name_or_its_path() {
        let home = tempfile::tempdir().expect("a folder");
        let database = home.path().join("zones");
        std::fs::create_dir_all(database.join("Moon")).expect("a folder");
        put(&database.join("Moon/Base"), &zone(3));
        let absolute = database.join("Moon/Base").display().to_string();
        for name in ["Moon/Base", ":Moon/Base", &absolute] {
            let env = [("TZ", name), ("TZDIR", database.to_str().expect("text"))];
            assert_eq!(
                offset(&Host::for_test(home.path(), &env, Timestamp::UNIX_EPOCH)),
                Offset::constant(3),
                "{name}"
            );
        }
    }

    #[test]
    fn without_a_name_it_is_the_machine_s() {
        let host = Host::for_test(Path::new("/nowhere"), &[], Timestamp::UNIX_EPOCH);
        assert_eq!(host.zone_file().as_deref(), Some(Path::new("/etc/localtime")));
        let host = Host::for_test(Path::new("/nowhere"), &[("TZ", "")], Timestamp::UNIX_EPOCH);
        assert_eq!(host.zone_file(), None);
    }

    #[test]
    fn what_is_no_zone_is_none() {
        let home = tempfile::tempdir().expect("a folder");
        put(&home.path().join("x"), b"TZif, but not really");
        assert!(read(&home.path().join("x")).is_none() && read(home.path()).is_none());
    }
}
