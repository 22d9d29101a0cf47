//! The tasks of a developer in a namespace, and the access reviews that decide them.

use crate::model::kube::role_rule::Rule;
use crate::model::reviews::review::{
    CREATE_PORT_FORWARD, GET_PODS, GET_PORT_FORWARD, GET_SERVICES, LIST_PODS, Question, Verdict, port_forward,
};

const fn core(verb: &'static str, resource: &'static str, subresource: Option<&'static str>) -> Question {
    Question { verb, group: "", resource, subresource }
}

const fn grouped(verb: &'static str, group: &'static str, resource: &'static str) -> Question {
    Question { verb, group, resource, subresource: None }
}

/// Without it, pods can only be reached by name.
pub(crate) const WATCH_PODS: Question = core("watch", "pods", None);
pub(crate) const GET_LOG: Question = core("get", "pods", Some("log"));
const LIST_SERVICES: Question = core("list", "services", None);
const GET_ENDPOINTS: Question = core("get", "endpoints", None);
const LIST_SLICES: Question = grouped("list", "discovery.k8s.io", "endpointslices");
const GET_DEPLOYMENTS: Question = grouped("get", "apps", "deployments");
const LIST_DEPLOYMENTS: Question = grouped("list", "apps", "deployments");
const GET_CONFIG_MAPS: Question = core("get", "configmaps", None);
const LIST_CONFIG_MAPS: Question = core("list", "configmaps", None);
const CREATE_EXEC: Question = core("create", "pods", Some("exec"));
const GET_EXEC: Question = core("get", "pods", Some("exec"));
const GET_SECRETS: Question = core("get", "secrets", None);
const LIST_SECRETS: Question = core("list", "secrets", None);
const GET_ACCOUNTS: Question = core("get", "serviceaccounts", None);
const CREATE_TOKEN: Question = core("create", "serviceaccounts", Some("token"));
const LIST_EVENTS: Question = core("list", "events", None);

/// All questions for the table of tasks.
pub(crate) const QUESTIONS: [Question; 21] = [
    GET_PODS,
    LIST_PODS,
    WATCH_PODS,
    GET_LOG,
    CREATE_PORT_FORWARD,
    GET_PORT_FORWARD,
    GET_SERVICES,
    LIST_SERVICES,
    GET_ENDPOINTS,
    LIST_SLICES,
    GET_DEPLOYMENTS,
    LIST_DEPLOYMENTS,
    GET_CONFIG_MAPS,
    LIST_CONFIG_MAPS,
    CREATE_EXEC,
    GET_EXEC,
    GET_SECRETS,
    LIST_SECRETS,
    GET_ACCOUNTS,
    CREATE_TOKEN,
    LIST_EVENTS,
];

/// Whether a task is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Yes,
    Partial,
    No,
    /// A review failed.
    Unknown,
}

impl Outcome {
    /// In tables and JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Yes => "yes",
            Outcome::Partial => "partial",
            Outcome::No => "no",
            Outcome::Unknown => "unknown",
        }
    }
}

/// A task and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// A stable name for programs.
    pub(crate) id: &'static str,
    /// For people.
    pub(crate) title: &'static str,
    pub(crate) outcome: Outcome,
    /// How it works, or what is missing; empty if there is nothing to say.
    pub(crate) why: String,
    pub(crate) asked: Vec<(Question, Verdict)>,
    /// The rules that would allow the rest.
    pub(crate) missing: Vec<Rule>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    /// To [`QUESTIONS`].
    pub(crate) verdicts: Vec<(Question, Verdict)>,
    /// The server's minor version, if known.
    pub(crate) minor: Option<u32>,
}

impl Answers {
    fn of(&self, question: Question) -> Verdict {
        let found = self.verdicts.iter().find(|(asked, _)| *asked == question);
        found.map_or(Verdict::Unknown("not asked".to_owned()), |(_, verdict)| verdict.clone())
    }

    fn may(&self, question: Question) -> bool {
        self.of(question).is_allowed()
    }

    /// A task with this outcome, or `Unknown` if a failed review could change it.
    fn task(
        &self,
        (id, title): (&'static str, &'static str),
        asked: &[Question],
        outcome: Outcome,
        details: impl Into<String>,
        wanted: &[Question],
    ) -> Task {
        let asked: Vec<_> = asked.iter().map(|question| (*question, self.of(*question))).collect();
        let failed = asked.iter().find_map(|(_, verdict)| match verdict {
            Verdict::Unknown(words) => Some(words.clone()),
            _ => None,
        });
        let (outcome, details) = match (outcome, failed) {
            (Outcome::Yes | Outcome::Partial, _) | (_, None) => (outcome, details.into()),
            (_, Some(words)) => (Outcome::Unknown, format!("the access review failed: {words}")),
        };
        let missing = wanted.iter().filter(|question| matches!(self.of(**question), Verdict::Denied(_)));
        Task { id, title, outcome, why: details, asked, missing: missing.map(Question::rule).collect() }
    }

    /// A task with several steps, each useful alone.
    fn steps(&self, name: (&'static str, &'static str), steps: &[(Question, &'static str)]) -> Task {
        let words = |allowed: bool| -> Vec<&str> {
            let steps = steps.iter().filter(|(question, _)| self.may(*question) == allowed);
            steps.map(|(_, word)| *word).collect()
        };
        let (can, cannot) = (words(true), words(false));
        let missing = cannot.iter().map(|word| format!("no {word}")).collect::<Vec<_>>().join(", ");
        let (outcome, details) = match (can.as_slice(), cannot.is_empty()) {
            (can, true) => (Outcome::Yes, can.join(", ")),
            ([], false) => (Outcome::No, missing),
            (["get"], false) => (Outcome::Partial, format!("by name only ({missing})")),
            (can, false) => (Outcome::Partial, format!("{} ({missing})", can.join(", "))),
        };
        let asked: Vec<Question> = steps.iter().map(|(question, _)| *question).collect();
        self.task(name, &asked, outcome, details, &asked)
    }

    fn one(&self, name: (&'static str, &'static str), question: Question) -> Task {
        let (outcome, details) = match self.may(question) {
            true => (Outcome::Yes, String::new()),
            false => (Outcome::No, format!("no {question}")),
        };
        self.task(name, &[question], outcome, details, &[question])
    }

    fn logs(&self) -> Task {
        let name = ("logs", "read logs");
        let asked = [GET_LOG, LIST_PODS];
        match (self.may(GET_LOG), self.may(LIST_PODS)) {
            (true, true) => {
                let details = "of pods, workloads and selectors";
                self.task(name, &asked, Outcome::Yes, details, &[])
            }
            (true, false) => self.task(name, &asked, Outcome::Yes, "by pod name only (no list pods)", &[LIST_PODS]),
            (false, _) => self.task(name, &[GET_LOG], Outcome::No, format!("no {GET_LOG}"), &[GET_LOG]),
        }
    }

    fn upgrade(&self, name: (&'static str, &'static str), create: Question, get: Question) -> Task {
        let (works, how) = port_forward(&self.of(create), &self.of(get), self.minor);
        let how = how.replace("pods/portforward", &format!("pods/{}", create.subresource.unwrap_or_default()));
        let outcome = if works { Outcome::Yes } else { Outcome::No };
        let wanted: &[Question] = if works { &[] } else { &[create, get] };
        self.task(name, &[create, get], outcome, how, wanted)
    }

    fn port_forward_to_service(&self) -> Task {
        let name = ("port-forward-service", "port-forward to services");
        let asked = [CREATE_PORT_FORWARD, GET_PORT_FORWARD, GET_SERVICES, LIST_SLICES, LIST_PODS, GET_ENDPOINTS];
        let (works, how) = port_forward(&self.of(CREATE_PORT_FORWARD), &self.of(GET_PORT_FORWARD), self.minor);
        if !works {
            return self.task(name, &asked, Outcome::No, how, &[CREATE_PORT_FORWARD, GET_PORT_FORWARD]);
        }
        if !self.may(GET_SERVICES) {
            return self.task(name, &asked, Outcome::No, format!("no {GET_SERVICES}"), &[GET_SERVICES]);
        }
        let found = [
            (LIST_SLICES, "finds pods by endpoint slices"),
            (LIST_PODS, "finds pods by selector"),
            (GET_ENDPOINTS, "finds pods by endpoints"),
        ];
        match found.iter().find(|(question, _)| self.may(*question)) {
            Some((_, details)) => self.task(name, &asked, Outcome::Yes, *details, &[]),
            None if self.may(GET_PODS) => {
                let details = "StatefulSets only (pod NAME-0)";
                self.task(name, &asked, Outcome::Partial, details, &[GET_ENDPOINTS])
            }
            None => {
                let details = "cannot find its pods; forward to a pod";
                self.task(name, &asked, Outcome::No, details, &[GET_ENDPOINTS])
            }
        }
    }
}

pub(crate) fn judge(answers: &Answers) -> Vec<Task> {
    let (get, list) = ("get", "list");
    vec![
        answers.steps(("pods", "view pods"), &[(GET_PODS, get), (LIST_PODS, list), (WATCH_PODS, "watch")]),
        answers.logs(),
        answers.upgrade(("port-forward-pod", "port-forward to pods"), CREATE_PORT_FORWARD, GET_PORT_FORWARD),
        answers.port_forward_to_service(),
        answers.steps(("services", "view services"), &[(GET_SERVICES, get), (LIST_SERVICES, list)]),
        answers.steps(
            ("endpoints", "view endpoints"),
            &[(GET_ENDPOINTS, "get endpoints"), (LIST_SLICES, "list endpointslices")],
        ),
        answers.steps(("deployments", "view deployments"), &[(GET_DEPLOYMENTS, get), (LIST_DEPLOYMENTS, list)]),
        answers.steps(("config-maps", "view config maps"), &[(GET_CONFIG_MAPS, get), (LIST_CONFIG_MAPS, list)]),
        answers.one(("events", "view events"), LIST_EVENTS),
        answers.upgrade(("exec", "run commands in pods"), CREATE_EXEC, GET_EXEC),
        answers.steps(("secrets", "read Kubernetes secrets"), &[(GET_SECRETS, get), (LIST_SECRETS, list)]),
        answers.one(("service-accounts", "view service accounts"), GET_ACCOUNTS),
        answers.one(("service-account-tokens", "create service account tokens"), CREATE_TOKEN),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: &[Question] = &[GET_PODS, GET_SERVICES, CREATE_PORT_FORWARD];

    fn answers(allowed: &[Question], minor: Option<u32>) -> Answers {
        let verdict = |question: &Question| match allowed.contains(question) {
            true => (*question, Verdict::Allowed),
            false => (*question, Verdict::Denied(None)),
        };
        Answers { verdicts: QUESTIONS.iter().map(verdict).collect(), minor }
    }

    fn outcome(allowed: &[Question], minor: u32, id: &str) -> Outcome {
        let tasks = judge(&answers(allowed, Some(minor)));
        tasks.iter().find(|task| task.id == id).expect("a task").outcome
    }

    #[test]
    fn the_minimal_role_forwards_to_pods_on_every_server() {
        for minor in [28, 34, 35, 37] {
            assert_eq!(outcome(FLOOR, minor, "port-forward-pod"), Outcome::Yes, "{minor}");
        }
        assert_eq!(outcome(FLOOR, 36, "port-forward-service"), Outcome::Partial);
        assert_eq!(outcome(FLOOR, 36, "pods"), Outcome::Partial);
        assert_eq!(outcome(FLOOR, 36, "logs"), Outcome::No);
        assert_eq!(outcome(&[], 36, "pods"), Outcome::No);
    }

    #[test]
    fn get_alone_forwards_only_up_to_1_34() {
        let get_only = &[GET_PODS, GET_SERVICES, GET_PORT_FORWARD];
        assert_eq!(outcome(get_only, 34, "port-forward-pod"), Outcome::Yes);
        assert_eq!(outcome(get_only, 35, "port-forward-pod"), Outcome::No);
        assert_eq!(outcome(get_only, 35, "port-forward-service"), Outcome::No);
    }

    #[test]
    fn any_of_three_permissions_finds_a_service() {
        for right in [LIST_SLICES, LIST_PODS, GET_ENDPOINTS] {
            let mut allowed = FLOOR.to_vec();
            allowed.push(right);
            assert_eq!(outcome(&allowed, 36, "port-forward-service"), Outcome::Yes, "{right}");
        }
    }

    #[test]
    fn a_missing_permission_comes_with_its_rule() {
        let tasks = judge(&answers(FLOOR, Some(36)));
        let logs = tasks.iter().find(|task| task.id == "logs").expect("a task");
        assert_eq!(logs.missing, [Rule::new("", "pods/log", &["get"])]);
        let every = judge(&answers(&QUESTIONS, Some(36)));
        assert!(every.iter().all(|task| task.outcome == Outcome::Yes && task.missing.is_empty()), "{every:#?}");
    }

    #[test]
    fn a_failed_review_is_not_a_no() {
        let mut answers = answers(&[], Some(36));
        for (_, verdict) in &mut answers.verdicts {
            *verdict = Verdict::Unknown("no answer".to_owned());
        }
        for task in judge(&answers) {
            assert_eq!(task.outcome, Outcome::Unknown, "{}", task.id);
            assert!(task.missing.is_empty(), "{}", task.id);
        }
    }

    #[test]
    fn details_name_what_is_missing() {
        let of = |allowed: &[Question], id: &str| {
            let tasks = judge(&answers(allowed, Some(36)));
            tasks.into_iter().find(|task| task.id == id).expect("a task").why
        };
        for (allowed, id, details) in [
            (&[GET_PODS][..], "pods", "by name only (no list, no watch)"),
            (&[LIST_PODS], "pods", "list (no get, no watch)"),
            (&[GET_PODS, LIST_PODS, WATCH_PODS], "pods", "get, list, watch"),
            (&[], "pods", "no get, no list, no watch"),
            (&[LIST_SLICES], "endpoints", "list endpointslices (no get endpoints)"),
            (&[], "events", "no list events"),
            (&[LIST_EVENTS], "events", ""),
            (&[], "logs", "no get pods/log"),
            (&[GET_LOG], "logs", "by pod name only (no list pods)"),
            (&[], "exec", "no create or get pods/exec"),
            (FLOOR, "port-forward-service", "StatefulSets only (pod NAME-0)"),
        ] {
            assert_eq!(of(allowed, id), details, "{allowed:?} {id}");
        }
    }

    #[test]
    fn the_table_fits_eighty_columns() {
        let rights = [vec![], FLOOR.to_vec(), vec![GET_PORT_FORWARD], QUESTIONS.to_vec()];
        for (allowed, minor) in rights.iter().flat_map(|rights| [34, 36].map(|minor| (rights, minor))) {
            let tasks = judge(&answers(allowed, Some(minor)));
            let longest = |cell: fn(&Task) -> usize| tasks.iter().map(cell).max().unwrap_or_default();
            let width = longest(|task| task.title.len()) + longest(|task| task.why.len()) + "  ALLOWED  ".len();
            assert!(width <= 80, "{width}: {tasks:#?}");
        }
    }

    #[test]
    fn names_of_tasks_are_unique() {
        let mut ids: Vec<&str> = judge(&Answers::default()).iter().map(|task| task.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 13);
    }
}
