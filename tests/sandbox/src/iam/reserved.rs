//! The IAM roles of permission sets, which IAM Identity Center makes and makes again, and the unique ids of all roles.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use crate::credentials::role_suffix;
use crate::state::State;
use crate::world::World;

/// 2025-09-01, before every access entry of the default world.
pub(crate) const CREATED: i64 = 1_756_684_800;

/// What can change about the role of a permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReservedRole {
    /// The sixteen digits at the end of its name.
    pub(crate) suffix: String,
    /// How often it was deleted and made again.
    pub(crate) generation: u32,
    /// When it was made, in seconds since 1970.
    pub(crate) created: i64,
}

/// The roles that are not as they were at the start, by account and permission set.
pub(crate) type ReservedRoles = BTreeMap<(String, String), ReservedRole>;

/// The role of a permission set, as it is now.
pub(crate) fn of(roles: &ReservedRoles, account: &str, permission_set: &str) -> ReservedRole {
    let key = (account.to_owned(), permission_set.to_owned());
    let first = || ReservedRole { suffix: role_suffix(account, permission_set), generation: 0, created: CREATED };
    roles.get(&key).cloned().unwrap_or_else(first)
}

/// The unique id of a role, `AROA…`. A role that is made again has another one.
pub(crate) fn role_id(path_arn: &str, generation: u32) -> String {
    let digest = match generation {
        0 => Sha256::digest(path_arn),
        _ => Sha256::digest(format!("{path_arn} {generation}")),
    };
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let tail: String =
        digest.iter().take(17).map(|byte| char::from(letters[usize::from(*byte) % letters.len()])).collect();
    format!("AROA{tail}")
}

/// The unique id of a user, `AIDA…`.
pub(crate) fn user_id(arn: &str, generation: u32) -> String {
    role_id(arn, generation).replacen("AROA", "AIDA", 1)
}

/// The account, the permission set and the suffix in the name of a role, if it has the form of a permission set's.
pub(crate) fn parse(path_arn: &str) -> Option<(&str, &str, &str)> {
    let rest = path_arn.strip_prefix("arn:aws:iam::")?;
    let (account, role) = rest.split_once(':')?;
    let name = role.strip_prefix("role/aws-reserved/sso.amazonaws.com/")?.rsplit('/').next()?;
    let (permission_set, suffix) = name.strip_prefix("AWSReservedSSO_")?.rsplit_once('_')?;
    Some((account, permission_set, suffix))
}

/// The unique id of the role or user that has an ARN now, if there is one.
pub(crate) fn current_id(world: &World, reserved: &ReservedRoles, path_arn: &str) -> Option<String> {
    if let Some((account, permission_set, suffix)) = parse(path_arn) {
        let role = of(reserved, account, permission_set);
        return (role.suffix == suffix).then(|| role_id(path_arn, role.generation));
    }
    ids(world).remove(&path_arn.to_ascii_lowercase())
}

/// The unique ids of the users, and of the roles that do not belong to permission sets, by their ARNs in lower case.
fn ids(world: &World) -> HashMap<String, String> {
    let users = world.users.iter().map(|user| (user.arn(), user.generation, user_id as fn(&str, u32) -> String));
    let roles = world.roles.iter().map(|role| (role.arn(), role.generation, role_id as fn(&str, u32) -> String));
    users.chain(roles).map(|(arn, generation, id)| (arn.to_ascii_lowercase(), id(&arn, generation))).collect()
}

/// Which role an access entry was made for: EKS remembers its unique id, and shows it to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    created_at: Option<i64>,
    role_id: Option<String>,
}

/// The bindings by cluster and principal, in lower case.
pub(crate) type Bindings = BTreeMap<(String, String), Binding>;

/// The key of a principal's binding in a cluster.
fn key(cluster: &str, principal_arn: &str) -> (String, String) {
    (cluster.to_owned(), principal_arn.to_ascii_lowercase())
}

/// Whether an entry of a cluster was made for the role with this id.
pub(crate) fn is_bound(bindings: &Bindings, cluster: &str, principal_arn: &str, role_id: &str) -> bool {
    bindings.get(&key(cluster, principal_arn)).is_some_and(|binding| binding.role_id.as_deref() == Some(role_id))
}

impl State {
    /// Gives new access entries their time, and binds them to the roles that have their ARNs now. What is bound stays
    /// so until its entry is gone or another one.
    pub(crate) fn bind_entries(&mut self, now: i64) {
        let mut bound = Bindings::new();
        // Thousands of entries are bound at once when a large cluster is made.
        let known = OnceCell::new();
        for cluster in 0..self.world.clusters.len() {
            for entry in 0..self.world.clusters[cluster].access_entries.len() {
                self.world.clusters[cluster].access_entries[entry].created_at.get_or_insert(now);
                let (cluster, entry) =
                    (&self.world.clusters[cluster], &self.world.clusters[cluster].access_entries[entry]);
                let key = key(&cluster.name, &entry.principal_arn);
                let old = self.bindings.get(&key);
                let old = old.filter(|old| old.created_at == entry.created_at && old.role_id.is_some()).cloned();
                let role_id = || match parse(&entry.principal_arn) {
                    Some(_) => current_id(&self.world, &self.reserved_roles, &entry.principal_arn),
                    None => {
                        let known: &HashMap<String, String> = known.get_or_init(|| ids(&self.world));
                        known.get(&entry.principal_arn.to_ascii_lowercase()).cloned()
                    }
                };
                let binding = old.unwrap_or_else(|| Binding { created_at: entry.created_at, role_id: role_id() });
                bound.insert(key, binding);
            }
        }
        self.bindings = bound;
    }
}

#[cfg(test)]
#[path = "reserved_tests.rs"]
mod tests;
