//! Identity Centers: the world's own, and those of other organisations beside it.

use super::{Account, World};

/// The Identity Center of another organisation.
#[derive(Debug, Clone)]
pub struct Portal {
    /// Its start URL. It is an identifier, and is never resolved.
    pub start_url: String,
    /// Its region, which is in the paths of its roles too.
    pub region: String,
    /// The user name of the person there.
    pub user: String,
    /// The AWS accounts in which the person has assignments there. No account is in two organisations.
    pub accounts: Vec<Account>,
}

impl Portal {
    /// An Identity Center without assignments.
    pub fn new(start_url: &str, region: &str) -> Portal {
        let user = "ada@other.example.com".to_owned();
        Portal { start_url: start_url.to_owned(), region: region.to_owned(), user, accounts: Vec::new() }
    }

    /// Adds an account.
    #[must_use]
    pub fn with_account(mut self, account: Account) -> Portal {
        self.accounts.push(account);
        self
    }
}

/// An Identity Center by its number: 0 is the world's own.
pub(crate) type PortalId = usize;

impl World {
    /// Adds an Identity Center of another organisation.
    #[must_use]
    pub fn with_portal(mut self, portal: Portal) -> World {
        self.portals.push(portal);
        self
    }

    /// The region of an Identity Center.
    pub(crate) fn sso_region_of(&self, portal: PortalId) -> &str {
        self.other(portal).map_or(&self.sso_region, |other| &other.region)
    }

    /// The user name of the person there.
    pub(crate) fn user_of(&self, portal: PortalId) -> &str {
        self.other(portal).map_or(&self.user, |other| &other.user)
    }

    /// The start URL of an Identity Center.
    pub(crate) fn start_url_of(&self, portal: PortalId) -> &str {
        self.other(portal).map_or(&self.start_url, |other| &other.start_url)
    }

    /// The accounts in which the person has assignments there.
    pub(crate) fn accounts_of(&self, portal: PortalId) -> &[Account] {
        self.other(portal).map_or(&self.accounts, |other| &other.accounts)
    }

    fn other(&self, portal: PortalId) -> Option<&Portal> {
        self.portals.get(portal.checked_sub(1)?)
    }

    fn portal_ids(&self) -> std::ops::RangeInclusive<PortalId> {
        0..=self.portals.len()
    }

    /// The Identity Center with a start URL, which may end in what browsers add.
    pub(crate) fn portal_at(&self, start_url: &str) -> Option<PortalId> {
        self.portal_ids().find(|&portal| same_start_url(start_url, self.start_url_of(portal)))
    }

    /// The Identity Center whose start URL is on a host, else the world's own.
    pub(crate) fn portal_on(&self, host: &str) -> PortalId {
        let is_on = |url: &str| url.split("://").nth(1).is_some_and(|rest| rest.split('/').next() == Some(host));
        self.portal_ids().find(|&portal| is_on(self.start_url_of(portal))).unwrap_or(0)
    }

    /// The Identity Center of the organisation that has an account.
    pub(crate) fn portal_with(&self, account: &str) -> PortalId {
        let has_it = |portal: &PortalId| self.accounts_of(*portal).iter().any(|candidate| candidate.id == account);
        self.portal_ids().find(has_it).unwrap_or(0)
    }

    /// All accounts, of whatever organisation.
    pub(crate) fn all_accounts(&self) -> impl Iterator<Item = &Account> {
        self.portal_ids().flat_map(|portal| self.accounts_of(portal))
    }

    /// An account, of whatever organisation.
    pub(crate) fn account_mut(&mut self, id: &str) -> Option<&mut Account> {
        let others = self.portals.iter_mut().flat_map(|portal| &mut portal.accounts);
        self.accounts.iter_mut().chain(others).find(|account| account.id == id)
    }

    /// Whether a permission set is assigned to the person in an account.
    pub(crate) fn assigned(&self, portal: PortalId, account: &str, permission_set: &str) -> bool {
        self.accounts_of(portal).iter().any(|candidate| {
            candidate.id == account && candidate.permission_sets.iter().any(|name| name == permission_set)
        })
    }
}

/// A start URL may end in a slash or in an empty fragment.
fn same_start_url(given: &str, ours: &str) -> bool {
    let plain = |url: &str| url.trim_end_matches('/').trim_end_matches('#').trim_end_matches('/').to_owned();
    plain(given) == plain(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_urls_may_end_in_what_browsers_add() {
        let ours = "https://sandbox.awsapps.com/start";
        for given in [
            "https://sandbox.awsapps.com/start",
            "https://sandbox.awsapps.com/start/",
            "https://sandbox.awsapps.com/start#",
            "https://sandbox.awsapps.com/start/#/",
        ] {
            assert!(same_start_url(given, ours), "{given}");
        }
        assert!(!same_start_url("https://other.awsapps.com/start", ours));
    }

    #[test]
    fn everything_belongs_to_one_organisation() {
        let other = Portal::new("https://other.awsapps.com/start", "us-east-1").with_account(Account::new(
            "222233334444",
            "other",
            &["idp-ns-pay"],
        ));
        let world = World::default().with_portal(other);
        assert_eq!(world.portal_at("https://other.awsapps.com/start/#/"), Some(1));
        assert_eq!(world.portal_at("https://none.awsapps.com/start"), None);
        assert_eq!((world.portal_on("other.awsapps.com"), world.portal_on("d-1.awsapps.com")), (1, 0));
        assert_eq!((world.portal_with("222233334444"), world.portal_with("111122223333")), (1, 0));
        assert!(world.assigned(1, "222233334444", "idp-ns-pay") && !world.assigned(0, "222233334444", "idp-ns-pay"));
        assert_eq!((world.sso_region_of(0), world.sso_region_of(1)), ("eu-west-1", "us-east-1"));
    }
}
