//! Who may do what, by which objects.

use super::{DEV, add, binding, entry, map_roles, of_all, role, rule, unread, with_policy};
use crate::model::audit::access::{Judged, tasks};
use crate::model::audit::audit;
use crate::model::audit::picture::{Picture, Read, Scope};
use crate::model::kube::rbac::Role;

/// `namespace principal: task=verdict by objects`.
fn lines(picture: &Picture) -> Vec<String> {
    let audit = audit(picture);
    let mut lines = Vec::new();
    for row in &audit.rows {
        let identity = &audit.identities[row.identity];
        let judged = tasks(row, &audit.index, identity.is_master(), picture.cluster.minor);
        let shown = |judged: &Judged| format!("{}={} [{}]", judged.task.id, judged.word(), judged.objects.join("; "));
        let said: Vec<String> = judged.iter().filter(|judged| judged.word() != "no").map(shown).collect();
        let session = row.session.as_deref().map_or_else(String::new, |session| format!(" as {session}"));
        lines.push(format!(
            "{} {}{session}: {}",
            row.namespace.as_deref().unwrap_or("*"),
            identity.name(picture),
            said.join(", ")
        ));
    }
    lines
}

fn with_reader(scope: Scope) -> Picture {
    let mut picture = super::empty(scope);
    add(&mut picture.entries, entry(DEV, &["devs"]));
    add(&mut picture.roles, role(Some("web"), "reader", &[rule("events", &["list"])]));
    add(&mut picture.bindings, binding(Some("web"), "readers", "Role/reader", "Group/devs"));
    picture
}

const READER: &str = "web role/dev: events=yes [RoleBinding web/readers → Role reader]";

#[test]
fn a_group_leads_to_its_bindings() {
    assert_eq!(lines(&with_reader(Scope::All)), [READER]);
    assert_eq!(lines(&with_reader(Scope::Namespace("web".into()))), [READER]);
    assert_eq!(lines(&with_reader(Scope::Namespace("pay".into()))), [""; 0]);
}

#[test]
fn what_holds_everywhere_is_one_row_and_part_of_the_others() {
    let mut picture = with_reader(Scope::All);
    let view = Role { is_aggregated: true, ..role(None, "view", &[rule("services", &["get", "list"])]) };
    add(&mut picture.cluster_roles, view);
    add(&mut picture.cluster_bindings, binding(None, "all", "ClusterRole/view", "Group/devs"));
    let by = "ClusterRoleBinding all → ClusterRole view (aggregated)";
    assert_eq!(
        lines(&picture),
        [
            format!("* role/dev: services=yes [{by}]"),
            format!("web role/dev: services=yes [{by}], events=yes [RoleBinding web/readers → Role reader]"),
        ]
    );
    picture.scope = Scope::Namespace("pay".into());
    picture.bindings = Read::Done(Vec::new());
    assert_eq!(lines(&picture), [format!("pay role/dev: services=yes [{by}]")]);
}

#[test]
fn a_user_with_a_template_is_met_in_one_session() {
    let mut picture = with_reader(Scope::All);
    let user = "User/arn:aws:sts::111122223333:assumed-role/dev/ada-example.com";
    add(&mut picture.roles, role(Some("web"), "more", &[rule("serviceaccounts", &["get"])]));
    add(&mut picture.bindings, binding(Some("web"), "ada", "Role/more", user));
    let more = "service-accounts=yes [RoleBinding web/ada → Role more]";
    let ada = READER.replace("dev:", "dev as ada-example.com:");
    assert_eq!(lines(&picture), [READER.to_owned(), format!("{ada}, {more}")]);
}

#[test]
fn policies_are_not_evaluated_and_never_a_no() {
    let mut picture = with_reader(Scope::Namespace("web".into()));
    picture.entries = Read::Done(vec![with_policy(entry(DEV, &["devs"]), "AmazonEKSViewPolicy", &["we*"])]);
    let said = lines(&picture).remove(0);
    assert!(said.contains("events=yes [RoleBinding web/readers → Role reader]"), "{said}");
    assert!(said.contains("secrets=not evaluated [access policy AmazonEKSViewPolicy]"), "{said}");
    picture.scope = Scope::Namespace("pay".into());
    assert_eq!(lines(&picture), [""; 0]);
}

#[test]
fn what_a_policy_may_add_is_not_denied_in_words() {
    let mut picture = with_reader(Scope::Namespace("web".into()));
    picture.entries = Read::Done(vec![with_policy(entry(DEV, &["devs"]), "AmazonEKSViewPolicy", &[])]);
    picture.roles = Read::Done(vec![role(Some("web"), "reader", &[rule("pods", &["get"])])]);
    let audit = audit(&picture);
    let judged = tasks(&audit.rows[0], &audit.index, false, Some(36));
    let pods = judged.iter().find(|judged| judged.task.id == "pods").expect("the task");
    assert_eq!(pods.word(), "partial");
    assert_eq!(pods.task.why, "at least by name; AmazonEKSViewPolicy cannot be evaluated");
}

#[test]
fn a_role_that_cannot_be_read_is_not_evaluated() {
    let mut picture = with_reader(Scope::Namespace("web".into()));
    picture.roles = Read::Failed(unread("the roles"));
    let said = lines(&picture).remove(0);
    assert!(said.contains("events=not evaluated") && !said.contains("=yes"), "{said}");
}

#[test]
fn where_it_is_not_known_who_somebody_is_groups_are_shown() {
    let mut picture = with_reader(Scope::Namespace("web".into()));
    picture.entries = Read::Failed(unread("the access entries"));
    assert_eq!(lines(&picture), [READER.replace("role/dev", "group devs")]);
    // Those of aws-auth are known all the same.
    picture.aws_auth = map_roles(&format!("- rolearn: {DEV}\n  groups: [devs]\n"));
    assert_eq!(lines(&picture), [READER]);
}

#[test]
fn masters_may_do_everything_without_a_binding() {
    let mut picture = of_all();
    picture.aws_auth = map_roles(&format!("- rolearn: {DEV}\n  groups: ['system:masters']\n"));
    let said = lines(&picture);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].matches("=yes [group system:masters]").count(), 13, "{said:?}");
}

#[test]
fn an_entry_counts_and_its_item_in_aws_auth_does_not() {
    let mut picture = with_reader(Scope::All);
    picture.entries = Read::Done(vec![entry(&DEV.replace("role/", "role/path/"), &[])]);
    picture.aws_auth = map_roles(&format!("- rolearn: {DEV}\n  username: x\n  groups: [devs]\n"));
    assert_eq!(lines(&picture), [""; 0]);
    picture.cluster.mode = Some("CONFIG_MAP".into());
    assert_eq!(lines(&picture), [READER]);
    picture.cluster.mode = Some("API".into());
    assert_eq!(lines(&picture), [""; 0]);
}

#[test]
fn the_last_of_duplicates_counts() {
    let mut picture = with_reader(Scope::All);
    picture.entries = Read::Done(Vec::new());
    let upper = DEV.replace("dev", "Dev");
    picture.aws_auth =
        map_roles(&format!("- rolearn: {DEV}\n  groups: [others]\n- rolearn: {upper}\n  groups: [devs]\n"));
    assert_eq!(lines(&picture), [READER.replace("dev", "Dev")]);
    picture.aws_auth =
        map_roles(&format!("- rolearn: {DEV}\n  groups: [devs]\n- rolearn: {upper}\n  groups: [others]\n"));
    assert_eq!(lines(&picture), [""; 0]);
}

#[test]
fn nodes_are_not_people() {
    let mut picture = with_reader(Scope::All);
    let mut node = entry(DEV, &["devs"]);
    node.kind = "EC2_LINUX".into();
    picture.entries = Read::Done(vec![node]);
    assert_eq!(lines(&picture), [""; 0]);
}

#[test]
fn thousands_of_namespaces() {
    let mut picture = of_all();
    let name = |number: usize| format!("ns-{number}");
    picture.namespaces = Read::Done((0..2_000).map(name).collect());
    for number in 0..2_000 {
        let namespace = name(number);
        add(
            &mut picture.roles,
            role(Some(&namespace), "reader", &[rule("pods", &["get", "list"]), rule("events", &["list"])]),
        );
        for team in 0..10 {
            let group = format!("Group/{namespace}:{team}");
            add(&mut picture.bindings, binding(Some(&namespace), &format!("b{team}"), "Role/reader", &group));
        }
        let groups: Vec<String> = (0..10).map(|team| format!("{namespace}:{team}")).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        add(&mut picture.entries, entry(&format!("arn:aws:iam::111122223333:role/r{number}"), &groups));
    }
    let audit = audit(&picture);
    assert_eq!(audit.rows.len(), 2_000);
    assert!(audit.rows.iter().all(|row| row.bindings.len() == 10));
    assert_eq!(audit.found, []);
}
