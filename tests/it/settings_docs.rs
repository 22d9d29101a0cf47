//! What the pages say of settings is what nsaccess reads.

use std::path::PathBuf;

use crate::hints::fault;
use crate::support::World;

fn page(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("```").next().map(str::to_owned)).collect()
}

/// Files inside of scripts.
fn embedded(page: &str) -> Vec<String> {
    let texts = [("<<'END'\n", "\nEND"), ("@'\n", "\n'@")];
    let inside = |(begin, end): (&str, &str)| -> Vec<String> {
        page.split(begin).skip(1).filter_map(|rest| rest.split(end).next().map(str::to_owned)).collect()
    };
    texts.into_iter().flat_map(inside).collect()
}

fn is_read_as_the_organisation_s(text: &str) -> bool {
    let mut world = World::new();
    world.write("config.toml", text);
    world.chmod("config.toml", 0o644);
    let path = world.path("config.toml").display().to_string();
    world.set("NSACCESS_SYSTEM_CONFIG", &path);
    let output = world.run("config");
    output.status == "0" && output.stderr.is_empty()
}

fn is_read_as_a_project_s(text: &str) -> bool {
    let world = World::new();
    world.write("nsaccess.toml", text);
    let output = world.run("config trust");
    let config = world.run("config").success();
    output.status == "0" && !config.stderr.contains("unknown setting")
}

#[test]
fn every_file_on_the_pages_is_one() {
    let (settings, rollout) = (page("settings.md"), page("rollout.md"));
    let of_settings = blocks(&settings, "toml");
    assert_eq!(of_settings.len(), 2, "one's own file, and a project's");
    assert!(is_read_as_the_organisation_s(&of_settings[0]), "{}", of_settings[0]);
    assert!(is_read_as_a_project_s(&of_settings[1]), "{}", of_settings[1]);
    let files: Vec<String> = blocks(&rollout, "toml").into_iter().chain(embedded(&rollout)).collect();
    assert_eq!(files.len(), 3, "{files:#?}");
    files.iter().for_each(|file| assert!(is_read_as_the_organisation_s(file), "{file}"));
}

#[test]
fn every_command_of_the_rollout_can_be_typed() {
    let rollout = page("rollout.md");
    let scripts = blocks(&rollout, "sh");
    assert!(scripts.len() >= 5, "{scripts:#?}");
    let world = World::new();
    for script in &scripts {
        world.write("script", script);
        world.program(std::path::Path::new("/bin/sh"), "-n script").run().success();
        for line in script.lines() {
            let command =
                line.split_once("nsaccess ").filter(|(before, _)| before.is_empty() || before.ends_with("toml "));
            let Some((_, words)) = command else { continue };
            assert_eq!(fault(&format!("nsaccess {words}")), None, "{line}");
        }
    }
    for container in blocks(&rollout, "json") {
        let container: serde_json::Value = serde_json::from_str(&container).expect("JSON");
        assert!(
            container["onCreateCommand"].as_str().is_some_and(|command| command.contains("/etc/nsaccess/config.toml"))
        );
    }
}
