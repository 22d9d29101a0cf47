//! How an edit must look, and what it must never do.

mod generator;
mod properties;
mod refusals;
mod updates;

use super::{Entry, Exec};

/// A small entry, so that the expected texts stay readable.
pub(super) fn entry() -> Entry {
    Entry {
        name: "idp-ns-dev".to_owned(),
        server: "https://K.eks.amazonaws.com".to_owned(),
        certificate_authority_data: "Q0E=".to_owned(),
        namespace: "dev".to_owned(),
        exec: Exec {
            command: "nsaccess".to_owned(),
            args: ["token", "-n", "dev"].map(str::to_owned).to_vec(),
            install_hint: String::new(),
        },
    }
}
