//! Access entries, and the access policies of entries.
//! <https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessEntry.html>

use std::collections::{BTreeMap, HashMap};

use aws_sdk_eks::types::{AccessScope, AccessScopeType};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation, PolicyScope};
use crate::model::wire::pages::Pages;
use crate::net::aws::eks::{Eks, time};
use crate::net::aws::failure::Failure;

/// How many entries are read at once. EKS allows few calls in a second; what it throttles is repeated.
const AT_ONCE: usize = 4;

impl Eks {
    /// The access entry of a principal, without its policies. A namespace's role may not be allowed to ask.
    pub(crate) async fn describe_access_entry(&self, cluster: &str, principal: &str) -> Result<AccessEntry, Failure> {
        let call = self.client.describe_access_entry().cluster_name(cluster).principal_arn(principal);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("DescribeAccessEntry", &error))?;
        let Some(found) = answer.access_entry() else { return Ok(AccessEntry::default()) };
        Ok(AccessEntry {
            principal_arn: found.principal_arn().unwrap_or(principal).to_owned(),
            kind: found.r#type().unwrap_or_default().to_owned(),
            username: found.username().unwrap_or_default().to_owned(),
            groups: found.kubernetes_groups().to_vec(),
            tags: found.tags().map(sorted).unwrap_or_default(),
            created_at: time(found.created_at()),
            policies: None,
        })
    }

    /// The principals of all access entries. A namespace's role may not be allowed to list them.
    pub(crate) async fn list_access_entries(&self, cluster: &str) -> Result<Vec<String>, Failure> {
        const OPERATION: &str = "ListAccessEntries";
        let (mut principals, mut pages) = (Vec::new(), Pages::new(self.aws.received()));
        loop {
            let call = self.client.list_access_entries().cluster_name(cluster).max_results(100);
            let call = call.set_next_token(pages.token());
            let page = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
            principals.extend(page.access_entries().iter().cloned());
            let more = pages.advance(page.next_token().map(str::to_owned), self.aws.received());
            if !more.map_err(|why| Failure::endless(OPERATION, why))? {
                return Ok(principals);
            }
        }
    }

    /// An entry with its policies.
    pub(crate) async fn read_access_entry(&self, cluster: &str, principal: &str) -> Result<AccessEntry, Failure> {
        let entry = self.describe_access_entry(cluster, principal).await?;
        let policies = self.list_associated_policies(cluster, principal).await?;
        Ok(AccessEntry { policies: Some(policies), ..entry })
    }

    /// All entries with their policies, in the order of the list; `progress` hears how many are read, and of how many. One
    /// that is gone by the time it is read is left out.
    pub(crate) async fn read_access_entries(
        &self,
        cluster: &str,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Vec<AccessEntry>, Failure> {
        let principals = self.list_access_entries(cluster).await?;
        let count = principals.len();
        let reads = principals.iter().map(|principal| self.read_access_entry(cluster, principal));
        let mut reads = std::pin::pin!(stream::iter(reads).buffered(AT_ONCE).map(unless_gone));
        let mut entries = Vec::new();
        let mut done = 0;
        while let Some(entry) = reads.try_next().await? {
            done += 1;
            progress(done, count);
            entries.extend(entry);
        }
        Ok(entries)
    }

    /// The access policies of an entry.
    pub(crate) async fn list_associated_policies(
        &self,
        cluster: &str,
        principal: &str,
    ) -> Result<Vec<PolicyAssociation>, Failure> {
        const OPERATION: &str = "ListAssociatedAccessPolicies";
        let (mut policies, mut pages) = (Vec::new(), Pages::new(self.aws.received()));
        loop {
            let call = self.client.list_associated_access_policies().cluster_name(cluster).principal_arn(principal);
            let call = call.max_results(100).set_next_token(pages.token());
            let page = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
            policies.extend(page.associated_access_policies().iter().map(|found| PolicyAssociation {
                policy_arn: found.policy_arn().unwrap_or_default().to_owned(),
                scope: scope(found.access_scope()),
            }));
            let more = pages.advance(page.next_token().map(str::to_owned), self.aws.received());
            if !more.map_err(|why| Failure::endless(OPERATION, why))? {
                return Ok(policies);
            }
        }
    }

    /// Creates a standard entry. An empty username is left to EKS.
    pub(crate) async fn create_access_entry(&self, cluster: &str, entry: &AccessEntry) -> Result<(), Failure> {
        let call = self.client.create_access_entry().cluster_name(cluster).principal_arn(&entry.principal_arn);
        let call = call.set_username((!entry.username.is_empty()).then(|| entry.username.clone()));
        let call = call.set_kubernetes_groups(Some(entry.groups.clone()));
        let call = call.set_tags(Some(entry.tags.clone().into_iter().collect()));
        call.send().await.map_err(|error| Failure::from_sdk("CreateAccessEntry", &error)).map(drop)
    }

    /// Sets the groups of an entry. The username goes along: EKS gives its default to what is left out
    /// (hashicorp/terraform-provider-aws#36480).
    pub(crate) async fn update_access_entry(&self, cluster: &str, entry: &AccessEntry) -> Result<(), Failure> {
        let call = self.client.update_access_entry().cluster_name(cluster).principal_arn(&entry.principal_arn);
        let call = call.set_username((!entry.username.is_empty()).then(|| entry.username.clone()));
        let call = call.set_kubernetes_groups(Some(entry.groups.clone()));
        call.send().await.map_err(|error| Failure::from_sdk("UpdateAccessEntry", &error)).map(drop)
    }

    pub(crate) async fn delete_access_entry(&self, cluster: &str, principal: &str) -> Result<(), Failure> {
        let call = self.client.delete_access_entry().cluster_name(cluster).principal_arn(principal);
        call.send().await.map_err(|error| Failure::from_sdk("DeleteAccessEntry", &error)).map(drop)
    }

    /// Associates a policy with an entry, or sets where it holds.
    pub(crate) async fn associate_policy(
        &self,
        cluster: &str,
        principal: &str,
        policy: &PolicyAssociation,
    ) -> Result<(), Failure> {
        let scope = match &policy.scope {
            PolicyScope::Cluster => AccessScope::builder().r#type(AccessScopeType::Cluster),
            PolicyScope::Namespaces(names) => {
                AccessScope::builder().r#type(AccessScopeType::Namespace).set_namespaces(Some(names.clone()))
            }
        };
        let call = self.client.associate_access_policy().cluster_name(cluster).principal_arn(principal);
        let call = call.policy_arn(&policy.policy_arn).access_scope(scope.build());
        call.send().await.map_err(|error| Failure::from_sdk("AssociateAccessPolicy", &error)).map(drop)
    }

    pub(crate) async fn disassociate_policy(
        &self,
        cluster: &str,
        principal: &str,
        policy_arn: &str,
    ) -> Result<(), Failure> {
        let call = self.client.disassociate_access_policy().cluster_name(cluster).principal_arn(principal);
        let call = call.policy_arn(policy_arn);
        call.send().await.map_err(|error| Failure::from_sdk("DisassociateAccessPolicy", &error)).map(drop)
    }

    /// The ARN of an entry, under which it is tagged.
    async fn access_entry_arn(&self, cluster: &str, principal: &str) -> Result<String, Failure> {
        let call = self.client.describe_access_entry().cluster_name(cluster).principal_arn(principal);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("DescribeAccessEntry", &error))?;
        Ok(answer.access_entry().and_then(|entry| entry.access_entry_arn()).unwrap_or_default().to_owned())
    }

    /// Sets and removes tags of an entry.
    pub(crate) async fn tag_access_entry(
        &self,
        cluster: &str,
        principal: &str,
        (set, removed): (&BTreeMap<String, String>, &[String]),
    ) -> Result<(), Failure> {
        let arn = self.access_entry_arn(cluster, principal).await?;
        if !set.is_empty() {
            let tags: HashMap<String, String> = set.clone().into_iter().collect();
            let call = self.client.tag_resource().resource_arn(&arn).set_tags(Some(tags));
            call.send().await.map_err(|error| Failure::from_sdk("TagResource", &error))?;
        }
        if !removed.is_empty() {
            let call = self.client.untag_resource().resource_arn(&arn).set_tag_keys(Some(removed.to_vec()));
            call.send().await.map_err(|error| Failure::from_sdk("UntagResource", &error))?;
        }
        Ok(())
    }
}

fn unless_gone(read: Result<AccessEntry, Failure>) -> Result<Option<AccessEntry>, Failure> {
    match read {
        Ok(entry) => Ok(Some(entry)),
        Err(failure) if failure.class == crate::net::aws::failure::Class::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn sorted(tags: &HashMap<String, String>) -> BTreeMap<String, String> {
    tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn scope(scope: Option<&AccessScope>) -> PolicyScope {
    match scope.and_then(|scope| scope.r#type()) {
        Some(AccessScopeType::Namespace) => {
            PolicyScope::Namespaces(scope.map(|scope| scope.namespaces().to_vec()).unwrap_or_default())
        }
        _ => PolicyScope::Cluster,
    }
}
