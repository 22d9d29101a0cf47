//! A walk through the main commands of `nsaccess` in a fresh environment, each with its real output.

use std::fs;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sandbox::{Sandbox, World};

/// The commands, in order. `{start_url}` and `{sso_region}` are filled in; a line is split at blanks.
const STEPS: &[Step] = &[
    Step::new(
        "Sign in, and set up everything for a namespace.",
        "nsaccess login idp-dev --start-url {start_url} --sso-region {sso_region}",
    ),
    Step::new("kubectl works now, with tokens from nsaccess.", "kubectl get pod web-0"),
    Step::new("Pods, with or without kubectl.", "nsaccess pods"),
    Step::new("Who you are in the cluster.", "nsaccess whoami"),
    Step::new("What is set up, and until when it lasts.", "nsaccess status"),
    Step::new("The other namespaces you have access to.", "nsaccess list"),
    Step::new("A second namespace does not need a second sign-in.", "nsaccess login idp-test"),
    Step::new("There the role has few rights, as is usual. What may you do?", "nsaccess can-i"),
    Step::new("What is not allowed fails.", "kubectl get secrets").fails(),
    Step::new("Switch back.", "nsaccess use idp-dev"),
    Step::new("What kubectl runs to get a token.", "nsaccess token idp-dev").secret(),
    Step::new("Sign out.", "nsaccess logout"),
];

/// One command of the walk.
struct Step {
    why: &'static str,
    line: &'static str,
    succeeds: bool,
    /// Its output would be secret outside of the sandbox, so only its size is shown.
    secret: bool,
}

impl Step {
    const fn new(why: &'static str, line: &'static str) -> Step {
        Step { why, line, succeeds: true, secret: false }
    }

    const fn fails(self) -> Step {
        Step { succeeds: false, ..self }
    }

    const fn secret(self) -> Step {
        Step { secret: true, ..self }
    }
}

const SHELL_HELP: &str = "
Now it is your turn. Everything in the README works in this shell; `exit` ends the sandbox and deletes its home folder.

Sign in              nsaccess login idp-dev
As on a new machine  start URL {start_url}, region {sso_region}
As the platform team export AWS_PROFILE=platform
Make things fail     curl $SANDBOX_CONTROL   # see docs/sandbox.md
";

/// A temporary working folder.
struct Place {
    home: PathBuf,
    environment: Vec<(String, String)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// Runs the walk. On a terminal, offers a shell afterwards.
pub(crate) fn walk(shell: bool) -> Result<(), String> {
    // The build may replace the file of this program, whose path is not known any more then.
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let binary = build()?;
    let sandbox = Sandbox::start_with(World::demo());
    let place = Place::make(&sandbox, &program, &binary).map_err(|error| format!("cannot prepare a home: {error}"))?;
    println!("The sandbox is running. Your temporary home folder is {}.", place.home.display());
    let kubectl = found("kubectl");
    let mut failed = Vec::new();
    for step in STEPS {
        if step.line.starts_with("kubectl ") && !kubectl {
            println!("\n# {}\n(skipped, because kubectl is not installed: {})", step.why, step.line);
        } else if let Err(why) = place.run(step, &sandbox) {
            println!("error: {why}");
            failed.push(step.line);
        }
    }
    if !failed.is_empty() {
        println!("\nRequests that the sandbox refused:");
        for call in sandbox.control().journal().iter().filter(|call| call.remark.is_some()) {
            println!(
                "  {} {} {} {}",
                call.service,
                call.operation,
                call.status,
                call.remark.as_deref().unwrap_or_default()
            );
        }
        return Err(format!("{} of {} steps failed: {}", failed.len(), STEPS.len(), failed.join("; ")));
    }
    println!("\nAll steps passed.");
    if shell && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return place.shell(&sandbox);
    }
    Ok(())
}

/// Builds nsaccess. Returns the path of its binary.
fn build() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    println!("Building nsaccess (the first build takes two to three minutes) …");
    let mut build = Command::new(cargo)
        .args(["build", "--package", "nsaccess", "--bin", "nsaccess", "--message-format", "json-render-diagnostics"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    let output = build.stdout.take().ok_or("cargo has no output")?;
    let mut binary = None;
    for line in std::io::BufReader::new(output).lines().map_while(Result::ok) {
        let message: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(path) = message["executable"].as_str().filter(|_| message["target"]["name"] == "nsaccess") {
            binary = Some(PathBuf::from(path));
        }
    }
    let status = build.wait().map_err(|error| error.to_string())?;
    binary.filter(|_| status.success()).ok_or_else(|| "nsaccess does not build".to_owned())
}

fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

impl Place {
    fn make(sandbox: &Sandbox, program: &Path, binary: &Path) -> std::io::Result<Place> {
        let home = std::env::temp_dir().join(format!("nsaccess-sandbox-{}", std::process::id()));
        let programs = home.join("bin");
        fs::create_dir_all(&programs)?;
        let mut place = Place { home, environment: Vec::new() };
        fs::copy(binary, programs.join(format!("nsaccess{}", std::env::consts::EXE_SUFFIX)))?;
        let browser = browser_script(program, &programs)?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)));
        let path = path.map_err(std::io::Error::other)?;
        let kept = ["TERM", "LANG", "SHELL", "TZ", "NO_COLOR", "COLORTERM", "SystemRoot"];
        for name in kept {
            if let Ok(value) = std::env::var(name) {
                place.set(name, value);
            }
        }
        place.set("PATH", path.to_string_lossy());
        place.set("HOME", place.home.to_string_lossy().into_owned());
        place.set("BROWSER", browser.to_string_lossy());
        place.set("AWS_EC2_METADATA_DISABLED", "true");
        for (name, value) in sandbox.env() {
            place.set(&name, value);
        }
        sandbox::write_home(sandbox, &place.home)?;
        Ok(place)
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    fn command(&self, program: &str) -> Command {
        // The program is searched for in the new PATH, not in ours.
        let path = self
            .environment
            .iter()
            .find(|(name, _)| name == "PATH")
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
        let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let full = std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file());
        let mut command = Command::new(full.unwrap_or_else(|| program.into()));
        command.env_clear().envs(self.environment.iter().cloned()).current_dir(&self.home);
        command
    }

    fn run(&self, step: &Step, sandbox: &Sandbox) -> Result<(), String> {
        let line =
            step.line.replace("{start_url}", &sandbox.start_url()).replace("{sso_region}", &sandbox.sso_region());
        println!("\n# {}\n$ {line}", step.why);
        let mut words = line.split_whitespace();
        let mut command = self.command(words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::null());
        let status = if step.secret {
            let output = command.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
            println!("({} bytes, not shown: outside of the sandbox a token is a secret)", output.stdout.len());
            output.status
        } else {
            command.status().map_err(|error| error.to_string())?
        };
        match (status.success(), step.succeeds) {
            (true, false) => Err("this should have failed".to_owned()),
            (false, true) => Err(format!("{status}")),
            _ => Ok(()),
        }
    }

    fn shell(&self, sandbox: &Sandbox) -> Result<(), String> {
        let shell = std::env::var("SHELL").unwrap_or_else(|_| "sh".to_owned());
        println!(
            "{}",
            SHELL_HELP.replace("{start_url}", &sandbox.start_url()).replace("{sso_region}", &sandbox.sso_region())
        );
        let name = Path::new(&shell).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut command = self.command(&name);
        if Path::new(&shell).is_file() {
            command = Command::new(&shell);
            command.env_clear().envs(self.environment.iter().cloned()).current_dir(&self.home);
        }
        command.env("SANDBOX_CONTROL", sandbox.control_url());
        // The exit code of the shell says nothing about the walk.
        command.status().map(|_| ()).map_err(|error| format!("{shell}: {error}"))
    }
}

/// A `$BROWSER` that opens the page and presses Approve: this program itself.
fn browser_script(program: &Path, folder: &Path) -> std::io::Result<PathBuf> {
    let script = folder.join("browser");
    fs::write(&script, format!("#!/bin/sh\nexec '{}' --approve \"$1\"\n", program.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    }
    Ok(script)
}
