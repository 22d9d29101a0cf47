//! Whether a login may take the place of what is set up under the same name: what works keeps working until the person
//! has said otherwise.

use crate::chain::target::portal;
use crate::chain::{Chain, Presence};
use crate::error::{Error, Kind, Result};
use crate::model::aws::sso_cache::SsoToken;
use crate::model::aws::target::{Portal, Target};
use crate::net::aws::failure::Class;
use aws_config_edit::same_start_url;

/// What is set up under an access name.
struct SetUp {
    portal: Portal,
    account: String,
    role: String,
}

fn set_up(chain: &Chain<'_>, access_name: &str) -> Option<SetUp> {
    let profile = chain.aws_config.profile(access_name)?;
    Some(SetUp {
        portal: portal::own(chain, access_name)?,
        account: profile.get("sso_account_id")?.to_owned(),
        role: profile.get("sso_role_name")?.to_owned(),
    })
}

/// Asks on a terminal, and refuses elsewhere, to sign in to another portal than the one of the access of this name.
/// `again` is the command that insists.
///
/// # Errors
/// When it is refused, or the person wants to keep what is there.
pub(crate) fn may_change_portal(chain: &Chain<'_>, access_name: &str, portal: &Portal, again: &str) -> Result<()> {
    match set_up(chain, access_name) {
        Some(old) if !same_start_url(&old.portal.start_url, &portal.start_url) => {
            ask_to_replace(chain, access_name, &old.portal.start_url, &portal.start_url, again)
        }
        _ => Ok(()),
    }
}

/// The same for another account, unless the portal no longer gives the old one: nothing is lost then.
///
/// # Errors
/// As [`may_change_portal`].
pub(crate) async fn may_change_account(
    chain: &Chain<'_>,
    target: &Target,
    session: &SsoToken,
    again: &str,
) -> Result<()> {
    let name = &target.access_name;
    let Some(old) = set_up(chain, name).filter(|old| old.account != target.account) else {
        return Ok(());
    };
    if same_start_url(&old.portal.start_url, &target.portal.start_url) {
        let role = (old.account.as_str(), old.role.as_str());
        let given = chain.services.role_credentials(&target.portal, role, &session.access_token).await;
        if given.is_err_and(|failure| matches!(failure.class, Class::Denied | Class::NotFound)) {
            return Ok(());
        }
    }
    let in_words = |account: &str| format!("account {account}");
    ask_to_replace(chain, name, &in_words(&old.account), &in_words(&target.account), again)
}

/// Refuses to write a context that would lead to another account, or come from another portal, than the profile that its
/// tokens are signed with. `login` changes both.
///
/// # Errors
/// When it is refused.
pub(crate) fn refuse_other_than_profile(chain: &Chain<'_>, target: &Target, login: &str) -> Result<()> {
    let Some(old) = set_up(chain, &target.access_name) else { return Ok(()) };
    let same_portal = same_start_url(&old.portal.start_url, &target.portal.start_url);
    if same_portal && old.account == target.account {
        return Ok(());
    }
    Err(Error::usage(format!("the profile {} is for account {}", target.access_name, old.account))
        .because(format!("kubectl's tokens come from it, and would mean nothing in account {}", target.account))
        .try_next(login))
}

fn ask_to_replace(chain: &Chain<'_>, access_name: &str, old: &str, new: &str, again: &str) -> Result<()> {
    if chain.presence != Presence::Person {
        return Err(Error::usage(format!("{access_name} is set up for {old}, and not for {new}"))
            .because("its profile and context would be replaced, and whoever uses them would act somewhere else")
            .try_next(again));
    }
    let question = format!("{access_name} is set up for {old}:");
    let lines = [format!("keep {old}"), format!("replace it by {new}")];
    match chain.prompts.pick(&question, &lines)? {
        1 => Ok(()),
        _ => Err(Error::new(Kind::Interrupted, "nothing was changed")),
    }
}
