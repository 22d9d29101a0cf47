//! The AWS console as an identity that no portal gives: an address that signs in whoever opens it.

pub(crate) mod isolated;

use crate::chain::cluster::likely_region;
use crate::chain::credentials::Credentials;
use crate::error::{Error, Kind, Result};
use crate::model::aws::console::{Destination, sign_in_url};
use crate::model::aws::target::Target;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::signin;
use crate::secret::Secret;

/// An address that signs in.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) url: Secret<String>,
    /// Twelve digits.
    pub(crate) account: String,
}

/// An address that signs in to a page of the console with these credentials.
///
/// # Errors
/// [`Kind::Denied`] when they are not the session of a role: AWS signs in nobody else.
pub(crate) async fn sign_in(credentials: &Credentials<'_>, place: Destination<'_>) -> Result<SignIn> {
    let (chain, target) = (credentials.chain, &credentials.target);
    let region = likely_region(chain, target);
    // The sign-in does not say what it does not take. STS does, and new credentials are fetched then.
    let caller_arn = credentials.caller_arn(&region).await;
    let caller_arn = caller_arn.map_err(|failure| failure.into_error("cannot sign in to the console"))?;
    if let Some(user) = user_in(&caller_arn) {
        return Err(no_role(target, &caller_arn, user));
    }
    let endpoint = signin::endpoint(&chain.aws, &region);
    let given = signin::token(&chain.aws, &credentials.role().keys, &endpoint).await;
    let token = given.map_err(|failure| refused(target, failure))?;
    let place = Destination { region: place.region.or(Some(&region)), ..place };
    let url =
        sign_in_url(&endpoint, &token, place).ok_or_else(|| Error::failure("the AWS console has no such page"))?;
    Ok(SignIn { url, account: account_in(&caller_arn).to_owned() })
}

fn account_in(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// The IAM user that an ARN is of; `root` is one.
fn user_in(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    match resource.strip_prefix("user/") {
        Some(user) => user.rsplit('/').next(),
        None => (resource == "root").then_some(resource),
    }
}

fn no_role(target: &Target, caller_arn: &str, user: &str) -> Error {
    let source = target.identity.source_profile().unwrap_or_default();
    Error::new(Kind::Denied, format!("cannot open the AWS console as the user {user}"))
        .because(format!("the credentials of {} are those of {caller_arn}", target.identity.who()))
        .because("AWS signs in sessions of roles to the console, not those of IAM users")
        .try_next(format!(
            "sign in as {user}, with the password: https://{}.signin.aws.amazon.com/console",
            account_in(caller_arn)
        ))
        .try_next(format!(
            "nsaccess login {} --as NAME --role-arn ARN --source-profile {source}   # a role that {user} can assume",
            target.access.namespace
        ))
}

fn refused(target: &Target, failure: Failure) -> Error {
    let is_refused = matches!(failure.class, Class::Service | Class::Denied | Class::Unauthorized);
    let error = failure.into_error("AWS rejected the sign-in to the console");
    match is_refused {
        true => Error { kind: Kind::Denied, ..error }
            .because(format!("the credentials are those of {}", target.identity))
            .because("AWS signs in only sessions of roles and of federated users"),
        false => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_users_are_users() {
        for (arn, user) in [
            ("arn:aws:iam::111122223333:user/ada", Some("ada")),
            ("arn:aws:iam::111122223333:user/teams/a/ada", Some("ada")),
            ("arn:aws:iam::111122223333:root", Some("root")),
            ("arn:aws:sts::111122223333:assumed-role/user/root", None),
            ("arn:aws:sts::111122223333:federated-user/ada", None),
            ("", None),
        ] {
            assert_eq!(user_in(arn), user, "{arn}");
        }
    }
}
