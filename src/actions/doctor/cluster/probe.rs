//! The steps to the endpoint.

use std::future::Future;

use futures_util::future::join;
use tokio::time::Instant;

use crate::actions::doctor::Scene;
use crate::actions::doctor::cluster::{Described, entry, version};
use crate::actions::doctor::limit::in_time;
use crate::chain::cluster::way;
use crate::model::doctor::authentication::IDENTITY;
use crate::model::doctor::cluster::eks::{ENDING, Entry, NOT_FOUND, STARTING, judge_endpoint};
use crate::model::doctor::cluster::tls::judge_tls;
use crate::model::doctor::cluster::way::{Step, Way, judge_connection, judge_name};
use crate::model::doctor::cluster::{CONNECTION, DESCRIBED, ENDPOINT, NAME, TLS};
use crate::model::doctor::environment::KUBECONFIG;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::kubectl::CONTEXT;
use crate::model::doctor::machine::clock::judge_clock;
use crate::net::outbound::ClockSkew;
use crate::net::probe::Probe;

/// The cluster has no endpoint, and why is known already.
const IS_GONE: [&Finding; 3] = [&NOT_FOUND, &STARTING, &ENDING];

/// Asks how long the version is supported, and meanwhile goes to the endpoint.
pub(in crate::actions::doctor) async fn reached(scene: &Scene<'_>, described: Option<&Described>) {
    join(version(scene, described), way(scene, described)).await;
}

/// Compares the kubeconfig with what EKS says, then resolves, connects and shakes hands: with the endpoint that EKS names,
/// else with that of the kubeconfig.
async fn way(scene: &Scene<'_>, described: Option<&Described>) {
    let read_only = scene.read_only();
    let entry = if read_only.is_some() { None } else { entry::of(scene) };
    scene.board.judge_now(&ENDPOINT, || read_only.unwrap_or_else(|| endpoint(scene, entry.as_ref(), described)));
    let named = described
        .map(|described| (described.cluster.endpoint.clone(), described.cluster.certificate_authority_data.clone()));
    if let Some(gone) = scene.board.failure(&DESCRIBED).filter(|finding| IS_GONE.contains(finding)) {
        scene.board.judge_now(&NAME, || skipped_for(gone));
        return;
    }
    let entry = entry.unwrap_or_default();
    let (endpoint, authority) =
        named.filter(|(endpoint, _)| !endpoint.is_empty()).unwrap_or_else(|| (entry.server.clone(), authority(&entry)));
    if endpoint.is_empty() {
        scene.board.judge_now(&NAME, || no_endpoint(scene));
        return;
    }
    if let Some(broken) = scene.board.failure(&KUBECONFIG) {
        scene.board.judge_now(&NAME, || skipped_for(broken));
        return;
    }
    let probe = match probe(scene, &endpoint) {
        Ok(probe) => probe,
        Err(why) => {
            scene.board.judge_now(&NAME, || Judgement::unknown(format!("invalid endpoint {endpoint:?}: {why}")));
            return;
        }
    };
    walk(scene, described, &probe, (entry.tls_server_name.as_deref(), &authority)).await;
    if described.is_none() {
        scene.board.judge_now(&IDENTITY, || {
            Judgement::skipped("the cluster's endpoint could not be verified (needs eks:DescribeCluster)")
        });
    }
}

fn is_right(skew: ClockSkew) -> bool {
    judge_clock(skew.ahead, skew.whose, "").problems.is_empty()
}

fn skipped_for(finding: &Finding) -> Judgement {
    Judgement::skipped(format!("depends on {}", finding.id)).because_of(finding.id)
}

/// Neither EKS nor the kubeconfig names one.
fn no_endpoint(scene: &Scene<'_>) -> Judgement {
    match scene.board.failure(&CONTEXT) {
        Some(finding) => skipped_for(finding),
        None => Judgement::skipped("the cluster's endpoint is unknown"),
    }
}

fn authority(entry: &Entry) -> String {
    entry.authority_data.clone().unwrap_or_default()
}

fn endpoint(scene: &Scene<'_>, entry: Option<&Entry>, described: Option<&Described>) -> Judgement {
    let (Some(entry), Some(Described { cluster, endpoint, details: Some(_), .. })) = (entry, described) else {
        return Judgement::skipped("not allowed to read the endpoint from EKS (needs eks:DescribeCluster)");
    };
    judge_endpoint(entry, endpoint, &cluster.certificate_authority_data, scene.access.name.as_str())
}

fn probe(scene: &Scene<'_>, endpoint: &str) -> Result<Probe, String> {
    let proxy = way::proxy(scene.chain, scene.access, endpoint).map_err(|error| error.to_string())?;
    Probe::of(endpoint, proxy, scene.chain.aws.outbound().trust())
}

async fn walk(scene: &Scene<'_>, described: Option<&Described>, probe: &Probe, tls: (Option<&str>, &str)) {
    let board = scene.board;
    let proxy = probe.proxy();
    let of_context = way::of_context(scene.chain, scene.access).ok().flatten();
    let of_context = of_context.filter(|way| way.proxy_url.is_some()).map(|way| way.cluster);
    // In a read-only shell the entry is the shell's, and the tunnel is known from outside.
    let of_tunnel = described.map_or(tls.0, |described| described.cluster.tls_server_name.as_deref());
    let way = Way {
        namespace: scene.access.name.as_str(),
        host: &probe.endpoint.host,
        proxy: proxy.as_deref(),
        proxy_url_of: of_context.as_deref(),
        is_clock_right: scene.chain.aws.outbound().difference().is_some_and(is_right),
        is_tunnel: of_tunnel.is_some(),
        // The near end of a tunnel is not what EKS speaks of.
        details: described.filter(|_| of_tunnel.is_none()).and_then(|described| described.details.as_ref()),
    };
    let resolved = board.check(&NAME, async {
        let (step, took) = timed(probe.resolve()).await;
        let judgement = judge_name(&way, &step).fact(took);
        (judgement, done(step))
    });
    let Some(addresses) = resolved.await else { return };
    let connected = board.check(&CONNECTION, async {
        let (step, took) = timed(probe.connect(&addresses)).await;
        let (step, opened) = match step {
            Step::Done((connection, opened)) => (Step::Done(connection), opened),
            Step::Failed(why) => (Step::Failed(why), None),
            Step::Late => (Step::Late, None),
        };
        (judge_connection(&way, &addresses, &step).fact(took), opened)
    });
    let Some(opened) = connected.await else { return };
    let (name, authority) = (of_tunnel.or(tls.0).unwrap_or(&probe.endpoint.host), tls.1);
    board
        .judge(&TLS, async {
            let (step, took) = timed(opened.shake_hands(name, authority)).await;
            judge_tls(&way, &step).fact(took)
        })
        .await;
}

/// How a step ended, and how long it took.
async fn timed<T>(step: impl Future<Output = Result<T, String>>) -> (Step<T>, String) {
    let start = Instant::now();
    let step = match in_time(step).await {
        Some(Ok(done)) => Step::Done(done),
        Some(Err(why)) => Step::Failed(why),
        None => Step::Late,
    };
    (step, format!("{:.1} ms", start.elapsed().as_secs_f64() * 1000.0))
}

fn done<T>(step: Step<T>) -> Option<T> {
    match step {
        Step::Done(done) => Some(done),
        Step::Failed(_) | Step::Late => None,
    }
}
