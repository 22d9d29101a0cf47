//! The end of a session: on the portal, in the shared cache and in ours.

use crate::access::Access;
use crate::disk::private_folder::PrivateFolder;
use crate::disk::sso_cache::{self, Cached};
use crate::error::Result;
use crate::model::target::Portal;
use crate::net::failure::Class;
use crate::net::portal::PortalApi;

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

impl Access<'_> {
    /// Signs out of a portal. The token is removed here even if the portal cannot be reached.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub async fn sign_out(&self, portal: &Portal) -> Result<Ended> {
        let mut ended = Ended::default();
        if let Cached::Found(token) = sso_cache::read_token(self.host, &portal.session_name)? {
            ended.signed_in = true;
            match PortalApi::new(&self.aws, &portal.region).logout(&token.access_token).await {
                Ok(()) => ended.on_portal = true,
                Err(failure) if failure.class == Class::Unauthorized => ended.on_portal = true,
                Err(failure) => self
                    .ui
                    .warning(&format!("the portal could not be told: {failure}; the session there ends by itself")),
            }
        }
        sso_cache::remove_token(self.host, &portal.session_name)?;
        for (namespace, cached) in self.cache.namespaces_with_credentials() {
            if cached.start_url == portal.start_url {
                self.cache.forget_credentials(&namespace)?;
                ended.namespaces.push(namespace.to_string());
            }
        }
        self.cache.forget_roles_of(&portal.start_url)?;
        self.cache.sweep();
        sso_cache::sweep(self.host);
        PrivateFolder::sweep(self.host);
        self.forget_for_the_aws_cli(portal)?;
        Ok(ended)
    }

    /// AWS CLI 2 keeps role credentials in files of its own, and would go on with them for hours. `aws sso logout`
    /// removes all of them; here only those go that the ended session gave.
    fn forget_for_the_aws_cli(&self, portal: &Portal) -> Result<()> {
        let profiles = self.aws_config.profile_names().filter_map(|name| self.aws_config.profile(name));
        for profile in profiles.filter(|profile| profile.get("sso_session") == Some(&portal.session_name)) {
            if let (Some(account), Some(role)) = (profile.get("sso_account_id"), profile.get("sso_role_name")) {
                sso_cache::remove_role_credentials(self.host, account, role, &portal.session_name)?;
            }
        }
        Ok(())
    }

    /// Every portal of `~/.aws/config`, for `logout --all`.
    pub fn portals(&self) -> Vec<Portal> {
        let of_section = |section: &crate::model::aws_config::Section| {
            Some(Portal {
                session_name: section.name()?.to_owned(),
                start_url: section.get("sso_start_url")?.to_owned(),
                region: section.get("sso_region")?.to_owned(),
            })
        };
        self.aws_config.sso_sessions().filter_map(of_section).collect()
    }
}
