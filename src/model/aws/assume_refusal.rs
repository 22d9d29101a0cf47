//! Why STS does not let a role be assumed. It gives the same answer for several causes, and does not say what helps.

use crate::error::{Error, Kind};
use crate::model::aws::role_to_assume::RoleToAssume;

/// `AccessDenied` has this cause as well.
pub(crate) const SAME_ANSWER: &str = "STS gives the same answer if there is no such role";

/// How an error ends that a person could end by reading a code.
pub(crate) const NEEDS_CODE: &str = "requires an MFA code";

/// What an answer of STS means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssumeRefusal {
    /// The trust policy or the caller's own policies.
    Denied,
    /// The code of the MFA device is wrong, or was used before.
    WrongCode,
    /// STS does not know the device as the caller's.
    UnknownDevice,
    /// The duration is longer than the role's sessions may be.
    TooLong,
    /// The duration is longer than an hour, and the credentials are those of a role themselves.
    TooLongForChain,
    /// AWS does not recognize the access key.
    UnknownKey,
    /// The secret access key is not that of the access key.
    WrongSecret,
    /// The credentials of the source are over.
    Expired,
    Other,
}

impl AssumeRefusal {
    /// From STS's error code and words.
    pub(crate) fn read(code: Option<&str>, words: &str) -> Self {
        let says = |part: &str| words.contains(part);
        match code.unwrap_or_default() {
            _ if says("MultiFactorAuthentication failed") && says("pass code") && !says("must provide") => {
                AssumeRefusal::WrongCode
            }
            _ if says("MultiFactorAuthentication failed") => AssumeRefusal::UnknownDevice,
            _ if says("1 hour session limit") => AssumeRefusal::TooLongForChain,
            _ if says("MaxSessionDuration") => AssumeRefusal::TooLong,
            "AccessDenied" => AssumeRefusal::Denied,
            "InvalidClientTokenId" | "UnrecognizedClientException" => AssumeRefusal::UnknownKey,
            "SignatureDoesNotMatch" => AssumeRefusal::WrongSecret,
            "ExpiredToken" | "ExpiredTokenException" => AssumeRefusal::Expired,
            _ => AssumeRefusal::Other,
        }
    }
}

/// A role that was not given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusedAssumption<'a> {
    pub(crate) role: &'a RoleToAssume,
    /// Whose credentials asked for it: `the profile corp`.
    pub(crate) source: &'a str,
    /// The profile, if it is one.
    pub(crate) source_profile: Option<&'a str>,
    /// Who that is at AWS, if AWS said so.
    pub(crate) caller_arn: Option<&'a str>,
}

impl RefusedAssumption<'_> {
    /// In words that help; `None` where the answer says it all.
    pub(crate) fn explain(&self, refusal: AssumeRefusal, answer: &str) -> Option<Error> {
        let role = self.role;
        let cannot = |kind| Error::new(kind, format!("cannot assume the role {}", role.name())).because(answer);
        let whoami = format!("aws sts get-caller-identity{}", self.flag());
        let device = role.mfa_serial.as_deref().unwrap_or("no device");
        Some(match refusal {
            AssumeRefusal::Denied => self.denied(answer, &whoami),
            AssumeRefusal::WrongCode => cannot(Kind::Denied)
                .because(format!("the code is not the one that {device} shows now, or it was used before"))
                .try_next("run the same command again with the next code"),
            AssumeRefusal::UnknownDevice => {
                cannot(Kind::Denied).because(format!("{device} is not an MFA device of {}", self.caller())).try_next(
                    format!("aws iam list-mfa-devices{}   # shows the serial number for mfa_serial", self.flag()),
                )
            }
            AssumeRefusal::TooLong => cannot(Kind::Usage)
                .because(format!("a session of {} is longer than the role's maximum", self.duration()))
                .try_next(format!(
                    "aws iam get-role --role-name {} --query Role.MaxSessionDuration   # if you are allowed to",
                    role.name()
                )),
            AssumeRefusal::TooLongForChain => cannot(Kind::Usage)
                .because(format!(
                    "the credentials of {} belong to a role, and a role assumed by another role lasts at most an hour",
                    self.source
                ))
                .because(format!("a session of {} was requested", self.duration()))
                .try_next("remove duration_seconds from the profile, or set it to at most 3600"),
            AssumeRefusal::UnknownKey => cannot(Kind::NotSignedIn)
                .because(format!(
                    "AWS does not recognize the access key of {}: it was deleted or deactivated",
                    self.source
                ))
                .try_next(self.configure()),
            AssumeRefusal::WrongSecret => cannot(Kind::NotSignedIn)
                .because(format!("the secret access key of {} does not match its access key", self.source))
                .try_next(self.configure()),
            AssumeRefusal::Expired => cannot(Kind::NotSignedIn)
                .because(format!("the credentials of {} have expired, and nsaccess cannot renew them", self.source))
                .try_next(format!("{whoami}   # after running the tool that wrote them")),
            AssumeRefusal::Other => return None,
        })
    }

    fn denied(&self, answer: &str, whoami: &str) -> Error {
        let role = self.role;
        let sent = match &role.external_id {
            Some(id) => format!("the external ID {id} was sent"),
            None => "no external ID was sent".to_owned(),
        };
        let code = match &role.mfa_serial {
            Some(serial) => format!("a code of {serial} was sent"),
            None => "no MFA code was sent".to_owned(),
        };
        let mut error = Error::new(Kind::Denied, format!("not allowed to assume the role {}", role.name()))
            .because(answer)
            .because(format!("you are {}; the role is {}", self.caller(), role.arn));
        if let (Some(own), Some(account)) = (self.account(), role.account().filter(|it| Some(*it) != self.account())) {
            error = error.because(other_account(account, own));
        }
        error
            .because(format!(
                "likely cause 1: the role's trust policy does not allow you, or requires something that was not sent: {sent}, and {code}"
            ))
            .because("likely cause 2: your own policies do not allow sts:AssumeRole on this role")
            .because(SAME_ANSWER)
            .try_next(format!("{whoami}   # shows who you are: the trust policy must allow it"))
            .try_next(format!(
                "aws iam get-role --role-name {} --query Role.AssumeRolePolicyDocument   # if you are allowed to",
                role.name()
            ))
    }

    fn caller(&self) -> String {
        match self.caller_arn {
            Some(arn) => format!("{arn}, with the credentials of {}", self.source),
            None => self.source.to_owned(),
        }
    }

    fn account(&self) -> Option<&str> {
        self.caller_arn?.split(':').nth(4)
    }

    fn duration(&self) -> String {
        self.role.duration.map_or_else(|| "an hour".to_owned(), |seconds| format!("{seconds} seconds"))
    }

    fn flag(&self) -> String {
        self.source_profile.map(|name| format!(" --profile {name}")).unwrap_or_default()
    }

    fn configure(&self) -> String {
        match self.source_profile {
            Some(name) => format!("aws configure --profile {name}   # to enter new keys"),
            None => "aws configure list   # shows where the keys come from".to_owned(),
        }
    }
}

/// A role of an account, and a caller of another.
pub(crate) fn other_account(role: &str, caller: &str) -> String {
    format!("the role is in account {role}, but you are in {caller}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        for (code, words, refusal) in [
            (
                "AccessDenied",
                "User: arn:aws:iam::1:user/ada is not authorized to perform: sts:AssumeRole on resource: r",
                AssumeRefusal::Denied,
            ),
            (
                "AccessDenied",
                "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
                AssumeRefusal::WrongCode,
            ),
            (
                "AccessDenied",
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
                AssumeRefusal::UnknownDevice,
            ),
            (
                "AccessDenied",
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
                AssumeRefusal::UnknownDevice,
            ),
            (
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
                AssumeRefusal::TooLong,
            ),
            (
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
                AssumeRefusal::TooLongForChain,
            ),
            (
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                AssumeRefusal::UnknownKey,
            ),
            ("SignatureDoesNotMatch", "The request signature we calculated …", AssumeRefusal::WrongSecret),
            ("ExpiredToken", "The security token included in the request is expired", AssumeRefusal::Expired),
            ("ServiceUnavailable", "", AssumeRefusal::Other),
        ] {
            assert_eq!(AssumeRefusal::read(Some(code), words), refusal, "{code}: {words}");
        }
    }

    #[test]
    fn a_denial_names_what_was_sent_and_both_causes() {
        let role = RoleToAssume::plain("arn:aws:iam::999999999999:role/team/k8s");
        let refused = RefusedAssumption {
            role: &role,
            source: "the profile corp",
            source_profile: Some("corp"),
            caller_arn: Some("arn:aws:iam::111122223333:user/ada"),
        };
        let error = refused.explain(AssumeRefusal::Denied, "AssumeRole returned AccessDenied: no").expect("explained");
        let text = error.because.join("\n");
        for words in ["user/ada", "the role is in account 999999999999", "no external ID was sent", "sts:AssumeRole"] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert_eq!(error.message, "not allowed to assume the role k8s");
        assert!(error.try_next[0].starts_with("aws sts get-caller-identity --profile corp"), "{error:?}");
        let with_id = RoleToAssume { external_id: Some("x-1".to_owned()), ..role.clone() };
        let error = RefusedAssumption { role: &with_id, ..refused }.explain(AssumeRefusal::Denied, "no");
        assert!(error.expect("explained").because.join("\n").contains("the external ID x-1 was sent"));
        assert_eq!(refused.explain(AssumeRefusal::Other, "no"), None);
    }
}
