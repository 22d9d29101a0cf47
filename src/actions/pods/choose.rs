//! What there is to choose from in a namespace, as far as the role may list it: for a person who named no target, and for
//! an error that can name what was probably meant.

use futures_util::future::try_join_all;
use serde_json::Value;

use crate::actions::pods::{Pods, not_found, or_can_i};
use crate::chain::call_error::CallError;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::kube::namespace::similar;
use crate::model::kube::offer::Offer;
use crate::model::kube::workload::{Kind, Workload};
use crate::net::kube::KubeFailure;

/// What a name that is no pod's may be the name of.
const OTHERS: [Kind; 4] = [Kind::Deployment, Kind::StatefulSet, Kind::Job, Kind::Service];

impl Pods<'_> {
    /// Lets a person choose an object of one of these kinds. `example` is a command that names one.
    ///
    /// # Errors
    /// When the role may list none of these kinds, or there is nothing.
    pub(crate) async fn choose(&self, question: &str, kinds: &[Kind], example: &str) -> Result<Workload> {
        let listed = self.list_each(kinds).await?;
        if listed.iter().all(Option::is_none) {
            return Err(self.nothing_listed(kinds, example));
        }
        let offers: Vec<Offer> = listed.into_iter().flatten().flatten().collect();
        if offers.is_empty() {
            let what = format!("no {} found in namespace {:?}", plurals(kinds), self.cluster.namespace());
            return Err(Error::new(ErrorKind::NotFound, what));
        }
        let chosen = self.cluster.chain().prompts.pick(question, &Offer::lines(&offers))?;
        offers.into_iter().nth(chosen).map(|offer| offer.workload).ok_or_else(|| Error::failure("nothing was selected"))
    }

    /// The error for an object that does not exist. `command` makes a command for another one, if one is near.
    pub(crate) async fn not_found(&self, workload: &Workload, command: &dyn Fn(&Workload) -> String) -> Error {
        let error = not_found(self.cluster, workload);
        let kinds = match workload.kind {
            Kind::Pod => [&[Kind::Pod], &OTHERS[..]].concat(),
            kind => vec![kind],
        };
        let listed = self.list_each(&kinds).await.unwrap_or_default();
        let sees_kind = listed.first().is_some_and(Option::is_some);
        let sees_pods = workload.kind == Kind::Pod && sees_kind;
        let offered: Vec<Workload> = listed.into_iter().flatten().flatten().map(|offer| offer.workload).collect();
        let same_name = offered.iter().find(|other| other.name == workload.name);
        let of_kind = offered.iter().filter(|other| other.kind == workload.kind).map(|other| other.name.as_str());
        let near = same_name.cloned().or_else(|| {
            let name = similar(&workload.name, of_kind)?.to_owned();
            Some(Workload { kind: workload.kind, name })
        });
        match near {
            Some(near) => error.because(format!("did you mean {}?", near.quoted())).try_next(command(&near)),
            None if sees_pods => error.try_next("nsaccess pods"),
            None => self.or_list(error, workload.kind, sees_kind),
        }
    }

    /// Adds the command that lists the objects of a kind, or that says whether they may be listed.
    fn or_list(&self, error: Error, kind: Kind, sees_kind: bool) -> Error {
        match sees_kind {
            true => error.try_next(format!("kubectl get {} -n {}", kind.plural(), self.cluster.namespace())),
            false => or_can_i(error, self.cluster, &kind.rule(&["list"])),
        }
    }

    /// The objects of each kind; `None` for a kind that the role may not list.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub(crate) async fn list_each(&self, kinds: &[Kind]) -> Result<Vec<Option<Vec<Offer>>>> {
        try_join_all(kinds.iter().map(|kind| async move {
            let objects =
                self.cluster.call(async |api| api.list_workloads(self.cluster.namespace(), *kind).await).await;
            match objects {
                Ok(objects) => Ok(Some(offers(*kind, objects))),
                Err(CallError::Answer(KubeFailure::Status(403 | 404, _))) => Ok(None),
                Err(error) => Err(error.into_error(&self.cluster.cluster().name)),
            }
        }))
        .await
    }

    fn nothing_listed(&self, kinds: &[Kind], example: &str) -> Error {
        let namespace = self.cluster.namespace();
        Error::usage("no target specified")
            .because(format!(
                "not allowed to list {} in namespace {namespace:?}, so there is nothing to choose from",
                plurals(kinds)
            ))
            .try_next(example)
    }
}

fn offers(kind: Kind, objects: Vec<Value>) -> Vec<Offer> {
    objects.into_iter().filter_map(|object| Offer::read(kind, object)).collect()
}

/// `pods, services or deployments`
fn plurals(kinds: &[Kind]) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.plural()).collect();
    match words.split_last() {
        Some((end, [])) => (*end).to_owned(),
        Some((end, others)) => format!("{} or {end}", others.join(", ")),
        None => String::new(),
    }
}
