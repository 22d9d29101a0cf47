use super::*;
use crate::model::grants::preset::Preset;
use crate::model::grants::principal::PrincipalName;

const ROLE: &str = "arn:aws:iam::111122223333:role/ci/deploy";

fn entry(namespace: &str, to: &str, access: Access) -> Entry {
    let name = PrincipalName::parse(to).expect("a name");
    let (recipient, _) = Recipient::new(name, Some("111122223333")).expect("a recipient");
    Entry { namespace: namespace.to_owned(), recipient, access, until: None, create_namespace: false }
}

fn viewer(namespace: &str, to: &str) -> Entry {
    entry(namespace, to, Access::Preset(Preset::Viewer))
}

fn request(entries: Vec<Entry>) -> Request {
    Request {
        entries,
        cluster: Some("demo".to_owned()),
        region: Some("eu-west-1".to_owned()),
        account: None,
        way: Way::AccessEntry,
        expiry_job: false,
        secrets_prefix: Pattern::parse("customer/{namespace}/").expect("a pattern"),
        now: "2026-11-26T10:00:00Z".parse().expect("a time"),
    }
}

fn one(format: Format, request: &Request) -> String {
    let rendered = render(format, request).expect("rendered");
    assert_eq!(rendered.files.len(), 1);
    rendered.files[0].text.clone()
}

const FORMATS: [Format; 6] =
    [Format::Manifests, Format::Kustomize, Format::Eksctl, Format::Terraform, Format::AwsCli, Format::Iam];

fn documents(text: &str) -> Vec<serde_json::Value> {
    text.split("\n---\n").map(|text| serde_saphyr::from_str(text).expect("YAML")).collect()
}

fn refused(format: Format, request: &Request) -> String {
    let error = render(format, request).expect_err("refused");
    format!("{} {} {}", error.message, error.because.join(" "), error.try_next.join(" "))
}

#[test]
fn the_order_of_the_entries_makes_no_difference() {
    let policy = |name: &str| entry("a", ROLE, Access::Policy(name.to_owned()));
    let mut entries = vec![viewer("a", ROLE), viewer("b", ROLE), viewer("a", &format!("{ROLE}2"))];
    entries.extend(["AmazonEKSViewPolicy", "AmazonEKSEditPolicy"].map(policy));
    let backwards: Vec<Entry> = entries.iter().rev().cloned().collect();
    for format in FORMATS {
        assert_eq!(
            render(format, &request(entries.clone())),
            render(format, &request(backwards.clone())),
            "{format:?}"
        );
    }
}

#[test]
fn principals_with_one_preset_share_a_role() {
    let objects =
        documents(&one(Format::Manifests, &request(vec![viewer("a", ROLE), viewer("a", &format!("{ROLE}2"))])));
    let kinds: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    assert_eq!(kinds, ["Role", "RoleBinding", "RoleBinding"]);
}

#[test]
fn a_namespace_is_made_once_and_first() {
    let mut entries = vec![viewer("a", ROLE), viewer("a", &format!("{ROLE}2"))];
    entries.iter_mut().for_each(|entry| entry.create_namespace = true);
    let objects = documents(&one(Format::Manifests, &request(entries.clone())));
    assert_eq!(objects[0]["kind"], "Namespace");
    assert_eq!(objects.iter().filter(|object| object["kind"] == "Namespace").count(), 1);
    let terraform = one(Format::Terraform, &request(entries));
    assert!(terraform.contains("namespace = kubernetes_namespace_v1.nsaccess_a.metadata[0].name"), "{terraform}");
}

#[test]
fn a_principal_has_one_entry_for_all_its_namespaces() {
    let request = request(vec![viewer("a", ROLE), viewer("b", ROLE)]);
    let config = &documents(&one(Format::Eksctl, &request))[0];
    let entries = config["accessConfig"]["accessEntries"].as_array().expect("a list");
    assert_eq!((entries.len(), &entries[0]["principalARN"]), (1, &ROLE.into()));
    assert_eq!(entries[0]["kubernetesGroups"].as_array().map(Vec::len), Some(2));
    assert_eq!(one(Format::Terraform, &request).matches("resource \"aws_eks_access_entry\"").count(), 1);
    assert_eq!(one(Format::AwsCli, &request).matches("\ngive_groups \"$principal\"").count(), 1);
}

#[test]
fn a_principal_has_one_role_in_a_namespace() {
    let floor = entry("a", ROLE, Access::Preset(Preset::Floor));
    for format in FORMATS {
        assert!(refused(format, &request(vec![viewer("a", ROLE), floor.clone()])).contains("granted twice"));
    }
    let policy = |name: &str| entry("a", ROLE, Access::Policy(name.to_owned()));
    let both = request(vec![floor, policy("AmazonEKSViewPolicy"), policy("AmazonEKSEditPolicy")]);
    let terraform = one(Format::Terraform, &both);
    assert_eq!(terraform.matches("resource \"aws_eks_access_policy_association\"").count(), 2);
    assert!(
        refused(Format::Eksctl, &request(vec![policy("AmazonEKSViewPolicy"), policy("AmazonEKSViewPolicy")]))
            .contains("twice")
    );
}

#[test]
fn the_role_of_a_permission_set_is_looked_up_or_asked_for() {
    let request = request(vec![viewer("a", "permission-set:idp.ns+a")]);
    let terraform = one(Format::Terraform, &request);
    assert!(terraform.contains(r#""^AWSReservedSSO_idp\\.ns\\+a_[0-9a-f]{16}$""#), "{terraform}");
    let script = one(Format::AwsCli, &request);
    assert!(script.contains("AWSReservedSSO_idp.ns+a_") && script.contains("== `40`"), "{script}");
    assert!(refused(Format::Eksctl, &request).contains("requires the ARN"));
    let manifests = one(Format::Manifests, &request);
    assert!(manifests.contains("nsaccess/principal: permission-set:111122223333:idp.ns+a"), "{manifests}");
}

#[test]
fn aws_auth_gets_arns_as_it_compares_them() {
    let ada = "arn:aws:iam::111122223333:user/team/ada";
    let mut request = request(vec![viewer("a", ROLE), viewer("a", ada)]);
    request.way = Way::AwsAuth;
    let config = &documents(&one(Format::Eksctl, &request))[0];
    let arns: Vec<_> =
        (0..2).map(|index| config["iamIdentityMappings"][index]["arn"].as_str().expect("an ARN")).collect();
    assert_eq!(arns, [ada, "arn:aws:iam::111122223333:role/deploy"]);
    let script = one(Format::AwsCli, &request);
    assert!(
        script.contains("need_item mapUsers") && script.contains("rolearn: arn:aws:iam::111122223333:role/deploy\n")
    );
    assert!(!script.contains("aws eks create-access-entry"), "{script}");
    request.entries.push(entry("a", ROLE, Access::Policy("AmazonEKSViewPolicy".to_owned())));
    for format in [Format::Eksctl, Format::Terraform, Format::AwsCli] {
        assert!(refused(format, &request).contains("cannot be given through aws-auth"));
    }
}

#[test]
fn arns_are_of_the_partition_of_the_region() {
    let role = "arn:aws-cn:iam::111122223333:role/deploy";
    let mut request = request(vec![entry("a", role, Access::Policy("AmazonEKSViewPolicy".to_owned()))]);
    request.region = Some("cn-north-1".to_owned());
    for format in [Format::Eksctl, Format::Terraform, Format::AwsCli] {
        let text = one(format, &request);
        assert!(text.contains("arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"), "{text}");
    }
    for file in render(Format::Iam, &request).expect("rendered").files {
        assert!(!file.text.contains("arn:aws:"), "{}", file.text);
    }
}

#[test]
fn policies_of_iam_are_for_what_the_principal_is() {
    let names = |to: &str| -> Vec<String> {
        let files = render(Format::Iam, &request(vec![viewer("a", to)])).expect("rendered").files;
        files.into_iter().map(|file| file.path).collect()
    };
    let set = ["idp-ns-a-387f5636-permission-set-inline-policy.json"];
    assert_eq!(names("permission-set:idp-ns-a"), set);
    assert_eq!(
        names("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_idp-ns-a_0123456789abcdef"),
        set
    );
    assert!(names("arn:aws:iam::111122223333:user/ada")[0].ends_with("-user-policy.json"));
    assert_eq!(names(ROLE).len(), 3);
}

#[test]
fn secrets_are_those_of_the_setting() {
    let mut request = request(vec![viewer("a", ROLE), viewer("b", ROLE)]);
    request.secrets_prefix = Pattern::parse("/apps/{namespace}/").expect("a pattern");
    request.account = Some("444455556666".to_owned());
    let files = render(Format::Iam, &request).expect("rendered").files;
    let policy: serde_json::Value = serde_json::from_str(&files[1].text).expect("JSON");
    assert_eq!(
        policy["Statement"][2]["Resource"],
        serde_json::json!([
            "arn:aws:secretsmanager:eu-west-1:444455556666:secret:/apps/a/*",
            "arn:aws:secretsmanager:eu-west-1:444455556666:secret:/apps/b/*",
        ])
    );
    assert!(files[1].text.contains("arn:aws:eks:eu-west-1:444455556666:cluster/demo"));
    assert!(files[2].text.contains("arn:aws:iam::111122223333:role/ci/deploy"), "{}", files[2].text);
}

#[test]
fn what_is_missing_is_named_by_its_flag() {
    let mut request = request(vec![viewer("a", ROLE)]);
    request.region = None;
    for format in [Format::Eksctl, Format::AwsCli, Format::Iam] {
        assert!(refused(format, &request).contains("--region REGION"));
    }
    request.cluster = None;
    assert!(refused(Format::Terraform, &request).contains("--cluster NAME"));
    assert!(render(Format::Manifests, &request).is_ok() && render(Format::Kustomize, &request).is_ok());
}

#[test]
fn access_policies_are_no_objects() {
    let policy = entry("pay*", ROLE, Access::Policy("AmazonEKSViewPolicy".to_owned()));
    assert!(refused(Format::Manifests, &request(vec![policy.clone()])).contains("no Kubernetes objects"));
    let rendered = render(Format::Kustomize, &request(vec![policy, viewer("a", ROLE)])).expect("rendered");
    let paths: Vec<&str> = rendered.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["kustomization.yaml", "namespaces/a.yaml"]);
    assert!(rendered.warnings[0].contains("AmazonEKSViewPolicy in pay*"), "{:?}", rendered.warnings);
}

fn ending(time: &str) -> Request {
    let mut request = request(vec![viewer("a", ROLE)]);
    request.entries[0].until = Some(time.parse().expect("a time"));
    request.expiry_job = true;
    request
}

#[test]
fn a_job_takes_the_binding_back_and_nothing_else() {
    let objects = documents(&one(Format::Manifests, &ending("2026-12-31T23:59:30Z")));
    let [role, binding, account, rights, subject, job] = objects.as_slice() else { panic!("{objects:#?}") };
    assert_eq!((&role["kind"], &account["kind"]), (&"Role".into(), &"ServiceAccount".into()));
    assert_eq!(binding["metadata"]["annotations"]["nsaccess/until"], "2026-12-31T23:59:30Z");
    let name = &binding["metadata"]["name"];
    assert_eq!(rights["rules"][0]["resourceNames"], serde_json::json!([name]));
    assert_eq!(rights["rules"][0]["verbs"], serde_json::json!(["delete"]));
    assert_eq!(subject["subjects"][0]["name"], account["metadata"]["name"]);
    // Not before its time, also at the end of a year.
    assert_eq!(job["spec"]["schedule"], "0 0 1 1 *");
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["serviceAccountName"], account["metadata"]["name"]);
    assert_eq!(&pod["containers"][0]["args"][2], name);
    let exact = documents(&one(Format::Manifests, &ending("2026-12-31T23:59:00Z")));
    assert_eq!(exact[5]["spec"]["schedule"], "59 23 31 12 *");
}

#[test]
fn a_job_is_refused_where_cron_would_come_at_the_wrong_time() {
    assert!(refused(Format::Manifests, &ending("2027-11-27T00:00:00Z")).contains("no year"));
    assert!(refused(Format::Manifests, &ending("2026-11-26T10:00:00Z")).contains("already expired"));
    for format in [Format::Terraform, Format::Eksctl, Format::Iam] {
        assert!(refused(format, &ending("2026-12-01T00:00:00Z")).contains("does not support --with-expiry-job"));
    }
}

#[test]
fn names_of_jobs_have_room_for_what_kubernetes_adds() {
    let mut request = ending("2026-12-01T00:00:00Z");
    let (recipient, _) = Recipient::new(
        PrincipalName::parse(&format!("arn:aws:iam::111122223333:role/{}", "x.".repeat(32))).expect("a name"),
        None,
    )
    .expect("a recipient");
    request.entries[0].recipient = recipient;
    let objects = documents(&one(Format::Manifests, &request));
    let name = objects[5]["metadata"]["name"].as_str().expect("a name");
    assert!(name.len() <= 52 && name.starts_with("nsaccess-ends-"), "{name}");
}

#[cfg(unix)]
#[test]
fn what_the_shell_reads_is_what_was_meant() {
    let odd = r#"arn:aws:iam::111122223333:user/a'b"c$(id)`id`\/ada"#;
    let script = one(Format::AwsCli, &request(vec![viewer("a", odd)]));
    let line = script.lines().find(|line| line.starts_with("principal=")).expect("a line");
    let check = format!("{line}\nprintf %s \"$principal\"");
    let output = std::process::Command::new("sh").arg("-c").arg(check).output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), odd);
}

#[test]
fn policies_of_one_namespace_share_its_tag() {
    let policy = |name: &str| entry("pay*", ROLE, Access::Policy(name.to_owned()));
    let mut entries = vec![policy("AmazonEKSEditPolicy"), policy("AmazonEKSViewPolicy"), viewer("a", ROLE)];
    entries[1].until = Some("2026-12-01T00:00:00Z".parse().expect("a time"));
    let found = mappings::mappings(&request(entries));
    let tags: Vec<(&str, &str)> = found[0].tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        tags,
        [
            ("managed-by", "nsaccess"),
            ("nsaccess/pay_", "AmazonEKSEditPolicy + AmazonEKSViewPolicy until 2026-12-01T00:00:00Z")
        ]
    );
}

#[cfg(unix)]
#[test]
fn the_script_keeps_the_username_of_an_entry() {
    let script = one(Format::AwsCli, &request(vec![viewer("a", ROLE)]));
    let from = script.find("give_groups() {").expect("the function");
    let function = &script[from..from + script[from..].find("\n}\n").expect("its end") + 3];
    let fake = r#"aws() {
        case "$*" in
        *describe-access-entry*accessEntry.username*) echo 'ci:{{SessionName}}' ;;
        *describe-access-entry*) echo '["a", "b"]' ;;
        *) printf '<%s>' "$@" >&2 ;;
        esac
    }"#;
    let text = format!("set -eu; region=r cluster=c\n{fake}\n{function}\ngive_groups arn query '[]' '{{}}' '{{}}'");
    let output = std::process::Command::new("sh").arg("-c").arg(text).output().expect("sh runs");
    let called = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && called.starts_with("<eks><update-access-entry>"), "{called}");
    assert!(called.ends_with(r#"<--kubernetes-groups><["a", "b"]><--username><ci:{{SessionName}}>"#), "{called}");
}
