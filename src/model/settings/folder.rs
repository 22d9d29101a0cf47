//! The namespace that a checkout's folder implies.

use std::path::Path;

use crate::model::kube::namespace::Namespace;

/// The namespace of a path `…/apps-<team>/apps/<team>-<environment>/…`: the name of the third folder. Both names must have
/// the same team, so that a folder does not match by accident.
pub(crate) fn namespace_from_folder(path: &Path) -> Option<String> {
    let names: Vec<&str> = path.components().map(|part| part.as_os_str().to_str().unwrap_or_default()).collect();
    let named = |window: &[&str]| -> Option<String> {
        let [checkout, "apps", folder] = *window else { return None };
        let team = checkout.strip_prefix("apps-").filter(|team| !team.is_empty())?;
        let environment = folder.strip_prefix(team)?.strip_prefix('-')?;
        (!environment.is_empty() && Namespace::parse(folder).is_ok()).then(|| folder.to_owned())
    };
    names.windows(3).rev().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_name_a_namespace_and_folders_that_do_not() {
        for (path, expected) in [
            ("/x/apps-idp/apps/idp-dev/helm", Some("idp-dev")),
            ("/x/apps-idp/apps/idp-dev", Some("idp-dev")),
            ("apps-a-b/apps/a-b-prod-2/x/y", Some("a-b-prod-2")),
            ("/apps-a/apps/a-dev/apps-b/apps/b-dev", Some("b-dev")),
            ("/x/apps-idp/apps", None),
            ("/x/apps-idp/apps/other-dev", None),
            ("/x/apps-idp/apps/idp", None),
            ("/x/apps-idp/apps/idp-", None),
            ("/x/apps-idp/apps/idpx-dev", None),
            ("/x/apps-idp/idp-dev", None),
            ("/x/apps-/apps/-dev", None),
            ("/x/apps-idp/apps/idp-Dev", None),
            ("/x/idp/apps/idp-dev", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(namespace_from_folder(Path::new(path)).as_deref(), expected, "{path}");
        }
    }
}
