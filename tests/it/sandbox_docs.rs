//! docs/sandbox.md shows every control of the sandbox, and each of its lines works.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use sandbox::Sandbox;

fn page() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/sandbox.md");
    std::fs::read_to_string(path).expect("docs/sandbox.md")
}

/// A request that a line of the page makes.
struct Curl<'p> {
    line: &'p str,
    method: &'static str,
    /// What stands behind the address of the controls.
    path: &'p str,
    body: &'p str,
}

fn curl(line: &str) -> Curl<'_> {
    let words = line.strip_prefix("curl ").expect("a curl line");
    let (before, path) = words.split_once("$SANDBOX_CONTROL").unwrap_or_else(|| panic!("no control: {line}"));
    let body = before.split('\'').nth(1).unwrap_or_default();
    let method = match before.trim_end_matches('"').trim() {
        "" => "GET",
        "-X POST" => "POST",
        "-X DELETE" => "DELETE",
        given if given.starts_with("-d '") && given.ends_with('\'') => "POST",
        other => panic!("the test does not know curl {other}"),
    };
    Curl { line, method, path: path.trim_end_matches('"'), body }
}

/// The lines of the page's blocks; each block is one session.
fn sessions(page: &str) -> Vec<Vec<Curl<'_>>> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.map(|block| block.lines().filter(|line| line.starts_with("curl ")).map(curl).collect());
    lines.filter(|lines: &Vec<Curl<'_>>| !lines.is_empty()).collect()
}

fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> (String, String) {
    let url = format!("{}{path}", sandbox.control_url());
    let rest = url.strip_prefix("http://").expect("http");
    let (address, path) = rest.split_at(rest.find('/').expect("a path"));
    let mut stream = TcpStream::connect(address).expect("the sandbox listens");
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}");
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.split(' ').nth(1).unwrap_or_default().to_owned(), body.to_owned())
}

/// A control as the list spells it: `POST /_control/cluster/<name>/way`.
fn control(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').collect();
    match parts.as_mut_slice() {
        ["", "cluster", name, ..] => *name = "<name>",
        ["", "account", id] => *id = "<id>",
        _ => {}
    }
    format!("{method} /_control{}", parts.join("/"))
}

#[test]
fn every_control_is_on_the_page_and_each_line_works() {
    let page = page();
    let mut shown = BTreeSet::new();
    for session in sessions(&page) {
        let sandbox = Sandbox::start_with(sandbox::World::demo());
        let keys = sandbox.control().user_keys("123456789012", "ada");
        let key = &keys.iter().find(|(name, _)| name == "AWS_ACCESS_KEY_ID").expect("a key").1;
        for line in session {
            let (status, answer) = ask(&sandbox, line.method, line.path, &line.body.replace("KEY_ID", key));
            assert_eq!(status, "200", "{}\n{answer}", line.line);
            shown.insert(control(line.method, line.path));
        }
    }
    let (_, list) = ask(&Sandbox::start(), "GET", "", "");
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let all: BTreeSet<String> = list.as_object().expect("a list").keys().cloned().collect();
    assert!(all.len() > 60, "{all:?}");
    assert_eq!(
        all.difference(&shown).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "docs/sandbox.md shows no example of"
    );
}
