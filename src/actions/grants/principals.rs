//! The role or user that is meant, as IAM knows it.

mod former;

use std::cell::RefCell;

pub(crate) use former::find_to_revoke;
use jiff::Timestamp;

use crate::chain::administrator::{Administrator, AwsAccess, refused};
use crate::error::{Error, Kind, Result};
use crate::model::aws::partition::Partition;
use crate::model::aws::role_arn;
use crate::model::grants::granting::Note;
use crate::model::grants::principal::{Principal, PrincipalKind, PrincipalName};
use crate::net::aws::failure::Class;
use crate::net::aws::iam::{self, IamPrincipal};

/// Below it are the roles of all permission sets.
const RESERVED_PATH: &str = "/aws-reserved/sso.amazonaws.com/";

/// A principal, and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct KnownPrincipal {
    pub(crate) principal: Principal,
    /// `None`: IAM did not say.
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) notes: Vec<Note>,
}

/// A role, and when IAM made it.
type DatedRole = (Principal, Option<Timestamp>);

/// IAM, asked once about each principal, and once for the roles of all permission sets.
pub(crate) struct Directory<'a> {
    administrator: &'a Administrator<'a>,
    known: RefCell<Vec<(PrincipalName, KnownPrincipal)>>,
    reserved: RefCell<Option<Vec<DatedRole>>>,
}

impl<'a> Directory<'a> {
    pub(crate) fn new(administrator: &'a Administrator<'a>) -> Self {
        Directory { administrator, known: RefCell::default(), reserved: RefCell::default() }
    }

    /// Finds the principal of a name.
    ///
    /// # Errors
    /// When it does not exist, several are meant, or what is needed of it may not be read.
    pub(crate) async fn find(&self, name: &PrincipalName) -> Result<KnownPrincipal> {
        let known = self.known.borrow().iter().find(|(known, _)| known == name).map(|(_, found)| found.clone());
        if let Some(known) = known {
            return Ok(known);
        }
        let found = match name {
            PrincipalName::PermissionSet(permission_set) => self.of_permission_set(permission_set).await,
            PrincipalName::Arn(principal) => check(self.administrator, principal, principal.path != "/").await,
            PrincipalName::Caller(principal) => check(self.administrator, principal, false).await,
        }?;
        self.known.borrow_mut().push((name.clone(), found.clone()));
        Ok(found)
    }

    async fn of_permission_set(&self, name: &str) -> Result<KnownPrincipal> {
        let known = self.reserved.borrow().clone();
        let roles = match known {
            Some(roles) => roles,
            None => reserved_roles(self.administrator).await?,
        };
        let found = role_of(self.administrator, name, &roles);
        self.reserved.replace(Some(roles));
        found
    }
}

/// `has_path`: the path was named, and not only left out.
async fn check(administrator: &Administrator<'_>, principal: &Principal, has_path: bool) -> Result<KnownPrincipal> {
    let known = |created_at, notes| KnownPrincipal { principal: principal.clone(), created_at, notes };
    let Ok(aws) = administrator.aws() else {
        return Ok(known(
            None,
            vec![Note::Warning(format!("not checked whether {principal} exists (no AWS identity)"))],
        ));
    };
    let partition = Partition::of_region(&aws.cluster.region).name;
    if principal.partition != partition {
        return Err(Error::usage(format!("{principal} is in a different partition than the cluster"))
            .because(format!("it is in {}, and {} in {partition}", principal.partition, aws.cluster.name))
            .try_next(format!(
                "run the same command with a principal like --to arn:{partition}:iam::ACCOUNT:role/NAME"
            )));
    }
    if principal.account != aws.account() {
        let why = format!("it is in the account {}, but you are in {}", principal.account, aws.account());
        return unchecked(administrator, principal, has_path, &why);
    }
    match ask_iam(administrator, aws, principal).await {
        Ok(found) => {
            let named =
                found.arn.as_deref().and_then(|arn| Principal::parse(arn).ok()).unwrap_or_else(|| principal.clone());
            if has_path && named.path != principal.path {
                // Not `NotFound`: nobody is gone.
                return Err(Error::usage(format!("{principal} not found"))
                    .because("IAM has one with this name but a different path")
                    .try_next(format!("run the same command with --to {named}   # or name it in the file")));
            }
            let notes =
                (named != *principal).then(|| Note::Info(format!("its full ARN is {named}"))).into_iter().collect();
            Ok(KnownPrincipal { principal: named, created_at: found.created_at, notes })
        }
        Err(failure) if failure.class == Class::NotFound => {
            Err(Error::new(Kind::NotFound, format!("{principal} not found")).because(failure.to_string()).try_next(
                format!(
                    "check the name: aws iam list-{}s --query {}s[].Arn",
                    principal.kind.word(),
                    capital(principal.kind)
                ),
            ))
        }
        Err(failure) if failure.class == Class::Denied => {
            let right = match principal.kind {
                PrincipalKind::Role => "iam:GetRole",
                PrincipalKind::User => "iam:GetUser",
            };
            unchecked(administrator, principal, has_path, &format!("{} lacks {right}", aws.caller_arn))
        }
        Err(failure) => Err(failure.into_error(format!("cannot check {principal}"))),
    }
}

async fn ask_iam(
    administrator: &Administrator<'_>,
    aws: &AwsAccess,
    principal: &Principal,
) -> Result<IamPrincipal, crate::net::aws::failure::Failure> {
    let (client, keys, region) = (&administrator.chain.aws, &aws.keys, &aws.cluster.region);
    match principal.kind {
        PrincipalKind::Role => iam::get_role(client, keys, region, &principal.name).await,
        PrincipalKind::User => iam::get_user(client, keys, region, &principal.name).await,
    }
}

/// IAM cannot be asked: the ARN counts as it is; the path of a permission set's role is known without IAM.
fn unchecked(
    administrator: &Administrator<'_>,
    principal: &Principal,
    has_path: bool,
    why: &str,
) -> Result<KnownPrincipal> {
    let mut notes = vec![Note::Warning(format!("not checked whether {principal} exists: {why}"))];
    if has_path || principal.permission_set().is_none() {
        if !has_path {
            notes.push(Note::Warning(format!("assuming that it has no path: {principal}")));
        }
        return Ok(KnownPrincipal { principal: principal.clone(), created_at: None, notes });
    }
    let Some(sso_region) = &administrator.chain.settings.sso_region else {
        return Err(Error::new(Kind::Denied, format!("the path of the role {} is unknown", principal.name))
            .because("an access entry requires the ARN with its path")
            .because(format!("it could not be read from IAM ({why}), and Identity Center's region is not set"))
            .try_next("nsaccess config set sso_region REGION"));
    };
    let caller = format!("arn:{}:sts::{}:assumed-role/{}/x", principal.partition, principal.account, principal.name);
    let arn = role_arn::from_caller(&caller, &sso_region.value).map(|arns| arns.access_entry).unwrap_or_default();
    let principal = Principal::parse(&arn).unwrap_or_else(|_| principal.clone());
    notes.push(Note::Info(format!("assuming the path of Identity Center in {}: {principal}", sso_region.value)));
    Ok(KnownPrincipal { principal, created_at: None, notes })
}

/// The roles of all permission sets of the account.
async fn reserved_roles(administrator: &Administrator<'_>) -> Result<Vec<DatedRole>> {
    let aws = administrator.aws()?;
    let roles = iam::list_roles(&administrator.chain.aws, &aws.keys, &aws.cluster.region, RESERVED_PATH).await;
    let roles = roles.map_err(|failure| {
        refused(failure, "cannot list the roles of permission sets", "iam:ListRoles", &aws.caller_arn)
            .try_next("run the same command with the role's ARN: --to arn:aws:iam::ACCOUNT:role/aws-reserved/sso.amazonaws.com/REGION/AWSReservedSSO_NAME_SUFFIX")
    })?;
    let parsed = roles.into_iter().filter_map(|role| {
        let principal = Principal::parse(role.arn.as_deref()?).ok()?;
        principal.permission_set().is_some().then_some((principal, role.created_at))
    });
    Ok(parsed.collect())
}

/// The role of a permission set among these.
fn role_of(administrator: &Administrator<'_>, name: &str, roles: &[DatedRole]) -> Result<KnownPrincipal> {
    let aws = administrator.aws()?;
    let mut found: Vec<_> = roles.iter().filter(|(role, _)| role.permission_set() == Some(name)).collect();
    match found.len() {
        0 => Err(no_role(aws, name, roles)),
        1 => {
            let (principal, created_at) = found.remove(0).clone();
            administrator.chain.ui.detail(&format!("the role of the permission set {name} is {principal}"));
            Ok(KnownPrincipal { principal, created_at, notes: Vec::new() })
        }
        _ => {
            let arns: Vec<String> = found.iter().map(|(role, _)| role.arn()).collect();
            Err(Error::usage(format!("the account {} has several roles for the permission set {name}", aws.account()))
                .because(arns.join(", "))
                .because("a former role remains if Identity Center could not delete it")
                .try_next(format!(
                    "run the same command with the current role, for example --to {}",
                    arns.last().cloned().unwrap_or_default()
                )))
        }
    }
}

fn no_role(aws: &AwsAccess, name: &str, roles: &[DatedRole]) -> Error {
    let wanted = name.to_ascii_lowercase();
    let is_near = |known: &&str| {
        let known = known.to_ascii_lowercase();
        known == wanted || known.contains(&wanted) || wanted.contains(&known)
    };
    let near: Vec<&str> = roles.iter().filter_map(|(role, _)| role.permission_set()).filter(is_near).collect();
    let error =
        Error::new(Kind::NotFound, format!("the account {} has no role for the permission set {name}", aws.account()))
            .because("Identity Center creates the role when the permission set is first assigned in the account");
    match near.first() {
        Some(near) => error
            .because(format!("did you mean {near}?"))
            .try_next(format!("run the same command with --to permission-set:{near}   # or name it in the file")),
        None => error.try_next(format!(
            "assign {name} to a user or group in the account {}, then run the same command again",
            aws.account()
        )),
    }
}

fn capital(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Role => "Role",
        PrincipalKind::User => "User",
    }
}
