//! A grant by an access entry.
//! <https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html>

use aws_auth_edit::Item;

use crate::error::{Error, Kind, Result};
use crate::model::grants::access::Access;
use crate::model::grants::access_policy;
use crate::model::grants::grant::Grant;
use crate::model::grants::granting::{Note, Terms, groups_of, tag_of};
use crate::model::grants::revoking::is_policy;
use crate::model::grants::state::State;
use crate::model::grants::tags;
use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation, PolicyScope};

/// The only type that has groups and policies.
const STANDARD: &str = "STANDARD";

/// Gives the principal its group or policy, in the entry that it has or a new one.
///
/// # Errors
/// When the entry is none for people, is dead, or would take away what aws-auth gives.
pub(in crate::model::grants) fn put(
    state: &mut State,
    grant: &Grant,
    terms: &Terms<'_>,
    notes: &mut Vec<Note>,
) -> Result<()> {
    let arn = grant.principal.arn();
    let mut entry = match state.entry(&arn) {
        Some(entry) => usable(entry, terms, notes)?,
        None => new_entry(state, grant, terms, notes)?,
    };
    for group in groups_of(grant) {
        if !entry.groups.contains(&group) {
            entry.groups.push(group);
        }
    }
    say_what_stays(&entry, grant, notes);
    let is_of_others = match &grant.access {
        Access::Policy(name) => {
            let arn = access_policy::arn(&grant.principal.partition, name);
            !associate(&mut entry, &arn, &grant.namespace, notes)
        }
        // There is one preset at a time: what ended before does not end any more.
        _ => {
            tags::remove(&mut entry.tags, &grant.namespace, |known| !is_policy(&known.label));
            false
        }
    };
    match tag_of(grant).filter(|_| !is_of_others) {
        Some(granted) => tags::add(&mut entry.tags, &grant.namespace, granted),
        None if is_of_others && grant.until.is_some() => notes.push(Note::Warning(format!(
            "{} already applies to {} and was not granted by nsaccess, so it does not expire",
            grant.access.label(),
            grant.namespace
        ))),
        None => {}
    }
    if entry.tags.len() > tags::MOST {
        return Err(Error::failure(format!("{arn} cannot have more grants with --policy or --for"))
            .because(format!("each needs a tag on its access entry, and AWS allows {}", tags::MOST))
            .try_next("run the same command with a preset and without --for, which needs no tag"));
    }
    state.entries.insert(arn.to_ascii_lowercase(), entry);
    Ok(())
}

/// The entry that is there, if it can be used.
fn usable(entry: &AccessEntry, terms: &Terms<'_>, notes: &mut Vec<Note>) -> Result<AccessEntry> {
    let arn = &entry.principal_arn;
    if !entry.kind.is_empty() && entry.kind != STANDARD {
        return Err(Error::failure(format!("the access entry of {arn} has the type {}", entry.kind))
            .because("only STANDARD entries have groups and policies, and the type cannot be changed")
            .try_next("run the same command for another role: --to PRINCIPAL"));
    }
    let is_dead = terms.principal_created_at.zip(entry.created_at).is_some_and(|(role, entry)| role > entry);
    if !is_dead {
        return Ok(entry.clone());
    }
    let why = format!(
        "the role was deleted and recreated at {:.0}, after its entry: EKS keeps the ID of the deleted role and answers 401",
        terms.principal_created_at.unwrap_or_default()
    );
    if !terms.recreate {
        return Err(Error::failure(format!("the access entry of {arn} belongs to a deleted role with this name"))
            .because(why)
            .try_next("run the same command with --recreate, which keeps its groups and policies"));
    }
    notes.push(Note::Warning(format!("the access entry of {arn} will be deleted and recreated: {why}")));
    Ok(AccessEntry { created_at: None, ..entry.clone() })
}

/// A preset and policies add up; who gives one may think that it replaces the other.
fn say_what_stays(entry: &AccessEntry, grant: &Grant, notes: &mut Vec<Note>) {
    let policies = entry.policies.iter().flatten().filter(|policy| policy.scope.covers(&grant.namespace));
    let others = policies.map(PolicyAssociation::policy_name).filter(|name| *name != grant.access.label());
    let others: Vec<&str> = others.collect();
    if !others.is_empty() {
        notes.push(Note::Info(format!("{} is not changed", others.join(", "))));
    }
    if matches!(grant.access, Access::Policy(_)) && entry.groups.contains(&grant.group()) {
        notes.push(Note::Info("the existing preset is not changed".to_owned()));
    }
}

fn new_entry(state: &State, grant: &Grant, terms: &Terms<'_>, notes: &mut Vec<Note>) -> Result<AccessEntry> {
    let mut entry = AccessEntry {
        principal_arn: grant.principal.arn(),
        kind: STANDARD.to_owned(),
        tags: tags::of_new_entry(),
        policies: Some(Vec::new()),
        ..AccessEntry::default()
    };
    let reads_aws_auth = terms.mode != Some("API");
    if let Some(why) = state.aws_auth_unseen.as_ref().filter(|_| reads_aws_auth && !terms.ignore_aws_auth) {
        return Err(Error::new(Kind::Denied, format!("cannot check what aws-auth grants to {}", entry.principal_arn))
            .because(why.clone())
            .because("a new access entry would override it")
            .try_next("run the same command with --ignore-aws-auth if it grants nothing there"));
    }
    let Some(config_map) = state.aws_auth.as_ref().filter(|_| reads_aws_auth) else { return Ok(entry) };
    // A list that cannot be read maps nobody: there is nothing to lose in it.
    let Ok(Some(item)) = config_map.item(&grant.principal) else { return Ok(entry) };
    carry_over(&mut entry, &item, grant)?;
    notes.push(Note::Warning(format!(
        "aws-auth maps {} (line {} of its list): the access entry overrides that and takes over {}",
        item.arn,
        item.line,
        if item.groups.is_empty() { "its username".to_owned() } else { item.groups.join(", ") }
    )));
    Ok(entry)
}

/// What aws-auth gives must not be lost by the entry that hides it.
fn carry_over(entry: &mut AccessEntry, item: &Item, grant: &Grant) -> Result<()> {
    let lost = |what: String, why: &str| {
        Err(Error::failure(format!("{} would lose {what} with an access entry", grant.principal))
            .because(format!(
                "it comes from aws-auth (line {} of its list), which an access entry overrides, and {why}",
                item.line
            ))
            .try_next("run the same command with --via aws-auth"))
    };
    if let Some(group) = item.groups.iter().find(|group| group.starts_with("system:")) {
        return lost(format!("the group {group}"), "an access entry cannot have a group that begins with system:");
    }
    if item.groups.iter().any(|group| group.contains("{{")) {
        return lost("its groups".to_owned(), "an access entry cannot have templates in groups");
    }
    entry.groups.clone_from(&item.groups);
    if item.username == grant.principal.username_template() {
        return Ok(());
    }
    match username_fault(&item.username) {
        Some(why) => lost(format!("the username {}", item.username), why),
        None => {
            entry.username.clone_from(&item.username);
            Ok(())
        }
    }
}

/// Why EKS refuses a username, if it does.
fn username_fault(username: &str) -> Option<&'static str> {
    let reserved = ["system:", "eks:", "aws:", "amazon:", "iam:"];
    let session = username.find("{{SessionName}}");
    if username.is_empty() {
        Some("an access entry cannot have an empty one")
    } else if reserved.iter().any(|start| username.starts_with(start)) {
        Some("an access entry cannot have one that begins with system:, eks:, aws:, amazon: or iam:")
    } else if username.contains("{{SessionNameRaw}}") || username.contains("{{AccessKeyID}}") {
        Some("an access entry does not support {{SessionNameRaw}} and {{AccessKeyID}}")
    } else if session.is_some_and(|place| !username[..place].contains(':')) {
        Some("an access entry requires a colon before {{SessionName}}")
    } else {
        None
    }
}

/// Adds the namespace to where the policy holds. An entry has each policy once. False: it holds there already, and no grant
/// has given it.
fn associate(entry: &mut AccessEntry, policy_arn: &str, namespace: &str, notes: &mut Vec<Note>) -> bool {
    let granted = tags::granted(&entry.tags, namespace);
    let is_granted = |name: &str| granted.iter().any(|granted| granted.label == name);
    let policies = entry.policies.get_or_insert_default();
    let Some(known) = policies.iter_mut().find(|policy| policy.policy_arn == policy_arn) else {
        let scope = PolicyScope::Namespaces(vec![namespace.to_owned()]);
        policies.push(PolicyAssociation { policy_arn: policy_arn.to_owned(), scope });
        return true;
    };
    match &mut known.scope {
        PolicyScope::Cluster => notes.push(Note::Warning(format!(
            "{} already applies to the whole cluster for this principal, including {namespace}",
            known.policy_arn.rsplit('/').next().unwrap_or_default()
        ))),
        PolicyScope::Namespaces(names) if names.iter().any(|name| name == namespace) => {
            return is_granted(policy_arn.rsplit('/').next().unwrap_or_default());
        }
        PolicyScope::Namespaces(names) => {
            names.push(namespace.to_owned());
            return true;
        }
    }
    false
}
