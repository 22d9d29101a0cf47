//! What AWS is asked.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt};

use crate::actions::audit::failed;
use crate::chain::administrator::{Administrator, AwsAccess};
use crate::error::Error;
use crate::model::audit::identity::canonical;
use crate::model::audit::picture::{ClusterFacts, Iam, IamRole, Picture, Read, Unread};
use crate::model::grants::principal::{Principal, PrincipalKind};
use crate::model::kube::access_entry::AccessEntry;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::iam;

/// Fewer calls in a second than IAM allows.
const AT_ONCE: usize = 4;

const ENTRIES: &str = "access entries";
const WITHOUT_ENTRIES: &str = "principals with access entries are not evaluated";
const ROLES: &str = "IAM roles";
const WITHOUT_ROLES: &str = "mappings of deleted roles are not detected";

pub(super) async fn entries(administrator: &Administrator<'_>, facts: &ClusterFacts) -> Read<Vec<AccessEntry>> {
    if !facts.reads_entries() {
        return Read::NotNeeded;
    }
    let (aws, eks) = match (administrator.aws(), administrator.eks()) {
        (Ok(aws), Ok(eks)) => (aws, eks),
        (Err(error), _) | (_, Err(error)) => return without_identity(ENTRIES, &error, WITHOUT_ENTRIES),
    };
    let waiting = administrator.chain.ui.waiting("reading access entries");
    let progress = |done: usize, count: usize| waiting.update(&format!("reading access entries: {done} of {count}"));
    let read = eks.read_access_entries(&aws.cluster.name, &progress).await;
    drop(waiting);
    match read {
        Ok(entries) => Read::Done(entries),
        Err(failure) => failed(ENTRIES, right("eks", &failure), failure.to_string(), WITHOUT_ENTRIES),
    }
}

/// The right that is missing, if that is why.
fn right(service: &str, failure: &Failure) -> Option<String> {
    (failure.class == Class::Denied).then(|| format!("{service}:{}", failure.operation))
}

/// Where only a context says who asks.
fn without_identity<T>(what: &'static str, error: &Error, so: &'static str) -> Read<T> {
    let why = std::iter::once(error.message.clone()).chain(error.because.first().cloned());
    failed(what, Some("an AWS identity (--profile)".to_owned()), why.collect::<Vec<_>>().join(": "), so)
}

/// The roles of the identity's account: one list for all mappings.
pub(super) async fn roles(administrator: &Administrator<'_>) -> Iam {
    let aws = match administrator.aws() {
        Ok(aws) => aws,
        Err(error) => {
            let unread = without_identity::<()>(ROLES, &error, WITHOUT_ROLES).unread().cloned();
            return Iam { unread, ..Iam::default() };
        }
    };
    let account = aws.account().to_owned();
    match iam::list_roles(&administrator.chain.aws.patient(), &aws.keys, &aws.cluster.region, "/").await {
        Ok(roles) => {
            let roles = roles.into_iter().filter_map(|role| Some((role.arn?, role.created_at)));
            let roles = roles.map(|(arn, created_at)| (canonical(&arn), IamRole { arn, created_at })).collect();
            Iam { account, roles: Some(roles), ..Iam::default() }
        }
        Err(failure) => {
            let needs = right("iam", &failure);
            let unread = Unread { what: ROLES, needs, why: failure.to_string(), so: WITHOUT_ROLES };
            Iam { account, unread: Some(unread), ..Iam::default() }
        }
    }
}

/// Whether the users that are mapped exist: there are few, and a list of all users is another right.
pub(super) async fn look_for_users(administrator: &Administrator<'_>, picture: &mut Picture) {
    let Ok(aws) = administrator.aws() else { return };
    let users = mapped_users(picture, &picture.iam.account);
    let asked = stream::iter(users).map(|(arn, name)| async move { (arn, is_there(administrator, aws, &name).await) });
    let answers: Vec<(String, Result<bool, Unread>)> = asked.buffered(AT_ONCE).collect().await;
    for (arn, answer) in answers {
        match answer {
            Ok(is_there) => {
                picture.iam.users.insert(arn, is_there);
            }
            Err(unread) => picture.iam.unread = picture.iam.unread.take().or(Some(unread)),
        }
    }
}

async fn is_there(administrator: &Administrator<'_>, aws: &AwsAccess, name: &str) -> Result<bool, Unread> {
    match iam::get_user(&administrator.chain.aws.patient(), &aws.keys, &aws.cluster.region, name).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.class == Class::NotFound => Ok(false),
        Err(failure) => Err(Unread {
            what: "IAM users",
            needs: right("iam", &failure),
            why: failure.to_string(),
            so: "mappings of deleted users are not detected",
        }),
    }
}

/// ARN and name of each user of the account that some mapping is of.
fn mapped_users(picture: &Picture, account: &str) -> BTreeSet<(String, String)> {
    let of_entries = picture.entries.list().iter().map(|entry| entry.principal_arn.as_str());
    let aws_auth = picture.aws_auth.done().and_then(Option::as_ref);
    let lists = aws_auth.into_iter().flat_map(|found| found.lists());
    let of_items = lists.flat_map(|(_, _, items)| items.as_deref().unwrap_or_default()).map(|item| item.arn.as_str());
    let users = of_entries.chain(of_items).filter_map(|arn| Principal::parse(arn).ok().map(|found| (arn, found)));
    let users = users.filter(|(_, user)| user.kind == PrincipalKind::User && user.account == account);
    users.map(|(arn, user)| (canonical(arn), user.name)).collect()
}
