//! Objects of a namespace: get, list and watch, parsed into the types of `model/`.

use futures_util::stream::{Stream, StreamExt};
use kube::core::WatchEvent;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::kube::pod::Pod;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::wire::pages::Pages;
use crate::model::wire::percent::encode;
use crate::net::bounds::ReadMode;
use crate::net::kube::{KubeApi, KubeFailure, failure};

/// Objects per page, as in kubectl.
const PAGE: usize = 500;
/// After this, the server ends a watch. Shorter than the timeout of silent streams.
const WATCH_SECONDS: u32 = 100;

/// An event of a watch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PodEvent {
    /// Created or changed.
    Applied(Box<Pod>),
    Deleted(Box<Pod>),
    /// A bookmark: there is nothing else up to this version.
    Version(String),
}

#[derive(Deserialize)]
struct List<T> {
    #[serde(default)]
    metadata: ListMetadata,
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMetadata {
    resource_version: String,
    #[serde(rename = "continue")]
    more: String,
}

impl KubeApi {
    pub(crate) async fn get_pod(&self, namespace: &str, name: &str) -> Result<Pod, KubeFailure> {
        self.get(&path("api/v1", namespace, "pods", Some(name), &[])).await
    }

    pub(crate) async fn get_workload(&self, namespace: &str, workload: &Workload) -> Result<Value, KubeFailure> {
        let Workload { kind, name } = workload;
        self.get(&path(kind.api(), namespace, kind.plural(), Some(name), &[])).await
    }

    /// All objects of a kind, as they are.
    pub(crate) async fn list_workloads(&self, namespace: &str, kind: Kind) -> Result<Vec<Value>, KubeFailure> {
        Ok(self.list(kind.api(), Some(namespace), kind.plural(), None).await?.0)
    }

    pub(crate) async fn get_endpoints(&self, namespace: &str, service: &str) -> Result<Value, KubeFailure> {
        self.get(&path("api/v1", namespace, "endpoints", Some(service), &[])).await
    }

    /// Needs a right that a namespace's developer rarely has.
    pub(crate) async fn get_config_map(&self, namespace: &str, name: &str) -> Result<Value, KubeFailure> {
        self.get(&path("api/v1", namespace, "configmaps", Some(name), &[])).await
    }

    /// The same.
    pub(crate) async fn get_namespace(&self, name: &str) -> Result<Value, KubeFailure> {
        self.get(&format!("/api/v1/namespaces/{}", encode(name))).await
    }

    pub(crate) async fn list_endpoint_slices(&self, namespace: &str, service: &str) -> Result<Vec<Value>, KubeFailure> {
        let selector = format!("kubernetes.io/service-name={service}");
        let slices = self.list("apis/discovery.k8s.io/v1", Some(namespace), "endpointslices", Some(&selector)).await?;
        Ok(slices.0)
    }

    /// All pods that match a selector, and the version of the list.
    pub(crate) async fn list_pods(
        &self,
        namespace: &str,
        selector: Option<&str>,
    ) -> Result<(Vec<Pod>, String), KubeFailure> {
        self.list("api/v1", Some(namespace), "pods", selector).await
    }

    /// All objects of a kind in a namespace, or in all (or of the cluster), page by page; and the version of the list.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        api: &str,
        namespace: Option<&str>,
        plural: &str,
        selector: Option<&str>,
    ) -> Result<(Vec<T>, String), KubeFailure> {
        let (mut items, mut pages) = (Vec::new(), Pages::new(self.outbound.received()));
        let limit = PAGE.to_string();
        loop {
            let mut query = vec![("limit", limit.as_str())];
            query.extend(selector.map(|selector| ("labelSelector", selector)));
            let token = pages.token();
            query.extend(token.as_deref().map(|token| ("continue", token)));
            let page: List<T> = self.get(&object_path(api, namespace, plural, None, &query)).await?;
            items.extend(page.items.unwrap_or_default());
            let more = pages.advance(Some(page.metadata.more), self.outbound.received());
            if !more.map_err(KubeFailure::Unreachable)? {
                return Ok((items, page.metadata.resource_version));
            }
        }
    }

    /// Watches the pods that match a selector from a version on, for up to [`WATCH_SECONDS`].
    pub(crate) async fn watch_pods(
        &self,
        namespace: &str,
        selector: Option<&str>,
        version: &str,
    ) -> Result<impl Stream<Item = Result<PodEvent, KubeFailure>> + use<>, KubeFailure> {
        let seconds = WATCH_SECONDS.to_string();
        let mut query = vec![
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", seconds.as_str()),
            ("resourceVersion", version),
        ];
        query.extend(selector.map(|selector| ("labelSelector", selector)));
        let mut request = request(&path("api/v1", namespace, "pods", None, &query))?;
        request.extensions_mut().insert(ReadMode::Lines);
        let events = self.client.request_events::<Pod>(request).await.map_err(failure)?;
        Ok(events.map(|event| match event {
            Ok(WatchEvent::Added(pod) | WatchEvent::Modified(pod)) => Ok(PodEvent::Applied(Box::new(pod))),
            Ok(WatchEvent::Deleted(pod)) => Ok(PodEvent::Deleted(Box::new(pod))),
            Ok(WatchEvent::Bookmark(mark)) => Ok(PodEvent::Version(mark.metadata.resource_version)),
            Ok(WatchEvent::Error(status)) => Err(KubeFailure::Status(status.code, status.message.clone())),
            Err(error) => Err(failure(error)),
        }))
    }

    pub(super) async fn get_object<T: DeserializeOwned>(
        &self,
        api: &str,
        namespace: Option<&str>,
        plural: &str,
        name: &str,
    ) -> Result<T, KubeFailure> {
        self.get(&object_path(api, namespace, plural, Some(name), &[])).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, KubeFailure> {
        self.client.request(request(path)?).await.map_err(failure)
    }
}

pub(super) fn request(path: &str) -> Result<http::Request<Vec<u8>>, KubeFailure> {
    http::Request::get(path).body(Vec::new()).map_err(|error| KubeFailure::Unreachable(error.to_string()))
}

/// The path of what is in a namespace.
pub(super) fn path(api: &str, namespace: &str, plural: &str, name: Option<&str>, query: &[(&str, &str)]) -> String {
    object_path(api, Some(namespace), plural, name, query)
}

/// A path below the cluster's endpoint. Names are encoded, so that they cannot change the path.
pub(super) fn object_path(
    api: &str,
    namespace: Option<&str>,
    plural: &str,
    name: Option<&str>,
    query: &[(&str, &str)],
) -> String {
    let mut path = match namespace {
        Some(namespace) => format!("/{api}/namespaces/{}/{plural}", encode(namespace)),
        None => format!("/{api}/{plural}"),
    };
    if let Some(name) = name {
        path.push('/');
        path.push_str(&encode(name));
    }
    for (index, (key, value)) in query.iter().enumerate() {
        path.push(if index == 0 { '?' } else { '&' });
        path.push_str(&format!("{key}={}", encode(value)));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_path_are_encoded() {
        let path = path("api/v1", "dev", "pods", Some("a/../b?c"), &[("labelSelector", "app=web,tier in (a,b)")]);
        assert_eq!(
            path,
            "/api/v1/namespaces/dev/pods/a%2F..%2Fb%3Fc?labelSelector=app%3Dweb%2Ctier%20in%20%28a%2Cb%29"
        );
    }
}
