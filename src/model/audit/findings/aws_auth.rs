//! What is wrong with the ConfigMap aws-auth.

use aws_auth_edit::{Item, List, duplicates};

use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::{MASTERS, canonical, list_name, matches};
use crate::model::audit::picture::{AwsAuth, Picture};

pub(crate) const BROKEN: Finding = Finding {
    id: "aws-auth.broken",
    severity: Severity::High,
    cause: "The text of a list in aws-auth is not a list in YAML. The cluster then takes no notice of any of its items: everybody who is mapped by this list only is locked out.",
    repair: "Mend the line that the message names: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const CUT_OFF: Finding = Finding {
    id: "aws-auth.cut-off",
    severity: Severity::High,
    cause: "A list in aws-auth ends before its text does: a line is indented less than the items above it, or a second YAML document begins. The cluster takes no notice of what follows, and says nothing of it.",
    repair: "Indent the line that the message names like the items above: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const MISSPELLED: Finding = Finding {
    id: "aws-auth.misspelled",
    severity: Severity::Medium,
    cause: "A key of aws-auth is spelled like `mapRoles`, `mapUsers` or `mapAccounts` with other capitals. The cluster reads those three only.",
    repair: "Spell the key right, or delete it: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const DEAD: Finding = Finding {
    id: "aws-auth.dead",
    severity: Severity::Low,
    cause: "The cluster's authentication mode is `API`: it takes no notice of aws-auth. Its items give nothing, and mislead who reads them.",
    repair: "Give those who still need it an access entry: `nsaccess grant NAMESPACE --to ARN`; then delete the ConfigMap.",
};

pub(crate) const PATH: Finding = Finding {
    id: "aws-auth.path",
    severity: Severity::Medium,
    cause: "The ARN of a role in aws-auth has the role's path. A caller's ARN never has it, so the item maps nobody.",
    repair: "Take the path out of the ARN, as the message shows it. Only access entries have the path.",
};

pub(crate) const DUPLICATE: Finding = Finding {
    id: "aws-auth.duplicate",
    severity: Severity::Medium,
    cause: "Two items of aws-auth have the same ARN; letters are compared without their case. The last one counts, and the groups of the others are lost. Among users whose ARNs differ in case, it is left to chance.",
    repair: "Put the groups that are needed into the last item, and delete the others: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const FAULTY: Finding = Finding {
    id: "aws-auth.faulty-item",
    severity: Severity::Low,
    cause: "An item of aws-auth has a field that the cluster cannot read, or no ARN. It passes over the field, or over the item.",
    repair: "Mend the item, or delete it: `kubectl -n kube-system edit configmap aws-auth`.",
};

pub(crate) const ACCOUNTS: Finding = Finding {
    id: "aws-auth.accounts",
    severity: Severity::Medium,
    cause: "`mapAccounts` makes every user and role of an AWS account known to the cluster, each by its ARN. They have what is bound to `system:authenticated` and to their ARNs as users.",
    repair: "Map those who need it one by one, and take the account out of `mapAccounts`.",
};

pub(crate) const IN_MASTERS: Finding = Finding {
    id: "aws-auth.masters",
    severity: Severity::High,
    cause: "An item of aws-auth puts a principal into `system:masters`. It may do everything in the cluster, no Role or binding says so, and none takes it back.",
    repair: "Bind what is needed to a group of its own, and take `system:masters` out of the item: `nsaccess grant NAMESPACE --to ARN --preset admin`.",
};

const EDIT: &str = "kubectl -n kube-system edit configmap aws-auth";

pub(super) fn find(picture: &Picture, found: &mut Vec<Found>) {
    let Some(Some(aws_auth)) = picture.aws_auth.done() else { return };
    if !picture.cluster.reads_aws_auth() {
        dead(aws_auth, picture, found);
        return;
    }
    for key in &aws_auth.misspelled {
        let message = format!("aws-auth has a key {key}, which the cluster does not read");
        found.push(Found::new(&MISSPELLED, key, message).try_next(EDIT));
    }
    for (key, line) in &aws_auth.cut_off {
        let message = format!("the cluster does not read {key} of aws-auth from line {line} on");
        found.push(
            Found::new(&CUT_OFF, *key, message)
                .because("the list has ended: the line is indented less, or a second document begins")
                .try_next(EDIT),
        );
    }
    for account in &aws_auth.accounts {
        let message = format!("mapAccounts makes every principal of the account {account} known to the cluster");
        found.push(Found::new(&ACCOUNTS, account, message).try_next(EDIT));
    }
    for (key, list, items) in aws_auth.lists() {
        match items {
            Ok(items) => of_items(picture, list, items, found),
            Err(broken) => {
                let message = format!("{key} of aws-auth cannot be read in line {}: {}", broken.line, broken.why);
                found.push(
                    Found::new(&BROKEN, key, message)
                        .because("the cluster maps nobody by this list until it is mended")
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
        let message = format!("aws-auth has {items} items, and the cluster {} does not read it", picture.cluster.name);
        found.push(Found::new(&DEAD, "aws-auth", message).because("its authentication mode is API"));
    }
}

fn of_items(picture: &Picture, list: List, items: &[Item], found: &mut Vec<Found>) {
    let key = list_name(list);
    for item in items {
        if !item.faults.is_empty() {
            let about =
                if item.arn.is_empty() { format!("{key} {}", item.username) } else { format!("{key} {}", item.arn) };
            let message = format!("the item in line {} of {key} is not as the cluster wants it", item.line);
            let finding = Found::new(&FAULTY, about, message).try_next(EDIT);
            found.push(item.faults.iter().fold(finding, |found, fault| found.because(fault)));
        }
        if item.counts && !matches(list, item) {
            let message = format!("the item in line {} of {key} never matches: {}", item.line, item.arn);
            found.push(
                Found::new(&PATH, format!("{key} {}", item.arn), message)
                    .because("a caller's ARN does not have the path of its role")
                    .try_next(format!("write it as {}", without_path(&item.arn))),
            );
        }
        if item.counts && item.groups.iter().any(|group| group == MASTERS) {
            let message = format!(
                "{} may do everything: the item in line {} of {key} puts it into {MASTERS}",
                item.arn, item.line
            );
            let finding = Found::new(&IN_MASTERS, format!("{key} {}", item.arn), message).try_next(EDIT);
            found.push(match picture.is_caller(&item.arn) {
                true => finding.because("this is you: see first that you have the rights that you need by another way"),
                false => finding,
            });
        }
    }
    for same in duplicates(items) {
        let Some((last, others)) = same.items.split_last() else { continue };
        let lines: Vec<String> = others.iter().map(|item| item.line.to_string()).collect();
        let which = match list == List::Users && same.differ_in_case() {
            true => "which one counts is left to chance".to_owned(),
            false => format!("the one in line {} counts", last.line),
        };
        let message = format!("{} is in {key} {} times; {which}", last.arn, same.items.len());
        let lost: Vec<&str> = others
            .iter()
            .flat_map(|item| &item.groups)
            .filter(|group| !last.groups.contains(group))
            .map(String::as_str)
            .collect();
        let finding = Found::new(&DUPLICATE, format!("{key} {}", last.arn.to_ascii_lowercase()), message)
            .because(format!("also in line {}", lines.join(", ")))
            .try_next(EDIT);
        found.push(match lost.is_empty() {
            true => finding,
            false => finding.because(format!("these groups are lost: {}", lost.join(", "))),
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
