//! Everything that `can-i` and `whoami` ask, all at once.

use futures_util::future::{join, join3};
use futures_util::stream::{self, StreamExt};

use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::reviews::ask::Ask;
use crate::model::reviews::review::{ListedRules, Question, Verdict, Whoami};
use crate::model::reviews::tasks::{Answers, Outcome, QUESTIONS};
use crate::net::aws::eks::Eks;
use crate::net::aws::failure::Class;
use crate::net::aws::sts;
use crate::net::kube::KubeFailure;

/// Reviews under way at once: an API server's fair queueing has no quarrel with this many.
const AT_ONCE: usize = 16;

/// Something that AWS was asked.
#[derive(Debug, Clone)]
pub struct AwsCheck {
    /// The action, as IAM policies write it.
    pub action: &'static str,
    /// What it is good for.
    pub title: &'static str,
    /// The verdict.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
}

/// All answers for the table of tasks.
#[derive(Debug)]
pub struct Survey {
    /// The cluster's answers.
    pub answers: Answers,
    /// Who the cluster thinks we are.
    pub whoami: Whoami,
    /// What AWS said.
    pub aws: Vec<AwsCheck>,
}

impl ClusterAccess<'_> {
    /// Asks everything that the table of tasks needs.
    ///
    /// # Errors
    /// When the cluster cannot be asked at all, or does not know the role.
    pub async fn survey(&self) -> Result<Survey> {
        // Together with who we are and the version these are 23 calls, at most 16 at once: two round trips.
        let (whoami, (minor, verdicts), aws) =
            join3(self.identity(), join(self.minor_version(), self.review_all(&QUESTIONS)), self.ask_aws()).await;
        let verdicts = verdicts?;
        let whoami = whoami?;
        Ok(Survey { answers: Answers { verdicts, minor }, whoami, aws })
    }

    /// Who the cluster thinks we are.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`], and when the cluster does not answer.
    pub async fn identity(&self) -> Result<Whoami> {
        self.call(async |api| api.whoami().await).await.map_err(|error| error.into_error(&self.cluster().name))
    }

    /// Our ARN at AWS.
    pub async fn caller_arn(&self) -> Option<String> {
        sts::caller_arn(&self.chain().aws, &self.credentials().keys, &self.cluster().region).await.ok()
    }

    async fn minor_version(&self) -> Option<u32> {
        self.call(async |api| api.minor_version().await).await.ok()?
    }

    /// The verdicts on our own questions.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub async fn review_all(&self, questions: &[Question]) -> Result<Vec<(Question, Verdict)>> {
        let asked = questions.iter().map(|question| async move {
            let ask = Ask::of(*question, self.namespace());
            match self.call(async |api| api.review(&ask).await).await {
                Ok(verdict) => Ok((*question, verdict)),
                Err(CallError::Answer(failure)) => Ok((*question, unanswered(failure))),
                Err(CallError::Chain(error)) => Err(error),
            }
        });
        let answers: Vec<Result<_>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        answers.into_iter().collect()
    }

    /// The verdict on one question of a person.
    ///
    /// # Errors
    /// [`Kind::Unreachable`] when it could not be asked, or the cluster cannot say.
    pub async fn verdict(&self, ask: &Ask) -> Result<Verdict> {
        let answer = self.call(async |api| api.review(ask).await).await;
        match answer.map_err(|error| error.into_error(&self.cluster().name))? {
            Verdict::Unknown(words) => {
                Err(Error::new(Kind::Unreachable, format!("the cluster cannot say whether you may {ask}"))
                    .because(words))
            }
            verdict => Ok(verdict),
        }
    }

    /// The rules that the cluster can list, and the truth about what they leave out.
    ///
    /// # Errors
    /// When the cluster cannot be asked.
    pub async fn listed_rules(&self) -> Result<(ListedRules, Vec<(Question, Verdict)>)> {
        let listed = self.call(async |api| api.listed_rules(self.namespace()).await);
        let (listed, verdicts) = join(listed, self.review_all(&QUESTIONS)).await;
        let listed = listed.map_err(|error| error.into_error(&self.cluster().name))?;
        Ok((listed, verdicts?))
    }

    /// What AWS can be asked without changing anything there.
    async fn ask_aws(&self) -> Vec<AwsCheck> {
        let chain = self.chain();
        let (keys, cluster) = (self.credentials().keys, self.cluster());
        let eks = Eks::new(&chain.aws, &keys, &cluster.region);
        let (caller, described) =
            join(sts::caller_arn(&chain.aws, &keys, &cluster.region), eks.describe(&cluster.name)).await;
        let check = |action, title, answer: Result<String, crate::net::aws::failure::Failure>| {
            let (outcome, why) = match answer {
                Ok(why) => (Outcome::Yes, why),
                Err(failure) if failure.class == Class::Denied => (Outcome::No, failure.to_string()),
                Err(failure) => (Outcome::Unknown, failure.to_string()),
            };
            AwsCheck { action, title, outcome, why }
        };
        let place = format!("{} in {}", cluster.name, cluster.region);
        vec![
            check("sts:GetCallerIdentity", "use AWS as the role", caller),
            check("eks:DescribeCluster", "find the cluster", described.map(|_| place)),
        ]
    }
}

fn unanswered(failure: KubeFailure) -> Verdict {
    Verdict::Unknown(match failure {
        KubeFailure::Unauthorized => "401".to_owned(),
        KubeFailure::Status(code, words) => format!("{code}: {words}"),
        KubeFailure::Unreachable(words) => words,
    })
}
