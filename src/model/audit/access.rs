//! What a principal may do in a namespace, and by which objects.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::audit::identity::{Identity, MASTERS, Way};
use crate::model::audit::index::{BindingNumber, Gives, Index};
use crate::model::audit::picture::{Picture, Scope};
use crate::model::audit::rights::{Allowed, EVERYTHING};
use crate::model::grants::objects::UNTIL;
use crate::model::grants::tags::{self, Tags};
use crate::model::kube::access_entry::PolicyScope;
use crate::model::reviews::review::Verdict;
use crate::model::reviews::tasks::{Answers, Outcome, QUESTIONS, Task, judge};

/// One principal in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The number of the identity.
    pub(crate) identity: usize,
    /// The session that is meant, where a binding names one.
    pub(crate) session: Option<String>,
    /// `None`: in all namespaces.
    pub(crate) namespace: Option<String>,
    /// What its bindings give.
    pub(crate) allowed: Allowed,
    pub(crate) bindings: Vec<BindingNumber>,
    /// The access policies that hold there. What they give, no API tells.
    pub(crate) policies: Vec<String>,
    /// Why something of it is not evaluated.
    pub(crate) not_evaluated: Vec<String>,
    /// When the first of its grants ends.
    pub(crate) until: Option<Timestamp>,
}

/// A task, and the objects that give it.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) task: Task,
    pub(crate) is_not_evaluated: bool,
    pub(crate) objects: Vec<String>,
}

impl Judged {
    /// In tables and documents.
    pub(crate) fn word(&self) -> &'static str {
        if self.is_not_evaluated { "not evaluated" } else { self.task.outcome.word() }
    }
}

/// All rows: of one namespace those of everybody who may do something there; of all namespaces those of each namespace,
/// and one for what holds everywhere.
pub(crate) fn rows(picture: &Picture, index: &Index<'_>, identities: &[Identity<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, identity) in identities.iter().enumerate() {
        let reach = Reach::of(picture, index, identity);
        rows.extend(reach.rows(None, number));
        for (session, own) in &identity.of_sessions {
            let with_session: BTreeSet<BindingNumber> = identity.bindings.union(own).copied().collect();
            let namespaces: BTreeSet<Option<&str>> =
                own.iter().map(|number| index.bindings[*number].binding.namespace.as_deref()).collect();
            let reach = Reach { bindings: with_session, ..reach.clone() };
            // Only where the session changes something.
            let is_changed = |row: &Row| namespaces.contains(&row.namespace.as_deref()) || namespaces.contains(&None);
            rows.extend(reach.rows(Some(session), number).into_iter().filter(is_changed));
        }
    }
    let place = |row: &Row| row.namespace.clone();
    rows.sort_by(|one, other| place(one).cmp(&place(other)).then(one.identity.cmp(&other.identity)));
    rows
}

#[derive(Clone)]
struct Reach<'a> {
    picture: &'a Picture,
    index: &'a Index<'a>,
    identity: &'a Identity<'a>,
    bindings: BTreeSet<BindingNumber>,
}

impl<'a> Reach<'a> {
    fn of(picture: &'a Picture, index: &'a Index<'a>, identity: &'a Identity<'a>) -> Self {
        Reach { picture, index, identity, bindings: identity.bindings.clone() }
    }

    fn rows(&self, session: Option<&String>, identity: usize) -> Vec<Row> {
        let mut by_namespace: BTreeMap<Option<&str>, Vec<BindingNumber>> = BTreeMap::new();
        for number in &self.bindings {
            by_namespace.entry(self.index.bindings[*number].binding.namespace.as_deref()).or_default().push(*number);
        }
        let wide = by_namespace.remove(&None).unwrap_or_default();
        let mut places: BTreeSet<Option<&str>> = by_namespace.keys().copied().collect();
        match &self.picture.scope {
            Scope::Namespace(name) => {
                places = BTreeSet::from([Some(name.as_str())]);
            }
            Scope::All => {
                places.insert(None);
                places.extend(self.places_of_policies().map(Some));
            }
        }
        let rows = places.into_iter().filter_map(|place| {
            let own = by_namespace.get(&place).map(Vec::as_slice).unwrap_or_default();
            self.row(place, &wide, own, session, identity)
        });
        rows.collect()
    }

    /// The namespaces that its policies name, as far as they exist.
    fn places_of_policies(&self) -> impl Iterator<Item = &'a str> {
        let scopes: Vec<&PolicyScope> = self.identity.policies().iter().map(|policy| &policy.scope).collect();
        let namespaces = self.picture.namespaces.list().iter().map(String::as_str);
        namespaces.filter(move |name| scopes.iter().any(|scope| **scope != PolicyScope::Cluster && scope.covers(name)))
    }

    fn row(
        &self,
        namespace: Option<&str>,
        wide: &[BindingNumber],
        own: &[BindingNumber],
        session: Option<&String>,
        identity: usize,
    ) -> Option<Row> {
        let (mut allowed, mut bindings, mut not_evaluated) = (0, Vec::new(), Vec::new());
        if self.identity.is_master() {
            allowed = EVERYTHING;
        }
        for number in wide.iter().chain(own) {
            let bound = &self.index.bindings[*number];
            match &bound.gives {
                Gives::Rights { rights, .. } => allowed |= rights.allowed,
                Gives::NotRead => not_evaluated
                    .push(format!("{} {} could not be read", bound.binding.role.kind, bound.binding.role.name)),
                Gives::Nothing => {}
            }
            // What everybody has by default gives none of the tasks.
            let gives_nothing = bound.gives.rights().is_some_and(|rights| rights.allowed == 0);
            if bound.binding.namespace.is_some() || !gives_nothing {
                bindings.push(*number);
            }
        }
        let policies = self.policies_in(namespace);
        not_evaluated.extend(policies.iter().map(|policy| format!("{policy} cannot be evaluated")));
        if let Way::Entry(entry) = self.identity.way
            && entry.policies.is_none()
        {
            not_evaluated.push("access policies could not be read".to_owned());
        }
        if allowed == 0 && not_evaluated.is_empty() && bindings.is_empty() {
            return None;
        }
        not_evaluated.sort();
        not_evaluated.dedup();
        let until = self.until(namespace, &bindings);
        let namespace = namespace.map(str::to_owned);
        Some(Row { identity, session: session.cloned(), namespace, allowed, bindings, policies, not_evaluated, until })
    }

    fn policies_in(&self, namespace: Option<&str>) -> Vec<String> {
        let covers = |scope: &PolicyScope| match namespace {
            Some(namespace) => scope.covers(namespace),
            None => *scope == PolicyScope::Cluster,
        };
        let policies = self.identity.policies().iter().filter(|policy| covers(&policy.scope));
        policies.map(|policy| policy.policy_name().to_owned()).collect()
    }

    fn until(&self, namespace: Option<&str>, bindings: &[BindingNumber]) -> Option<Timestamp> {
        let annotated = bindings.iter().filter_map(|number| until(&self.index.bindings[*number].binding.annotations));
        let tagged = match (self.identity.way, namespace) {
            (Way::Entry(entry), Some(namespace)) => tagged_until(&entry.tags, namespace),
            _ => None,
        };
        annotated.chain(tagged).min()
    }
}

/// When a binding of ours ends.
pub(crate) fn until(annotations: &BTreeMap<String, String>) -> Option<Timestamp> {
    annotations.get(UNTIL)?.parse().ok()
}

/// When the first grant in a namespace ends that only an access entry knows of.
fn tagged_until(tags: &Tags, namespace: &str) -> Option<Timestamp> {
    tags::granted(tags, namespace).into_iter().filter_map(|granted| granted.until).min()
}

/// The tasks of a row, as `can-i` has them.
pub(crate) fn tasks(row: &Row, index: &Index<'_>, is_master: bool, minor: Option<u32>) -> Vec<Judged> {
    let reason = row.not_evaluated.join("; ");
    let verdict = |bit: usize| match (row.allowed & (1 << bit) != 0, row.not_evaluated.is_empty()) {
        (true, _) => Verdict::Allowed,
        (false, true) => Verdict::Denied(None),
        (false, false) => Verdict::Unknown(reason.clone()),
    };
    let verdicts = QUESTIONS.iter().enumerate().map(|(bit, question)| (*question, verdict(bit))).collect();
    let judged = judge(&Answers { verdicts, minor });
    judged.into_iter().map(|task| with_objects(task, row, index, is_master, &reason)).collect()
}

fn with_objects(mut task: Task, row: &Row, index: &Index<'_>, is_master: bool, reason: &str) -> Judged {
    let is_open = task.asked.iter().any(|(_, verdict)| matches!(verdict, Verdict::Unknown(_)));
    let is_not_evaluated = task.outcome == Outcome::Unknown || (is_open && task.outcome == Outcome::No);
    if is_not_evaluated {
        task.why = reason.to_owned();
    } else if is_open {
        let known = task.why.split(" (no ").next().unwrap_or_default().trim_end_matches(" only");
        task.why = format!("at least {known}; {reason}");
    }
    let bits =
        QUESTIONS.iter().enumerate().filter(|(_, question)| task.asked.iter().any(|(asked, _)| asked == *question));
    let wanted = bits.fold(0, |all, (bit, _)| all | (1 << bit));
    let gives = |number: &&BindingNumber| {
        index.bindings[**number].gives.rights().is_some_and(|rights| rights.allowed & wanted != 0)
    };
    let mut objects: Vec<String> = if is_master { vec![format!("group {MASTERS}")] } else { Vec::new() };
    if task.outcome != Outcome::No || is_not_evaluated {
        objects.extend(row.bindings.iter().filter(gives).map(|number| index.bindings[*number].objects()));
        if is_open {
            objects.extend(row.policies.iter().map(|policy| format!("access policy {policy}")));
        }
    }
    Judged { task, is_not_evaluated, objects }
}
