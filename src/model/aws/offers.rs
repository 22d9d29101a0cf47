//! What a portal offers a person, beside the accesses that are set up for it.

use aws_config_edit::same_start_url;

use crate::model::aws::target::{Assignment, Target};
use crate::model::kube::access::Access;

/// An access that is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetUp {
    pub(crate) target: Target,
    /// Whether kubectl has its context.
    pub(crate) has_context: bool,
}

/// A permission set in an account, or an access that no portal gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// `None` where no pattern says whose it is.
    pub(crate) namespace: Option<String>,
    /// The access that is set up for it.
    pub(crate) access: Option<String>,
    /// Whether kubectl has the access's context.
    pub(crate) is_set_up: bool,
    pub(crate) account: Option<String>,
    pub(crate) account_name: Option<String>,
    /// The permission set's or role's name.
    pub(crate) role: Option<String>,
    /// Of the portal that offers it.
    pub(crate) start_url: Option<String>,
    /// The profile that gives its credentials, where no portal does.
    pub(crate) source_profile: Option<String>,
}

/// What a portal offers: each assignment once for every access that is set up for it, and once if none is.
pub(crate) fn of_portal(
    start_url: &str,
    assignments: &[Assignment],
    set_up: &[SetUp],
    namespace_of: impl Fn(&Assignment) -> Option<String>,
) -> Vec<Offer> {
    let mut offers = Vec::new();
    for assignment in assignments {
        let offer = Offer {
            namespace: namespace_of(assignment),
            access: None,
            is_set_up: false,
            account: Some(assignment.account.clone()),
            account_name: assignment.account_name.clone(),
            role: Some(assignment.role.clone()),
            start_url: Some(start_url.to_owned()),
            source_profile: None,
        };
        let here = set_up.iter().filter(|access| is_for(&access.target, start_url, assignment));
        let with_access: Vec<Offer> = here.map(|access| of_access(access, offer.clone())).collect();
        match with_access.is_empty() {
            true => offers.push(offer),
            false => offers.extend(with_access),
        }
    }
    offers
}

/// Adds an access of which nothing is left here but its context: it is for the one offer of its namespace that no other
/// access is for, else nobody knows whose role it is.
pub(crate) fn add_by_context(offers: &mut Vec<Offer>, access: &Access) {
    let namespace = Some(access.namespace.to_string());
    let (access, is_set_up) = (Some(access.name.to_string()), true);
    let mut unclaimed = offers.iter_mut().filter(|offer| offer.access.is_none() && offer.namespace == namespace);
    if let (Some(only), None) = (unclaimed.next(), unclaimed.next()) {
        (only.access, only.is_set_up) = (access, is_set_up);
        return;
    }
    offers.push(Offer {
        namespace,
        access,
        is_set_up,
        account: None,
        account_name: None,
        role: None,
        start_url: None,
        source_profile: None,
    });
}

/// The accesses that no portal gives.
pub(crate) fn without_portal(set_up: &[SetUp]) -> Vec<Offer> {
    set_up.iter().filter(|access| access.target.portal().is_none()).map(alone).collect()
}

/// The accesses of a portal that no list shows (any more): they are set up all the same.
pub(crate) fn no_longer_offered(set_up: &[SetUp], shown: &[Offer]) -> Vec<Offer> {
    let is_shown =
        |access: &SetUp| shown.iter().any(|offer| offer.access.as_deref() == Some(access.target.access.name.as_str()));
    let of_portals = set_up.iter().filter(|access| access.target.portal().is_some());
    of_portals.filter(|access| !is_shown(access)).map(alone).collect()
}

fn alone(access: &SetUp) -> Offer {
    let identity = &access.target.identity;
    let offer = Offer {
        namespace: None,
        access: None,
        is_set_up: false,
        account: identity.account().map(str::to_owned),
        account_name: None,
        role: identity.role().map(str::to_owned),
        start_url: identity.portal().map(|portal| portal.start_url.clone()),
        source_profile: identity.source_profile().map(str::to_owned),
    };
    of_access(access, offer)
}

fn of_access(access: &SetUp, offer: Offer) -> Offer {
    let name = &access.target.access;
    Offer {
        namespace: Some(name.namespace.to_string()),
        access: Some(name.name.to_string()),
        is_set_up: access.has_context,
        ..offer
    }
}

fn is_for(target: &Target, start_url: &str, assignment: &Assignment) -> bool {
    let same_portal = target.portal().is_some_and(|portal| same_start_url(&portal.start_url, start_url));
    same_portal && target.account() == assignment.account && target.role() == assignment.role
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aws::identity::{Identity, PermissionSet};
    use crate::model::aws::target::Portal;
    use crate::model::kube::access::AccessName;
    use crate::model::kube::namespace::Namespace;

    const URL: &str = "https://x.awsapps.com/start";

    fn set_up(name: &str, identity: Identity) -> SetUp {
        let access = Access {
            name: AccessName::parse(name).expect("a name"),
            namespace: Namespace::parse("payments").expect("a namespace"),
        };
        SetUp { target: Target { access, entry: format!("idp-ns-{name}"), identity }, has_context: true }
    }

    fn permission_set(start_url: &str, account: &str, role: &str) -> Identity {
        let portal = Portal { session_name: "x".into(), start_url: start_url.into(), region: "eu-west-1".into() };
        Identity::PermissionSet(PermissionSet { portal, account: account.into(), name: role.into() })
    }

    #[test]
    fn each_assignment_stands_beside_the_accesses_that_are_set_up_for_it() {
        let assignment =
            |account: &str, role: &str| Assignment { account: account.into(), account_name: None, role: role.into() };
        let assignments = [assignment("1", "ns-payments"), assignment("2", "ns-payments"), assignment("2", "Team")];
        let set_up = [
            set_up("payments", permission_set(&format!("{URL}/#"), "1", "ns-payments")),
            set_up("payments-eu", permission_set(URL, "1", "ns-payments")),
            set_up("payments-other", permission_set("https://y", "2", "ns-payments")),
            set_up("payments-team", permission_set(URL, "2", "Team")),
            set_up("payments-role", Identity::Profile("corp".into())),
        ];
        let namespace_of = |found: &Assignment| found.role.strip_prefix("ns-").map(str::to_owned);
        let offers = of_portal(URL, &assignments, &set_up, namespace_of);
        let shown: Vec<_> = offers
            .iter()
            .map(|offer| (offer.namespace.as_deref(), offer.access.as_deref(), offer.account.as_deref().unwrap_or("")))
            .collect();
        let payments = Some("payments");
        let expected = [
            (payments, payments, "1"),
            (payments, Some("payments-eu"), "1"),
            (payments, None, "2"),
            (payments, Some("payments-team"), "2"),
        ];
        assert_eq!(shown, expected);
        let none = of_portal(URL, &assignments[2..], &[], namespace_of);
        assert_eq!((none.len(), none[0].namespace.as_deref(), none[0].is_set_up), (1, None, false));
        let gone: Vec<_> = no_longer_offered(&set_up, &offers).into_iter().filter_map(|offer| offer.access).collect();
        assert_eq!(gone, ["payments-other"]);
        let others = without_portal(&set_up);
        assert_eq!((others.len(), others[0].source_profile.as_deref()), (1, Some("corp")));
        assert_eq!(others[0].access.as_deref(), Some("payments-role"));
    }

    #[test]
    fn a_context_alone_is_for_the_only_offer_of_its_namespace() {
        let assignment = |account: &str| Assignment { account: account.into(), account_name: None, role: "ns".into() };
        let offers = |accounts: &[&str]| {
            let assignments: Vec<_> = accounts.iter().map(|account| assignment(account)).collect();
            of_portal(URL, &assignments, &[], |_| Some("payments".to_owned()))
        };
        let access = set_up("payments", Identity::Profile("x".into())).target.access;
        let shown = |accounts: &[&str]| {
            let mut offers = offers(accounts);
            add_by_context(&mut offers, &access);
            offers.into_iter().map(|offer| (offer.account, offer.is_set_up)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&["1"]), [(Some("1".to_owned()), true)]);
        assert_eq!(shown(&[]), [(None, true)]);
        let two = shown(&["1", "2"]);
        assert_eq!(two, [(Some("1".to_owned()), false), (Some("2".to_owned()), false), (None, true)]);
    }
}
