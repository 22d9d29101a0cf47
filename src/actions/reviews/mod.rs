//! What the developer may do, asked of AWS and of the cluster.

pub(crate) mod login;
pub(crate) mod survey;

use futures_util::stream::{self, StreamExt};

use crate::chain::call_error::CallError;
use crate::error::Result;
use crate::model::reviews::access_review::AccessReview;
use crate::model::reviews::review::{Question, Verdict};
use crate::net::kube::KubeFailure;

/// Reviews under way at once: fewer than an API server's fair queueing slows down.
const AT_ONCE: usize = 16;

/// The verdicts on our own questions about a namespace, in their order. A question that fails alone has an unknown
/// verdict.
pub(crate) async fn review_all(
    questions: &[Question],
    namespace: &str,
    review: impl AsyncFn(AccessReview) -> Result<Verdict, CallError<KubeFailure>>,
) -> Result<Vec<(Question, Verdict)>> {
    let review = &review;
    let asked = questions.iter().map(|question| async move {
        match review(AccessReview::of(*question, namespace)).await {
            Ok(verdict) => Ok((*question, verdict)),
            Err(CallError::Answer(failure)) => Ok((*question, unanswered(failure))),
            Err(CallError::Chain(error)) => Err(error),
        }
    });
    let answers: Vec<Result<_>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    answers.into_iter().collect()
}

fn unanswered(failure: KubeFailure) -> Verdict {
    Verdict::Unknown(match failure {
        KubeFailure::Unauthorized => "401".to_owned(),
        KubeFailure::Status(code, words) => format!("{code}: {words}"),
        KubeFailure::Unreachable(words) => words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::model::reviews::review::{GET_PODS, GET_SERVICES};

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
    }

    #[test]
    fn a_question_that_fails_alone_is_unknown_and_the_others_are_answered() {
        let review = async |review: AccessReview| match review.to_string().contains("services") {
            true => Err(CallError::Answer(KubeFailure::Status(500, "etcd".to_owned()))),
            false => Ok(Verdict::Allowed),
        };
        let verdicts = run(review_all(&[GET_SERVICES, GET_PODS], "dev", review)).expect("answers");
        let unknown = Verdict::Unknown("500: etcd".to_owned());
        assert_eq!(verdicts, [(GET_SERVICES, unknown), (GET_PODS, Verdict::Allowed)]);
    }

    #[test]
    fn without_credentials_there_are_no_verdicts() {
        let review = async |_| Err(CallError::Chain(Error::failure("no session")));
        assert!(run(review_all(&[GET_PODS], "dev", review)).is_err());
    }
}
