//! Writes an access entry: its groups, policies and tags.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::chain::administrator::{Administrator, AwsAccess, refused};
use crate::error::{Error, Result};
use crate::model::grants::change::Verb;
use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation, PolicyScope};
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
) -> Result<()> {
    let writer = Writer { administrator, aws: administrator.aws()?, eks: administrator.eks()? };
    match (before, after, verb) {
        (Some(before), None, _) => writer.delete(before).await,
        (Some(before), Some(after), Verb::Replace) => {
            writer.delete(before).await?;
            writer.create(after).await.map_err(|error| say_what_is_gone(error, &writer, after))
        }
        (Some(before), Some(after), _) => writer.change(before, after).await,
        (None, Some(after), _) => writer.create(after).await,
        (None, None, _) => Ok(()),
    }
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
        let what = format!("the access entry of {arn} was not created");
        let created =
            self.patiently(is_not_known_yet, async || self.eks.create_access_entry(self.cluster(), entry).await).await;
        match created {
            // Somebody else was first.
            Err(failure) if failure.code.as_deref() == Some("ResourceInUseException") => {
                let found = self.read(arn).await?;
                let mut merged = found.clone();
                merged.groups.extend(entry.groups.iter().filter(|group| !found.groups.contains(group)).cloned());
                merged.policies.clone_from(&entry.policies);
                merged.tags.extend(entry.tags.clone());
                return self.change(&found, &merged).await;
            }
            created => {
                created.map_err(|failure| self.refused(failure, &what, "eks:CreateAccessEntry and eks:TagResource"))?
            }
        }
        for policy in entry.policies.iter().flatten() {
            self.associate(arn, policy).await?;
        }
        Ok(())
    }

    async fn change(&self, before: &AccessEntry, after: &AccessEntry) -> Result<()> {
        let arn = &after.principal_arn;
        if before.groups != after.groups {
            self.change_groups(before, after).await?;
        }
        let (old, new) =
            (before.policies.as_deref().unwrap_or_default(), after.policies.as_deref().unwrap_or_default());
        // Whether a second association adds namespaces or replaces them, AWS does not say: what shall hold in fewer is
        // taken away first.
        for policy in old.iter().filter(|policy| !is_kept(policy, new)) {
            let what = format!("{} was not taken from {arn}", policy.policy_name());
            let done = self.eks.disassociate_policy(self.cluster(), arn, &policy.policy_arn).await;
            done.map_err(|failure| self.refused(failure, &what, "eks:DisassociateAccessPolicy"))?;
        }
        for policy in new.iter().filter(|policy| !old.contains(policy)) {
            self.associate(arn, policy).await?;
        }
        let set = after.tags.iter().filter(|(key, value)| before.tags.get(*key) != Some(value));
        let set = set.map(|(key, value)| (key.clone(), value.clone())).collect();
        let removed: Vec<String> = before.tags.keys().filter(|key| !after.tags.contains_key(*key)).cloned().collect();
        let tagged = self.eks.tag_access_entry(self.cluster(), arn, (&set, &removed)).await;
        let what = format!("the tags of the access entry of {arn} were not set");
        tagged.map_err(|failure| self.refused(failure, &what, "eks:TagResource and eks:UntagResource"))
    }

    /// EKS sets all groups at once. What others have changed since we looked is kept.
    async fn change_groups(&self, before: &AccessEntry, after: &AccessEntry) -> Result<()> {
        let arn = &after.principal_arn;
        let mut found = self.read(arn).await?;
        found.groups.retain(|group| !before.groups.contains(group) || after.groups.contains(group));
        let new = after.groups.iter().filter(|group| !before.groups.contains(group));
        let missing: Vec<String> = new.filter(|group| !found.groups.contains(group)).cloned().collect();
        found.groups.extend(missing);
        let updated = self.eks.update_access_entry(self.cluster(), &found).await;
        let what = format!("the access entry of {arn} was not changed");
        updated.map_err(|failure| self.refused(failure, &what, "eks:UpdateAccessEntry"))
    }

    async fn read(&self, arn: &str) -> Result<AccessEntry> {
        let read = self.eks.read_access_entry(self.cluster(), arn).await;
        let rights = "eks:DescribeAccessEntry and eks:ListAssociatedAccessPolicies";
        read.map_err(|failure| self.refused(failure, &format!("the access entry of {arn} cannot be read"), rights))
    }

    async fn associate(&self, arn: &str, policy: &PolicyAssociation) -> Result<()> {
        let is_too_early = |failure: &Failure| failure.class == Class::NotFound;
        let done =
            self.patiently(is_too_early, async || self.eks.associate_policy(self.cluster(), arn, policy).await).await;
        let what = format!("{} was not given to {arn}", policy.policy_name());
        done.map_err(|failure| self.refused(failure, &what, "eks:AssociateAccessPolicy"))
    }

    async fn delete(&self, entry: &AccessEntry) -> Result<()> {
        let arn = &entry.principal_arn;
        match self.eks.delete_access_entry(self.cluster(), arn).await {
            Err(failure) if failure.class == Class::NotFound => Ok(()),
            done => done.map_err(|failure| {
                self.refused(failure, &format!("the access entry of {arn} was not deleted"), "eks:DeleteAccessEntry")
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
        loop {
            match call().await {
                Err(failure)
                    if is_too_early(&failure)
                        && self.administrator.chain.host.now().duration_since(started) < PATIENCE =>
                {
                    self.administrator.chain.ui.detail(&format!("{failure}; asking again"));
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
        .because(format!("its former entry is deleted; with the policies: {}", if policies.is_empty() { "none" } else { &policies }))
        .try_next(format!(
            "aws eks create-access-entry --cluster-name {} --region {} --principal-arn {}{username} --kubernetes-groups {}",
            writer.cluster(),
            writer.aws.cluster.region,
            entry.principal_arn,
            groups.join(" ")
        ))
}

/// Whether a policy holds on wherever it did.
fn is_kept(old: &PolicyAssociation, all: &[PolicyAssociation]) -> bool {
    let new = all.iter().find(|new| new.policy_arn == old.policy_arn);
    new.is_some_and(|new| match (&old.scope, &new.scope) {
        (PolicyScope::Namespaces(old), PolicyScope::Namespaces(new)) => old.iter().all(|name| new.contains(name)),
        (old, new) => old == new,
    })
}

/// A role that was made a moment ago is not known to EKS yet: terraform-aws-eks#3024.
fn is_not_known_yet(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("InvalidParameterException") && failure.words.contains("invalid principal")
}
