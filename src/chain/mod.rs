//! The chain: access → target → session → credentials → cluster.
//!
//! One stage a file, each made from the one before, or from what a file kept of it. A stage comes from the cheapest place
//! that is still good: `freshness` is the policy of all of them, `renewal` what happens when AWS or a cluster refuses what
//! a stage gave. This file holds what the stages share, and the walk along them.

pub(crate) mod access;
pub(crate) mod administrator;
pub(crate) mod ambient;
pub(crate) mod cached_signer;
pub(crate) mod cached_token;
pub(crate) mod call_error;
pub(crate) mod clock_skew;
pub(crate) mod cluster;
pub(crate) mod credentials;
pub(crate) mod freshness;
pub(crate) mod lock_wait;
pub(crate) mod moved;
pub(crate) mod newer_release;
pub(crate) mod profile;
pub(crate) mod renewal;
pub(crate) mod services;
pub(crate) mod session;
pub(crate) mod target;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

use crate::chain::cluster::api::ClusterAccess;
use crate::chain::credentials::Credentials;
use crate::chain::services::Services;
use crate::chain::session::{Session, portal_list};
use crate::disk::cache::{Cache, PortalIndex};
use crate::disk::kubeconfig::Kubeconfigs;
use crate::disk::settings;
use crate::error::Result;
use crate::host::Host;
use crate::model::aws::target::{Portal, Target};
use crate::model::kube::access::Access;
use crate::model::settings::{Flags, Settings, Warning};
use crate::net::aws::Aws;
use crate::process::browser::{Browser, DesktopBrowser};
use crate::process::prompts::{Prompts, Terminal};
use crate::ui::Ui;
use aws_config_edit::AwsConfig;

/// Whether a sign-in may be started if one is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// A person is at the terminal and waits for us: may be asked, may sign in.
    Person,
    /// Somebody ran `login` without a terminal to answer questions on: a code can be shown and approved. No other verb is
    /// run to sign in, so only `login` has this.
    Reader,
    /// A program called us: fail at once, say what a person has to run, and open no browser.
    Nobody,
}

impl Presence {
    /// A person, if one is at the terminal; else nobody.
    pub(crate) fn at(host: &Host) -> Presence {
        if host.terminals.stdin && host.terminals.stderr { Presence::Person } else { Presence::Nobody }
    }
}

/// What the stages share: the process, the screen, the settings, our cache, the services.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    /// The process.
    pub(crate) host: &'a Host,
    /// The screen.
    pub(crate) ui: &'a Ui,
    /// What is configured, with where each value came from.
    pub(crate) settings: Settings,
    /// `~/.aws/config` as it was at the start.
    pub(crate) aws_config: AwsConfig,
    /// The kubeconfig files that are meant.
    pub(crate) kubeconfigs: Kubeconfigs,
    /// What those were decided on.
    pub(crate) config_fingerprint: String,
    /// Our cache.
    pub(crate) cache: Cache,
    /// Whether a sign-in may be started.
    pub(crate) presence: Presence,
    /// Whether the person asked for no browser.
    pub(crate) no_browser: bool,
    /// What opens pages.
    pub(crate) browser: Rc<dyn Browser>,
    /// Who is asked.
    pub(crate) prompts: Rc<dyn Prompts>,
    /// AWS, as the stages ask it.
    pub(crate) services: Rc<dyn Services>,
    /// AWS, for what is done with credentials.
    pub(crate) aws: Aws,
    /// The portal that the person named, so that the question comes once.
    asked: OnceCell<Portal>,
}

/// The files that decide.
struct Files {
    config_fingerprint: String,
    aws_config: AwsConfig,
    settings: Settings,
    warnings: Vec<Warning>,
}

impl<'a> Chain<'a> {
    /// Reads the settings and `~/.aws/config`. Warnings about them are shown. `kubeconfig`: the one file that is meant.
    ///
    /// # Errors
    /// When a settings file cannot be read or understood.
    pub(crate) fn open(
        host: &'a Host,
        ui: &'a Ui,
        kubeconfig: Option<&Path>,
        flags: &Flags,
        presence: Presence,
    ) -> Result<Self> {
        let config_fingerprint = crate::disk::config_fingerprint::of(host);
        let aws_config = crate::disk::aws_config::read(host)?;
        let (settings, warnings) = settings::load(host, flags, &aws_config)?;
        let files = Files { config_fingerprint, aws_config, settings, warnings };
        let mut chain = Self::with(host, ui, kubeconfig, presence, files)?;
        chain.no_browser = flags.no_browser;
        Ok(chain)
    }

    /// The same whatever folder we are in: no project's file counts. For what other programs call from anywhere.
    ///
    /// # Errors
    /// As [`Chain::open`].
    pub(crate) fn open_anywhere(host: &'a Host, ui: &'a Ui, flags: &Flags, presence: Presence) -> Result<Self> {
        let config_fingerprint = crate::disk::config_fingerprint::of(host);
        let aws_config = crate::disk::aws_config::read(host)?;
        let (settings, warnings) = settings::load_without_project(host, flags, &aws_config)?;
        Self::with(host, ui, None, presence, Files { config_fingerprint, aws_config, settings, warnings })
    }

    /// For signing out: a line of `~/.aws/config` that cannot be parsed must not keep a session alive.
    ///
    /// # Errors
    /// When the settings or the file cannot be read.
    pub(crate) fn open_to_sign_out(host: &'a Host, ui: &'a Ui, kubeconfig: Option<&Path>) -> Result<Self> {
        let config_fingerprint = crate::disk::config_fingerprint::of(host);
        let (aws_config, refused) = crate::disk::aws_config::read_valid_lines(host)?;
        if let Some(error) = refused {
            ui.warning(&format!("{error}; going on without that line"));
        }
        let (settings, warnings) = settings::load(host, &Flags::default(), &aws_config)?;
        let files = Files { config_fingerprint, aws_config, settings, warnings };
        Self::with(host, ui, kubeconfig, Presence::at(host), files)
    }

    fn with(host: &'a Host, ui: &'a Ui, kubeconfig: Option<&Path>, presence: Presence, files: Files) -> Result<Self> {
        for warning in &files.warnings {
            ui.warning(&warning.text);
            warning.command.iter().for_each(|command| ui.hint(command));
        }
        let aws = Aws::new(host, ui)?;
        Ok(Chain {
            host,
            ui,
            settings: files.settings,
            aws_config: files.aws_config,
            kubeconfigs: Kubeconfigs::new(host, kubeconfig),
            config_fingerprint: files.config_fingerprint,
            cache: Cache::new(host),
            presence,
            no_browser: false,
            browser: Rc::new(DesktopBrowser::new(host)),
            prompts: Rc::new(Terminal::new(ui)),
            services: Rc::new(aws.clone()),
            aws,
            asked: OnceCell::new(),
        })
    }

    /// The same for work that goes on by itself (a log that is followed): no person is asked.
    #[must_use]
    pub(crate) fn unattended(&self) -> Self {
        Chain {
            host: self.host,
            ui: self.ui,
            settings: self.settings.clone(),
            aws_config: self.aws_config.clone(),
            kubeconfigs: self.kubeconfigs.clone(),
            config_fingerprint: self.config_fingerprint.clone(),
            cache: self.cache.clone(),
            presence: Presence::Nobody,
            no_browser: true,
            browser: self.browser.clone(),
            prompts: self.prompts.clone(),
            services: self.services.clone(),
            aws: self.aws.clone(),
            asked: self.asked.clone(),
        }
    }
}

/// Chooses the target of an access in a portal's list.
type Choose = fn(&Chain<'_>, &Access, &Portal, &PortalIndex) -> Result<Target>;

/// The walk.
impl<'a> Chain<'a> {
    /// The access that is meant: as named, else the one of the environment, the context, the project or the folder.
    ///
    /// # Errors
    /// When the name is not one, or nothing names a namespace and no person can be asked.
    pub(crate) fn access(&self, named: Option<&str>) -> Result<Access> {
        access::meant(self, named)
    }

    /// Where an access's person signs in, if a portal gives its credentials.
    ///
    /// # Errors
    /// When nothing names it and no person can be asked.
    pub(crate) fn portal(&self, access: &Access) -> Result<Portal> {
        target::portal::of_access(self, access)
    }

    /// The target of an access, if that takes no call.
    ///
    /// # Errors
    /// When nothing says where to sign in, and no person can be asked.
    pub(crate) fn known_target(&self, access: &Access) -> Result<Option<Target>> {
        match target::without_portal(self, access)? {
            Some(target) => Ok(Some(target)),
            None => Ok(target::known(self, access, &self.portal(access)?)),
        }
    }

    /// The target of an access; asks the portal only when nothing else answers.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotFound`] when the person has no such namespace; [`crate::error::Kind::Usage`] when several
    /// fit and no person can choose.
    pub(crate) async fn target(&self, access: &Access) -> Result<Target> {
        self.find_target(access, target::chosen_in).await
    }

    /// The same for a login, which gives an access that a person chooses among several a name of its own.
    ///
    /// # Errors
    /// As [`Chain::target`].
    pub(crate) async fn target_to_set_up(&self, access: &Access) -> Result<Target> {
        self.find_target(access, target::named_in).await
    }

    async fn find_target(&self, access: &Access, choose: Choose) -> Result<Target> {
        if let Some(known) = self.known_target(access)? {
            match known.portal() {
                Some(_) => self.ui.detail(&format!(
                    "account {} and role {} are known; the portal is not asked",
                    known.account(),
                    known.role()
                )),
                None => self.ui.detail(&format!("the credentials are those of {}", known.identity)),
            }
            return Ok(known);
        }
        let portal = self.portal(access)?;
        if let Some(list) = portal_list::recent(self, &portal)
            && let Some(found) = target::only_one_in(self, access, &portal, &list)
        {
            self.ui.detail(&format!("the portal's list of {:.0} names the account", list.read_at));
            return Ok(found);
        }
        let list = portal_list::read(self, &portal).await.map_err(|error| error.or_sign_in(access.name.as_str()))?;
        choose(self, access, &portal, &list)
    }

    /// The session of a portal.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotSignedIn`] when a person is needed and not there.
    pub(crate) async fn session(&self, portal: &Portal) -> Result<Session> {
        session::open(self, portal).await
    }

    /// Credentials of an access.
    ///
    /// # Errors
    /// Of the stages before; [`crate::error::Kind::Denied`] when the role is not assigned.
    pub(crate) async fn credentials(&'a self, access: &Access) -> Result<Credentials<'a>> {
        let target = self.target(access).await?;
        Credentials::of(self, target).await
    }

    /// The API of a namespace's cluster, with a token that is renewed while a verb runs on.
    ///
    /// # Errors
    /// Of the stages before, and when the cluster cannot be found, described or chosen.
    pub(crate) async fn cluster(&'a self, access: &Access) -> Result<ClusterAccess<'a>> {
        let credentials = self.credentials(access).await?;
        let (cluster, origin) = cluster::facts(&credentials).await?;
        ClusterAccess::open(credentials, cluster, origin)
    }
}
