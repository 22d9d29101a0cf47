//! The chain: namespace → target → session → credentials → cluster. Each stage comes from the cheapest place that is
//! still good (`disk/`), else from the network (`net/`) under a lock, and then goes to disk. The only folder that
//! knows both.

pub mod cached_token;
pub(crate) mod call_error;
pub mod clock_skew;
pub mod cluster;
pub mod credentials;
pub mod lock_wait;
pub mod namespace;
pub mod session;
pub mod target;

use std::cell::OnceCell;

use aws_config_edit::AwsConfig;

use crate::disk::cache::Cache;
use crate::disk::settings;
use crate::error::Result;
use crate::host::Host;
use crate::model::aws::target::Portal;
use crate::model::settings::{Flags, Settings};
use crate::net::aws::Aws;
use crate::ui::Ui;

/// Whether a sign-in may be started if one is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A person is at the terminal and waits for us: may be asked, may sign in.
    Person,
    /// Somebody ran `login` without a terminal to answer questions on: a code can be shown and approved. No other verb is
    /// run to sign in, so none but `login` has this.
    Reader,
    /// A program called us: fail at once, say what a person has to run, and open no browser.
    Nobody,
}

/// What the stages share: the process, the screen, the settings, our cache.
#[derive(Debug)]
pub struct Chain<'a> {
    /// The process.
    pub host: &'a Host,
    /// The screen.
    pub ui: &'a Ui,
    /// What is configured, with where each value came from.
    pub settings: Settings,
    /// `~/.aws/config` as it was at the start.
    pub aws_config: AwsConfig,
    /// What those were decided on.
    pub basis: String,
    /// Our cache.
    pub cache: Cache,
    /// Whether a sign-in may be started.
    pub presence: Presence,
    /// Whether the person asked for no browser.
    pub no_browser: bool,
    pub(crate) aws: Aws,
    /// The portal that a person was asked for: nobody is asked twice.
    asked: OnceCell<Portal>,
}

impl<'a> Chain<'a> {
    /// Reads the settings and `~/.aws/config`. Warnings about them are shown.
    ///
    /// # Errors
    /// When a settings file cannot be read or understood.
    pub fn open(host: &'a Host, ui: &'a Ui, flags: &Flags, presence: Presence) -> Result<Self> {
        let basis = crate::disk::basis::of(host);
        let aws_config = crate::disk::aws_config::read(host)?;
        let (settings, warnings) = settings::load(host, flags, &aws_config)?;
        Self::with(host, ui, presence, (basis, aws_config, settings), &warnings)
    }

    /// The same whatever folder we are in: no project's file counts. For what other programs call from anywhere.
    ///
    /// # Errors
    /// As [`Chain::open`].
    pub fn open_anywhere(host: &'a Host, ui: &'a Ui, flags: &Flags, presence: Presence) -> Result<Self> {
        let basis = crate::disk::basis::of(host);
        let aws_config = crate::disk::aws_config::read(host)?;
        let (settings, warnings) = settings::load_anywhere(host, flags, &aws_config)?;
        Self::with(host, ui, presence, (basis, aws_config, settings), &warnings)
    }

    /// For signing out: a line of `~/.aws/config` that nobody can read is no reason to keep a session alive.
    ///
    /// # Errors
    /// When the settings cannot be read or understood, or the file is not there to be read at all.
    pub fn open_to_sign_out(host: &'a Host, ui: &'a Ui) -> Result<Self> {
        let basis = crate::disk::basis::of(host);
        let (aws_config, refused) = crate::disk::aws_config::read_what_can_be(host)?;
        if let Some(error) = refused {
            ui.warning(&format!("{error}; going on without that line"));
        }
        let (settings, warnings) = settings::load(host, &Flags::default(), &aws_config)?;
        Self::with(host, ui, Self::presence_at(host), (basis, aws_config, settings), &warnings)
    }

    fn with(
        host: &'a Host,
        ui: &'a Ui,
        presence: Presence,
        (basis, aws_config, settings): (String, AwsConfig, Settings),
        warnings: &[String],
    ) -> Result<Self> {
        for warning in warnings {
            ui.warning(warning);
        }
        let aws = Aws::new(host)?;
        Ok(Chain {
            host,
            ui,
            settings,
            aws_config,
            basis,
            cache: Cache::new(host),
            presence,
            no_browser: false,
            aws,
            asked: OnceCell::new(),
        })
    }

    /// The same, but opening no browser if so asked.
    #[must_use]
    pub fn without_browser(mut self, asked: bool) -> Self {
        self.no_browser = asked;
        self
    }

    /// The same for work that goes on by itself (a log that is followed): nobody is asked any more.
    #[must_use]
    pub fn unattended(&self) -> Self {
        Chain {
            host: self.host,
            ui: self.ui,
            settings: self.settings.clone(),
            aws_config: self.aws_config.clone(),
            basis: self.basis.clone(),
            cache: self.cache.clone(),
            presence: Presence::Nobody,
            no_browser: true,
            aws: self.aws.clone(),
            asked: self.asked.clone(),
        }
    }

    /// A person, if one is at the terminal; else nobody.
    pub fn presence_at(host: &Host) -> Presence {
        if host.terminals.stdin && host.terminals.stderr { Presence::Person } else { Presence::Nobody }
    }
}
