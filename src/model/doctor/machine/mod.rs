//! This machine: our program and those beside it, the clock, the way out, and files that hinder.

pub(crate) mod certificates;
pub(crate) mod clock;
pub(crate) mod files;
pub(crate) mod left_overs;
pub(crate) mod nsaccess;
pub(crate) mod permissions;
pub(crate) mod place;
pub(crate) mod proxy;
pub(crate) mod tools;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::finding::Finding;

pub(crate) const CHECKS: &[&Check] =
    &[&NSACCESS, &TOOLS, &CLOCK, &PROXY, &CERTIFICATES, &PERMISSIONS, &FILES, &LEFT_OVERS];

/// Of each of its checks.
pub(crate) const FINDINGS: &[&[&Finding]] = &[
    nsaccess::FINDINGS,
    tools::FINDINGS,
    clock::FINDINGS,
    proxy::FINDINGS,
    certificates::FINDINGS,
    permissions::FINDINGS,
    files::FINDINGS,
    left_overs::FINDINGS,
];

pub(crate) const NSACCESS: Check = Check {
    id: "machine.nsaccess",
    group: Group::Machine,
    title: "nsaccess",
    what: "The version of nsaccess, and whether the nsaccess that kubectl runs for the namespace exists, works and has the same version.",
    uses: Uses::Programs,
    needs: &["profile.settings"],
};

pub(crate) const TOOLS: Check = Check {
    id: "machine.tools",
    group: Group::Machine,
    title: "tools",
    what: "The installed versions of kubectl, the AWS CLI and k9s (all optional), and whether kubectl supports the server's version.",
    uses: Uses::Programs,
    needs: &["profile.settings"],
};

pub(crate) const CLOCK: Check = Check {
    id: "machine.clock",
    group: Group::Machine,
    title: "clock",
    what: "The difference between this machine's clock and that of AWS or the cluster. Signatures are rejected once it exceeds 5 minutes.",
    uses: Uses::Network,
    needs: &["profile.settings"],
};

pub(crate) const PROXY: Check = Check {
    id: "machine.proxy",
    group: Group::Machine,
    title: "proxy",
    what: "The proxy set in the environment, and which of the required hosts it applies to.",
    uses: Uses::Files,
    needs: &[],
};

pub(crate) const CERTIFICATES: Check = Check {
    id: "machine.certificates",
    group: Group::Machine,
    title: "certificates",
    what: "Whether the certificate bundles set in the environment can be read.",
    uses: Uses::Files,
    needs: &[],
};

pub(crate) const PERMISSIONS: Check = Check {
    id: "machine.permissions",
    group: Group::Machine,
    title: "file permissions",
    what: "Owner and mode of ~/.aws, ~/.kube and the files of nsaccess.",
    uses: Uses::Files,
    needs: &[],
};

pub(crate) const FILES: Check = Check {
    id: "machine.files",
    group: Group::Machine,
    title: "files",
    what: "Whether configuration files are regular files in UTF-8, and not directories, pipes or broken symbolic links.",
    uses: Uses::Files,
    needs: &[],
};

/// The finding of a check that keeps the file at a path, or a folder above it, from being used.
pub(crate) fn fault(check: &Check, places: &[place::Place], path: &std::path::Path) -> Option<&'static Finding> {
    let fault = if *check == FILES { files::fault } else { permissions::fault };
    places.iter().filter(|place| path.starts_with(&place.path)).find_map(fault)
}

pub(crate) const LEFT_OVERS: Check = Check {
    id: "machine.left-overs",
    group: Group::Machine,
    title: "stale files",
    what: "Locks and temporary files left by programs that were killed.",
    uses: Uses::Files,
    needs: &[],
};
