//! The grant: credentials that are fetched anew, and who they are to AWS.

use crate::actions::doctor::Scene;
use crate::actions::doctor::limit::in_time;
use crate::actions::doctor::machine;
use crate::chain::call_error::CallError;
use crate::chain::credentials;
use crate::chain::session::{self, Session};
use crate::chain::target::region_of_sts;
use crate::error::{Error, Kind};
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::{Freshness, RoleCredentials, judge};
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::target::{AssignmentChoice, Target, choose};
use crate::model::doctor::grant::assumed::{judge_assumed, needs_code};
use crate::model::doctor::grant::{
    ASSIGNMENT, Answer, CACHED, Elsewhere, IDENTITY, judge_assignment, judge_cached, judge_identity,
};
use crate::model::doctor::judgement::Judgement;
use crate::net::aws::endpoint::Service;
use crate::net::aws::failure::{Class, Failure};

/// What the portal gave, and who that is.
pub(super) struct Granted {
    pub(super) target: Target,
    pub(super) credentials: RoleCredentials,
    pub(super) caller_arn: String,
}

/// Fetches credentials of the namespace's role, and asks AWS who they are.
pub(super) async fn granted(scene: &Scene<'_>, session: &Session) -> Option<Granted> {
    let (target, credentials) = assignment(scene, session).await?;
    known(scene, target, credentials).await
}

/// The same of a target whose credentials no portal gives.
pub(super) async fn without_portal(scene: &Scene<'_>, target: &Target) -> Option<Granted> {
    let credentials = scene.board.check(&ASSIGNMENT, given(scene, target)).await?;
    known(scene, target.clone(), credentials).await
}

async fn known(scene: &Scene<'_>, target: Target, credentials: RoleCredentials) -> Option<Granted> {
    machine::clock_after_answer(scene);
    let identity = identity(scene, &target, &credentials.keys);
    let (caller_arn, ()) = futures_util::future::join(identity, cached(scene, &target)).await;
    Some(Granted { target, credentials, caller_arn: caller_arn? })
}

async fn assignment(scene: &Scene<'_>, session: &Session) -> Option<(Target, RoleCredentials)> {
    let (chain, board) = (scene.chain, scene.board);
    board
        .check(&ASSIGNMENT, async {
            let target = match chain.known_target(scene.access) {
                Ok(Some(target)) => target,
                Ok(None) => return (Judgement::unknown("the profile has no account or no permission set"), None),
                Err(error) => return (Judgement::unknown(error.to_string()), None),
            };
            let Identity::PermissionSet(set) = &target.identity else {
                return (Judgement::unknown("these credentials do not come from a portal"), None);
            };
            let host = chain.aws.host_of(Service::Sso, &set.portal.region);
            // The limit is the call's own: a renewal after a refusal must not be dropped half way.
            let answer = session::call(chain, &set.portal, async |session: &Session| {
                let role = (set.account.as_str(), set.name.as_str());
                let asked = chain.services.role_credentials(&set.portal, role, &session.token.access_token);
                match in_time(asked).await {
                    Some(given) => given.map(Some),
                    None => Ok(None),
                }
            });
            let (answer, credentials) = of_session(answer.await.transpose());
            let elsewhere = match &answer {
                Answer::Denied(_) | Answer::NotFound(_) => elsewhere(scene, set, session).await,
                _ => Elsewhere::NotKnown,
            };
            let judgement = judge_assignment(&answer, &target, &elsewhere, &host);
            (judgement, credentials.map(|credentials| (target, credentials)))
        })
        .await
}

/// Credentials that a profile gives, directly or by a role: new ones, if no person has to say a code for them.
async fn given(scene: &Scene<'_>, target: &Target) -> (Judgement, Option<RoleCredentials>) {
    let chain = scene.chain;
    let cached = chain.cache.credentials(&scene.access.name, &target.identity.key()).map(|cached| cached.credentials);
    let cached = cached.filter(|cached| judge(cached, chain.host.now()) == Freshness::Fresh);
    let asked = async {
        match &cached {
            Some(cached) => credentials::after_refusal(chain, target, cached).await,
            None => credentials::obtain(chain, target).await,
        }
    };
    match (in_time(asked).await, cached) {
        (Some(Ok(credentials)), _) => (Judgement::ok(target.identity.to_string()), Some(credentials)),
        (Some(Err(error)), Some(cached)) if needs_code(&error) => {
            let until = format!("{}; MFA code required after {:.0}", target.identity, cached.expires_at);
            (Judgement::ok(until), Some(cached))
        }
        (Some(Err(error)), cached) => (judge_assumed(&error, cached.is_some()), None),
        (None, _) => (Judgement::unknown("no response within 5 seconds"), None),
    }
}

/// Where the namespace is, by the portal's own list.
async fn elsewhere(scene: &Scene<'_>, set: &PermissionSet, session: &Session) -> Elsewhere {
    let (chain, token) = (scene.chain, &session.token.access_token);
    let list = in_time(chain.services.assignments(&set.portal, token, &|_, _| {})).await;
    let Some(Ok(assignments)) = list else { return Elsewhere::NotKnown };
    match choose(&scene.access.namespace, &assignments, None, None, |found| chain.settings.namespace_of(found)) {
        AssignmentChoice::One(found) => Elsewhere::In { account: found.account, role: found.role },
        _ => Elsewhere::Nowhere,
    }
}

async fn identity(scene: &Scene<'_>, target: &Target, keys: &AccessKeys) -> Option<String> {
    let (chain, region) = (scene.chain, &region_of_sts(scene.chain, target));
    scene
        .board
        .check(&IDENTITY, async {
            let asked = in_time(chain.services.caller_arn(keys, region)).await;
            let (answer, arn) = split(asked);
            let answer = answer.with(arn.clone().unwrap_or_default());
            (judge_identity(&answer, target, &chain.aws.host_of(Service::Sts, region)), arn)
        })
        .await
}

/// Whether AWS takes what `token` would sign with for kubectl.
async fn cached(scene: &Scene<'_>, target: &Target) {
    let chain = scene.chain;
    scene
        .board
        .judge(&CACHED, async {
            let namespace = scene.access.name.as_str();
            let cached = chain.cache.credentials(&scene.access.name, &target.identity.key());
            let fresh = cached.filter(|cached| judge(&cached.credentials, chain.host.now()) == Freshness::Fresh);
            let Some(cached) = fresh else { return judge_cached(None, namespace) };
            let asked =
                in_time(chain.services.caller_arn(&cached.credentials.keys, &region_of_sts(chain, target))).await;
            let (answer, arn) = split(asked);
            judge_cached(Some(&answer.with(arn.unwrap_or_default())), namespace)
        })
        .await;
}

/// How a call to AWS ended, and what it gave. `None`: it did not end in time.
pub(super) fn split<T>(answer: Option<Result<T, Failure>>) -> (Answer<()>, Option<T>) {
    let failure = match answer {
        None => return (Answer::Late, None),
        Some(Ok(given)) => return (Answer::Given(()), Some(given)),
        Some(Err(failure)) => failure,
    };
    let words = failure.to_string();
    let answer = match failure.class {
        Class::Unauthorized => Answer::Unauthorized(words),
        Class::Denied => Answer::Denied(words),
        Class::NotFound => Answer::NotFound(words),
        Class::Throttled => Answer::Throttled(words),
        Class::Unreachable => Answer::Unreachable(words),
        Class::Broken | Class::Service => Answer::Broken(words),
    };
    (answer, None)
}

/// A call with a session, which may end while it is used.
fn of_session<T>(answer: Option<Result<T, CallError<Failure>>>) -> (Answer<()>, Option<T>) {
    match answer {
        Some(Err(CallError::Chain(error))) => (of_chain(&error), None),
        Some(Err(CallError::Answer(failure))) => split(Some(Err(failure))),
        Some(Ok(given)) => (Answer::Given(()), Some(given)),
        None => (Answer::Late, None),
    }
}

fn of_chain(error: &Error) -> Answer<()> {
    let words = if error.because.is_empty() { error.message.clone() } else { error.because.join(": ") };
    match error.kind {
        Kind::NotSignedIn => Answer::Unauthorized(words),
        Kind::Unreachable => Answer::Unreachable(words),
        _ => Answer::Broken(words),
    }
}
