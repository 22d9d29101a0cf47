//! A log that does not open: whether that is the end, or passes.

use crate::actions::logs::tail::container::ContainerState;
use crate::actions::logs::tail::{ATTEMPTS, LogEnd, Tail};
use crate::actions::pods::{denied, explain_lost_node, not_found, or_can_i};
use crate::error::{Error, Kind, Result};
use crate::model::kube::lost_node::LostNode;
use crate::model::kube::role_rule::Rule;
use crate::model::kube::workload::Workload;
use crate::model::logs::refusal::{self, LogRefusal};
use crate::model::logs::target::LogRequest;
use crate::net::kube::KubeFailure;

/// Refusals in a row, about a minute, after which a pod that may not be looked at is taken for gone.
const HIDDEN_ATTEMPTS: u32 = 15;

impl Tail<'_> {
    /// A log that could not be opened: wait, end, or fail.
    pub(crate) async fn not_opened(&mut self, failure: KubeFailure) -> Result<Option<LogEnd>> {
        let (refusal, words) = match failure {
            KubeFailure::Unauthorized => return Err(KubeFailure::Unauthorized.into_error(&self.request.pod)),
            KubeFailure::Unreachable(words) => (LogRefusal::NoAnswer, words),
            KubeFailure::Status(status, words) => (refusal::classify(status, &words, &self.request.pod), words),
        };
        self.refusals += 1;
        if self.opened_at.is_some() {
            self.resume();
        }
        match refusal {
            LogRefusal::NoPod if self.opened_at.is_some() => return Ok(Some(LogEnd::Gone)),
            LogRefusal::NoPod | LogRefusal::NoLog | LogRefusal::Denied | LogRefusal::Other => {
                Err(self.refused(refusal, &words))
            }
            _ if self.request.follow => return self.look_and_wait(refusal, &words).await,
            LogRefusal::NotStarted => Err(self.refused(refusal, &words)),
            LogRefusal::NotKnownYet | LogRefusal::NoAnswer if self.refusals >= ATTEMPTS => {
                Err(self.refused(refusal, &words))
            }
            LogRefusal::NotKnownYet | LogRefusal::NoAnswer => Ok(()),
        }?;
        self.rest().await;
        Ok(None)
    }

    /// It is followed: as long as the container may write, its log is asked for again.
    async fn look_and_wait(&mut self, refusal: LogRefusal, words: &str) -> Result<Option<LogEnd>> {
        let give_up = match self.container_state().await? {
            ContainerState::Gone if self.opened_at.is_some() => return Ok(Some(LogEnd::Gone)),
            ContainerState::Gone => return Err(self.refused(LogRefusal::NoPod, words)),
            ContainerState::Running(restarts) => {
                if self.opened_at.is_none() {
                    self.restarts = Some(restarts);
                }
                false
            }
            ContainerState::Over => refusal != LogRefusal::NoAnswer && self.refusals >= ATTEMPTS,
            ContainerState::Hidden => refusal == LogRefusal::NotKnownYet && self.refusals >= HIDDEN_ATTEMPTS,
            ContainerState::Between | ContainerState::Unknown => false,
        };
        if give_up {
            return if self.opened_at.is_some() { Ok(Some(LogEnd::Over)) } else { Err(self.refused(refusal, words)) };
        }
        self.say(refusal, words);
        self.rest().await;
        Ok(None)
    }

    /// What is waited for is said once: at once where it may take long, else when it does.
    fn say(&mut self, refusal: LogRefusal, words: &str) {
        let ui = self.cluster.chain().ui;
        match refusal {
            _ if self.said => {}
            LogRefusal::NotStarted => {
                self.said = true;
                ui.status(&format!("{words}; waiting"));
            }
            _ if self.refusals >= ATTEMPTS => {
                self.said = true;
                ui.detail(words);
                let why = LostNode::in_answer(words).map_or_else(|| words.to_owned(), |node| node.is_lost());
                ui.warning(&format!("cannot open the log of pod {:?} ({why}); retrying", self.request.pod));
            }
            _ => ui.detail(&format!("cannot open the log of pod {:?}: {words}", self.request.pod)),
        }
    }

    fn refused(&self, refusal: LogRefusal, words: &str) -> Error {
        let pod = Workload::pod(&self.request.pod);
        let what = format!("cannot read the log of {}", pod.quoted());
        match refusal {
            LogRefusal::Denied => {
                let what = format!("not allowed to read the log of {}", pod.quoted());
                let rule = Rule::new("", "pods/log", &["get"]);
                or_can_i(denied(self.cluster, what, words, &rule), self.cluster, &rule)
            }
            LogRefusal::NoPod => not_found(self.cluster, &pod),
            LogRefusal::NoLog if words.starts_with("previous terminated container") => {
                let LogRequest { pod, container, .. } = &self.request;
                let container = container.as_ref().map_or_else(String::new, |name| format!(" -c {name}"));
                let current =
                    format!("nsaccess logs {pod}{container}   # the current log; the container has not restarted");
                Error::new(Kind::NotFound, what).because(words).try_next(current)
            }
            LogRefusal::NoLog | LogRefusal::NotKnownYet => Error::new(Kind::NotFound, what).because(words),
            LogRefusal::NoAnswer => explain_lost_node(Error::new(Kind::Unreachable, what).because(words), words),
            LogRefusal::NotStarted | LogRefusal::Other => Error::failure(what).because(words),
        }
    }
}
