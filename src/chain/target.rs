//! From a namespace's name to its account and role: the pins, the existing profile, or, when neither answers, the
//! portal's own list.

pub mod moved;
pub mod own_identity;
pub mod portal;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::chain::{Chain, Presence};
use crate::disk::cache::PortalIndex;
use crate::error::{Error, Kind, Result};
use crate::model::aws::target::{Assignment, Choice, Portal, Target, choose};
use crate::model::kube::namespace::Namespace;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::portal::PortalApi;
use crate::secret::Secret;

/// Identity Center allows about twenty calls a second (fwdcloudsec/granted#811); this many under way at once stay
/// near that, and each backs off by itself on 429.
const CALLS_AT_ONCE: usize = 6;
/// An index older than this is read again; permission sets do come and go.
const INDEX_DAYS: i64 = 7;

impl Chain<'_> {
    /// `idp-ns-<namespace>`: the one name of profile, user and context.
    pub fn access_name(&self, namespace: &Namespace) -> String {
        self.settings.context_pattern.value.render(namespace.as_str())
    }

    /// What is known of a namespace without any call.
    pub fn known_target(&self, namespace: &Namespace, portal: &Portal) -> Option<Target> {
        let access_name = self.access_name(namespace);
        let pins = self.settings.pins(namespace.as_str());
        let profile = self.aws_config.profile(&access_name);
        // The profile's account and role belong to its own portal; those of another one mean nothing here.
        let own_portal = self.own_portal(&access_name);
        let profile = profile.filter(|_| own_portal.is_some_and(|own| own.session_name == portal.session_name));
        let of_profile = |key: &str| profile.and_then(|profile| profile.get(key)).map(str::to_owned);
        let pinned_account = pins.account.map(|account| account.value);
        let role_by_pattern = || self.settings.permission_set_pattern.value.render(namespace.as_str());
        let role = pins.role.map(|role| role.value).or_else(|| of_profile("sso_role_name"));
        let (account, role) = match pinned_account {
            Some(account) => (account, role.unwrap_or_else(role_by_pattern)),
            None => (of_profile("sso_account_id")?, role?),
        };
        Some(Target { namespace: namespace.clone(), access_name, portal: portal.clone(), account, role })
    }

    /// The target of a namespace; asks the portal only when nothing else answers.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when the person has no such namespace; [`Kind::Usage`] when several fit and nobody can choose.
    pub async fn target(&self, namespace: &Namespace) -> Result<Target> {
        let access_name = self.access_name(namespace);
        let portal = self.portal(Some(&access_name))?;
        if let Some(known) = self.known_target(namespace, &portal) {
            self.ui.detail(&format!(
                "account {} and role {} are known; the portal is not asked",
                known.account, known.role
            ));
            return Ok(known);
        }
        let found = self.discover(namespace, &portal).await;
        let assignment = found.map_err(|error| error.or_sign_in(namespace.as_str()))?;
        Ok(Target {
            namespace: namespace.clone(),
            access_name,
            portal,
            account: assignment.account,
            role: assignment.role,
        })
    }

    async fn discover(&self, namespace: &Namespace, portal: &Portal) -> Result<Assignment> {
        let cached = self.recent_index(portal);
        if let Some(index) = cached
            && let Choice::One(found) = self.choice(namespace, &index.assignments)
        {
            self.ui.detail(&format!("the portal's list of {:.0} names the account", index.read_at));
            return Ok(found);
        }
        let index = self.read_portal(portal).await?;
        match self.choice(namespace, &index.assignments) {
            Choice::One(found) => Ok(found),
            Choice::Several(found) => self.pick(namespace, found),
            Choice::Unknown { others } => Err(unknown(namespace, &others, index.assignments.len())),
        }
    }

    fn choice(&self, namespace: &Namespace, assignments: &[Assignment]) -> Choice {
        let pins = self.settings.pins(namespace.as_str());
        let account = pins.account.as_ref().map(|account| account.value.as_str());
        let role = pins.role.as_ref().map(|role| role.value.as_str());
        choose(namespace, assignments, account, role, |role| self.settings.permission_set_pattern.value.matches(role))
    }

    /// The kept list of a portal, if it is not too old.
    pub fn recent_index(&self, portal: &Portal) -> Option<PortalIndex> {
        self.cache.portal_index(&portal.start_url).filter(|index| self.is_recent(index))
    }

    fn is_recent(&self, index: &PortalIndex) -> bool {
        let age = self.host.now().duration_since(index.read_at);
        !age.is_negative() && age.as_hours() < INDEX_DAYS * 24
    }

    /// Reads all accounts and roles from the portal and stores them.
    ///
    /// # Errors
    /// When the portal cannot be asked.
    pub async fn read_portal(&self, portal: &Portal) -> Result<PortalIndex> {
        let token = self.session(portal, None).await?;
        let listed = match self.list_portal(portal, &token.access_token).await {
            Err(failure) if failure.class == Class::Unauthorized => {
                let token = self.session(portal, Some(&token.access_token)).await?;
                let listed = self.list_portal(portal, &token.access_token).await;
                listed.inspect_err(|failure| self.note_portal(failure, &token))
            }
            listed => listed,
        };
        self.ui.end_transient();
        let assignments = listed.map_err(|failure| failure.into_error("cannot list your accounts and roles"))?;
        let index = PortalIndex { read_at: self.host.now(), assignments };
        if let Err(error) = self.cache.store_portal_index(&portal.start_url, &index) {
            self.ui.warning(&format!("the list could not be cached: {error}"));
        }
        Ok(index)
    }

    async fn list_portal(&self, portal: &Portal, token: &Secret<String>) -> Result<Vec<Assignment>, Failure> {
        let api = PortalApi::new(&self.aws.patient(), &portal.region);
        self.ui.transient("reading your accounts…");
        let accounts = api.accounts(token).await?;
        let total = accounts.len();
        let mut done = 0;
        let mut roles = stream::iter(accounts)
            .map(|account| {
                let api = &api;
                async move { api.roles(token, &account).await }
            })
            .buffer_unordered(CALLS_AT_ONCE);
        let mut assignments = Vec::new();
        while let Some(found) = roles.try_next().await? {
            assignments.extend(found);
            done += 1;
            self.ui.transient(&format!("reading your roles… {done} of {total} accounts"));
        }
        assignments.sort();
        Ok(assignments)
    }

    pub(crate) fn pick(&self, namespace: &Namespace, found: Vec<Assignment>) -> Result<Assignment> {
        if self.presence != Presence::Person {
            return Err(several(namespace, &found));
        }
        let lines: Vec<String> = found.iter().map(describe).collect();
        let chosen = self.ui.pick(&format!("Several accounts have {namespace}. Which one?"), &lines)?;
        found.into_iter().nth(chosen).ok_or_else(|| Error::failure("nothing was chosen"))
    }
}

fn describe(assignment: &Assignment) -> String {
    let name = assignment.account_name.as_deref().unwrap_or("(no name)");
    format!("{} {name}, role {}", assignment.account, assignment.role)
}

fn several(namespace: &Namespace, found: &[Assignment]) -> Error {
    let mut error = Error::usage(format!("several accounts have the namespace {namespace}"));
    for assignment in found {
        error = error
            .because(describe(assignment))
            .try_next(format!("nsaccess login {namespace} --account {}", assignment.account));
    }
    error
}

fn unknown(namespace: &Namespace, others: &[String], assignments: usize) -> Error {
    let error = Error::new(Kind::NotFound, format!("you have no access to a namespace {namespace}"));
    if others.is_empty() {
        return error
            .because(format!("none of your {assignments} permission sets on the portal is for a namespace"))
            .try_next("nsaccess config   # shows the pattern that permission sets are matched with");
    }
    let shown = others.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    let more = others.len().saturating_sub(12);
    let more = if more > 0 { format!(" and {more} more (nsaccess list)") } else { String::new() };
    error.because(format!("your namespaces are {shown}{more}")).try_next(format!("nsaccess login {}", others[0]))
}
