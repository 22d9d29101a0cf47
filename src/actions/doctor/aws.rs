//! AWS for the namespace: secrets, and the IAM role of a workload.

mod workload;

pub(super) use workload::workload;

use crate::actions::doctor::Scene;
use crate::actions::doctor::grant::{Granted, split};
use crate::actions::doctor::limit::in_time;
use crate::actions::secrets::prefix;
use crate::chain::cluster::likely_region;
use crate::model::doctor::aws::SECRETS;
use crate::model::doctor::aws::secrets::{SecretsFacts, judge_secrets};
use crate::model::doctor::judgement::Judgement;
use crate::model::secrets::VersionSelector;
use crate::net::aws::endpoint::Service;
use crate::net::aws::secrets_manager::SecretsManager;

/// Whether secrets can be listed and read.
pub(super) async fn secrets(scene: &Scene<'_>, granted: &Granted) {
    scene.board.judge(&SECRETS, ask(scene, granted)).await;
}

async fn ask(scene: &Scene<'_>, granted: &Granted) -> Judgement {
    let (chain, target) = (scene.chain, &granted.target);
    let (prefix, region) = (prefix(chain, scene.access), likely_region(chain, target));
    let client = SecretsManager::new(&chain.aws, &granted.credentials.keys, &region).impatient();
    let beginnings = [prefix.as_str().to_owned()];
    let (answer, page) = split(in_time(Box::pin(client.list(&beginnings, None))).await);
    let (listed, _) = page.unwrap_or_default();
    let own: Vec<_> = listed.iter().filter(|facts| prefix.covers(&facts.name)).collect();
    let first = own.iter().find(|facts| facts.deleted_at.is_none());
    let read = match first {
        Some(facts) => {
            // Only whether it is given counts; the value ends here.
            let given = in_time(Box::pin(client.get_value(&facts.name, &VersionSelector::default()))).await;
            Some((prefix.display_name(&facts.name), split(given.map(|value| value.map(drop))).0))
        }
        None => None,
    };
    judge_secrets(&SecretsFacts {
        namespace: scene.access.name.as_str(),
        role: target.role(),
        prefix: prefix.as_str(),
        host: &chain.aws.host_of(Service::SecretsManager, &region),
        listed: answer.with(own.len()),
        read,
    })
}
