//! Documents that repeat what the code says: they are compared with it, and where possible written from it.
//! `UPDATE_DOCS=1 cargo test docs::` writes them anew.

use std::collections::BTreeSet;
use std::path::PathBuf;

use nsaccess::inside::Kind;

use crate::support::World;
use crate::support::output::filtered;

fn document(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(document(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// The verbs that a help text lists, in its order: below headings that stand before those of arguments and options.
pub(crate) fn verbs(help: &str) -> Vec<String> {
    let lists = help.lines().skip_while(|line| !line.starts_with("Usage:"));
    let lists = lists.take_while(|line| !["Arguments:", "Options:"].contains(line));
    let entries = lists.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = entries.filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_readme_shows_every_verb() {
    let readme =
        std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let verbs = verbs(&World::new().run("--help").success().stdout);
    assert!(verbs.len() > 15, "{verbs:?}");
    let is_shown = |verb: &String| [" ", "`"].iter().any(|end| readme.contains(&format!("nsaccess {verb}{end}")));
    let missing: Vec<&String> = verbs.iter().filter(|verb| !is_shown(verb)).collect();
    assert!(missing.is_empty(), "README.md does not show {missing:?}");
}

/// The sample of a login in the README, from its fence to the next.
const SAMPLE: (&str, &str) = ("(UPDATE_DOCS=1) -->\n```text\n", "```");

#[test]
fn the_readme_shows_what_login_prints() {
    let mut of = sandbox::World::demo();
    of.start_url = "https://example.awsapps.com/start".to_owned();
    let world = World::of(of);
    // Signed in already, so that the output begins with what was set up.
    world.login("idp-test").run().success();
    let output = world.run("login idp-dev").success();
    let said = filtered(&output.stderr, &output.home);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&file).expect("README.md");
    let (before, rest) = readme.split_once(SAMPLE.0).expect("the sample");
    let (sample, after) = rest.split_once(SAMPLE.1).expect("its end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let new = format!("{before}{}{}{}{after}", SAMPLE.0, said.replace("TIME", "10:41"), SAMPLE.1);
        std::fs::write(&file, new).expect("written");
        return;
    }
    assert_eq!(filtered(sample, &output.home), said, "UPDATE_DOCS=1 cargo test --test it docs:: writes it anew");
}

/// One of each class that a page should have. A new class does not compile until somebody has thought about it.
fn documented(kind: Kind) -> bool {
    match kind {
        // Nothing of ours: success, and the status of another program.
        Kind::BrokenPipe | Kind::Child(_) => false,
        Kind::Failure
        | Kind::No
        | Kind::Usage
        | Kind::NotSignedIn
        | Kind::Denied
        | Kind::NotFound
        | Kind::Unreachable
        | Kind::NotJudged
        | Kind::NotRun(_)
        | Kind::Interrupted
        | Kind::Terminated => true,
    }
}

#[test]
fn the_exit_codes_page_has_every_class_and_no_other() {
    let kinds = [
        Kind::BrokenPipe,
        Kind::Child(7),
        Kind::Failure,
        Kind::No,
        Kind::Usage,
        Kind::NotSignedIn,
        Kind::Denied,
        Kind::NotFound,
        Kind::Unreachable,
        Kind::NotJudged,
        Kind::NotRun(126),
        Kind::NotRun(127),
        Kind::Interrupted,
        Kind::Terminated,
    ];
    let kinds = kinds.into_iter().filter(|kind| documented(*kind));
    let mut expected: BTreeSet<_> =
        kinds.map(|kind| (kind.exit_code().to_string(), format!("`{}`", kind.name()))).collect();
    expected.insert(("0".to_owned(), String::new()));
    let text = read("exit-codes.md");
    let mut found = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for code in cells[1].split(", ").filter(|code| code.parse::<u8>().is_ok()) {
            found.extend(cells[2].split(", ").map(|name| (code.to_owned(), name.to_owned())));
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn the_files_page_has_every_variable_that_is_read() {
    let source = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/env_vars.rs"));
    let source = source.expect("the list of variables");
    let names = source.lines().filter_map(|line| line.strip_prefix("pub(crate) const ")?.split(':').next());
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 30, "{names:?}");
    let text = read("files.md");
    let missing: Vec<&&str> = names.iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/files.md does not name {missing:?}");
}

const DOCTOR_HEAD: &str = "# doctor

    nsaccess doctor idp-dev                    check everything, and show what to do first
    nsaccess doctor idp-dev -v                 with all details
    nsaccess doctor idp-dev --fix              fix what nsaccess itself wrote, then check again
    nsaccess doctor idp-dev --wait             wait up to 5 minutes for a grant or a VPN
    nsaccess doctor idp-dev --offline          files only
    nsaccess doctor idp-dev --only session     one group or check, and what it needs
    nsaccess doctor idp-dev --irsa deploy/x    also the IAM role of a workload
    nsaccess doctor idp-dev --report FILE      a report for sharing, without secrets and personal names
    nsaccess doctor --list                     list all checks (`-o name`: their ids)

It never prompts, changes nothing without `--fix`, and needs no more permissions than a developer has. Independent
checks run in parallel. Each network step has a timeout of 5 seconds, a whole run of 11. Credentials and the cluster are
always fetched again; what nsaccess has cached is checked but never relied on.

A check is `ok`, `warn` (it works, but not as expected or not for long), `fail`, `skipped` (with the reason, or the row it
depends on) or `unknown` (no response, or the check crashed). Checks that depend on a failed check are skipped, so that
one cause is reported once.

Exit status: 0 no problems or only warnings (1 with `--strict`), 1 problems found, 2 usage, 6 some checks could not be
completed. `-o json` and `-o yaml` always print exactly one document ([json.md](json.md)), even after Ctrl-C. A row's `id` is the
id of the finding, or of the check if there is none. Ids never change and are never reused.

`--fix` signs in, rewrites the profile and context written by nsaccess, removes stale locks and temporary files of
nsaccess, and makes files with secrets private. It touches nothing else.

A report for sharing contains only known words, ARNs, accounts, regions, AWS host names and times. Everything else is
replaced by `‹…›`. Read it before you share it all the same.

A test writes this page from the program's own tables (`UPDATE_DOCS=1 cargo test --test it docs::`).
";

fn doctor_page(catalogue: &serde_json::Value) -> String {
    let list = |name: &str| catalogue[name].as_array().cloned().unwrap_or_default();
    let word = |value: &serde_json::Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let (mut page, mut group) = (DOCTOR_HEAD.to_owned(), String::new());
    for check in list("checks") {
        if word(&check, "group") != group {
            group = word(&check, "group");
            page.push_str(&format!("\n## {group}\n"));
        }
        let id = word(&check, "id");
        let needs: Vec<String> = check["needs"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|need| Some(format!("`{}`", need.as_str()?)))
            .collect();
        let needs = if needs.is_empty() { String::new() } else { format!(" Needs {}.", needs.join(", ")) };
        let anchor = id.replace('.', "-");
        page.push_str(&format!(
            "\n### <a id=\"{anchor}\"></a>{id}\n\n{} Uses {}.{needs}\n",
            word(&check, "what"),
            word(&check, "uses")
        ));
        for finding in list("findings").iter().filter(|finding| finding["check"] == id.as_str()) {
            let anchor = word(finding, "id").replace('.', "-");
            let waits = if finding["waiting_helps"] == true { " `--wait` waits until it is resolved." } else { "" };
            page.push_str(&format!(
                "\n#### <a id=\"{anchor}\"></a>{}\n\n`{}`. {}\n\n{}{waits}\n",
                word(finding, "id"),
                word(finding, "result"),
                word(finding, "cause"),
                word(finding, "repair")
            ));
        }
    }
    page
}

#[test]
fn the_doctor_page_has_every_check_and_every_finding() {
    let catalogue = World::new().run("doctor --list -o json").success().json();
    let page = doctor_page(&catalogue);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(document("doctor.md"), &page).expect("written");
    }
    assert_eq!(read("doctor.md"), page, "UPDATE_DOCS=1 cargo test --test it docs:: writes it anew");
    let rows = ["checks", "findings"].iter().flat_map(|name| catalogue[name].as_array().into_iter().flatten());
    let links: Vec<&str> = rows.filter_map(|row| row["docs"].as_str()).collect();
    assert!(links.len() > 60, "only {} rows", links.len());
    for link in links {
        let anchor = link.strip_prefix("docs/doctor.md#").expect("a link into the page");
        assert_eq!(page.matches(&format!("<a id=\"{anchor}\"></a>")).count(), 1, "{link}");
    }
}

const AUDIT_HEAD: &str = "# audit

    nsaccess audit payments                    who has access to a namespace, why, and what is wrong with it
    nsaccess audit payments -v                 with every task, user and group, and all findings
    nsaccess audit --all                       all namespaces, and cluster-wide access
    nsaccess audit --all -o json               for programs, and as a baseline
    nsaccess audit --all --format csv          access for a spreadsheet (also findings-csv, markdown)
    nsaccess audit --all --fail-on high        exit with 1 if there are such findings
    nsaccess audit --all --baseline FILE       ignore the findings in FILE
    nsaccess audit --list                      all kinds of findings (`-o name`: their ids)

It is read-only. For each AWS principal it resolves the access entry or the item in `aws-auth` that applies, the user name and
groups (`{{SessionName}}` stays, as only the session has it), the bindings of these, their roles including aggregation, and the
tasks that these allow. The tasks are those of [can-i](can-i.md); GRANTED BY shows the objects that grant them. Service accounts,
nodes and users of an OIDC provider of the cluster are not included. On a terminal that is too narrow for the table, objects are
numbered below it, and with `--all` each principal is a paragraph; `-o wide` prints the table.

## What is not evaluated

No API shows what an EKS access policy (`AmazonEKSViewPolicy`, …) allows, and access reviews for others ignore them. If a
principal has one, everything its bindings do not allow is \"not evaluated\". So is everything that depends on a list that could
not be read; the end of the report shows the permission that each requires. It is counted neither as denied nor as in order.

## Required permissions

| for | required |
| --- | --- |
| access entries and their policies | `eks:DescribeCluster`, `eks:ListAccessEntries`, `eks:DescribeAccessEntry`, `eks:ListAssociatedAccessPolicies` |
| mappings of deleted roles and users | `iam:ListRoles`, `iam:GetUser` |
| `aws-auth` | get the ConfigMap `aws-auth` in `kube-system` |
| permissions in namespaces | list `roles`, `rolebindings` there (with `--all`: in all namespaces, and `namespaces`) |
| permissions in the whole cluster | list `clusterroles`, `clusterrolebindings` |

With fewer permissions you see less, and the report shows what is missing. Without access entries and `aws-auth`, the users and
groups of bindings are shown instead of principals.

## For programs

Exit status: 0 done; 1 findings for `--fail-on`; 6 with `--fail-on` if there are none, but not everything could be read. With
`--baseline` and without `--fail-on`, new findings of severity `low` or higher exit with 1.

`-o json` is described in [json.md](json.md). The namespace `*` is the whole cluster; a task that is not listed is not allowed;
`stale` is the finding because of which nobody has this access now. `id` and `about` together identify a finding and stay the same
from one audit to the next. Ids never change and are never reused.

A test writes this page from the program's own table (`UPDATE_DOCS=1 cargo test --test it docs::`).

## Findings

`high` leads to full control or locks people out. `medium` does not grant what it seems to, or grants more than most should have.
`low` is stale or untidy. `info` is worth knowing.
";

#[test]
fn the_audit_page_has_every_finding() {
    let catalogue = World::new().run("audit --list -o json").success().json();
    let findings = catalogue["findings"].as_array().expect("findings");
    let mut page = AUDIT_HEAD.to_owned();
    for finding in findings {
        let word = |key: &str| finding[key].as_str().unwrap_or_default();
        let anchor = word("id").replace('.', "-");
        assert_eq!(word("docs"), format!("docs/audit.md#{anchor}"));
        page.push_str(&format!(
            "\n### <a id=\"{anchor}\"></a>{}\n\n`{}`. {}\n\n{}\n",
            word("id"),
            word("severity"),
            word("cause"),
            word("repair")
        ));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(document("audit.md"), &page).expect("written");
    }
    assert!(findings.len() > 30, "only {} findings", findings.len());
    assert_eq!(read("audit.md"), page, "UPDATE_DOCS=1 cargo test --test it docs:: writes it anew");
}

/// The words in the string literals of the shipped sources below a folder.
fn words_of(folder: &std::path::Path, words: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().contains("tests")) {
            continue;
        }
        if path.is_dir() {
            words_of(&path, words);
        }
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).expect("a source file");
        let shipped = text.split("\n#[cfg(test)]").next().unwrap_or_default();
        let shipped = shipped.split("\n#[cfg(all(test").next().unwrap_or_default();
        let code: Vec<&str> = shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for literal in crate::hints::literals(&code.join("\n")) {
            let plain = literal.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_'".contains(letter));
            let is_word = |word: &&str| {
                let is_long_enough = (2..30).contains(&word.len()) || *word == "a";
                is_long_enough && word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '-')
            };
            words.extend(plain.filter(is_word).map(str::to_lowercase));
        }
    }
}

#[test]
fn a_shared_report_may_have_all_words_that_doctor_says() {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let file = source.join("model/doctor/words.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let mut all = BTreeSet::new();
        words_of(&source, &mut all);
        let text: String = all.into_iter().map(|word| format!("{word}\n")).collect();
        std::fs::write(&file, text).expect("written");
    }
    let text = std::fs::read_to_string(&file).expect("the list");
    let listed: BTreeSet<&str> = text.lines().collect();
    let mut said = BTreeSet::new();
    ["model/doctor", "actions/doctor"].iter().for_each(|folder| words_of(&source.join(folder), &mut said));
    assert!(said.len() > 300, "only {} words were found", said.len());
    let missing: Vec<&String> = said.iter().filter(|word| !listed.contains(word.as_str())).collect();
    assert!(missing.is_empty(), "UPDATE_DOCS=1 cargo test --test it docs:: adds {missing:?}");
}
