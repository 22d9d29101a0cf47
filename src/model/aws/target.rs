//! What a namespace resolves to, and how it is chosen among what the portal offers.

use serde::{Deserialize, Serialize};

use crate::model::kube::namespace::{Namespace, nearest};

/// Where people of an organisation sign in: an instance of IAM Identity Center.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Portal {
    /// The name of the `[sso-session]` in `~/.aws/config`, which also names the token file.
    pub session_name: String,
    /// The start URL, exactly as configured: it is hashed, so a trailing slash matters.
    pub start_url: String,
    /// The region that Identity Center runs in.
    pub region: String,
}

/// An account and a role (permission set) in it: what the portal gives credentials for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// Twelve digits.
    pub account: String,
    /// The account's name on the portal; it may have none.
    pub account_name: Option<String>,
    /// The permission set's name, which the portal calls role name.
    pub role: String,
}

/// A namespace with all that is needed to get credentials for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The namespace.
    pub namespace: Namespace,
    /// `idp-ns-<namespace>`: profile, context and kubeconfig user.
    pub access_name: String,
    /// Where to sign in.
    pub portal: Portal,
    /// Twelve digits.
    pub account: String,
    /// The permission set.
    pub role: String,
}

/// What the portal's assignments say about a namespace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Exactly one fits.
    One(Assignment),
    /// Several fit: a person, or `--account`/`--role`, has to choose.
    Several(Vec<Assignment>),
    /// None fits; these are the namespaces that the person does have, the nearest name first.
    Unknown {
        /// Namespaces behind the assignments that fit the pattern.
        others: Vec<String>,
    },
}

/// Chooses the assignment of a namespace. `namespace_of` reads the namespace out of a role name by the pattern.
pub(crate) fn choose(
    namespace: &Namespace,
    assignments: &[Assignment],
    account: Option<&str>,
    role: Option<&str>,
    namespace_of: impl Fn(&str) -> Option<String>,
) -> Choice {
    let fits_role = |candidate: &Assignment| match role {
        Some(role) => candidate.role == role,
        None => namespace_of(&candidate.role).as_deref() == Some(namespace.as_str()),
    };
    let fits =
        |candidate: &&Assignment| fits_role(candidate) && account.is_none_or(|account| candidate.account == account);
    let mut found: Vec<Assignment> = assignments.iter().filter(fits).cloned().collect();
    found.sort();
    found.dedup();
    match (found.len(), found.pop()) {
        (1, Some(one)) => Choice::One(one),
        (_, Some(last)) => {
            found.push(last);
            Choice::Several(found)
        }
        (_, None) => {
            let others: Vec<String> = assignments.iter().filter_map(|known| namespace_of(&known.role)).collect();
            let others = nearest(namespace.as_str(), others.iter().map(String::as_str));
            Choice::Unknown { others: others.into_iter().map(str::to_owned).collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(account: &str, role: &str) -> Assignment {
        Assignment { account: account.to_owned(), account_name: None, role: role.to_owned() }
    }

    fn namespace_of(role: &str) -> Option<String> {
        role.strip_prefix("idp-ns-").map(str::to_owned)
    }

    fn ask(namespace: &str, account: Option<&str>, role: Option<&str>) -> Choice {
        let offered = [
            assignment("111", "idp-ns-idp-dev"),
            assignment("111", "ReadOnly"),
            assignment("111", "idp-ns-shop"),
            assignment("222", "idp-ns-shop"),
        ];
        choose(&Namespace::parse(namespace).expect("a name"), &offered, account, role, namespace_of)
    }

    #[test]
    fn one_assignment_is_taken() {
        assert_eq!(ask("idp-dev", None, None), Choice::One(assignment("111", "idp-ns-idp-dev")));
    }

    #[test]
    fn several_are_left_to_the_person_and_an_account_decides() {
        let Choice::Several(found) = ask("shop", None, None) else { panic!("several fit") };
        assert_eq!(found.len(), 2);
        assert_eq!(ask("shop", Some("222"), None), Choice::One(assignment("222", "idp-ns-shop")));
    }

    #[test]
    fn a_role_by_name_needs_no_pattern() {
        assert_eq!(ask("anything", None, Some("ReadOnly")), Choice::One(assignment("111", "ReadOnly")));
    }

    #[test]
    fn an_unknown_namespace_shows_what_there_is_nearest_first() {
        let Choice::Unknown { others } = ask("idp-dve", None, None) else { panic!("none fits") };
        assert_eq!(others, ["idp-dev", "shop"]);
    }
}
