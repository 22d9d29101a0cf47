//! The session: what is stored, and whether it can be renewed.

use std::cell::Cell;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use tokio::sync::oneshot;

use crate::actions::doctor::Scene;
use crate::actions::doctor::limit::in_time;
use crate::actions::doctor::machine;
use crate::chain::session::stored::{self, Stored};
use crate::chain::session::{self, Session, SessionOrigin};
use crate::disk::inspect;
use crate::disk::sso_cache::{self, Cached};
use crate::error::Result;
use crate::model::aws::target::Portal;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::session::{REGION, RENEWAL, TOKEN, TokenFile, judge_renewal, judge_token};
use crate::model::doctor::session_region::{RegionFacts, judge_region};
use crate::net::aws::endpoint::Service;
use crate::net::aws::start_page;
use aws_config_edit::same_start_url;

/// The stored session.
pub(super) fn files(scene: &Scene<'_>) {
    if let Some(why) = scene.without_portal() {
        return scene.board.judge_now(&TOKEN, || Judgement::not_needed(why));
    }
    scene.board.judge_now(&TOKEN, || match scene.chain.portal(scene.access) {
        Ok(portal) => {
            let (host, file) = (scene.chain.host, sso_cache::token_path(scene.chain.host, &portal.session_name));
            machine::skipped_for_fault(scene.board, &inspect::places(host, &[]), &[file])
                .unwrap_or_else(|| stored(scene, &portal))
        }
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
    judge_token(&file, portal, scene.access.name.as_str(), host.now())
}

/// Why the session is over, by all that is known of it here.
fn over(scene: &Scene<'_>, portal: &Portal) -> Option<String> {
    match stored::stored(scene.chain, portal, None) {
        Ok(Stored::Over(ended)) => Some(ended.to_string()),
        _ => None,
    }
}

/// The session, as far as it came in time.
pub(super) struct Renewal<'a> {
    pub(super) session: Option<Session>,
    /// A renewal that is late. It has used up the refresh token, so that it must not be dropped before it has stored the
    /// next one: whoever gets this lets it go on beside everything else.
    pub(super) late: Option<LocalBoxFuture<'a, Result<Session>>>,
}

/// The session, renewed if that is due.
pub(super) async fn renewed<'a>(scene: &Scene<'a>) -> Renewal<'a> {
    let chain = scene.chain;
    if let Some(why) = scene.without_portal() {
        scene.board.judge_now(&RENEWAL, || Judgement::not_needed(why));
        return Renewal { session: None, late: None };
    }
    let portal = match chain.portal(scene.access) {
        Ok(portal) => portal,
        Err(error) => {
            scene.board.judge_now(&RENEWAL, || Judgement::unknown(error.to_string()));
            return Renewal { session: None, late: None };
        }
    };
    let host = chain.aws.host_of(Service::SsoOidc, &portal.region);
    let mut opening = async move { session::open(chain, &portal).await }.boxed_local();
    let is_late = Cell::new(false);
    let session = scene
        .board
        .check(&RENEWAL, async {
            let namespace = scene.access.name.as_str();
            match in_time(&mut opening).await {
                None => {
                    is_late.set(true);
                    (judge_renewal(Err(None), &host, namespace), None)
                }
                Some(Err(error)) => (judge_renewal(Err(Some(&error)), &host, namespace), None),
                Some(Ok(session)) => (judge_renewal(Ok(in_words(session.origin)), &host, namespace), Some(session)),
            }
        })
        .await;
    Renewal { session, late: is_late.get().then_some(opening) }
}

fn in_words(origin: SessionOrigin) -> &'static str {
    match origin {
        SessionOrigin::Stored => "not due yet",
        SessionOrigin::Renewed => "renewed",
        SessionOrigin::NotYetRenewed => "not possible right now; the access token is still valid",
        SessionOrigin::SignedIn => "signed in",
    }
}

/// Whether the portal is in the region that the sso-session says. `is_granted`: whether it has given credentials there.
pub(super) async fn region(scene: &Scene<'_>, is_granted: oneshot::Receiver<bool>) {
    let chain = scene.chain;
    if let Some(why) = scene.without_portal() {
        return scene.board.judge_now(&REGION, || Judgement::not_needed(why));
    }
    scene
        .board
        .judge(&REGION, async {
            let portal = match chain.portal(scene.access) {
                Ok(portal) => portal,
                Err(error) => return Judgement::unknown(error.to_string()),
            };
            let page = in_time(Box::pin(start_page::region(&chain.aws, &portal.start_url))).await;
            let page = page.unwrap_or_else(|| Err("no response within 5 seconds".to_owned()));
            let other = chain.aws_config.sso_sessions().find_map(|session| {
                let is_of_it = same_start_url(session.get("sso_start_url")?, &portal.start_url);
                let region = session.get("sso_region").filter(|region| is_of_it && *region != portal.region)?;
                Some((session.name()?, region))
            });
            let is_granted = is_granted.await.unwrap_or(false);
            judge_region(&RegionFacts {
                namespace: scene.access.name.as_str(),
                start_url: &portal.start_url,
                region: &portal.region,
                other,
                is_granted,
                page: page.as_ref().map(Option::as_deref).map_err(String::as_str),
            })
        })
        .await;
}
