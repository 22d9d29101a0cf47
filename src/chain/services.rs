//! What the chain asks of AWS and of clusters, as one seam: a test answers by hand.
//!
//! The answers are boxed here, and only here: the futures of the AWS SDK are deep, and every verb is built upon these.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::device_flow;
use crate::model::aws::sso_cache::Refresh;
use crate::model::aws::target::{Assignment, Portal};
use crate::model::kube::cluster::Cluster;
use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{GET_PODS, Verdict};
use crate::model::wire::proxy::Proxy;
use crate::net::aws::Aws;
use crate::net::aws::assume_role::{self, AssumedSession, RoleSessionRequest};
use crate::net::aws::eks::{ClusterDescription, Eks};
use crate::net::aws::failure::Failure;
use crate::net::aws::oidc::{DeviceAuthorization, Grant, NewRegistration, NewToken, Oidc};
use crate::net::aws::portal::PortalApi;
use crate::net::aws::sts;
use crate::net::kube::{KubeApi, KubeFailure, Silence};
use crate::secret::Secret;

/// An answer that is under way.
pub(crate) type Answer<'a, T, F = Failure> = LocalBoxFuture<'a, Result<T, F>>;

/// The services behind the stages.
pub(crate) trait Services: fmt::Debug {
    /// RegisterClient.
    fn register<'a>(&'a self, portal: &'a Portal, grant: Grant) -> Answer<'a, NewRegistration>;
    /// StartDeviceAuthorization.
    fn start_device<'a>(&'a self, portal: &'a Portal, client: &'a NewRegistration) -> Answer<'a, DeviceAuthorization>;
    /// CreateToken with a device code. The failure is an answer that the device flow goes on from.
    fn poll_device<'a>(
        &'a self,
        portal: &'a Portal,
        client: &'a NewRegistration,
        device: &'a DeviceAuthorization,
    ) -> Answer<'a, NewToken, device_flow::PollAnswer>;
    /// Where the page of the browser flow is.
    fn authorize_endpoint(&self, portal: &Portal) -> String;
    /// CreateToken with an authorization code, its verifier and the redirect URI.
    fn exchange_code<'a>(
        &'a self,
        portal: &'a Portal,
        client: &'a NewRegistration,
        code: (&'a Secret<String>, &'a Secret<String>, &'a str),
    ) -> Answer<'a, NewToken>;
    /// CreateToken with a refresh token, which is used up by that.
    fn refresh<'a>(&'a self, portal: &'a Portal, refresh: &'a Refresh) -> Answer<'a, NewToken>;
    /// Logout.
    fn end_session<'a>(&'a self, portal: &'a Portal, token: &'a Secret<String>) -> Answer<'a, ()>;
    /// ListAccounts, and ListAccountRoles for each; `progress` hears how many of them are done, and of how many.
    fn assignments<'a>(
        &'a self,
        portal: &'a Portal,
        token: &'a Secret<String>,
        progress: &'a dyn Fn(usize, usize),
    ) -> Answer<'a, Vec<Assignment>>;
    /// GetRoleCredentials of an account and a permission set in it.
    fn role_credentials<'a>(
        &'a self,
        portal: &'a Portal,
        role: (&'a str, &'a str),
        token: &'a Secret<String>,
    ) -> Answer<'a, RoleCredentials>;
    /// AssumeRole, signed with the given keys.
    fn assume_role<'a>(&'a self, keys: &'a AccessKeys, request: RoleSessionRequest<'a>) -> Answer<'a, AssumedSession>;
    /// GetSessionToken: a session of the user whose keys these are.
    fn session_token<'a>(&'a self, keys: &'a AccessKeys, region: &'a str) -> Answer<'a, RoleCredentials>;
    /// GetCallerIdentity: the caller's ARN.
    fn caller_arn<'a>(&'a self, keys: &'a AccessKeys, region: &'a str) -> Answer<'a, String>;
    /// ListClusters.
    fn cluster_names<'a>(&'a self, keys: &'a AccessKeys, region: &'a str) -> Answer<'a, Vec<String>>;
    /// DescribeCluster.
    fn describe_cluster<'a>(
        &'a self,
        keys: &'a AccessKeys,
        region: &'a str,
        name: &'a str,
    ) -> Answer<'a, ClusterDescription>;
    /// SelfSubjectAccessReview: whether the namespace's pods may be read in this cluster. The failure is in words.
    fn may_get_pods<'a>(
        &'a self,
        cluster: &'a Cluster,
        proxy: Option<Proxy>,
        token: Secret<String>,
        namespace: &'a str,
    ) -> Answer<'a, Verdict, String>;
}

impl Services for Aws {
    fn register<'a>(&'a self, portal: &'a Portal, grant: Grant) -> Answer<'a, NewRegistration> {
        async move { oidc(self, portal).register(&portal.session_name, &portal.start_url, grant).await }.boxed_local()
    }

    fn start_device<'a>(&'a self, portal: &'a Portal, client: &'a NewRegistration) -> Answer<'a, DeviceAuthorization> {
        async move { oidc(self, portal).start_device(client, &portal.start_url).await }.boxed_local()
    }

    fn poll_device<'a>(
        &'a self,
        portal: &'a Portal,
        client: &'a NewRegistration,
        device: &'a DeviceAuthorization,
    ) -> Answer<'a, NewToken, device_flow::PollAnswer> {
        async move { oidc(self, portal).poll_device(client, device).await }.boxed_local()
    }

    fn authorize_endpoint(&self, portal: &Portal) -> String {
        oidc(self, portal).endpoint()
    }

    fn exchange_code<'a>(
        &'a self,
        portal: &'a Portal,
        client: &'a NewRegistration,
        (code, verifier, redirect_uri): (&'a Secret<String>, &'a Secret<String>, &'a str),
    ) -> Answer<'a, NewToken> {
        async move { oidc(self, portal).exchange_code(client, code, verifier, redirect_uri).await }.boxed_local()
    }

    fn refresh<'a>(&'a self, portal: &'a Portal, refresh: &'a Refresh) -> Answer<'a, NewToken> {
        let Refresh { client_id, client_secret, refresh_token, .. } = refresh;
        async move { oidc(self, portal).refresh(client_id, client_secret, refresh_token).await }.boxed_local()
    }

    fn end_session<'a>(&'a self, portal: &'a Portal, token: &'a Secret<String>) -> Answer<'a, ()> {
        async move { PortalApi::new(self, &portal.region).logout(token).await }.boxed_local()
    }

    fn assignments<'a>(
        &'a self,
        portal: &'a Portal,
        token: &'a Secret<String>,
        progress: &'a dyn Fn(usize, usize),
    ) -> Answer<'a, Vec<Assignment>> {
        async move { PortalApi::new(&self.patient(), &portal.region).list_assignments(token, progress).await }
            .boxed_local()
    }

    fn role_credentials<'a>(
        &'a self,
        portal: &'a Portal,
        (account, role): (&'a str, &'a str),
        token: &'a Secret<String>,
    ) -> Answer<'a, RoleCredentials> {
        let api = PortalApi::new(self, &portal.region);
        async move { api.get_role_credentials(token, account, role).await }.boxed_local()
    }

    fn assume_role<'a>(&'a self, keys: &'a AccessKeys, request: RoleSessionRequest<'a>) -> Answer<'a, AssumedSession> {
        assume_role::assume_role(self, keys, request).boxed_local()
    }

    fn session_token<'a>(&'a self, keys: &'a AccessKeys, region: &'a str) -> Answer<'a, RoleCredentials> {
        assume_role::get_session_token(self, keys, region).boxed_local()
    }

    fn caller_arn<'a>(&'a self, keys: &'a AccessKeys, region: &'a str) -> Answer<'a, String> {
        sts::get_caller_arn(self, keys, region).boxed_local()
    }

    fn cluster_names<'a>(&'a self, keys: &'a AccessKeys, region: &'a str) -> Answer<'a, Vec<String>> {
        async move { Eks::new(self, keys, region).list_cluster_names().await }.boxed_local()
    }

    fn describe_cluster<'a>(
        &'a self,
        keys: &'a AccessKeys,
        region: &'a str,
        name: &'a str,
    ) -> Answer<'a, ClusterDescription> {
        async move { Eks::new(self, keys, region).describe_cluster(name).await }.boxed_local()
    }

    fn may_get_pods<'a>(
        &'a self,
        cluster: &'a Cluster,
        proxy: Option<Proxy>,
        token: Secret<String>,
        namespace: &'a str,
    ) -> Answer<'a, Verdict, String> {
        async move {
            let shared = (self.outbound(), &Arc::default());
            let api = KubeApi::new(cluster, proxy.as_ref(), &token, shared, Silence::OfCalls);
            let api = api.map_err(|error| error.to_string())?;
            match api.review_access(&AccessReview::of(GET_PODS, namespace)).await {
                Ok(verdict) => Ok(verdict),
                Err(KubeFailure::Unauthorized) => {
                    Ok(Verdict::Denied(Some("401: the role is not mapped there".to_owned())))
                }
                Err(KubeFailure::Status(code, words)) => Err(format!("{code}: {words}")),
                Err(KubeFailure::Unreachable(words)) => Err(format!("unreachable: {words}")),
            }
        }
        .boxed_local()
    }
}

fn oidc(aws: &Aws, portal: &Portal) -> Oidc {
    Oidc::new(aws, &portal.region)
}
