//! Whether a login may take the place of what is set up under the same name: what works keeps working until the person
//! has said otherwise.

use crate::access::{Access, Presence};
use crate::error::{Error, Kind, Result};
use crate::model::aws_config::same_start_url;
use crate::model::sso_cache::SsoToken;
use crate::model::target::{Portal, Target};
use crate::net::failure::Class;
use crate::net::portal::PortalApi;

/// What is set up under an access name.
struct Standing {
    portal: Portal,
    account: String,
    role: String,
}

impl Access<'_> {
    fn standing(&self, access_name: &str) -> Option<Standing> {
        let profile = self.aws_config.profile(access_name)?;
        Some(Standing {
            portal: self.own_portal(access_name)?,
            account: profile.get("sso_account_id")?.to_owned(),
            role: profile.get("sso_role_name")?.to_owned(),
        })
    }

    /// Asks on a terminal, and refuses elsewhere, to sign in to another portal than the one of the access of this name.
    /// `again` is the command that insists.
    ///
    /// # Errors
    /// When it is refused, or the person wants to keep what is there.
    pub fn may_change_portal(&self, access_name: &str, portal: &Portal, again: &str) -> Result<()> {
        match self.standing(access_name) {
            Some(standing) if !same_start_url(&standing.portal.start_url, &portal.start_url) => {
                self.ask_to_replace(access_name, &standing.portal.start_url, &portal.start_url, again)
            }
            _ => Ok(()),
        }
    }

    /// The same for another account, unless the portal no longer gives the old one: nothing is lost then.
    ///
    /// # Errors
    /// As [`Access::may_change_portal`].
    pub async fn may_change_account(&self, target: &Target, session: &SsoToken, again: &str) -> Result<()> {
        let name = &target.access_name;
        let Some(standing) = self.standing(name).filter(|standing| standing.account != target.account) else {
            return Ok(());
        };
        if same_start_url(&standing.portal.start_url, &target.portal.start_url) {
            let api = PortalApi::new(&self.aws, &target.portal.region);
            let given = api.role_credentials(&session.access_token, &standing.account, &standing.role).await;
            if given.is_err_and(|failure| matches!(failure.class, Class::Denied | Class::NotFound)) {
                return Ok(());
            }
        }
        let in_words = |account: &str| format!("account {account}");
        self.ask_to_replace(name, &in_words(&standing.account), &in_words(&target.account), again)
    }

    fn ask_to_replace(&self, access_name: &str, old: &str, new: &str, again: &str) -> Result<()> {
        if self.presence != Presence::Person {
            return Err(Error::usage(format!("{access_name} is set up for {old}, and not for {new}"))
                .because("its profile and context would be replaced, and whoever uses them would act somewhere else")
                .try_next(again));
        }
        let question = format!("{access_name} is set up for {old}. Replace its profile and context?");
        let lines = [format!("keep {old}"), format!("replace it by {new}")];
        match crate::host::pick(&question, &lines)? {
            1 => Ok(()),
            _ => Err(Error::new(Kind::Interrupted, "nothing was changed")),
        }
    }
}
