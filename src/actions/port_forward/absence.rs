//! What is the matter with a target whose pods do not serve.

use super::resolve::{Found, Resolver};
use crate::model::kube::obstacle::Obstacle;
use crate::model::kube::pods::PodFacts;
use crate::model::port_forward::ports::TargetRef;

impl Resolver {
    /// A pod of the target that does not serve, and why, as far as the role lets it be seen.
    pub async fn absentee(&self) -> Option<(String, Obstacle)> {
        let pods = self.all_pods().await?;
        let mut obstacles = pods.iter().filter_map(|pod| Some((pod, pod.obstacle(self.namespace())?)));
        // What has ended, or is ending, is the past.
        let present = obstacles.clone().find(|(pod, _)| !pod.finished && !pod.terminating);
        present.or_else(|| obstacles.next()).map(|(pod, obstacle)| (pod.name.clone(), obstacle))
    }

    /// What keeps the pod that was found from serving. Endpoints know little of it; the pod itself knows more.
    pub async fn obstacle(&self, found: &Found) -> Option<Obstacle> {
        match self.pod_facts(&found.pod).await {
            Ok(facts) => facts.obstacle(self.namespace()),
            Err(_) => found.obstacle.clone(),
        }
    }

    async fn all_pods(&self) -> Option<Vec<PodFacts>> {
        let namespace = self.namespace();
        let labels = match &self.target() {
            TargetRef::Pod(name) => return Some(vec![self.pod_facts(name).await.ok()?]),
            TargetRef::Service(name) => {
                let service = self.service_facts(name).await.ok()?;
                let labels: Vec<String> =
                    service.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
                labels.join(",")
            }
            TargetRef::Deployment(name) => {
                self.chain.call(async |api| api.deployment_labels(namespace, name).await).await.ok()?
            }
            TargetRef::StatefulSet(name) => return self.numbered(name).await.ok(),
        };
        if labels.is_empty() {
            return None;
        }
        self.pods_with_labels(&labels).await.ok()
    }
}
