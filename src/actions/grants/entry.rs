//! Writes an access entry: its groups, policies and tags.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::actions::grants::apply::Outcome;
use crate::chain::administrator::{Administrator, AwsAccess, refused};
use crate::error::{Error, Kind, Result};
use crate::model::grants::change::Verb;
use crate::model::grants::{merge, tags};
use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation};
use crate::model::shell::quote;
use crate::net::aws::eks::Eks;
use crate::net::aws::failure::{Class, Failure};

/// EKS and IAM need some seconds until everybody knows what is new.
const PATIENCE: SignedDuration = SignedDuration::from_secs(40);
const PAUSE: Duration = Duration::from_secs(1);

/// Makes the entry what it shall be.
///
/// # Errors
/// AWS's answer, with the right that is missing.
pub(super) async fn write(
    administrator: &Administrator<'_>,
    before: Option<&AccessEntry>,
    after: Option<&AccessEntry>,
    verb: Verb,
) -> Result<Outcome> {
    let writer = Writer { administrator, aws: administrator.aws()?, eks: administrator.eks()? };
    match (before, after, verb) {
        (Some(before), None, _) => return writer.delete_unchanged(before).await,
        (Some(before), Some(after), Verb::Replace) => {
            writer.delete(before).await?;
            writer.create(after).await.map_err(|error| say_what_is_gone(error, &writer, after))?;
        }
        (Some(before), Some(after), _) => writer.change(before, after).await?,
        (None, Some(after), _) => writer.create(after).await?,
        (None, None, _) => {}
    }
    Ok(Outcome::Done)
}

struct Writer<'a> {
    administrator: &'a Administrator<'a>,
    aws: &'a AwsAccess,
    eks: Eks,
}

impl Writer<'_> {
    fn cluster(&self) -> &str {
        &self.aws.cluster.name
    }

    async fn create(&self, entry: &AccessEntry) -> Result<()> {
        let arn = &entry.principal_arn;
        let what = format!("cannot create the access entry of {arn}");
        let created =
            self.patiently(is_not_known_yet, async || self.eks.create_access_entry(self.cluster(), entry).await).await;
        match created {
            // Somebody else was first: what is theirs stays, and is theirs.
            Err(failure) if failure.code.as_deref() == Some("ResourceInUseException") => {
                return self.add_to_that_of_others(entry, failure, &what).await;
            }
            Err(failure) if is_not_known_yet(&failure) => {
                return Err(self
                    .refused(failure, &what, "eks:CreateAccessEntry")
                    .because("it does not exist, or was created a moment ago")
                    .try_next(format!("see that {arn} exists, then run the same command again")));
            }
            created => {
                created.map_err(|failure| self.refused(failure, &what, "eks:CreateAccessEntry and eks:TagResource"))?
            }
        }
        for (index, policy) in entry.policies.iter().flatten().enumerate() {
            let Err(error) = self.associate(arn, policy).await else { continue };
            // It gives nothing, and its tag says otherwise.
            let is_empty = index == 0 && entry.groups.is_empty() && error.kind != Kind::Unreachable;
            return Err(match is_empty && self.delete(entry).await.is_ok() {
                true => error.because("the new access entry is removed again"),
                false => error,
            });
        }
        Ok(())
    }

    /// Adds what is ours to an entry that was created since the plan was made.
    async fn add_to_that_of_others(&self, entry: &AccessEntry, failure: Failure, what: &str) -> Result<()> {
        let Ok(found) = self.read(&entry.principal_arn).await else {
            return Err(self.refused(failure, what, "eks:CreateAccessEntry"));
        };
        if found.kind != entry.kind || !(entry.username.is_empty() || entry.username == found.username) {
            return Err(Error::failure(what)
                .because(format!("it has been created in the meantime, as {} {}", found.kind, found.username))
                .try_next("run the same command again"));
        }
        let tags = found.tags.iter().map(|(key, value)| (key.clone(), value.clone()));
        let own_tags = entry.tags.iter().filter(|(key, _)| *key != tags::MANAGED_BY);
        let before = AccessEntry { groups: Vec::new(), policies: Some(Vec::new()), ..found.clone() };
        let after = AccessEntry {
            tags: tags.chain(own_tags.map(|(key, value)| (key.clone(), value.clone()))).collect(),
            groups: entry.groups.clone(),
            policies: entry.policies.clone(),
            ..before.clone()
        };
        self.change_found(found, &before, &after).await
    }

    /// Makes the difference of two entries, on what the entry is now: what others have changed since we looked stays.
    async fn change(&self, before: &AccessEntry, after: &AccessEntry) -> Result<()> {
        let found = self.read(&after.principal_arn).await?;
        self.change_found(found, before, after).await
    }

    /// The same, on what was found. The tags that say what is granted are there before it is, and go after it.
    async fn change_found(&self, found: AccessEntry, before: &AccessEntry, after: &AccessEntry) -> Result<()> {
        let arn = &after.principal_arn;
        let set = after.tags.iter().filter(|(key, value)| before.tags.get(*key) != Some(value));
        let set = set.map(|(key, value)| (key.clone(), value.clone())).collect();
        let removed: Vec<String> = before.tags.keys().filter(|key| !after.tags.contains_key(*key)).cloned().collect();
        self.tag(arn, &set, &[]).await?;
        let groups = merge::list(&found.groups, &before.groups, &after.groups);
        let was_changed = groups != found.groups;
        if was_changed {
            let updated = self.eks.update_access_entry(self.cluster(), &AccessEntry { groups, ..found.clone() }).await;
            let what = format!("cannot change the access entry of {arn}");
            updated.map_err(|failure| self.refused(failure, &what, "eks:UpdateAccessEntry"))?;
        }
        let wanted = merge::policies(&found, before, after);
        let (tags, found) = (found.tags, found.policies.unwrap_or_default());
        for (index, policy) in wanted.iter().filter(|policy| !found.contains(policy)).enumerate() {
            let old = found.iter().find(|old| old.policy_arn == policy.policy_arn);
            if let Err(error) = self.set_scope(arn, old, policy).await {
                let nothing_given = index == 0 && !was_changed && error.kind != Kind::Unreachable;
                return Err(if nothing_given { self.take_back_tags(arn, &set, &tags, error).await } else { error });
            }
        }
        for policy in found.iter().filter(|old| !wanted.iter().any(|new| new.policy_arn == old.policy_arn)) {
            self.disassociate(arn, policy).await?;
        }
        self.tag(arn, &BTreeMap::new(), &removed).await
    }

    /// What was refused is not said to be granted.
    async fn take_back_tags(
        &self,
        arn: &str,
        set: &BTreeMap<String, String>,
        before: &BTreeMap<String, String>,
        error: Error,
    ) -> Error {
        let (had, had_not): (Vec<_>, Vec<_>) = set.keys().partition(|key| before.contains_key(*key));
        let old = had.into_iter().filter_map(|key| Some((key.clone(), before.get(key)?.clone()))).collect();
        let new: Vec<String> = had_not.into_iter().cloned().collect();
        match self.tag(arn, &old, &new).await {
            Ok(()) => error,
            Err(_) => error.because("the tags of the access entry say what was to be granted"),
        }
    }

    /// Sets where a policy holds. AWS does not say whether a second association adds its namespaces or replaces those
    /// before: what shall hold in fewer is set, looked at, and taken away and given again only if that was not enough.
    async fn set_scope(&self, arn: &str, old: Option<&PolicyAssociation>, new: &PolicyAssociation) -> Result<()> {
        self.associate(arn, new).await?;
        let Some(old) = old.filter(|old| !merge::is_within(&old.scope, &new.scope)) else { return Ok(()) };
        let now = self.read(arn).await?.policies.unwrap_or_default();
        let holds = now.iter().find(|one| one.policy_arn == new.policy_arn);
        if holds.is_none_or(|one| merge::is_within(&one.scope, &new.scope)) {
            return Ok(());
        }
        self.disassociate(arn, old).await?;
        let given = self.associate(arn, new).await;
        if let Err(error) = given {
            // Others must not lose it because this failed.
            let restored = self.associate(arn, old).await.is_ok();
            let now = if restored { "restored as it was" } else { "no longer associated" };
            return Err(error.because(format!("{}: {now}", old.policy_name())));
        }
        Ok(())
    }

    async fn disassociate(&self, arn: &str, policy: &PolicyAssociation) -> Result<()> {
        let what = format!("cannot disassociate {} from {arn}", policy.policy_name());
        let done = self.eks.disassociate_policy(self.cluster(), arn, &policy.policy_arn).await;
        done.map_err(|failure| self.refused(failure, &what, "eks:DisassociateAccessPolicy"))
    }

    async fn tag(&self, arn: &str, set: &BTreeMap<String, String>, removed: &[String]) -> Result<()> {
        if set.is_empty() && removed.is_empty() {
            return Ok(());
        }
        let tagged = self.eks.tag_access_entry(self.cluster(), arn, (set, removed)).await;
        let what = format!("cannot set the tags of the access entry of {arn}");
        tagged.map_err(|failure| self.refused(failure, &what, "eks:TagResource and eks:UntagResource"))
    }

    /// Deletes an entry that is as it was when the plan was made. Of one that others have changed, what is ours goes.
    async fn delete_unchanged(&self, before: &AccessEntry) -> Result<Outcome> {
        let found = self.read(&before.principal_arn).await?;
        if found == *before {
            return self.delete(before).await.map(|()| Outcome::Done);
        }
        let tags = before.tags.iter().filter(|(key, _)| *key == tags::MANAGED_BY);
        let after = AccessEntry {
            groups: Vec::new(),
            policies: Some(Vec::new()),
            tags: tags.map(|(key, value)| (key.clone(), value.clone())).collect(),
            ..before.clone()
        };
        self.change_found(found, before, &after).await?;
        Ok(Outcome::Kept)
    }

    async fn read(&self, arn: &str) -> Result<AccessEntry> {
        let read = self.eks.read_access_entry(self.cluster(), arn).await;
        let rights = "eks:DescribeAccessEntry and eks:ListAssociatedAccessPolicies";
        read.map_err(|failure| self.refused(failure, &format!("cannot read the access entry of {arn}"), rights))
    }

    async fn associate(&self, arn: &str, policy: &PolicyAssociation) -> Result<()> {
        let is_too_early = |failure: &Failure| failure.class == Class::NotFound;
        let done =
            self.patiently(is_too_early, async || self.eks.associate_policy(self.cluster(), arn, policy).await).await;
        let what = format!("cannot associate {} with {arn}", policy.policy_name());
        done.map_err(|failure| {
            let is_unknown = matches!(failure.code.as_deref(), Some("InvalidParameterException"));
            let error = self.refused(failure, &what, "eks:AssociateAccessPolicy");
            let region = &self.aws.cluster.region;
            let known = format!("aws eks list-access-policies --region {region}   # the policies there are");
            if is_unknown { error.try_next(known) } else { error }
        })
    }

    async fn delete(&self, entry: &AccessEntry) -> Result<()> {
        let arn = &entry.principal_arn;
        match self.eks.delete_access_entry(self.cluster(), arn).await {
            Err(failure) if failure.class == Class::NotFound => Ok(()),
            done => done.map_err(|failure| {
                self.refused(failure, &format!("cannot delete the access entry of {arn}"), "eks:DeleteAccessEntry")
            }),
        }
    }

    /// Repeats a call while AWS does not know yet what is new.
    async fn patiently(
        &self,
        is_too_early: impl Fn(&Failure) -> bool,
        call: impl AsyncFn() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let started: Timestamp = self.administrator.chain.host.now();
        let mut is_told = false;
        loop {
            match call().await {
                Err(failure)
                    if is_too_early(&failure)
                        && self.administrator.chain.host.now().duration_since(started) < PATIENCE =>
                {
                    let ui = self.administrator.chain.ui;
                    ui.detail(&format!("{failure}; trying again"));
                    if !is_told {
                        ui.status(&format!("waiting up to {}s until EKS knows what is new", PATIENCE.as_secs()));
                        is_told = true;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                answer => return answer,
            }
        }
    }

    fn refused(&self, failure: Failure, what: &str, right: &str) -> Error {
        refused(failure, what, right, &self.aws.caller_arn)
    }
}

/// The entry is deleted and not made anew: what was in it is known only here.
fn say_what_is_gone(error: Error, writer: &Writer<'_>, entry: &AccessEntry) -> Error {
    let policies = entry.policies.iter().flatten().map(|policy| policy.policy_name());
    let username =
        if entry.username.is_empty() { String::new() } else { format!(" --username {}", quote(&entry.username)) };
    let groups: Vec<String> = entry.groups.iter().map(|group| quote(group).into_owned()).collect();
    let policies = policies.collect::<Vec<_>>().join(", ");
    error
        .because(format!("the former entry is already deleted; its policies: {}", if policies.is_empty() { "none" } else { &policies }))
        .try_next(format!(
            "aws eks create-access-entry --cluster-name {} --region {} --principal-arn {}{username} --kubernetes-groups {}",
            writer.cluster(),
            writer.aws.cluster.region,
            entry.principal_arn,
            groups.join(" ")
        ))
}

/// A role that was made a moment ago is not known to EKS yet: terraform-aws-eks#3024.
fn is_not_known_yet(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("InvalidParameterException") && failure.words.contains("invalid principal")
}
