//! How far the clock is off, by the answers that came.

use crate::actions::doctor::Scene;
use crate::actions::doctor::board::Board;
use crate::actions::doctor::limit::in_time;
use crate::chain::target::region_of_sts;
use crate::chain::{Chain, clock_skew};
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::machine::CLOCK;
use crate::model::doctor::machine::clock::judge_clock;
use crate::model::doctor::session::REGION;
use crate::net::aws::time;

/// Once a server has answered, and before something is signed: what a wrong clock breaks is not asked.
pub(in crate::actions::doctor) fn after_answer(scene: &Scene<'_>) {
    let judged = judged(scene.chain);
    scene.board.judge_now(&CLOCK, || judged.unwrap_or_else(|| Judgement::ok("the server's response had no date")));
}

/// Asks a server for the time, where no other check of the plan makes a call that tells it.
pub(in crate::actions::doctor) async fn ask(scene: &Scene<'_>) {
    let plan = &scene.board.plan;
    if !plan.makes(&CLOCK) || (plan.makes(&REGION) && scene.assumed.is_none()) {
        return;
    }
    let region = match &scene.assumed {
        Some(target) => Some(region_of_sts(scene.chain, target)),
        None => scene.chain.portal(scene.access).ok().map(|portal| portal.region),
    };
    if let Some(region) = region {
        in_time(Box::pin(time::ask(&scene.chain.aws, &region))).await;
    }
}

/// When no more answers come.
pub(in crate::actions::doctor) fn at_end(board: &Board, chain: &Chain<'_>) {
    let judged = judged(chain);
    board.judge_now(&CLOCK, || judged.unwrap_or_else(|| Judgement::skipped("no server responded with a date")));
}

fn judged(chain: &Chain<'_>) -> Option<Judgement> {
    let skew = chain.aws.outbound().difference()?;
    Some(judge_clock(skew.ahead, skew.whose, clock_skew::SET_CLOCK))
}
