//! What is wrong with the ConfigMap aws-auth.

use aws_auth_edit::{Item, List, duplicates};

use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::{MASTERS, canonical, list_name, matches};
use crate::model::audit::picture::{AwsAuth, Picture};

pub(crate) const BROKEN: Finding = Finding {
    id: "aws-auth.broken",
    severity: Severity::High,
    cause: "A list in aws-auth is not a valid YAML list. The cluster ignores all of its items, and everyone who is mapped only by this list is locked out.",
    repair: "Correct the line shown in the message: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const CUT_OFF: Finding = Finding {
    id: "aws-auth.cut-off",
    severity: Severity::High,
    cause: "A list in aws-auth ends early: a line is indented less than the items above it, or a second YAML document begins. The cluster silently ignores everything after that.",
    repair: "Indent the line shown in the message like the items above it: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const MISSPELLED: Finding = Finding {
    id: "aws-auth.misspelled",
    severity: Severity::Medium,
    cause: "A key in aws-auth differs from `mapRoles`, `mapUsers` or `mapAccounts` in upper and lower case. The cluster reads only these three.",
    repair: "Correct the key or delete it: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const DEAD: Finding = Finding {
    id: "aws-auth.dead",
    severity: Severity::Low,
    cause: "The cluster's authentication mode is `API`, so it ignores aws-auth. Its items have no effect and are misleading.",
    repair: "Create access entries for those who still need access (`nsaccess grant NAMESPACE --to ARN`), then delete the ConfigMap.",
};

pub(crate) const PATH: Finding = Finding {
    id: "aws-auth.path",
    severity: Severity::Medium,
    cause: "A role ARN in aws-auth includes the role's path. A caller's ARN never does, so the item matches nobody.",
    repair: "Remove the path from the ARN, as shown in the message. Only access entries include the path.",
};

pub(crate) const DUPLICATE: Finding = Finding {
    id: "aws-auth.duplicate",
    severity: Severity::Medium,
    cause: "Two items in aws-auth have the same ARN (ignoring case). The last one applies, and the groups of the others are lost. For users whose ARNs differ in case, either one may apply.",
    repair: "Move the required groups into the last item, and delete the others: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const FAULTY: Finding = Finding {
    id: "aws-auth.faulty-item",
    severity: Severity::Low,
    cause: "An item in aws-auth has an invalid field or no ARN. The cluster ignores the field or the item.",
    repair: "Correct the item or delete it: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const ACCOUNTS: Finding = Finding {
    id: "aws-auth.accounts",
    severity: Severity::Medium,
    cause: "`mapAccounts` lets every user and role of an AWS account authenticate, each with its ARN as user name. They have the permissions bound to `system:authenticated` and to their ARNs.",
    repair: "Map those who need access individually, and remove the account from `mapAccounts`.",
};

pub(crate) const IN_MASTERS: Finding = Finding {
    id: "aws-auth.masters",
    severity: Severity::High,
    cause: "An item in aws-auth adds a principal to `system:masters`. It is allowed to do everything in the cluster, which no Role or binding shows or can revoke.",
    repair: "Grant only what is needed (`nsaccess grant NAMESPACE --to ARN --preset admin`), then remove `system:masters` from the item.",
};

const EDIT: &str = "kubectl -n kube-system edit configmap aws-auth";

pub(super) fn find(picture: &Picture, found: &mut Vec<Found>) {
    let Some(Some(aws_auth)) = picture.aws_auth.done() else { return };
    if !picture.cluster.reads_aws_auth() {
        dead(aws_auth, picture, found);
        return;
    }
    for key in &aws_auth.misspelled {
        let message = format!("the cluster ignores the key {key} in aws-auth");
        found.push(Found::new(&MISSPELLED, key, message).try_next(EDIT));
    }
    for (key, line) in &aws_auth.cut_off {
        let message = format!("the cluster ignores {key} in aws-auth from line {line} on");
        found.push(
            Found::new(&CUT_OFF, *key, message)
                .because("the list ends there: the line is indented less, or a second document begins")
                .try_next(EDIT),
        );
    }
    for account in &aws_auth.accounts {
        let message = format!("mapAccounts lets every principal of the account {account} authenticate");
        found.push(Found::new(&ACCOUNTS, account, message).try_next(EDIT));
    }
    for (key, list, items) in aws_auth.lists() {
        match items {
            Ok(items) => of_items(picture, list, items, found),
            Err(broken) => {
                let message = format!("invalid {key} in aws-auth, line {}: {}", broken.line, broken.why);
                found.push(
                    Found::new(&BROKEN, key, message)
                        .because("the cluster ignores the whole list until it is corrected")
                        .try_next(EDIT),
                );
            }
        }
    }
}

fn dead(aws_auth: &AwsAuth, picture: &Picture, found: &mut Vec<Found>) {
    let count = |items: &Result<Vec<Item>, _>| items.as_ref().map_or(0, Vec::len);
    let items = count(&aws_auth.roles) + count(&aws_auth.users);
    if items > 0 {
        let message = format!("aws-auth has {items} items, but the cluster {} ignores it", picture.cluster.name);
        found.push(Found::new(&DEAD, "aws-auth", message).because("its authentication mode is API"));
    }
}

fn of_items(picture: &Picture, list: List, items: &[Item], found: &mut Vec<Found>) {
    let key = list_name(list);
    for item in items {
        if !item.faults.is_empty() {
            let about =
                if item.arn.is_empty() { format!("{key} {}", item.username) } else { format!("{key} {}", item.arn) };
            let message = format!("invalid item on line {} of {key}", item.line);
            let finding = Found::new(&FAULTY, about, message).try_next(EDIT);
            found.push(item.faults.iter().fold(finding, |found, fault| found.because(fault)));
        }
        if item.counts && !matches(list, item) {
            let message = format!("the item on line {} of {key} never matches: {}", item.line, item.arn);
            found.push(
                Found::new(&PATH, format!("{key} {}", item.arn), message)
                    .because("a caller's ARN does not include the role's path")
                    .try_next(format!("change it to {}", without_path(&item.arn))),
            );
        }
        if item.counts && item.groups.iter().any(|group| group == MASTERS) {
            let message =
                format!("{} is allowed to do everything: line {} of {key} adds it to {MASTERS}", item.arn, item.line);
            let finding = Found::new(&IN_MASTERS, format!("{key} {}", item.arn), message).try_next(EDIT);
            found.push(match picture.is_caller(&item.arn) {
                true => finding
                    .because("this is you: first make sure that you have the permissions you need in another way"),
                false => finding,
            });
        }
    }
    for same in duplicates(items) {
        let Some((last, others)) = same.items.split_last() else { continue };
        let lines: Vec<String> = others.iter().map(|item| item.line.to_string()).collect();
        let which = match list == List::Users && same.differ_in_case() {
            true => "either one may apply".to_owned(),
            false => format!("the one on line {} applies", last.line),
        };
        let message = format!("{} is in {key} {} times; {which}", last.arn, same.items.len());
        let lost: Vec<&str> = others
            .iter()
            .flat_map(|item| &item.groups)
            .filter(|group| !last.groups.contains(group))
            .map(String::as_str)
            .collect();
        let finding = Found::new(&DUPLICATE, format!("{key} {}", last.arn.to_ascii_lowercase()), message)
            .because(format!("also on line {}", lines.join(", ")))
            .try_next(EDIT);
        found.push(match lost.is_empty() {
            true => finding,
            false => finding.because(format!("groups lost: {}", lost.join(", "))),
        });
    }
}

/// With the letters that it has.
fn without_path(arn: &str) -> String {
    let lower = canonical(arn);
    match arn.rsplit_once('/') {
        Some((_, name)) => format!("{}{name}", &lower[..lower.len() - name.len()]),
        None => lower,
    }
}
