//! Whom access is taken from: also roles that are gone from IAM, and still in the cluster.

use crate::actions::grants::look::read_aws_auth;
use crate::actions::grants::principals::Directory;
use crate::chain::administrator::{Administrator, refused};
use crate::error::{Error, Kind, Result};
use crate::model::aws::partition::Partition;
use crate::model::grants::granting::Note;
use crate::model::grants::principal::{Principal, PrincipalName};

/// Finds whom access is taken from: one that IAM does not have any more counts by its ARN, and a permission set by all the
/// roles of its name that the cluster knows in the account, whatever their suffix.
///
/// # Errors
/// When nobody is found, or what is needed may not be read.
pub(crate) async fn find_to_revoke(
    administrator: &Administrator<'_>,
    name: &PrincipalName,
) -> Result<(Vec<Principal>, Vec<Note>)> {
    match (Directory::new(administrator).find(name).await, name) {
        (Ok(found), PrincipalName::PermissionSet(permission_set)) => {
            let own = found.principal.arn_in_aws_auth();
            let (mut roles, mut notes) = (vec![found.principal], found.notes);
            // What its former roles still have is taken too.
            let former = roles_of(administrator, permission_set, &mut notes).await?;
            roles.extend(former.into_iter().filter(|role| !role.arn_in_aws_auth().eq_ignore_ascii_case(&own)));
            Ok((roles, notes))
        }
        (Ok(found), _) => Ok((vec![found.principal], found.notes)),
        (Err(error), PrincipalName::Arn(principal) | PrincipalName::Caller(principal))
            if error.kind == Kind::NotFound =>
        {
            gone(administrator, principal).await
        }
        (Err(error), PrincipalName::PermissionSet(permission_set)) => {
            let mut notes = vec![Note::Info(error.to_string())];
            let known = roles_of(administrator, permission_set, &mut notes).await?;
            if !known.is_empty() {
                return Ok((known, notes));
            }
            // What would make the role helps a grant alone.
            let error =
                Error { try_next: Vec::new(), ..error }.try_next("nsaccess audit --all   # lists who has access");
            // The first note is the error itself; the others say what else was not looked at.
            Err(notes.into_iter().skip(1).fold(error, |error, note| error.because(note.text())))
        }
        (Err(error), _) => Err(error),
    }
}

/// One that IAM does not have any more. Without a path in its name, it is found by its account and name: no two principals
/// have the same.
async fn gone(administrator: &Administrator<'_>, principal: &Principal) -> Result<(Vec<Principal>, Vec<Note>)> {
    let mut notes = vec![Note::Info(format!("IAM has no {principal}; revoking what the cluster still has"))];
    if principal.path != "/" {
        return Ok((vec![principal.clone()], notes));
    }
    let is_it = |known: &Principal| {
        known.kind == principal.kind
            && (&known.partition, &known.account) == (&principal.partition, &principal.account)
            && known.name.eq_ignore_ascii_case(&principal.name)
    };
    let what = format!("access entries of {principal} with a path were not checked");
    let found = mapped(administrator, &what, is_it, &mut notes).await?;
    Ok((if found.is_empty() { vec![principal.clone()] } else { found }, notes))
}

/// The roles of a permission set of the caller's account that the cluster maps.
async fn roles_of(
    administrator: &Administrator<'_>,
    permission_set: &str,
    notes: &mut Vec<Note>,
) -> Result<Vec<Principal>> {
    let aws = administrator.aws()?;
    let partition = Partition::of_region(&aws.cluster.region).name;
    let is_it = |role: &Principal| {
        role.permission_set() == Some(permission_set) && role.partition == partition && role.account == aws.account()
    };
    let what = format!("former roles of the permission set {permission_set} were not checked");
    mapped(administrator, &what, is_it, notes).await
}

/// Those that have an access entry or an item in aws-auth. What may not be read is noted.
async fn mapped(
    administrator: &Administrator<'_>,
    what: &str,
    is_meant: impl Fn(&Principal) -> bool,
    notes: &mut Vec<Note>,
) -> Result<Vec<Principal>> {
    let aws = administrator.aws()?;
    let mode = aws.cluster.authentication_mode.as_deref();
    let meant = |arn: &String| Principal::parse(arn).ok().filter(&is_meant);
    let mut found: Vec<Principal> = Vec::new();
    if mode != Some("CONFIG_MAP") {
        let listed = administrator.eks()?.list_access_entries(&aws.cluster.name).await;
        let listed = listed.map_err(|failure| {
            refused(failure, "cannot list the access entries", "eks:ListAccessEntries", &aws.caller_arn)
        });
        found.extend(unless_denied(listed, what, notes)?.iter().flatten().filter_map(meant));
    }
    if mode != Some("API") {
        let read = unless_denied(read_aws_auth(administrator).await, what, notes)?.flatten();
        let items = read.map(|config_map| config_map.arns()).unwrap_or_default();
        for role in items.iter().filter_map(meant) {
            // It names the same role without its path.
            let arn = role.arn_in_aws_auth();
            if !found.iter().any(|known| known.arn_in_aws_auth().eq_ignore_ascii_case(&arn)) {
                found.push(role);
            }
        }
    }
    Ok(found)
}

fn unless_denied<T>(answer: Result<T>, what: &str, notes: &mut Vec<Note>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == Kind::Denied => {
            let why = std::iter::once(error.message).chain(error.because).collect::<Vec<_>>().join("; ");
            notes.push(Note::Warning(format!("{what}: {why}")));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
