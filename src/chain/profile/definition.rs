//! What a profile means, as one text: it changes when the profile gives other credentials.

use super::kept::variables;
use crate::disk::cache::digest;
use crate::host::Host;
use crate::model::aws::profile_source::{ProfileSource, RoleSource};

/// The definition of a source, without secrets. It is a digest: a command of a `credential_process` may have some.
pub(crate) fn of(host: &Host, source: &ProfileSource) -> String {
    digest(&text(host, source))
}

/// The variables that decide what a source gives.
pub(crate) fn variables_of(source: &ProfileSource) -> &'static [&'static str] {
    match source {
        ProfileSource::AssumeRole { by, .. } => match by.as_ref() {
            RoleSource::Profile { source, .. } => variables_of(source),
            RoleSource::Machine { source, .. } => variables(*source),
        },
        ProfileSource::Keys(_) | ProfileSource::Sso(_) | ProfileSource::Provider { .. } => &[],
    }
}

fn text(host: &Host, source: &ProfileSource) -> String {
    match source {
        ProfileSource::Keys(keys) => format!("keys {}", keys.access_key_id()),
        ProfileSource::Sso(role) => format!("sso {}\n{}", role.portal.start_url, role.cache_file_name()),
        ProfileSource::AssumeRole { role, by } => {
            let by = match by.as_ref() {
                RoleSource::Profile { name, source } => format!("{name}\n{}", text(host, source)),
                RoleSource::Machine { source, .. } => {
                    let values = variables(*source).iter().map(|name| host.env(name).unwrap_or_default());
                    format!("{}\n{}", source.name(), values.collect::<Vec<_>>().join("\n"))
                }
            };
            format!("role {}\n{by}", role.cache_file_name())
        }
        ProfileSource::Provider { profile, kind, definition } => format!("{kind:?} {profile}\n{definition}"),
    }
}
