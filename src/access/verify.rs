//! What the developer may do: asked of AWS and of the cluster, all at once.

use futures_util::future::{join, join_all};

use crate::access::Access;
use crate::error::{Error, Kind, Result};
use crate::model::cluster::Cluster;
use crate::model::credentials::RoleCredentials;
use crate::model::eks_token;
use crate::model::proxy::Proxy;
use crate::model::review::{LOGIN_QUESTIONS, Question, Verdict};
use crate::model::role_arn;
use crate::model::target::Target;
use crate::net::kube::{Identity, KubeApi, KubeFailure};
use crate::net::sts;

/// The answers.
#[derive(Debug)]
pub struct Verification {
    /// Our ARN, if STS told it.
    pub caller_arn: Option<String>,
    /// Who the cluster thinks we are.
    pub identity: Identity,
    /// The cluster's minor version.
    pub minor_version: Option<u32>,
    /// What we may do.
    pub verdicts: Vec<(Question, Verdict)>,
}

impl Verification {
    /// The verdict on one of the questions asked.
    pub fn verdict(&self, question: Question) -> Verdict {
        let found = self.verdicts.iter().find(|(asked, _)| *asked == question);
        found.map_or(Verdict::Unknown("not asked".to_owned()), |(_, verdict)| verdict.clone())
    }
}

impl Access<'_> {
    /// Asks who we are and what we may do in the namespace.
    ///
    /// # Errors
    /// [`Kind::Denied`] when the cluster does not know the role; [`Kind::Unreachable`] when it cannot be asked.
    pub async fn verify(
        &self,
        target: &Target,
        credentials: &RoleCredentials,
        cluster: &Cluster,
        proxy: Option<&Proxy>,
    ) -> Result<Verification> {
        let token = eks_token::sign(&credentials.keys, &cluster.name, &cluster.region, self.host.now());
        let api = KubeApi::new(cluster, proxy, &token, self.aws.outbound())?;
        let ask = |question: Question| {
            let api = api.clone();
            let namespace = target.namespace.as_str();
            async move { (question, api.may_i(question, namespace).await.unwrap_or_else(unknown)) }
        };
        let (caller, (identity, (version, verdicts))) = join(
            sts::caller_arn(&self.aws, &credentials.keys, &cluster.region),
            join(api.who_am_i(), join(api.minor_version(), join_all(LOGIN_QUESTIONS.map(ask)))),
        )
        .await;
        let caller_arn = caller.ok();
        match identity {
            Ok(identity) => Ok(Verification { caller_arn, identity, minor_version: version.ok().flatten(), verdicts }),
            Err(KubeFailure::Unauthorized) => {
                Err(self.explain_clock(not_mapped(target, cluster, caller_arn.as_deref())))
            }
            Err(failure) => Err(failure.into_error(&cluster.name)),
        }
    }
}

fn unknown(failure: KubeFailure) -> Verdict {
    Verdict::Unknown(match failure {
        KubeFailure::Unauthorized => "401".to_owned(),
        KubeFailure::Status(code, words) => format!("{code}: {words}"),
        KubeFailure::Unreachable(words) => words,
    })
}

/// A 401: authentication worked at AWS, and the cluster has no mapping for the role. Both forms of the ARN are named,
/// because each kind of mapping takes only one of them.
pub(super) fn not_mapped(target: &Target, cluster: &Cluster, caller_arn: Option<&str>) -> Error {
    let error =
        Error::new(Kind::Denied, format!("the cluster {} does not know the role {}", cluster.name, target.role))
            .because("it answered 401: the role is mapped neither by an access entry nor in the aws-auth ConfigMap");
    let Some(arns) = caller_arn.and_then(|caller| role_arn::from_caller(caller, &target.portal.region)) else {
        return error.try_next("ask your platform team to map the role");
    };
    let error = match cluster.authentication_mode.as_deref() {
        Some("CONFIG_MAP") => error,
        _ => error.because(format!("as an access entry it is {}", arns.access_entry)),
    };
    let error = match cluster.authentication_mode.as_deref() {
        Some("API") => error,
        _ => error.because(format!("in aws-auth it is {} (without the path)", arns.aws_auth)),
    };
    error.try_next(format!("ask your platform team to map the role, then: nsaccess login {}", target.namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::namespace::Namespace;
    use crate::model::target::Portal;

    #[test]
    fn an_unmapped_role_is_named_in_the_forms_that_the_cluster_takes() {
        let target = Target {
            namespace: Namespace::parse("idp-dev").expect("a name"),
            access_name: "idp-ns-idp-dev".into(),
            portal: Portal { session_name: "s".into(), start_url: "u".into(), region: "eu-west-1".into() },
            account: "111122223333".into(),
            role: "idp-ns-idp-dev".into(),
        };
        let cluster = |mode: &str| Cluster {
            name: "demo".into(),
            arn: String::new(),
            region: "eu-west-1".into(),
            endpoint: String::new(),
            certificate_authority_data: String::new(),
            authentication_mode: Some(mode.into()),
            version: None,
        };
        let caller = Some("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x_0123456789abcdef/ada");
        let text = |mode| not_mapped(&target, &cluster(mode), caller).because.join("\n");
        assert!(text("API").contains("aws-reserved") && !text("API").contains("aws-auth it is"));
        assert!(text("CONFIG_MAP").contains("aws-auth it is") && !text("CONFIG_MAP").contains("aws-reserved"));
        assert!(
            text("API_AND_CONFIG_MAP").contains("aws-reserved")
                && text("API_AND_CONFIG_MAP").contains("aws-auth it is")
        );
    }
}
