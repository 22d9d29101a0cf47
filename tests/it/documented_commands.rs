//! Every command line of README.md and docs/ works as it stands: in the world of `cargo run -p sandbox`, with the files
//! of its home folder. What is not run is on a list here, with the reason.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use rustix::process::{Pid, Signal, kill_process};
use sandbox::Container;

use crate::hints::fault;
use crate::support::World;

/// What is no command of its own, or cannot be run here.
const SKIPPED: &[(&str, &str)] = &[
    ("nsaccess config set", "the name of a command"),
    ("nsaccess token", "the name of a command"),
    ("nsaccess console idp-dev --isolated", "opens a browser; console_isolated.rs runs it"),
    ("nsaccess console idp-prod --isolated", "opens a browser; console_isolated.rs runs it"),
    ("nsaccess secrets get api-key --copy", "leaves a process behind; secret_clipboard.rs runs it"),
];

/// Words in capitals, and what a reader would type.
const SAMPLES: &[(&str, &str)] = &[
    ("CLUSTER", "prod-eks-cluster"),
    ("FILE", "file.json"),
    ("ID", "x1"),
    ("KEY", "flow"),
    ("NAME", "billing/database"),
    ("NAMESPACE", "idp-dev"),
    ("PROFILE", "corp"),
    ("REGION", "eu-west-1"),
    ("ROLE_ARN", "arn:aws:iam::123456789012:role/k8s-devs-role"),
    ("SESSION", "ada"),
    ("VALUE", "device"),
    ("YOURS", "sandbox"),
    ("deploy/x", "deploy/billing"),
];

/// What the page, or the life before it, has done already.
const BEFORE: &[(&str, &str)] = &[
    ("nsaccess audit --all --baseline FILE", "nsaccess audit --all -o json > file.json"),
    ("nsaccess revoke payments --from permission-set:idp-ns-payments", GRANT),
    ("nsaccess use -", "nsaccess login idp-test"),
    ("nsaccess use idp-test", "nsaccess login idp-test"),
    ("nsaccess use payments-prod", PAYMENTS),
    ("nsaccess logs web-0 -n payments-prod", PAYMENTS),
    ("nsaccess doctor dev", DEV),
    ("nsaccess use uat", "nsaccess login uat --source-profile corp --cluster prod-eks-cluster --region eu-west-1"),
    ("NSACCESS_SYSTEM_CONFIG=./config.toml nsaccess config --explain", ORGANISATION),
    ("NSACCESS_SYSTEM_CONFIG=./config.toml nsaccess login idp-dev", ORGANISATION),
];
const GRANT: &str = "nsaccess grant payments --to permission-set:idp-ns-payments --preset developer --yes";
const PAYMENTS: &str = "nsaccess login payments --account 444455556666 --as payments-prod";
const DEV: &str = "nsaccess login dev --source-profile corp --cluster prod-eks-cluster --region eu-west-1";
const ORGANISATION: &str = "printf 'regions = [\"eu-west-1\"]\\n' > config.toml";

/// The pages that are written by hand, and those whose examples are.
fn pages() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let docs =
        std::fs::read_dir(root.join("docs")).expect("the documents").map(|entry| entry.expect("an entry").path());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|end| end == "md") && !path.ends_with("commands.md");
    let mut pages: Vec<PathBuf> = docs.filter(is_page).collect();
    pages.push(root.join("README.md"));
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("a page"))
    };
    pages.into_iter().map(read).collect()
}

/// The code spans of a line.
fn spans(line: &str) -> impl Iterator<Item = String> {
    line.split('`').skip(1).step_by(2).map(|span| span.replace("\\|", "|"))
}

/// Whether this is typed, and not told.
fn is_command(text: &str) -> bool {
    let is_assignment = |word: &str| word.contains('=') && word.starts_with(|letter: char| letter.is_ascii_uppercase());
    let plain = text.strip_prefix("eval \"$(").unwrap_or(text);
    let mut words = plain.split(' ').skip_while(|word| is_assignment(word));
    words.next() == Some("nsaccess") && words.next().is_some() && !text.contains('…')
}

/// The commands of a page's code blocks and tables, and the code in its sentences.
fn extracted(page: &str) -> (Vec<String>, Vec<String>) {
    let (mut commands, mut told) = (Vec::new(), Vec::new());
    let (mut fence, mut open) = (None, String::new());
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language.to_owned()) };
            continue;
        }
        let is_code = fence.is_some() || line.starts_with("    ");
        match &fence {
            Some(language) if !["", "sh"].contains(&language.as_str()) => {}
            _ if is_code => {
                open.push_str(line.trim());
                if let Some(unfinished) = open.strip_suffix('\\') {
                    open = format!("{} ", unfinished.trim_end());
                    continue;
                }
                // What stands behind three blanks is said of the command.
                commands.extend(open.split("   ").next().map(str::to_owned));
                open.clear();
            }
            _ if line.starts_with('|') => commands.extend(spans(line)),
            _ => told.extend(spans(line).filter(|span| span.starts_with("nsaccess ") && !span.contains('…'))),
        }
    }
    commands.retain(|command| is_command(command));
    (commands, told)
}

/// Each command once, with the pages that have it.
fn commands() -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in pages() {
        for command in extracted(&text).0 {
            all.entry(command).or_default().push(name.clone());
        }
    }
    all
}

/// A line with samples in the place of words in capitals.
fn filled(line: &str) -> String {
    let is_letter = |letter: Option<char>| letter.is_some_and(|it| it.is_ascii_alphanumeric() || "_-".contains(it));
    let mut line = line.to_owned();
    for (word, sample) in SAMPLES {
        let mut from = 0;
        while let Some(at) = line[from..].find(word).map(|at| at + from) {
            let end = at + word.len();
            from = end;
            if !is_letter(line[..at].chars().next_back()) && !is_letter(line[end..].chars().next()) {
                line.replace_range(at..end, sample);
                from = at + sample.len();
            }
        }
    }
    line
}

/// What is entered: administrators say yes beforehand, and fish reads what sh would only print.
fn typed(line: &str) -> String {
    let line = filled(line.strip_suffix(" | source").unwrap_or(line));
    let asks = ["nsaccess grant ", "nsaccess revoke "].iter().any(|verb| line.starts_with(verb));
    let only_shows = ["render", "--dry-run", "--presets"].iter().any(|word| line.contains(word));
    if asks && !only_shows { format!("{line} --yes") } else { line }
}

fn runs_until_interrupted(line: &str) -> bool {
    let own = line.split(" -- ").next().unwrap_or_default();
    let follows = [" -f ", " -w"].iter().any(|flag| own.contains(flag) || own.ends_with(flag.trim_end()));
    follows || (own.starts_with("nsaccess port-forward") && own == line)
}

/// Whether a line gets a world of its own: after it, or what is before it, others would not work as they should.
fn disturbs_others(line: &str) -> bool {
    let has = |word: &str| line.split(' ').any(|other| other == word);
    let leads_elsewhere = has("login") && !has("idp-dev") && !has("NAMESPACE");
    let undoes = ["config", "logout", "use", "--remove", "convert", "--force"].into_iter().any(has);
    leads_elsewhere || undoes || BEFORE.iter().any(|(known, _)| *known == line)
}

/// A person of the demo world, signed in, with programs that a command may start.
fn person() -> World {
    let mut world = World::of(sandbox::World::demo());
    sandbox::write_home(&world.sandbox, &world.home()).expect("the home folder");
    ["aws", "make", "psql", "terraform"].iter().for_each(|name| drop(world.script(&format!("bin/{name}"), "exit 0")));
    // doctor calls it twice, and a real one takes seconds on a machine that has much to do.
    world.script("bin/kubectl", r#"echo '{"clientVersion": {"gitVersion": "v1.33.0"}}'"#);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_nsaccess"), world.path("bin/nsaccess")).expect("a link");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", world.path("bin").display());
    world.set("PATH", &path);
    world.login("idp-dev").run().success();
    write_logs(&world);
    world
}

/// Something to read in the logs, also of a container's run before this one.
fn write_logs(world: &World) {
    let control = world.control();
    let web = sandbox::objects::template("web", &[]);
    let mut pods = sandbox::objects::deployment("idp-dev", "web", 2, &web);
    pods.retain(|object| object["kind"] == "Pod");
    let names = pods.iter().filter_map(|pod| pod["metadata"]["name"].as_str());
    let of = |pod| Container { cluster: "idp-nonprod-1", namespace: "idp-dev", pod, name: "" };
    assert!(control.end_container(of("web-0"), 1) && control.start_container(of("web-0")));
    names.chain(["web-0"]).for_each(|pod| assert!(control.write_log(of(pod), None, "ERROR one\n"), "{pod} is there"));
}

/// Runs a line as a shell does. The answer says how it ended, if not as it should.
fn run(world: &World, line: &str) -> Result<(), String> {
    let shell = |words: &str| {
        let administers = ["nsaccess grant", "nsaccess revoke", "nsaccess audit"].iter().any(|it| words.contains(it));
        let needs_an_identity = words.contains("token --cluster-name");
        let command = world.program(Path::new("/bin/sh"), "-c").arg(words);
        match (administers, needs_an_identity) {
            (true, _) => command.env("AWS_PROFILE", "platform"),
            (_, true) => command.env("AWS_PROFILE", "corp"),
            _ => command,
        }
    };
    for (_, before) in BEFORE.iter().filter(|(known, _)| *known == line) {
        let output = shell(before).run_trusted();
        (output.status == "0").then_some(()).ok_or_else(|| format!("before it: {}", output.transcript()))?;
    }
    if runs_until_interrupted(line) {
        return interrupted(shell(&format!("exec {}", typed(line))).child().0);
    }
    let output = shell(&typed(line)).run_trusted();
    (output.status == "0").then_some(()).ok_or_else(|| output.transcript())
}

/// Interrupts a command once it has said something: it goes on until then.
fn interrupted(mut child: Child) -> Result<(), String> {
    let (send, said) = channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] =
        [child.stdout.take().map(|it| Box::new(it) as _), child.stderr.take().map(|it| Box::new(it) as _)];
    for mut stream in streams.into_iter().flatten() {
        let send = send.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                let _ = send.send(String::from_utf8_lossy(&buffer[..read]).into_owned());
            }
        });
    }
    drop(send);
    let mut text = said.recv().unwrap_or_default();
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id")).expect("not zero");
    let _ = kill_process(id, Signal::INT);
    text.extend(said);
    let status = child.wait().expect("our own child");
    if status.code() == Some(130) { Ok(()) } else { Err(format!("{text}[{status}]")) }
}

#[test]
fn every_documented_command_works() {
    let commands = commands();
    assert!(commands.len() > 80, "only {} were found", commands.len());
    let skipped = |line: &&String| SKIPPED.iter().any(|(known, _)| known == *line);
    let queue = Mutex::new(commands.keys().filter(|line| !skipped(line)).collect::<Vec<_>>());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut reader = None;
                while let Some(line) = { queue.lock().expect("a queue").pop() } {
                    let outcome = if disturbs_others(line) {
                        run(&person(), line)
                    } else {
                        run(reader.get_or_insert_with(person), line)
                    };
                    if let Err(how) = outcome {
                        let pages = commands[line].join(", ");
                        failures.lock().expect("a list").push(format!("{pages}: {line}\n{how}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("a list");
    assert!(failures.is_empty(), "{} lines fail:\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn the_exceptions_are_still_there() {
    let commands = commands();
    let gone: Vec<&str> = [SKIPPED, BEFORE]
        .concat()
        .into_iter()
        .map(|(line, _)| line)
        .filter(|line| !commands.contains_key(*line))
        .collect();
    assert!(gone.is_empty(), "no page has {gone:#?}");
    let told: Vec<String> = pages().iter().flat_map(|(_, text)| extracted(text).1).collect();
    let is_used = |word: &str| commands.keys().chain(&told).any(|line| line.contains(word));
    let unused: Vec<_> = SAMPLES.iter().filter(|(word, _)| !is_used(word)).collect();
    assert!(unused.is_empty(), "no page has {unused:?}");
}

#[test]
fn what_sentences_say_of_commands_can_be_typed() {
    let mut wrong = Vec::new();
    for (name, text) in pages() {
        for span in extracted(&text).1 {
            let part = span.split(" || ").next().unwrap_or_default().to_owned();
            // The name of a command needs none of its arguments.
            if let (Some(why), true) = (fault(&filled(&part)), fault(&format!("{part} --help")).is_some()) {
                wrong.push(format!("{name}: {span}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
