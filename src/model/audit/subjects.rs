//! The users and groups of bindings that no principal is known to have.

use std::collections::BTreeSet;

use crate::model::audit::identity::Identity;
use crate::model::audit::index::{BindingNumber, Index};
use crate::model::audit::template::Template;

/// A user or group that bindings name.
pub(crate) struct Unmapped<'a> {
    /// `user` or `group`.
    pub(crate) kind: &'static str,
    pub(crate) name: &'a str,
    pub(crate) bindings: Vec<BindingNumber>,
}

/// Users and groups of Kubernetes and EKS themselves.
pub(crate) fn is_built_in(name: &str) -> bool {
    ["system:", "eks:"].iter().any(|prefix| name.starts_with(prefix))
}

/// All that none of these identities has, but for those that are built in.
pub(crate) fn unmapped<'a>(identities: &[Identity<'_>], index: &Index<'a>) -> Vec<Unmapped<'a>> {
    let (mut users, mut groups) = (Names::default(), Names::default());
    for identity in identities {
        users.add(&identity.username);
        identity.groups.iter().for_each(|group| groups.add(group));
    }
    let users = index.users().filter(|(name, _)| !users.has(name)).map(|found| ("user", found));
    let groups = index.groups().filter(|(name, _)| !groups.has(name)).map(|found| ("group", found));
    let all = users.chain(groups).filter(|(_, (name, _))| !is_built_in(name));
    all.map(|(kind, (name, bindings))| Unmapped { kind, name, bindings: bindings.to_vec() }).collect()
}

/// Names that some principal has.
#[derive(Default)]
struct Names<'a> {
    fixed: BTreeSet<&'a str>,
    templates: Vec<Template<'a>>,
}

impl<'a> Names<'a> {
    fn add(&mut self, name: &'a str) {
        let template = Template::new(name);
        if template.is_fixed() {
            self.fixed.insert(name);
        } else if !self.templates.contains(&template) {
            self.templates.push(template);
        }
    }

    fn has(&self, name: &str) -> bool {
        self.fixed.contains(name) || self.templates.iter().any(|template| template.session(name).is_some())
    }
}
