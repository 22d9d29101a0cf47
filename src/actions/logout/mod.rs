//! The end of a session: on the portal, in the shared cache and in ours.

pub mod purge;

use std::time::Duration;

use aws_config_edit::{Section, same_start_url};

use crate::chain::Chain;
use crate::chain::lock_wait;
use crate::disk::private_folder::PrivateFolder;
use crate::disk::sso_cache::{self, Cached};
use crate::error::Result;
use crate::model::aws::sso_cache::{SsoToken, assumed_role_file_name, role_credentials_file_name};
use crate::model::aws::target::Portal;
use crate::model::settings::check_region;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::portal::PortalApi;

/// More profiles than anybody chains.
const LONGEST_CHAIN: usize = 32;
/// A refresh takes a second. One that hangs is not waited for: what it brings will not be stored.
const LONGEST_RENEWAL: Duration = Duration::from_secs(5);

/// What ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// There was a token.
    pub signed_in: bool,
    /// The portal confirmed the end, or had already ended it.
    pub on_portal: bool,
    /// Namespaces whose credentials were forgotten.
    pub namespaces: Vec<String>,
}

impl Chain<'_> {
    /// Signs out of a portal. The token is removed here even if the portal cannot be reached.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub async fn sign_out(&self, portal: &Portal) -> Result<Ended> {
        let mut ended = Ended::default();
        // Whoever renews the session right now gives it a newer token, which is the one to end.
        let lock = sso_cache::lock_path(self.host, &portal.session_name);
        let renewing = lock_wait::for_lock(self.ui, &lock, "renews the session", Some(LONGEST_RENEWAL)).await;
        if let Cached::Found(token) = sso_cache::read_token(self.host, &portal.session_name)? {
            ended.signed_in = true;
            match self.end_on_portal(portal, &token).await {
                Ok(()) => ended.on_portal = true,
                Err(failure) => self
                    .ui
                    .warning(&format!("the portal could not be told: {failure}; the session there ends by itself")),
            }
        }
        let _lock = self.stop_keeping(portal).await?;
        sso_cache::remove_token(self.host, &portal.session_name)?;
        drop(renewing);
        let mut roles: Vec<(String, String)> = Vec::new();
        for (namespace, cached) in self.cache.namespaces_with_credentials() {
            if same_start_url(&cached.start_url, &portal.start_url) {
                self.cache.forget_identity(&namespace, cached.identity())?;
                ended.namespaces.push(namespace.to_string());
                roles.push((cached.account, cached.role));
            }
        }
        ended.namespaces.dedup();
        self.cache.forget_roles_of(&portal.start_url)?;
        self.cache.sweep();
        sso_cache::sweep(self.host);
        PrivateFolder::sweep(self.host);
        self.forget_for_the_aws_cli(portal, roles)?;
        Ok(ended)
    }

    /// Ends the session where it lives: in the token's own region. An access token that is over says nothing of the
    /// session; the next one ends it.
    async fn end_on_portal(&self, portal: &Portal, token: &SsoToken) -> Result<(), Failure> {
        let own_region = Some(&token.region).filter(|region| check_region(region).is_ok());
        let region = own_region.unwrap_or(&portal.region);
        let api = PortalApi::new(&self.aws, region);
        let refresh = match (api.logout(&token.access_token).await, &token.refresh) {
            (Err(failure), Some(refresh)) if failure.class == Class::Unauthorized => refresh,
            (Err(failure), None) if failure.class == Class::Unauthorized => return Ok(()),
            (answer, _) => return answer,
        };
        let living = Portal { region: region.clone(), ..portal.clone() };
        match self.refresh(&living, refresh).await {
            Ok(new) => api.logout(&new.access_token).await,
            Err(failure) if matches!(failure.class, Class::Unreachable | Class::Throttled) => Err(failure),
            Err(_) => Ok(()),
        }
    }

    /// The AWS CLI keeps credentials in files of its own, and would go on with them for hours. `aws sso logout` leaves those
    /// of roles that were assumed with a session's credentials, and removes those of all other sessions; here those go
    /// that the ended session gave: of the roles that we or profiles had from it, of all that the portal offers, and what
    /// profiles assume from there.
    fn forget_for_the_aws_cli(&self, portal: &Portal, mut roles: Vec<(String, String)>) -> Result<()> {
        let of_session = |profile: &Section| profile.get("sso_session") == Some(&portal.session_name);
        for profile in self.aws_config.profile_names().filter_map(|name| self.aws_config.profile(name)) {
            if let (true, Some(account), Some(role)) =
                (of_session(profile), profile.get("sso_account_id"), profile.get("sso_role_name"))
            {
                roles.push((account.to_owned(), role.to_owned()));
            }
            if let Some(file) = assumed_role_file_name(|key| profile.get(key))
                && self.sources(profile).any(of_session)
            {
                sso_cache::remove_cli_credentials(self.host, &file)?;
            }
        }
        let index = self.cache.portal_index(&portal.start_url);
        let offered = index.into_iter().flat_map(|index| index.assignments);
        roles.extend(offered.map(|assignment| (assignment.account, assignment.role)));
        roles.sort();
        roles.dedup();
        for (account, role) in &roles {
            let file = role_credentials_file_name(account, role, Some(&portal.session_name), "");
            sso_cache::remove_cli_credentials(self.host, &file)?;
        }
        Ok(())
    }

    /// A profile and those that its credentials come from. A chain is as long as somebody made it; a circle is cut.
    fn sources<'b>(&'b self, profile: &'b Section) -> impl Iterator<Item = &'b Section> {
        let next = |profile: &&'b Section| self.aws_config.profile(profile.get("source_profile")?);
        std::iter::successors(Some(profile), next).take(LONGEST_CHAIN)
    }

    /// Every portal of `~/.aws/config`, for `logout --all`.
    pub fn portals(&self) -> Vec<Portal> {
        let of_section = |section: &Section| {
            Some(Portal {
                session_name: section.name()?.to_owned(),
                start_url: section.get("sso_start_url")?.to_owned(),
                region: section.get("sso_region")?.to_owned(),
            })
        };
        self.aws_config.sso_sessions().filter_map(of_section).collect()
    }

    /// The portals of `~/.aws/config`, but for this one, whose token is still here.
    pub fn still_signed_in(&self, but: &Portal) -> Vec<Portal> {
        let mut others = self.portals();
        others.retain(|portal| {
            let token = sso_cache::read_token(self.host, &portal.session_name);
            portal.session_name != but.session_name && matches!(token, Ok(Cached::Found(_)))
        });
        others
    }
}
