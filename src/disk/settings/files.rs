//! All settings files as they are now.

use std::path::{Path, PathBuf};

use aws_config_edit::AwsConfig;

use super::{canonical, is_own, organisation, sha256, trusted_path, user_path};
use crate::disk::{atomic, aws_config};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::settings::{
    self, FileProblem, Flags, OwnFile, Place, PlaceState, Project, ProjectFile, Sources, Trusted, Warning,
};
use crate::model::shell;

pub(crate) const PROJECT_FILE: &str = "nsaccess.toml";

/// The settings files, read.
#[derive(Debug, Default)]
pub(crate) struct SettingsFiles {
    /// With whether it is trusted.
    pub(super) project: Option<(PathBuf, ProjectFile, bool)>,
    /// Nearer project files, which belong to somebody else.
    pub(super) foreign: Vec<PathBuf>,
    pub(super) user: Option<(PathBuf, OwnFile)>,
    pub(super) organisation: Option<(PathBuf, OwnFile)>,
    /// Why that of the organisation does not count.
    pub(super) refused: Option<Warning>,
    pub(crate) warnings: Vec<Warning>,
}

impl SettingsFiles {
    pub(crate) fn read(host: &Host) -> Result<Self> {
        let (path, foreign) = project_path(host)?;
        let mut files = SettingsFiles::default();
        files.warnings.extend(foreign.iter().map(|file| Warning::from(foreign_warning(host, file))));
        files.foreign = foreign;
        if let Some(path) = path {
            files.read_project(host, path)?;
        }
        files.read_own(host)?;
        Ok(files)
    }

    pub(crate) fn without_project(host: &Host) -> Result<Self> {
        let mut files = SettingsFiles::default();
        files.read_own(host)?;
        Ok(files)
    }

    fn read_own(&mut self, host: &Host) -> Result<()> {
        let path = user_path(host);
        if let Some(text) = atomic::read_text(&path)? {
            self.user = Some((path.clone(), self.parsed(host, &path, settings::parse_own(&text))?));
        }
        let Some(path) = organisation::path(host) else { return Ok(()) };
        match organisation::read(host, &path)? {
            organisation::Found::Nothing => {}
            organisation::Found::Refused(warning) => {
                self.refused = Some(warning.clone());
                self.warnings.push(warning);
            }
            organisation::Found::Text(text) => {
                let file = self.parsed(host, &path, settings::parse_own(&text));
                let file = file.map_err(|error| organisation::whom_to_tell(Error { try_next: Vec::new(), ..error }))?;
                self.organisation = Some((path, file));
            }
        }
        Ok(())
    }

    fn read_project(&mut self, host: &Host, path: PathBuf) -> Result<()> {
        let text = atomic::read_text(&path)?.unwrap_or_default();
        let file = self.parsed(host, &path, settings::parse_project(&text))?;
        let store = atomic::read(&trusted_path(host))?.bytes.unwrap_or_default();
        let is_trusted = Trusted::parse(&store).contains(&canonical(&path)?, &sha256(text.as_bytes()));
        self.project = Some((path, file, is_trusted));
        Ok(())
    }

    fn parsed<T>(&mut self, host: &Host, path: &Path, read: Result<(T, Vec<String>), FileProblem>) -> Result<T> {
        let (file, warnings) = parsed(host, path, read)?;
        self.warnings.extend(warnings.into_iter().map(Warning::from));
        Ok(file)
    }

    /// Where settings can come from, the strongest first, and what is there. `untrusted`: what a project's file asks for
    /// and does not get.
    pub(crate) fn places(&self, host: &Host, untrusted: Option<String>) -> Vec<Place> {
        let shown = |path: &Path| host.shorten_home(path);
        let set = settings::VARIABLES.into_iter().filter(|name| host.env(name).is_some());
        let mut places: Vec<Place> =
            set.map(|name| place(format!("${name}"), "environment", PlaceState::Set)).collect();
        if places.is_empty() {
            places.push(place("$NSACCESS_…", "environment", PlaceState::Absent));
        }
        let not_own = PlaceState::NotRead("it belongs to neither you nor root".to_owned());
        places.extend(self.foreign.iter().map(|path| place(shown(path), "project", not_own.clone())));
        places.push(match &self.project {
            None => place(format!("{PROJECT_FILE} here or above"), "project", PlaceState::Absent),
            Some((path, ..)) => {
                place(shown(path), "project", untrusted.map_or(PlaceState::Read, PlaceState::NotTrusted))
            }
        });
        let state = |is_read: bool| if is_read { PlaceState::Read } else { PlaceState::Absent };
        places.push(place(shown(&user_path(host)), "you", state(self.user.is_some())));
        places.push(match (organisation::path(host), &self.refused) {
            (None, _) => place("$NSACCESS_SYSTEM_CONFIG is empty", "organisation", PlaceState::Absent),
            (Some(path), None) => place(shown(&path), "organisation", state(self.organisation.is_some())),
            (Some(path), Some(refused)) => {
                let why = refused.text.split_once(" is not read: ").map_or(refused.text.as_str(), |(_, why)| why);
                place(shown(&path), "organisation", PlaceState::NotRead(why.to_owned()))
            }
        });
        let of_aws = aws_config::path(host);
        places.push(place(shown(&of_aws), "AWS CLI", state(of_aws.exists())));
        places
    }

    /// Asks what the sources say together.
    pub(crate) fn ask<T>(
        &self,
        host: &Host,
        flags: &Flags,
        aws: &AwsConfig,
        ask: impl FnOnce(&Sources<'_>) -> Result<T, String>,
    ) -> Result<T> {
        fn with_path((path, file): &(PathBuf, OwnFile)) -> (&Path, &OwnFile) {
            (path.as_path(), file)
        }
        let project = self.project.as_ref();
        let answer = ask(&Sources {
            flags,
            env: &|name| host.env(name).map(str::to_owned),
            project: project.map(|(path, file, is_trusted)| Project { path, file, is_trusted: *is_trusted }),
            user: self.user.as_ref().map(with_path),
            organisation: self.organisation.as_ref().map(with_path),
            aws,
        });
        answer.map_err(|reason| unusable(host, &reason))
    }
}

/// A setting that cannot be used. Before the reason stands a flag, a variable or a line of the AWS configuration; else it is
/// about several places.
fn unusable(host: &Host, reason: &str) -> Error {
    if let Some(why) = reason.strip_prefix(settings::AWS_CONFIGURATION) {
        let file = host.shorten_home(&aws_config::path(host));
        let line = why.strip_prefix(", line ").and_then(|why| why.split(':').next()?.parse().ok());
        return Error::usage("invalid setting").because(format!("{file}{why}")).try_next(aws_config::open(host, line));
    }
    let name = reason.split_once(": ").filter(|(name, _)| !name.contains(' '));
    match name {
        Some((flag, why)) if flag.starts_with("--") => Error::usage(format!("invalid value for {flag}")).because(why),
        Some((variable, why)) if variable.starts_with("NSACCESS_") => {
            Error::usage(format!("invalid value of {variable}")).because(why).try_next(format!("unset {variable}"))
        }
        _ => Error::usage("invalid setting")
            .because(reason)
            .try_next("nsaccess config   # shows each setting and where it comes from"),
    }
}

fn place(name: impl Into<String>, of: &'static str, state: PlaceState) -> Place {
    Place { name: name.into(), of, state }
}

/// The nearest project file in the current folder or above, but inside the home folder none above that. Files that belong
/// to somebody else are skipped, and returned in the second list.
pub(crate) fn project_path(host: &Host) -> Result<(Option<PathBuf>, Vec<PathBuf>)> {
    let inside_home = host.current_dir.starts_with(&host.home);
    let below_home = |folder: &&Path| !inside_home || folder.starts_with(&host.home);
    let files = host.current_dir.ancestors().take_while(below_home).map(|folder| folder.join(PROJECT_FILE));
    let mut foreign = Vec::new();
    for file in files.filter(|file| file.is_file()) {
        if is_own(host, &file)? {
            return Ok((Some(file), foreign));
        }
        foreign.push(file);
    }
    Ok((None, foreign))
}

fn foreign_warning(host: &Host, file: &Path) -> String {
    format!("{} is not read: it belongs to neither you nor root", host.shorten_home(file))
}

/// The file, with warnings that name it.
pub(super) fn parsed<T>(
    host: &Host,
    path: &Path,
    read: Result<(T, Vec<String>), FileProblem>,
) -> Result<(T, Vec<String>)> {
    let shown = host.shorten_home(path);
    let (file, found) = read.map_err(|problem| {
        Error::usage(format!("cannot read {shown}"))
            .because(problem.to_string())
            .try_next(shell::edit(&path.display().to_string(), Some(problem.line)))
    })?;
    Ok((file, found.into_iter().map(|warning| format!("{shown}: {warning}")).collect()))
}
