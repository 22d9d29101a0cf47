//! Which namespace is meant when none is named.

use crate::chain::{Chain, Presence};
use crate::disk::kubeconfig::Kubeconfigs;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::model::kube::namespace::Namespace;
use crate::model::settings::namespace_from_folder;

impl Chain<'_> {
    /// The namespace: as named, else `$NSACCESS_NAMESPACE`, else the current context if it is one of ours, else the
    /// project file or folder, else a person chooses.
    ///
    /// # Errors
    /// When the name is not one, or nothing names a namespace and nobody can be asked.
    pub fn namespace(&self, named: Option<&str>, kubeconfigs: &Kubeconfigs) -> Result<Namespace> {
        match self.implied_namespace(named, kubeconfigs)? {
            Some((name, source)) => {
                self.tell_untrusted(Some(&name));
                self.ui.detail(&format!("the namespace is {name} ({source})"));
                parse(&name)
            }
            None if self.presence == Presence::Person => {
                self.tell_untrusted(None);
                self.pick_namespace()
            }
            None => Err(self.nothing_names_it()),
        }
    }

    fn implied_namespace(&self, named: Option<&str>, kubeconfigs: &Kubeconfigs) -> Result<Option<(String, String)>> {
        if let Some(named) = named {
            return Ok(Some((named.to_owned(), "as named".to_owned())));
        }
        if let Some(name) = self.host.env(env_vars::NSACCESS_NAMESPACE) {
            return Ok(Some((name.to_owned(), format!("${}", env_vars::NSACCESS_NAMESPACE))));
        }
        let current = kubeconfigs.merged()?.current_context().map(str::to_owned).unwrap_or_default();
        if let Some(name) = self.settings.context_pattern.value.matches(&current) {
            return Ok(Some((name, format!("the current context {current}"))));
        }
        if let Some(project) = &self.settings.project_namespace {
            return Ok(Some((project.value.clone(), project.origin.to_string())));
        }
        let folder = namespace_from_folder(&self.host.current_dir);
        Ok(folder.map(|name| (name, "this folder's name".to_owned())))
    }

    /// Namespaces that have a profile or were found on the portal, for a person to choose from.
    fn pick_namespace(&self) -> Result<Namespace> {
        let names = self.familiar_namespaces();
        if names.is_empty() {
            return Err(self.nothing_names_it());
        }
        let chosen = self.ui.pick("Which namespace?", &names)?;
        parse(&names[chosen])
    }

    fn nothing_names_it(&self) -> Error {
        let error = Error::usage("no namespace is named")
            .because("no argument, $NSACCESS_NAMESPACE, current context of ours, nsaccess.toml or apps-<team>/apps/<team>-<env> folder names one")
            .try_next("nsaccess list   # shows your namespaces");
        match &self.settings.untrusted_project {
            None => error,
            Some(project) => error
                .because(format!("{} is not trusted: {}", self.host.shorten_home(&project.path), project.in_words()))
                .try_next(project.trust()),
        }
    }

    /// Namespaces that are known here without a call: those with a profile, then those of the cached portal list.
    pub fn familiar_namespaces(&self) -> Vec<String> {
        let of_profile = |name: &str| self.settings.context_pattern.value.matches(name);
        let mut names: Vec<String> = self.aws_config.profile_names().filter_map(of_profile).collect();
        let start_url = self.settings.start_url.as_ref();
        if let Some(index) = start_url.and_then(|start_url| self.cache.portal_index(&start_url.value)) {
            let of_role = |role: &str| self.settings.permission_set_pattern.value.matches(role);
            names.extend(index.assignments.iter().filter_map(|assignment| of_role(&assignment.role)));
        }
        names.sort();
        names.dedup();
        names
    }
}

fn parse(name: &str) -> Result<Namespace> {
    Namespace::parse(name).map_err(|why| {
        Error::usage(format!("{name:?} is not a namespace")).because(format!("it {why}")).try_next("nsaccess list")
    })
}
