//! Role credentials that the portal mints, and the names of the roles behind them.

use sha2::{Digest, Sha256};

use crate::iam::User;
use crate::iam::reserved::{role_id, user_id};
use crate::random::Random;
use crate::text::hex;

/// Temporary credentials of a role, as the portal gave them.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// Forty characters.
    pub secret_access_key: String,
    /// Long, and contains `/`, `+` and `=`. None only for a long-lived key.
    pub session_token: Option<String>,
    /// When they end, in milliseconds since 1970.
    pub expiration: i64,
    /// The account.
    pub account: String,
    /// The permission set.
    pub permission_set: String,
    /// The sixteen digits at the end of the role's name.
    pub suffix: String,
    /// How often the role had been made again when these were minted.
    pub generation: u32,
    /// The user name of the person.
    pub session_name: String,
    /// The region of the Identity Center, which is in the role's path.
    pub sso_region: String,
    /// The ARN of an IAM role that does not belong to a permission set, with its path. Its name is in `permission_set`.
    pub role: Option<String>,
    /// The ARN of an IAM user, with its path: long-lived keys. Its name is in `permission_set`.
    pub user: Option<String>,
    /// When a code of an MFA device was given for this session, in seconds since 1970.
    pub mfa_at: Option<i64>,
    /// Whether `AssumeRole` was asked for this session by another session: role chaining.
    pub chained: bool,
    /// False once the service has invalidated them, whatever their expiry says.
    pub known: bool,
}

/// The sixteen digits at the end of a role's name.
pub fn role_suffix(account: &str, permission_set: &str) -> String {
    hex(&Sha256::digest(format!("suffix {account} {permission_set}"))[..8])
}

/// The name of the IAM role of a permission set in an account.
pub fn role_name(account: &str, permission_set: &str) -> String {
    format!("AWSReservedSSO_{permission_set}_{}", role_suffix(account, permission_set))
}

/// The ARN of that role with its path, as an access entry names it.
pub fn role_path_arn(account: &str, sso_region: &str, permission_set: &str) -> String {
    reserved_arn(account, sso_region, &role_name(account, permission_set))
}

/// The ARN of a permission set's role with its path.
pub(crate) fn reserved_arn(account: &str, sso_region: &str, role_name: &str) -> String {
    let region = if sso_region == "us-east-1" { String::new() } else { format!("{sso_region}/") };
    format!("arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/{region}{role_name}")
}

impl Credentials {
    /// Mints credentials.
    pub(crate) fn mint(
        random: &Random,
        account: &str,
        permission_set: &str,
        session: (&str, &str),
        expiration: i64,
    ) -> Credentials {
        let (session_name, sso_region) = session;
        Credentials {
            access_key_id: format!("ASIA{}", random.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
            secret_access_key: random.standard(30),
            session_token: Some(format!(
                "IQoJb3JpZ2luX2VjE{}//////////wEa{}",
                random.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3),
                random.standard(520)
            )),
            expiration,
            account: account.to_owned(),
            permission_set: permission_set.to_owned(),
            suffix: role_suffix(account, permission_set),
            generation: 0,
            session_name: session_name.to_owned(),
            sso_region: sso_region.to_owned(),
            role: None,
            user: None,
            mfa_at: None,
            chained: false,
            known: true,
        }
    }

    /// The long-lived keys of an IAM user.
    pub(crate) fn of_user(random: &Random, user: &User) -> Credentials {
        Credentials {
            access_key_id: format!("AKIA{}", random.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
            session_token: None,
            generation: user.generation,
            user: Some(user.arn()),
            ..Credentials::mint(random, &user.account, &user.name, ("", ""), i64::MAX)
        }
    }

    /// A session of an IAM user, as `GetSessionToken` gives it.
    pub(crate) fn of_session(random: &Random, keys: &Credentials, expiration: i64) -> Credentials {
        Credentials {
            generation: keys.generation,
            user: keys.user.clone(),
            ..Credentials::mint(random, &keys.account, &keys.permission_set, ("", ""), expiration)
        }
    }

    /// Whether these are long-lived keys.
    pub(crate) fn are_long_lived(&self) -> bool {
        self.session_token.is_none()
    }

    /// The condition keys of a policy that are about the caller.
    pub(crate) fn context(&self) -> Vec<(String, String)> {
        let is_user = self.user.is_some();
        // Long-lived keys have no such key, which is why policies say BoolIfExists.
        let multi_factor = (!self.are_long_lived()).then(|| self.mfa_at.is_some().to_string());
        let set = [
            ("aws:PrincipalArn", Some(self.principal_arn())),
            ("aws:PrincipalAccount", Some(self.account.clone())),
            ("aws:PrincipalType", Some(if is_user { "User" } else { "AssumedRole" }.to_owned())),
            ("aws:userid", Some(self.caller_id())),
            ("aws:username", is_user.then(|| self.permission_set.clone())),
            ("aws:MultiFactorAuthPresent", multi_factor),
        ];
        set.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// The variables of the environment that hold them.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), self.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), self.secret_access_key.clone()),
        ];
        variables.extend(self.session_token.clone().map(|token| ("AWS_SESSION_TOKEN".to_owned(), token)));
        variables
    }

    /// The name of the role.
    pub fn role_name(&self) -> String {
        if self.role.is_some() {
            return self.permission_set.clone();
        }
        format!("AWSReservedSSO_{}_{}", self.permission_set, self.suffix)
    }

    /// The ARN of the role with its path, as an access entry names it.
    pub fn role_path_arn(&self) -> String {
        self.role.clone().unwrap_or_else(|| reserved_arn(&self.account, &self.sso_region, &self.role_name()))
    }

    /// The ARN of the role without its path, as `aws-auth` names it.
    pub fn role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{}", self.account, self.role_name())
    }

    /// The ARN of the role or user with its path, as an access entry names it.
    pub fn principal_arn(&self) -> String {
        self.user.clone().unwrap_or_else(|| self.role_path_arn())
    }

    /// The ARN of the role or user as aws-iam-authenticator makes it of STS's answer: a role without its path, a user
    /// with it.
    pub fn canonical_arn(&self) -> String {
        self.user.clone().unwrap_or_else(|| self.role_arn())
    }

    /// The unique id of the role or user.
    pub fn principal_id(&self) -> String {
        match &self.user {
            Some(arn) => user_id(arn, self.generation),
            None => self.role_id(),
        }
    }

    /// The `UserId` that STS shows.
    pub(crate) fn caller_id(&self) -> String {
        match &self.user {
            Some(_) => self.principal_id(),
            None => format!("{}:{}", self.role_id(), self.session_name),
        }
    }

    /// The ARN that STS shows.
    pub fn caller_arn(&self) -> String {
        if let Some(arn) = &self.user {
            return arn.clone();
        }
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, self.role_name(), self.session_name)
    }

    /// The unique id of the role, `AROA…`.
    pub fn role_id(&self) -> String {
        role_id(&self.role_path_arn(), self.generation)
    }
}
