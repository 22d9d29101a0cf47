//! The session: what is stored, and whether it can be renewed.

use crate::actions::doctor::Scene;
use crate::actions::doctor::limit::in_time;
use crate::chain::session::stored::{self, Stored};
use crate::chain::session::{self, Session, SessionOrigin};
use crate::disk::sso_cache::{self, Cached};
use crate::model::aws::target::Portal;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::session::{REGION, RENEWAL, TOKEN, TokenFile, judge_renewal, judge_token};
use crate::model::doctor::session_region::{RegionFacts, judge_region};
use crate::net::aws::endpoint::Service;
use crate::net::aws::start_page;
use aws_config_edit::same_start_url;

/// The stored session.
pub(super) fn files(scene: &Scene<'_>) {
    scene.board.judge_now(&TOKEN, || match scene.chain.portal(scene.namespace) {
        Ok(portal) => stored(scene, &portal),
        Err(error) => Judgement::unknown(error.to_string()),
    });
}

fn stored(scene: &Scene<'_>, portal: &Portal) -> Judgement {
    let host = scene.chain.host;
    let read = sso_cache::read_token(host, &portal.session_name);
    let file = match &read {
        Ok(Cached::Absent) => TokenFile::Absent,
        Ok(Cached::Unusable { path, reason }) => {
            TokenFile::Unusable { path: host.shorten_home(path), reason: reason.clone() }
        }
        Ok(Cached::Found(token)) => TokenFile::Found { token, over: over(scene, portal) },
        Err(error) => {
            let path = sso_cache::token_path(host, &portal.session_name);
            TokenFile::Unusable { path: host.shorten_home(&path), reason: error.because.join(": ") }
        }
    };
    judge_token(&file, portal, scene.namespace.as_str(), host.now())
}

/// Why the session is over, by all that is known of it here.
fn over(scene: &Scene<'_>, portal: &Portal) -> Option<String> {
    match stored::stored(scene.chain, portal, None) {
        Ok(Stored::Over(reason)) => Some(reason),
        _ => None,
    }
}

/// The session, renewed if that is due.
pub(super) async fn renewed(scene: &Scene<'_>) -> Option<Session> {
    scene
        .board
        .check(&RENEWAL, async {
            let portal = match scene.chain.portal(scene.namespace) {
                Ok(portal) => portal,
                Err(error) => return (Judgement::unknown(error.to_string()), None),
            };
            let host = scene.chain.aws.host_of(Service::SsoOidc, &portal.region);
            let namespace = scene.namespace.as_str();
            match in_time(session::open(scene.chain, &portal)).await {
                None => (judge_renewal(Err(None), &host, namespace), None),
                Some(Err(error)) => (judge_renewal(Err(Some(&error)), &host, namespace), None),
                Some(Ok(session)) => (judge_renewal(Ok(in_words(session.origin)), &host, namespace), Some(session)),
            }
        })
        .await
}

fn in_words(origin: SessionOrigin) -> &'static str {
    match origin {
        SessionOrigin::Stored => "not due yet",
        SessionOrigin::Renewed => "renewed",
        SessionOrigin::NotYetRenewed => "not possible at the moment; the access token is still good",
        SessionOrigin::SignedIn => "signed in",
    }
}

/// Whether the portal is in the region that the sso-session says.
pub(super) async fn region(scene: &Scene<'_>) {
    let chain = scene.chain;
    scene
        .board
        .judge(&REGION, async {
            let portal = match chain.portal(scene.namespace) {
                Ok(portal) => portal,
                Err(error) => return Judgement::unknown(error.to_string()),
            };
            let page = in_time(Box::pin(start_page::region(&chain.aws, &portal.start_url))).await;
            let page = page.unwrap_or_else(|| Err("no answer in 5 seconds".to_owned()));
            let other = chain.aws_config.sso_sessions().find_map(|session| {
                let is_of_it = same_start_url(session.get("sso_start_url")?, &portal.start_url);
                let region = session.get("sso_region").filter(|region| is_of_it && *region != portal.region)?;
                Some((session.name()?, region))
            });
            judge_region(&RegionFacts {
                namespace: scene.namespace.as_str(),
                start_url: &portal.start_url,
                region: &portal.region,
                other,
                page: page.as_ref().map(Option::as_deref).map_err(String::as_str),
            })
        })
        .await;
}
