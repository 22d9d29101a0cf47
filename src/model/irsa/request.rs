//! A request to assume a role: whose, by which method, for how long.

use std::fmt;

use super::IamRole;
use crate::model::elapsed;
use crate::model::kube::workload::{Kind, Workload};

/// The kinds that can have a role.
const KINDS: [Kind; 8] = [
    Kind::Pod,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Job,
    Kind::CronJob,
    Kind::ServiceAccount,
];

/// With role chaining, a session lasts at most an hour; the shortest is 15 minutes.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
pub(crate) const LONGEST_SECONDS: u32 = 3600;
const SHORTEST_SECONDS: u32 = 900;

/// The allowed methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Via {
    /// The first that works.
    #[default]
    Auto,
    Only(AssumeMethod),
}

/// How a role is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssumeMethod {
    /// `sts:AssumeRole` with the credentials of the namespace's role.
    Sts,
    /// `sts:AssumeRoleWithWebIdentity` with a token of the service account, as the pod itself does.
    Token,
}

impl AssumeMethod {
    /// The name on the command line and in the cache.
    pub(crate) fn name(self) -> &'static str {
        match self {
            AssumeMethod::Sts => "sts",
            AssumeMethod::Token => "token",
        }
    }

    /// The action in IAM policies and CloudTrail.
    pub(crate) fn action(self) -> &'static str {
        match self {
            AssumeMethod::Sts => "sts:AssumeRole",
            AssumeMethod::Token => "sts:AssumeRoleWithWebIdentity",
        }
    }
}

/// A request for a session of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IrsaRequest {
    /// The workload; `None` if only the role is given.
    pub(crate) target: Option<Workload>,
    /// The role, if given rather than looked up.
    pub(crate) role: Option<IamRole>,
    pub(crate) container: Option<String>,
    pub(crate) via: Via,
    /// The session's lifetime.
    pub(crate) seconds: u32,
    /// Try even if it is expected to fail.
    pub(crate) force: bool,
}

impl IrsaRequest {
    /// The default request for a target, which may also be a role's ARN.
    pub(crate) fn of(target: &str) -> Result<Self, String> {
        let (target, role) = match target.starts_with("arn:") {
            true => (None, Some(IamRole::parse(target)?)),
            false => (Some(Workload::parse(target, &KINDS)?), None),
        };
        Ok(IrsaRequest { target, role, container: None, via: Via::Auto, seconds: LONGEST_SECONDS, force: false })
    }

    /// Uses a given role instead of looking it up.
    pub(crate) fn with_role(self, role_arn: Option<&str>) -> Result<Self, String> {
        match (role_arn.map(IamRole::parse).transpose()?, &self.role) {
            (Some(_), Some(_)) => Err("the role is specified twice".to_owned()),
            (Some(role), None) => Ok(IrsaRequest { role: Some(role), ..self }),
            (None, _) => Ok(self),
        }
    }

    /// A role without a workload.
    pub(crate) fn of_role(role_arn: &str) -> Result<Self, String> {
        IamRole::parse(role_arn)?;
        IrsaRequest::of(role_arn)
    }

    pub(crate) fn in_container(self, container: Option<&str>) -> Result<Self, String> {
        match (container, &self.target) {
            (None, _) => Ok(self),
            (Some(_), None) => Err("a role has no containers".to_owned()),
            (Some(_), Some(target)) if target.kind == Kind::ServiceAccount => {
                Err("a service account has no containers".to_owned())
            }
            (Some(name), Some(_)) => Ok(IrsaRequest { container: Some(name.to_owned()), ..self }),
        }
    }

    /// Sets the session's lifetime, `15m` to `1h`.
    pub(crate) fn lasting(self, span: Option<&str>) -> Result<Self, String> {
        let Some(span) = span else { return Ok(self) };
        let seconds = elapsed::parse_or_seconds(span)?;
        let fits = u32::try_from(seconds).ok().filter(|it| (SHORTEST_SECONDS..=LONGEST_SECONDS).contains(it));
        let seconds = fits.ok_or_else(|| {
            format!("{span} is not between 15m and 1h, the limits of AWS for a role that assumes another role")
        })?;
        Ok(IrsaRequest { seconds, ..self })
    }

    /// The service account, if it is the target.
    pub(crate) fn service_account(&self) -> Option<&str> {
        let target = self.target.as_ref().filter(|target| target.kind == Kind::ServiceAccount);
        target.map(|target| target.name.as_str())
    }

    /// The command line of this request, with more arguments.
    pub(crate) fn command(&self, namespace: &str, more: &str) -> String {
        format!("nsaccess assume-irsa {self} -n {namespace}{}{more}", if more.is_empty() { "" } else { " " })
    }
}

/// The arguments on a command line. No value needs quotes.
impl fmt::Display for IrsaRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.target.iter().map(ToString::to_string).collect();
        words.extend(self.role.iter().map(|role| format!("--role-arn {role}")));
        words.extend(self.container.iter().map(|name| format!("-c {name}")));
        if let Via::Only(method) = self.via {
            words.push(format!("--via {}", method.name()));
        }
        if self.seconds != LONGEST_SECONDS {
            words.push(format!("--duration {}s", self.seconds));
        }
        words.extend(self.force.then(|| "--force".to_owned()));
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/x";

    #[test]
    fn a_request_is_displayed_as_arguments() {
        let usual = IrsaRequest::of("deploy/web").expect("a target");
        assert_eq!(usual.command("idp-dev", ""), "nsaccess assume-irsa deploy/web -n idp-dev");
        let full = usual.with_role(Some(ROLE)).and_then(|it| it.in_container(Some("app"))).expect("fits");
        let full = IrsaRequest {
            via: Via::Only(AssumeMethod::Token),
            force: true,
            ..full.lasting(Some("15m")).expect("fits")
        };
        assert_eq!(
            full.command("a", "-o json"),
            format!(
                "nsaccess assume-irsa deploy/web --role-arn {ROLE} -c app --via token --duration 900s --force -n a -o json"
            )
        );
        assert_eq!(IrsaRequest::of(ROLE), IrsaRequest::of_role(ROLE));
        assert_eq!(IrsaRequest::of(ROLE).map(|it| it.to_string()), Ok(format!("--role-arn {ROLE}")));
    }

    #[test]
    fn sessions_last_a_quarter_of_an_hour_to_an_hour() {
        let lasting = |span| IrsaRequest::of("web").and_then(|it| it.lasting(Some(span))).map(|it| it.seconds);
        assert_eq!((lasting("15m"), lasting("1h"), lasting("2000")), (Ok(900), Ok(3600), Ok(2000)));
        for wrong in ["899", "3601s", "2h", "soon", "", "-1h", "99999999999d"] {
            assert!(lasting(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(IrsaRequest::of(ROLE).and_then(|it| it.with_role(Some(ROLE))).is_err());
        assert!(IrsaRequest::of(ROLE).and_then(|it| it.in_container(Some("app"))).is_err());
        assert!(IrsaRequest::of("sa/x").and_then(|it| it.in_container(Some("app"))).is_err());
        assert!(IrsaRequest::of("svc/x").is_err() && IrsaRequest::of("cj/x").is_ok());
        assert!(IrsaRequest::of("arn:aws:iam::1:user/x").is_err() && IrsaRequest::of_role("deploy/web").is_err());
    }
}
