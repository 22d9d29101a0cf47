//! Everything that `can-i` and `whoami` ask, all at once.

use futures_util::future::{join, join3};

use crate::actions::reviews::review_all;
use crate::chain::cluster::api::ClusterAccess;
use crate::chain::profile::{self, Wanted};
use crate::error::{Error, Kind, Result};
use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{ClusterIdentity, ListedRules, Question, Verdict};
use crate::model::reviews::tasks::{Answers, Outcome, QUESTIONS};
use crate::net::aws::eks::Eks;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::sts;

/// Something that AWS was asked.
#[derive(Debug, Clone)]
pub(crate) struct AwsCheck {
    /// The action, as IAM policies write it.
    pub(crate) action: &'static str,
    /// What it is good for.
    pub(crate) title: &'static str,
    pub(crate) outcome: Outcome,
    /// For a line of a table.
    pub(crate) why: String,
    /// AWS's own words, if it did not answer.
    pub(crate) reason: Option<String>,
}

/// All answers for the table of tasks.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) answers: Answers,
    pub(crate) identity: ClusterIdentity,
    /// Who AWS says we are.
    pub(crate) caller_arn: Option<String>,
    /// What AWS said.
    pub(crate) aws: Vec<AwsCheck>,
}

/// Questions to a cluster about who we are and what we may do.
pub(crate) struct Reviews<'a> {
    cluster: &'a ClusterAccess<'a>,
}

impl<'a> Reviews<'a> {
    pub(crate) fn of(cluster: &'a ClusterAccess<'a>) -> Self {
        Reviews { cluster }
    }

    /// Asks everything that the table of tasks needs.
    ///
    /// # Errors
    /// When the cluster cannot be asked at all, or does not know the role.
    pub(crate) async fn survey(&self) -> Result<Survey> {
        // Together with who we are and the version these are 23 calls, at most 16 at once: two round trips.
        let (identity, (minor, verdicts), (caller_arn, aws)) =
            join3(self.identity(), join(self.minor_version(), self.verdicts(&QUESTIONS)), self.ask_aws()).await;
        let verdicts = verdicts?;
        Ok(Survey { answers: Answers { verdicts, minor }, identity: identity?, caller_arn, aws })
    }

    /// Who the cluster thinks we are.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`], and when the cluster does not answer.
    pub(crate) async fn identity(&self) -> Result<ClusterIdentity> {
        self.cluster
            .call(async |api| api.get_identity().await)
            .await
            .map_err(|error| error.into_error(&self.cluster.cluster().name))
    }

    /// Our ARN at AWS.
    pub(crate) async fn caller_arn(&self) -> Option<String> {
        sts::get_caller_arn(&self.cluster.chain().aws, &self.cluster.credentials().keys, &self.cluster.cluster().region)
            .await
            .ok()
    }

    async fn minor_version(&self) -> Option<u32> {
        self.cluster.call(async |api| api.get_minor_version().await).await.ok()?
    }

    /// The verdicts on our own questions.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    async fn verdicts(&self, questions: &[Question]) -> Result<Vec<(Question, Verdict)>> {
        let review = async |review: AccessReview| self.cluster.call(async |api| api.review_access(&review).await).await;
        review_all(questions, self.cluster.namespace(), review).await
    }

    /// The verdict on one question of a person.
    ///
    /// # Errors
    /// [`Kind::Unreachable`] when it could not be asked, or the cluster cannot say.
    pub(crate) async fn verdict(&self, ask: &AccessReview) -> Result<Verdict> {
        let answer = self.cluster.call(async |api| api.review_access(ask).await).await;
        match answer.map_err(|error| error.into_error(&self.cluster.cluster().name))? {
            Verdict::Unknown(words) => Err(Error::new(
                Kind::Unreachable,
                format!("the cluster could not decide whether you are allowed to {ask}"),
            )
            .because(words)),
            verdict => Ok(verdict),
        }
    }

    /// The rules that the cluster can list, and the truth about what they leave out.
    ///
    /// # Errors
    /// When the cluster cannot be asked.
    pub(crate) async fn listed_rules(&self) -> Result<(ListedRules, Vec<(Question, Verdict)>)> {
        let listed = self.cluster.call(async |api| api.list_rules(self.cluster.namespace()).await);
        let (listed, verdicts) = join(listed, self.verdicts(&QUESTIONS)).await;
        let listed = listed.map_err(|error| error.into_error(&self.cluster.cluster().name))?;
        Ok((listed, verdicts?))
    }

    /// What AWS can be asked without changing anything there.
    async fn ask_aws(&self) -> (Option<String>, Vec<AwsCheck>) {
        let chain = self.cluster.chain();
        let (keys, cluster) = (self.cluster.credentials().keys, self.cluster.cluster());
        let eks = Eks::new(&chain.aws, &keys, &cluster.region);
        let (caller, described) =
            join(sts::get_caller_arn(&chain.aws, &keys, &cluster.region), eks.describe_cluster(&cluster.name)).await;
        let check = |action, title, answer: Result<String, Failure>| {
            let (outcome, why, reason) = match answer {
                Ok(why) => (Outcome::Yes, why, None),
                Err(failure) if failure.class == Class::Denied => {
                    (Outcome::No, format!("no {action}"), Some(failure.to_string()))
                }
                Err(failure) => (Outcome::Unknown, failure.to_string(), Some(failure.to_string())),
            };
            AwsCheck { action, title, outcome, why, reason }
        };
        let place = format!("{} in {}", cluster.name, cluster.region);
        let described = match described {
            Err(failure) if failure.class == Class::Denied => self.described_by_source(failure, &place).await,
            described => described.map(|_| place),
        };
        let caller_arn = caller.as_ref().ok().cloned();
        let caller = caller.map(|_| format!("as {}", self.cluster.target.role()));
        let checks = vec![
            check("sts:GetCallerIdentity", "call AWS", caller),
            check("eks:DescribeCluster", "describe the cluster", described),
        ];
        (caller_arn, checks)
    }

    /// Who assumes a role may find its cluster where the role may not.
    async fn described_by_source(&self, denied: Failure, place: &str) -> Result<String, Failure> {
        let (chain, cluster) = (self.cluster.chain(), self.cluster.cluster());
        let Some(source) = self.cluster.target.identity.source_profile() else { return Err(denied) };
        let wanted = Wanted { region: Some(&cluster.region), ..Wanted::default() };
        let Ok(credentials) = profile::credentials(chain, source, wanted).await else { return Err(denied) };
        let described = Eks::new(&chain.aws, &credentials.keys, &cluster.region).describe_cluster(&cluster.name).await;
        described.map(|_| format!("{place}, by profile {source}"))
    }
}
