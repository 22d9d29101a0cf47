//! Who the cluster thinks we are.

use std::sync::Arc;

use crate::actions::doctor::Scene;
use crate::actions::doctor::cluster::Described;
use crate::actions::doctor::grant::Granted;
use crate::actions::doctor::limit::in_time;
use crate::actions::reviews::review_all;
use crate::chain::call_error::CallError;
use crate::chain::cluster::way;
use crate::model::aws::eks_token;
use crate::model::aws::role_arn::{self, RoleArns};
use crate::model::doctor::authentication::groups::{Membership, any_right, judge_groups, own_groups};
use crate::model::doctor::authentication::mapping::{Reply, judge_identity};
use crate::model::doctor::authentication::unmapped::{EntryLookup, Evidence};
use crate::model::doctor::authentication::{Asked, GROUPS, IDENTITY};
use crate::model::doctor::judgement::Judgement;
use crate::model::kube::aws_auth;
use crate::model::kube::cluster::Cluster;
use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{ClusterIdentity, Verdict};
use crate::model::reviews::tasks::QUESTIONS;
use crate::net::aws::eks::Eks;
use crate::net::aws::failure::Class;
use crate::net::aws::iam;
use crate::net::kube::{KubeApi, KubeFailure, Silence};

/// The API of the cluster, as the identity that it knows.
pub(super) struct Authenticated {
    pub(super) api: KubeApi,
    pub(super) cluster: Cluster,
    pub(super) identity: ClusterIdentity,
    /// The issuer of its service accounts' tokens, if EKS could be asked.
    pub(super) token_issuer: Option<String>,
}

/// Asks the cluster with a token of the new credentials.
pub(super) async fn identity(scene: &Scene<'_>, granted: &Granted, described: &Described) -> Option<Authenticated> {
    let known = scene.board.check(&IDENTITY, ask(scene, granted, described)).await?;
    scene.board.judge(&GROUPS, groups(scene, granted, &known)).await;
    Some(known)
}

fn asked<'a>(scene: &'a Scene<'_>, granted: &'a Granted, cluster: &'a Cluster) -> Asked<'a> {
    Asked {
        namespace: scene.access.name.as_str(),
        cluster: &cluster.name,
        region: &cluster.region,
        host: cluster.endpoint.split("://").last().unwrap_or_default(),
        role: granted.target.role(),
    }
}

async fn ask(scene: &Scene<'_>, granted: &Granted, described: &Described) -> (Judgement, Option<Authenticated>) {
    let cluster = &described.cluster;
    let api = match api(scene, granted, cluster) {
        Ok(api) => api,
        Err(why) => return (Judgement::unknown(why), None),
    };
    let reply = match in_time(api.get_identity()).await {
        Some(Ok(identity)) => Reply::Known(identity),
        Some(Err(KubeFailure::Unauthorized)) => Reply::Unknown,
        Some(Err(KubeFailure::Status(code, words))) => Reply::Status(code, words),
        Some(Err(KubeFailure::Unreachable(why))) => Reply::Broken(why),
        None => Reply::Late,
    };
    let evidence = match &reply {
        Reply::Unknown => evidence(scene, granted, cluster).await,
        _ => Evidence::default(),
    };
    let judgement = judge_identity(&reply, &evidence, &asked(scene, granted, cluster));
    let identity = match reply {
        Reply::Known(identity) => Some(identity),
        // It is known there, and does not learn as whom.
        Reply::Status(403 | 404, _) => Some(ClusterIdentity::default()),
        _ => None,
    };
    let token_issuer = described.details.as_ref().and_then(|details| details.token_issuer.clone());
    let known = identity.map(|identity| Authenticated { api, cluster: cluster.clone(), identity, token_issuer });
    (judgement, known)
}

fn api(scene: &Scene<'_>, granted: &Granted, cluster: &Cluster) -> Result<KubeApi, String> {
    let chain = scene.chain;
    let token = eks_token::sign(&granted.credentials.keys, &cluster.name, &cluster.region, chain.host.now());
    let proxy = way::proxy(chain, scene.access, &cluster.endpoint).map_err(|error| error.to_string())?;
    let shared = (chain.aws.outbound(), &Arc::default());
    KubeApi::new(cluster, proxy.as_ref(), &token, shared, Silence::OfCalls).map_err(|error| error.to_string())
}

fn arns(granted: &Granted) -> Option<RoleArns> {
    role_arn::of(&granted.target.identity, &granted.caller_arn)
}

/// Why the cluster may not know the role, as far as the role itself may read that.
async fn evidence(scene: &Scene<'_>, granted: &Granted, cluster: &Cluster) -> Evidence {
    let mode = cluster.authentication_mode.clone();
    let evidence = Evidence { arns: arns(granted), mode, ..Evidence::default() };
    let (Some(arns), false) = (&evidence.arns, evidence.mode.as_deref() == Some("CONFIG_MAP")) else { return evidence };
    let keys = &granted.credentials.keys;
    let eks = Eks::new(&scene.chain.aws, keys, &cluster.region);
    match in_time(Box::pin(eks.describe_access_entry(&cluster.name, &arns.access_entry))).await {
        Some(Ok(entry)) => {
            let name = arns.access_entry.rsplit('/').next().unwrap_or_default();
            let role = in_time(Box::pin(iam::get_role(&scene.chain.aws, keys, &cluster.region, name))).await;
            let role_created_at = role.and_then(Result::ok).and_then(|role| role.created_at);
            Evidence { entry: EntryLookup::Found(entry), role_created_at, ..evidence }
        }
        Some(Err(failure)) if failure.class == Class::NotFound => {
            let listed = in_time(Box::pin(eks.list_access_entries(&cluster.name))).await;
            let principals = listed.and_then(Result::ok).unwrap_or_default();
            Evidence { entry: EntryLookup::Missing, principals, ..evidence }
        }
        _ => evidence,
    }
}

async fn groups(scene: &Scene<'_>, granted: &Granted, known: &Authenticated) -> Judgement {
    let asked = asked(scene, granted, &known.cluster);
    let rights = match own_groups(&known.identity).is_empty() && !known.identity.username.is_empty() {
        true => in_time(rights(scene, known)).await,
        false => None,
    };
    let rights = rights.unwrap_or_else(|| Verdict::Unknown("no response within 5 seconds".to_owned()));
    let membership = Membership { identity: known.identity.clone(), rights, hidden: Vec::new() };
    let judgement = judge_groups(&membership, &asked);
    if judgement.problems.is_empty() {
        return judgement;
    }
    // Asked only now: a role may rarely read it, and each denial stands in an audit log.
    let hidden = hidden_groups(scene, granted, known).await;
    judge_groups(&Membership { hidden, ..membership }, &asked)
}

/// Whether an identity without groups may do anything: a user name or an access policy can have rights as well.
async fn rights(scene: &Scene<'_>, known: &Authenticated) -> Verdict {
    let review = async |review: AccessReview| known.api.review_access(&review).await.map_err(CallError::Answer);
    match review_all(&QUESTIONS, scene.access.namespace.as_str(), review).await {
        Ok(verdicts) => any_right(&verdicts),
        Err(error) => Verdict::Unknown(error.to_string()),
    }
}

/// The groups of the role in aws-auth, if it has an access entry that counts in their place.
async fn hidden_groups(scene: &Scene<'_>, granted: &Granted, known: &Authenticated) -> Vec<String> {
    let cluster = &known.cluster;
    let (Some(arns), true) = (arns(granted), cluster.authentication_mode.as_deref() == Some("API_AND_CONFIG_MAP"))
    else {
        return Vec::new();
    };
    let eks = Eks::new(&scene.chain.aws, &granted.credentials.keys, &cluster.region);
    let (entry, config_map) = futures_util::future::join(
        in_time(Box::pin(eks.describe_access_entry(&cluster.name, &arns.access_entry))),
        in_time(known.api.get_config_map("kube-system", "aws-auth")),
    )
    .await;
    let (Some(Ok(_)), Some(Ok(config_map))) = (entry, config_map) else { return Vec::new() };
    let map_roles = config_map["data"]["mapRoles"].as_str().unwrap_or_default();
    aws_auth::groups_of(map_roles, &arns.aws_auth).unwrap_or_default()
}
