//! `docs/roles.md`: every verb on the cluster, run with every kind of role. The page is what came out.

use std::path::PathBuf;

use crate::support::World;
use crate::support::forward::{CREATE, FLOOR, GET, grant, server_version, world_with};

type Right = (&'static str, &'static str, &'static str);

const LOG: Right = ("", "pods/log", "get");
const LIST_PODS: Right = ("", "pods", "list");
const WORKLOADS: [Right; 3] =
    [("apps", "deployments", "get"), ("apps", "statefulsets", "get"), ("apps", "replicasets", "get")];

/// A column: its heading, and what is run.
const COLUMNS: [(&str, &str); 11] = [
    ("`can-i create pods/portforward`", "can-i create pods/portforward"),
    ("`pods`", "pods"),
    ("`pods web-0`", "pods web-0"),
    ("`logs web-0`", "logs web-0"),
    ("`logs svc/db`", "logs svc/db"),
    ("`logs deploy/api`", "logs deploy/api"),
    ("forward `web-0`", "port-forward web-0 :8080 -- true"),
    ("`svc/db`", "port-forward svc/db :sql -- true"),
    ("`svc/api`", "port-forward svc/api :http -- true"),
    ("`sts/db`", "port-forward sts/db :stats -- true"),
    ("`deploy/api`", "port-forward deploy/api :http -- true"),
];

const HEAD: &str = "# What works with which rights

Every command was run with every set of rights in the test sandbox. ✓ works; – is denied, with the rule of a Role that would
allow it, and exit code 4 (for `can-i` a no: 1). `db` is a stateful set with a service of its name, `api` a deployment.

";

fn rows() -> Vec<(&'static str, &'static str, Vec<Right>)> {
    let floor_and = |more: &[Right]| [FLOOR, more].concat();
    vec![
        ("nothing", "1.36", vec![]),
        ("`get pods/log`", "1.36", vec![LOG]),
        ("`create pods/portforward`", "1.36", vec![CREATE]),
        ("`get pods/portforward`, server 1.34", "1.34", vec![GET]),
        ("`get pods/portforward`, server 1.35", "1.35", vec![GET]),
        ("**floor**: `get pods, services`, `create pods/portforward`", "1.36", FLOOR.to_vec()),
        ("floor, server 1.28", "1.28", FLOOR.to_vec()),
        ("floor + `get pods/portforward`", "1.36", floor_and(&[GET])),
        ("floor + `get pods/log`", "1.36", floor_and(&[LOG])),
        ("… + `get endpoints`", "1.36", floor_and(&[LOG, ("", "endpoints", "get")])),
        ("floor + `list endpointslices`", "1.36", floor_and(&[("discovery.k8s.io", "endpointslices", "list")])),
        ("floor + `get pods/log`, `list pods`", "1.36", floor_and(&[LOG, LIST_PODS])),
        (
            "… + `get deployments, statefulsets, replicasets`",
            "1.36",
            [floor_and(&[LOG, LIST_PODS]), WORKLOADS.to_vec()].concat(),
        ),
        ("everything in the namespace", "1.36", vec![("*", "*", "*")]),
    ]
}

fn cell(world: &World, command: &str) -> &'static str {
    let output = world.run(command);
    match (command.starts_with("can-i"), output.status.as_str()) {
        (_, "0") => "✓",
        (true, "1") => "–",
        (false, "4") if output.stderr.contains("verbs: [") => "–",
        _ => panic!("{command}\n{}", output.transcript()),
    }
}

#[test]
fn the_roles_page_is_what_the_verbs_do() {
    let world = world_with(FLOOR);
    let headings: Vec<&str> = COLUMNS.iter().map(|(heading, _)| *heading).collect();
    let mut page = format!("{HEAD}| rights | {} |\n|{}\n", headings.join(" | "), " --- |".repeat(COLUMNS.len() + 1));
    for (name, version, rights) in rows() {
        server_version(&world, version);
        grant(&world, &rights);
        let cells: Vec<&str> = COLUMNS.iter().map(|(_, command)| cell(&world, command)).collect();
        page.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/roles.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "UPDATE_DOCS=1 cargo test --test it roles:: writes it anew");
}
