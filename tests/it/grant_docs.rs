//! What docs/grant.md and docs/grants-file.md repeat of the program: written from it, or tried.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::World;

const BEGIN: &str = "<!-- presets: written by UPDATE_DOCS=1 cargo test --test it docs:: -->\n";
const END: &str = "<!-- end of presets -->";

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The verbs that a preset has on a resource of a group.
fn verbs<'a>(preset: &'a Value, group: &str, resource: &str) -> Vec<&'a str> {
    let rules = preset["rules"].as_array().expect("rules");
    let fits = |rule: &&Value| texts(&rule["apiGroups"]) == [group] && texts(&rule["resources"]).contains(&resource);
    rules.iter().filter(fits).flat_map(|rule| texts(&rule["verbs"])).collect()
}

/// A row for each resource, a column for each preset that has rules.
fn table(presets: &[Value]) -> String {
    let with_rules: Vec<&Value> = presets.iter().filter(|preset| preset["rules"] != Value::Array(vec![])).collect();
    let name = |preset: &&Value| {
        preset["preset"].as_str().expect("a name").replace("developer-with-secrets", "… `--with-secrets`")
    };
    let mut resources = BTreeSet::new();
    for rule in presets.iter().flat_map(|preset| preset["rules"].as_array().into_iter().flatten()) {
        for group in texts(&rule["apiGroups"]) {
            resources.extend(texts(&rule["resources"]).into_iter().map(|resource| (group, resource)));
        }
    }
    let mut text = format!("| | {} |\n", with_rules.iter().map(name).collect::<Vec<_>>().join(" | "));
    text.push_str(&format!("| --- |{}\n", " --- |".repeat(with_rules.len())));
    for (group, resource) in resources {
        let title = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
        let cell = |preset: &&Value| match verbs(preset, group, resource).join(", ") {
            none if none.is_empty() => "–".to_owned(),
            verbs => verbs,
        };
        text.push_str(&format!("| `{title}` | {} |\n", with_rules.iter().map(cell).collect::<Vec<_>>().join(" | ")));
    }
    text
}

#[test]
fn the_table_of_presets_is_what_the_program_gives() {
    let presets = World::new().run("grant --presets -o json").success().json();
    let presets = presets.as_array().expect("a list");
    let descriptions: String = presets
        .iter()
        .map(|preset| {
            format!(
                "- **{}**: {}\n",
                preset["preset"].as_str().expect("a name"),
                preset["description"].as_str().expect("a text")
            )
        })
        .collect();
    let wanted = format!("{BEGIN}\n{descriptions}\n{}\n{END}", table(presets));
    let text = std::fs::read_to_string(page("grant.md")).expect("docs/grant.md");
    let (before, rest) = text.split_once(BEGIN).expect("the place of the table");
    let (_, after) = rest.split_once(END).expect("the end of the table");
    let written = format!("{before}{wanted}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(page("grant.md"), &written).expect("written");
    }
    let text = std::fs::read_to_string(page("grant.md")).expect("docs/grant.md");
    assert_eq!(text, written, "UPDATE_DOCS=1 cargo test --test it docs:: writes it anew");
}

#[test]
fn the_example_of_a_file_of_grants_is_one() {
    let text = std::fs::read_to_string(page("grants-file.md")).expect("docs/grants-file.md");
    let example = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let world = World::new();
    world.write("grants.yaml", example);
    let rendered = world.run("grant render --from grants.yaml --format terraform").success().stdout.clone();
    assert_eq!(rendered.matches("resource \"kubernetes_role_binding_v1\"").count(), 6, "{rendered}");
    assert!(rendered.contains("cluster_name      = \"idp-nonprod-1\""), "{rendered}");
}
