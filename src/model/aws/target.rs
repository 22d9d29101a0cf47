//! Where an access leads: account and role, and how they are chosen among the portal's assignments.

use aws_config_edit::same_start_url;
use serde::{Deserialize, Serialize};

use crate::error::MissingAccess;
use crate::model::aws::identity::Identity;
use crate::model::aws::sso_cache::SsoToken;
use crate::model::kube::access::Access;
use crate::model::kube::namespace::{Namespace, nearest};

/// The access portal of an IAM Identity Center instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Portal {
    /// The name of the `[sso-session]` in `~/.aws/config`, which also determines the token file's name.
    pub(crate) session_name: String,
    /// Exactly as configured: it is hashed, so a trailing slash matters.
    pub(crate) start_url: String,
    /// Identity Center's region.
    pub(crate) region: String,
}

/// What makes a stored session that of another portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference<'a> {
    StartUrl(&'a str),
    Region(&'a str),
}

impl Portal {
    /// Why a stored session is not of this portal, if so. Files are named after sessions, and a session of this name may
    /// have belonged to another organisation, or to Identity Center in another region. Its token must not be sent here.
    pub(crate) fn difference<'a>(&self, token: &'a SsoToken) -> Option<Difference<'a>> {
        if !token.start_url.is_empty() && !same_start_url(&token.start_url, &self.start_url) {
            return Some(Difference::StartUrl(&token.start_url));
        }
        (!token.region.is_empty() && token.region != self.region).then_some(Difference::Region(&token.region))
    }
}

/// An account and a role (permission set) in it, as the portal lists them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// Twelve digits.
    pub(crate) account: String,
    pub(crate) account_name: Option<String>,
    /// The permission set's name.
    pub(crate) role: String,
}

/// An access, and everything needed to get credentials for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) access: Access,
    /// `idp-ns-<name>`: profile, context and kubeconfig user.
    pub(crate) entry: String,
    pub(crate) identity: Identity,
}

impl Target {
    /// Where the person signs in, if a portal gives the credentials.
    pub(crate) fn portal(&self) -> Option<&Portal> {
        self.identity.portal()
    }

    /// The AWS profile that other tools get its credentials by.
    pub(crate) fn profile(&self) -> &str {
        match &self.identity {
            Identity::Profile(name) => name,
            Identity::PermissionSet(_) | Identity::Role { .. } => &self.entry,
        }
    }

    /// The permission set's or role's name; a profile's where its own identity is meant.
    pub(crate) fn role(&self) -> &str {
        self.identity.role().or(self.identity.source_profile()).unwrap_or_default()
    }

    /// What is asked for where it is missing.
    pub(crate) fn as_missing(&self) -> MissingAccess {
        MissingAccess {
            namespace: Some(self.access.namespace.to_string()),
            account: self.identity.account().map(str::to_owned),
            role: self.identity.role().map(str::to_owned),
        }
    }

    /// Twelve digits; empty where only AWS can tell.
    pub(crate) fn account(&self) -> &str {
        self.identity.account().unwrap_or_default()
    }
}

/// The assignments that fit a namespace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AssignmentChoice {
    One(Assignment),
    /// A person, or `--account` and `--role`, must choose.
    Several(Vec<Assignment>),
    /// None fits.
    Unknown {
        /// The namespaces that the person has, the most similar name first.
        others: Vec<String>,
    },
}

/// Chooses the assignment of a namespace. `namespace_of`: which one an assignment is for.
pub(crate) fn choose(
    namespace: &Namespace,
    assignments: &[Assignment],
    account: Option<&str>,
    role: Option<&str>,
    namespace_of: impl Fn(&Assignment) -> Option<String>,
) -> AssignmentChoice {
    let fits_role = |candidate: &Assignment| match role {
        Some(role) => candidate.role == role,
        None => namespace_of(candidate).as_deref() == Some(namespace.as_str()),
    };
    let fits =
        |candidate: &&Assignment| fits_role(candidate) && account.is_none_or(|account| candidate.account == account);
    let mut found: Vec<Assignment> = assignments.iter().filter(fits).cloned().collect();
    found.sort();
    found.dedup();
    match (found.len(), found.pop()) {
        (1, Some(one)) => AssignmentChoice::One(one),
        (_, Some(last)) => {
            found.push(last);
            AssignmentChoice::Several(found)
        }
        (_, None) => {
            let others: Vec<String> = assignments.iter().filter_map(namespace_of).collect();
            let others = nearest(namespace.as_str(), others.iter().map(String::as_str));
            AssignmentChoice::Unknown { others: others.into_iter().map(str::to_owned).collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(account: &str, role: &str) -> Assignment {
        Assignment { account: account.to_owned(), account_name: None, role: role.to_owned() }
    }

    fn namespace_of(assignment: &Assignment) -> Option<String> {
        assignment.role.strip_prefix("idp-ns-").map(str::to_owned)
    }

    fn ask(namespace: &str, account: Option<&str>, role: Option<&str>) -> AssignmentChoice {
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
        assert_eq!(ask("idp-dev", None, None), AssignmentChoice::One(assignment("111", "idp-ns-idp-dev")));
    }

    #[test]
    fn an_account_decides_among_several() {
        let AssignmentChoice::Several(found) = ask("shop", None, None) else { panic!("several fit") };
        assert_eq!(found.len(), 2);
        assert_eq!(ask("shop", Some("222"), None), AssignmentChoice::One(assignment("222", "idp-ns-shop")));
    }

    #[test]
    fn a_role_by_name_needs_no_pattern() {
        assert_eq!(ask("anything", None, Some("ReadOnly")), AssignmentChoice::One(assignment("111", "ReadOnly")));
    }

    #[test]
    fn an_unknown_namespace_lists_the_others_by_similarity() {
        let AssignmentChoice::Unknown { others } = ask("idp-dve", None, None) else { panic!("none fits") };
        assert_eq!(others, ["idp-dev", "shop"]);
    }
}
