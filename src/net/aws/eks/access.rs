//! Access entries.

use crate::model::kube::access_entry::AccessEntry;
use crate::model::wire::pages::Pages;
use crate::net::aws::eks::{Eks, time};
use crate::net::aws::failure::Failure;

impl Eks {
    /// The access entry of a principal. A namespace's role may not be allowed to ask.
    pub(crate) async fn describe_access_entry(&self, cluster: &str, principal: &str) -> Result<AccessEntry, Failure> {
        let call = self.client.describe_access_entry().cluster_name(cluster).principal_arn(principal);
        let answer = call.send().await.map_err(|error| Failure::from_sdk("DescribeAccessEntry", &error))?;
        let found = answer.access_entry();
        Ok(AccessEntry {
            groups: found.map(|entry| entry.kubernetes_groups().to_vec()).unwrap_or_default(),
            created_at: time(found.and_then(|entry| entry.created_at())),
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
}
