//! What the identity may do.

use futures_util::future::join;

use crate::actions::doctor::Scene;
use crate::actions::doctor::authentication::Authenticated;
use crate::actions::doctor::limit::in_time;
use crate::actions::reviews::review_all;
use crate::chain::call_error::CallError;
use crate::model::doctor::authentication::groups::own_groups;
use crate::model::doctor::authorization::{
    NAMESPACE, NAMESPACE_MISSING, NamespaceLookup, PORT_FORWARD, TASKS, judge_namespace, judge_port_forward,
    judge_tasks,
};
use crate::model::doctor::judgement::Judgement;
use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::tasks::{Answers, QUESTIONS};
use crate::net::kube::KubeFailure;

/// Asks the cluster.
pub(super) async fn rights(scene: &Scene<'_>, known: &Authenticated) {
    scene.board.judge(&NAMESPACE, namespace(scene, known)).await;
    let board = scene.board;
    if board.failure(&NAMESPACE).is_some() {
        for check in [&TASKS, &PORT_FORWARD] {
            board.judge_now(check, || {
                Judgement::skipped(format!("depends on {}", NAMESPACE_MISSING.id)).because_of(NAMESPACE_MISSING.id)
            });
        }
        return;
    }
    let asked = board.check(&TASKS, async {
        let Some(answers) = in_time(answers(scene, known)).await else {
            return (Judgement::unknown("your permissions could not be checked within 5 seconds"), None);
        };
        let judgement = judge_tasks(&answers, &own_groups(&known.identity), scene.access);
        (judgement, Some(answers))
    });
    // Where only this check is made, its answers are of its own.
    let answers = match asked.await {
        Some(answers) => Some(answers),
        None if board.may_be_made(&PORT_FORWARD) => in_time(answers(scene, known)).await,
        None => None,
    };
    board.judge_now(&PORT_FORWARD, || match &answers {
        Some(answers) => judge_port_forward(answers, scene.access),
        None => Judgement::unknown("your permissions could not be checked within 5 seconds"),
    });
}

async fn namespace(scene: &Scene<'_>, known: &Authenticated) -> Judgement {
    let name = scene.access.namespace.as_str();
    let lookup = match in_time(known.api.get_namespace(name)).await {
        Some(Ok(object)) => NamespaceLookup::Found(object["status"]["phase"].as_str().unwrap_or_default().to_owned()),
        Some(Err(KubeFailure::Status(404, _))) => NamespaceLookup::Missing,
        Some(Err(KubeFailure::Status(403, _))) => NamespaceLookup::Forbidden,
        Some(Err(failure)) => NamespaceLookup::NotKnown(failure.into_error(&known.cluster.name).to_string()),
        None => NamespaceLookup::NotKnown("the cluster did not respond within 5 seconds".to_owned()),
    };
    judge_namespace(&lookup, scene.access, &known.cluster.name)
}

async fn answers(scene: &Scene<'_>, known: &Authenticated) -> Answers {
    let review = async |review: AccessReview| known.api.review_access(&review).await.map_err(CallError::Answer);
    let (minor, verdicts) =
        join(known.api.get_minor_version(), review_all(&QUESTIONS, scene.access.namespace.as_str(), review)).await;
    Answers { verdicts: verdicts.unwrap_or_default(), minor: minor.ok().flatten() }
}
