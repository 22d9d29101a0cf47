//! Why no pod of a target serves.

use super::resolve::{ForwardTarget, Resolver};
use crate::actions::pods::find::{Finding, Route};
use crate::model::kube::obstacle::Obstacle;
use crate::model::kube::pod::Pod;
use crate::model::kube::workload::Kind;

impl Resolver {
    /// A pod of the target that does not serve, and why, as far as the role lets it be seen.
    pub(crate) async fn absentee(&self) -> Option<(String, Obstacle)> {
        let pods = self.all_pods().await?;
        let mut obstacles = pods.iter().filter_map(|pod| Some((pod, pod.obstacle(self.namespace())?)));
        // What has ended, or is ending, is the past.
        let present = obstacles.clone().find(|(pod, _)| !pod.is_over() && !pod.is_terminating());
        present.or_else(|| obstacles.next()).map(|(pod, obstacle)| (pod.metadata.name.clone(), obstacle))
    }

    /// What keeps the pod that was found from serving. Endpoints know little of it; the pod itself knows more.
    pub(crate) async fn obstacle(&self, found: &ForwardTarget) -> Option<Obstacle> {
        match self.pods().get(&found.pod.name).await {
            Ok(pod) => pod.obstacle(self.namespace()),
            Err(_) => found.obstacle.clone(),
        }
    }

    async fn all_pods(&self) -> Option<Vec<Pod>> {
        let target = self.target();
        if target.kind == Kind::Pod {
            return Some(vec![self.pods().get(&target.name).await.ok()?]);
        }
        let definition = self.define().await.ok()?;
        // What endpoints say of a pod is not enough to tell why it does not serve.
        let shows_pods = |way: &Route| match way {
            Route::List => true,
            Route::Numbered => target.kind == Kind::StatefulSet,
            Route::EndpointSlices | Route::Endpoints => false,
        };
        match self.pods().find(&definition, self.ways(&definition).filter(shows_pods)).await.ok()? {
            Finding::Pods { pods, .. } => Some(pods.into_iter().filter_map(|pod| pod.object.map(|pod| *pod)).collect()),
            Finding::Refused(_) => None,
        }
    }
}
