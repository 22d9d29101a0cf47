//! Bindings by their subjects, and what each gives. A cluster may have 2,000 namespaces with ten bindings each: every list
//! is walked once, and nothing is searched twice.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::rc::Rc;

use crate::model::audit::picture::Picture;
use crate::model::audit::rights::{self, Rights};
use crate::model::audit::template::Template;
use crate::model::kube::rbac::{Binding, Role};

/// The number of a binding in [`Index::bindings`].
pub(crate) type BindingNumber = usize;

/// Bindings, and whom they give what.
pub(crate) struct Index<'a> {
    /// Those of the cluster first.
    pub(crate) bindings: Vec<BoundRole<'a>>,
    users: BTreeMap<&'a str, Vec<BindingNumber>>,
    groups: BTreeMap<&'a str, Vec<BindingNumber>>,
}

/// A binding and what it gives.
pub(crate) struct BoundRole<'a> {
    pub(crate) binding: &'a Binding,
    pub(crate) gives: Gives,
}

/// What a binding gives.
#[derive(Debug, Clone)]
pub(crate) enum Gives {
    Rights {
        rights: Rc<Rights>,
        is_aggregated: bool,
    },
    /// Its role does not exist.
    Nothing,
    /// Its role could not be read.
    NotRead,
}

impl Gives {
    pub(crate) fn rights(&self) -> Option<&Rights> {
        match self {
            Gives::Rights { rights, .. } => Some(rights),
            _ => None,
        }
    }
}

impl<'a> Index<'a> {
    pub(crate) fn of(picture: &'a Picture) -> Self {
        let roles = Roles::of(picture);
        let all = picture.cluster_bindings.list().iter().chain(picture.bindings.list());
        let bindings: Vec<BoundRole<'a>> =
            all.map(|binding| BoundRole { binding, gives: roles.given_by(binding) }).collect();
        let (mut users, mut groups) = (BTreeMap::new(), BTreeMap::new());
        for (number, BoundRole { binding, .. }) in bindings.iter().enumerate() {
            for subject in &binding.subjects {
                let by_name: &mut BTreeMap<&'a str, Vec<BindingNumber>> = match subject.kind.as_str() {
                    "User" => &mut users,
                    "Group" => &mut groups,
                    _ => continue,
                };
                let numbers = by_name.entry(subject.name.as_str()).or_default();
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
            }
        }
        Index { bindings, users, groups }
    }

    /// The bindings to a username, each with the session that has it; the empty text stands for any.
    pub(crate) fn of_user(&self, name: &Template<'_>) -> Vec<(String, BindingNumber)> {
        matching(&self.users, name)
    }

    /// The bindings to a group.
    pub(crate) fn of_group(&self, name: &Template<'_>) -> Vec<(String, BindingNumber)> {
        matching(&self.groups, name)
    }

    /// The subjects of a kind that some binding names.
    pub(crate) fn users(&self) -> impl Iterator<Item = (&'a str, &[BindingNumber])> {
        self.users.iter().map(|(name, numbers)| (*name, numbers.as_slice()))
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = (&'a str, &[BindingNumber])> {
        self.groups.iter().map(|(name, numbers)| (*name, numbers.as_slice()))
    }
}

fn matching(names: &BTreeMap<&str, Vec<BindingNumber>>, template: &Template<'_>) -> Vec<(String, BindingNumber)> {
    let prefix = template.prefix();
    let of_prefix = names.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
    let mut found = Vec::new();
    for (name, numbers) in of_prefix.take_while(|(name, _)| name.starts_with(prefix)) {
        if let Some(session) = template.session(name) {
            found.extend(numbers.iter().map(|number| (session.clone(), *number)));
        }
        if template.is_fixed() {
            break;
        }
    }
    found
}

/// Roles by their names; what they give is worked out once.
struct Roles<'a> {
    picture: &'a Picture,
    roles: HashMap<(Option<&'a str>, &'a str), Gives>,
}

impl<'a> Roles<'a> {
    fn of(picture: &'a Picture) -> Self {
        let all = picture.cluster_roles.list().iter().chain(picture.roles.list());
        let given = |role: &'a Role| {
            let gives =
                Gives::Rights { rights: Rc::new(rights::rights(&role.rules)), is_aggregated: role.is_aggregated };
            ((role.namespace.as_deref(), role.name.as_str()), gives)
        };
        Roles { picture, roles: all.map(given).collect() }
    }

    fn given_by(&self, binding: &Binding) -> Gives {
        let is_cluster_role = binding.role.kind == "ClusterRole";
        let namespace = if is_cluster_role { None } else { binding.namespace.as_deref() };
        let was_read = if is_cluster_role {
            self.picture.cluster_roles.done().is_some()
        } else {
            self.picture.roles.done().is_some()
        };
        match self.roles.get(&(namespace, binding.role.name.as_str())) {
            Some(gives) => gives.clone(),
            None if was_read => Gives::Nothing,
            None => Gives::NotRead,
        }
    }
}

/// `RoleBinding web/readers`.
pub(crate) fn binding_name(binding: &Binding) -> String {
    match &binding.namespace {
        Some(namespace) => format!("RoleBinding {namespace}/{}", binding.name),
        None => format!("ClusterRoleBinding {}", binding.name),
    }
}

impl BoundRole<'_> {
    /// The objects that give it: `RoleBinding web/readers → ClusterRole view (aggregated)`.
    pub(crate) fn objects(&self) -> String {
        let role = &self.binding.role;
        let aggregated = matches!(self.gives, Gives::Rights { is_aggregated: true, .. });
        let mark = if aggregated { " (aggregated)" } else { "" };
        format!("{} → {} {}{mark}", binding_name(self.binding), role.kind, role.name)
    }
}
