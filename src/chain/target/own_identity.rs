//! Whose identity a namespace's name stands for: its own, which every tool on this machine means, or another one that a
//! flag, a variable or a project's file chose for once. What is chosen for once never passes for the namespace's own.

use crate::chain::{Chain, Presence};
use crate::disk::cache::CachedCredentials;
use crate::env_vars;
use crate::error::Result;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::Cluster;
use crate::model::settings::{Flags, Origin, Sourced};

impl Chain<'_> {
    /// Whether account, role or portal were chosen for this run, terminal or folder only.
    pub fn chosen_for_once(&self, target: &Target) -> bool {
        let pins = self.settings.pins(target.namespace.as_str());
        if passing(&pins.account) || passing(&pins.role) {
            return true;
        }
        let own = self.own_portal(&target.access_name);
        let is_own = own.is_some_and(|own| own.session_name == target.portal.session_name);
        !is_own && (passing(&self.settings.start_url) || passing(&self.settings.sso_region))
    }

    /// Whether the cluster was.
    pub fn cluster_chosen_for_once(&self, target: &Target) -> bool {
        let pins = self.settings.pins(target.namespace.as_str());
        passing(&pins.cluster) || passing(&pins.region) || self.chosen_for_once(target)
    }

    /// What makes credentials of this target the namespace's own; `None` for those of an identity chosen for once.
    pub fn basis_for(&self, target: &Target) -> Option<String> {
        (!self.chosen_for_once(target)).then(|| self.basis.clone())
    }

    /// Makes the target the namespace's own for every tool, now that its profile says so: flags that chose it are no longer
    /// needed.
    pub async fn settle(&self, target: &Target, cluster: &Cluster) {
        let _ = self.cache.store_cluster(&target.namespace, cluster);
        if let Ok(Some(basis)) = self.basis_without_flags(target) {
            let cluster = Some((cluster.name.clone(), cluster.region.clone()));
            self.keep_as_own(target, basis, |_| cluster).await;
        }
    }

    /// Keeps a cluster that a flag named, now that the kubeconfig leads there, unless another identity was chosen with it.
    pub fn keep_cluster(&self, target: &Target, cluster: &Cluster) {
        if !self.chosen_for_once(target) {
            let _ = self.cache.store_cluster(&target.namespace, cluster);
        }
    }

    /// Lets the warm path find, next time, what the slow one has just found. `cluster` is the one that was signed for.
    pub async fn keep_warm(&self, target: &Target, cluster: (&str, &str)) {
        let Some(basis) = self.basis_for(target) else { return };
        let for_once = self.cluster_chosen_for_once(target);
        let named = Some((cluster.0.to_owned(), cluster.1.to_owned()));
        let stood = basis.clone();
        self.keep_as_own(target, basis, |cached| match for_once {
            // kubectl names it each time; a cluster that was known on another basis may no longer be the one.
            true => cached.cluster.clone().filter(|_| cached.basis.as_ref() == Some(&stood)),
            false => named,
        })
        .await;
    }

    /// Rewrites what the cache has of a target as the namespace's own. Under the lock, because credentials that a sign-out
    /// removes between being read and written would be back. It is a convenience for who comes next: no failure is one.
    async fn keep_as_own(
        &self,
        target: &Target,
        basis: String,
        cluster: impl FnOnce(&CachedCredentials) -> Option<(String, String)>,
    ) {
        let changed = |cached: &CachedCredentials, cluster: &Option<(String, String)>| {
            cached.basis.as_ref() != Some(&basis) || cached.cluster != *cluster
        };
        let cached = || self.cache.credentials(&target.namespace, target.into());
        let Some(before) = cached() else { return };
        let cluster = cluster(&before);
        if !changed(&before, &cluster) {
            return;
        }
        let Ok(_lock) = self.portal_lock(&target.portal).await else { return };
        if let Some(cached) = cached() {
            let own = CachedCredentials { basis: Some(basis), cluster, ..cached };
            let _ = self.cache.store_credentials(&target.namespace, &own);
        }
    }

    fn basis_without_flags(&self, target: &Target) -> Result<Option<String>> {
        let anew = Chain::open_anywhere(self.host, self.ui, &Flags::default(), Presence::Nobody)?;
        let portal = anew.portal(Some(&target.access_name))?;
        let is_own = anew.known_target(&target.namespace, &portal).is_some_and(|known| known == *target);
        Ok(anew.basis_for(target).filter(|_| is_own))
    }

    /// What tells a kubeconfig of its own of an identity that was chosen for once: kubectl there acts as the AWS keys do.
    pub fn variables_of<'t>(&self, target: &'t Target) -> Vec<(&'static str, &'t str)> {
        if !self.chosen_for_once(target) {
            return Vec::new();
        }
        vec![(env_vars::NSACCESS_ACCOUNT, &target.account), (env_vars::NSACCESS_ROLE, &target.role)]
    }

    /// Where the role comes from, when its name is not the one that the namespace's has by the pattern.
    pub fn unusual_role(&self, target: &Target) -> Option<String> {
        let usual = self.settings.permission_set_pattern.value.render(target.namespace.as_str());
        if target.role == usual {
            return None;
        }
        let origin = match self.settings.pins(target.namespace.as_str()).role {
            Some(role) => role.origin.to_string(),
            None => format!("the profile {}", target.access_name),
        };
        Some(format!("not {usual}, by {origin}"))
    }

    /// Says whose credentials a program gets, when a namespace's name does not tell.
    pub fn tell_unusual_role(&self, target: &Target) {
        if let Some(why) = self.unusual_role(target) {
            self.ui.status(&format!("AWS as {} in account {} ({why})", target.role, target.account));
        }
    }
}

fn passing<T>(setting: &Option<Sourced<T>>) -> bool {
    setting.as_ref().is_some_and(|setting| Origin::is_passing(&setting.origin))
}
