//! A home folder in a temporary place, an environment with nothing of this machine in it, a sandbox, and the real
//! binary. Every command's output is searched for the world's secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use rustix::process::Signal;
use sandbox::{Control, Sandbox};

use super::output::Ended;
use super::process::{Guarded, Running};
use super::pty::{Person, Terminal};
use super::{Files, Output};

/// The user and group that own nothing.
const NOBODY: u32 = 65534;

/// A person at a fresh machine.
pub(crate) struct World {
    /// AWS and Kubernetes.
    pub sandbox: Sandbox,
    folder: tempfile::TempDir,
    env: BTreeMap<String, String>,
    secrets: Mutex<BTreeSet<String>>,
}

impl World {
    /// The default sandbox, whose person approves whatever is asked.
    pub(crate) fn new() -> World {
        World::of(sandbox::World::default())
    }

    /// A sandbox of this world, whose person approves whatever is asked.
    pub(crate) fn of(world: sandbox::World) -> World {
        let sandbox = Sandbox::start_with(world);
        sandbox.control().approve_device_codes(true);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path().join("home");
        std::fs::create_dir(&home).expect("the home folder");
        let mut env: BTreeMap<String, String> = sandbox.env().into_iter().collect();
        let own = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("TZ", "UTC"), ("LANG", "C.UTF-8"), ("TERM", "xterm")];
        env.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        env.insert("HOME".to_owned(), home.display().to_string());
        // Not the settings of the machine that the test runs on.
        env.insert("NSACCESS_SYSTEM_CONFIG".to_owned(), String::new());
        World { sandbox, folder, env, secrets: Mutex::default() }
    }

    /// A signed-in person with the namespace `idp-dev` set up.
    pub(crate) fn signed_in() -> World {
        let world = World::new();
        world.login("idp-dev").run().success().says("now current");
        world.control().reset_calls();
        world
    }

    /// The strings behind the stage.
    pub(crate) fn control(&self) -> Control {
        self.sandbox.control()
    }

    /// Sets a variable for all commands to come.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// From now on every AWS endpoint and every cluster is a port that nobody listens on.
    pub(crate) fn go_offline(&mut self) {
        for (name, value) in &mut self.env {
            if name.starts_with("AWS_ENDPOINT_URL") {
                *value = "http://127.0.0.1:1".to_owned();
            }
        }
    }

    /// The home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A path below the home folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// A file's text.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
        std::fs::write(path, text).expect("written");
    }

    /// Writes a file that can be run.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        self.write(name, format!("#!/bin/sh\n{text}\n"));
        self.chmod(name, 0o755);
        self.path(name)
    }

    /// Whether a file is there.
    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// A file's mode.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path(name)).expect("the file").permissions().mode() & 0o7777
    }

    /// Sets a mode.
    pub(crate) fn chmod(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).expect("the mode is set");
    }

    /// Gives the home folder to the user of [`Invocation::by_nobody`]. False where that user could not even run us.
    pub(crate) fn give_to_nobody(&self) -> bool {
        fn give(path: &Path) {
            std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).expect("root gives files away");
            for entry in std::fs::read_dir(path).into_iter().flatten() {
                give(&entry.expect("an entry").path());
            }
        }
        if !rustix::process::geteuid().is_root() {
            return true;
        }
        give(self.folder.path());
        let started = self.nsaccess("--version").by_nobody().command.output();
        started.is_ok_and(|output| output.status.success())
    }

    /// All files in the home folder.
    pub(crate) fn files(&self) -> Files {
        Files::below(&self.home())
    }

    /// The stored session's file: the one in the AWS CLI's cache that has an access token.
    pub(crate) fn token_file(&self) -> Option<PathBuf> {
        let folder = std::fs::read_dir(self.path(".aws/sso/cache")).ok()?;
        let mut files = folder.map(|entry| entry.expect("an entry").path());
        files.find(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains("accessToken")))
    }

    /// `nsaccess` with these words, separated by blanks.
    pub(crate) fn nsaccess(&self, words: &str) -> Invocation<'_> {
        let mut invocation = self.program(Path::new(env!("CARGO_BIN_EXE_nsaccess")), words);
        invocation.shown = format!("nsaccess {words}");
        invocation
    }

    /// `nsaccess login` of a namespace with the flags of a first time.
    pub(crate) fn login(&self, words: &str) -> Invocation<'_> {
        let (start_url, region) = (self.sandbox.start_url(), self.sandbox.sso_region());
        self.nsaccess(&format!("login {words} --start-url {start_url} --sso-region {region}"))
    }

    /// Runs `nsaccess` with these words.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.nsaccess(words).run()
    }

    /// Another program in the same environment.
    pub(crate) fn program(&self, program: &Path, words: &str) -> Invocation<'_> {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.env).current_dir(self.home()).args(words.split_whitespace());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let prints_secrets = ["token ", "credentials ", "secrets get ", "secrets exec ", "secrets diff --show-values "];
        let secret = prints_secrets.iter().any(|verb| format!("{words} ").starts_with(verb));
        let role = words.starts_with("assume-irsa ") && ["-o json", "--export"].iter().any(|form| words.contains(form));
        let secret = secret || (role && !words.contains("--profile"));
        Invocation { world: self, shown: format!("{} {words}", program.display()), command, stdout_is_secret: secret }
    }

    /// The secrets that lie in this world's files and in its Secrets Manager, now and at any command before.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        let mut secrets = self.secrets.lock().expect("no panic holds it");
        let ours = ["credentials", "roles", "profiles", "signers"].map(|kind| format!(".cache/nsaccess/v1/{kind}"));
        let shared = [".aws/sso/cache", ".aws/cli/cache"].map(str::to_owned);
        for folder in shared.iter().chain(&ours) {
            for entry in std::fs::read_dir(self.path(folder)).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                // A test may have put a pipe there, which would be read for ever.
                let text = if path.is_file() { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
                let json: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
                let fields = ["accessToken", "refreshToken", "clientSecret", "secret_access_key", "session_token"];
                // Their beginnings are the same in all worlds, and mean nothing.
                let of_roles = ["SecretAccessKey", "SessionToken"].iter().map(|field| &json["Credentials"][field]);
                let values = fields.iter().map(|field| &json[field]).chain(of_roles);
                let ends = values.filter_map(serde_json::Value::as_str);
                secrets.extend(ends.map(|value| value[value.len().saturating_sub(40)..].to_owned()));
            }
        }
        secrets.extend(super::canaries::of(&self.control().secrets()));
        secrets.clone()
    }

    /// The permission set whose credentials signed the token in an ExecCredential.
    #[track_caller]
    pub(crate) fn signer(&self, output: &Ended) -> String {
        use base64::Engine as _;
        let credential = output.json();
        let token = credential["status"]["token"].as_str().expect("a token");
        let encoded = token.strip_prefix("k8s-aws-v1.").expect("the prefix");
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(encoded).expect("base64url");
        let url = String::from_utf8(url).expect("a URL");
        let key = url.split_once("X-Amz-Credential=").expect("a credential").1.split(['%', '/']).next().expect("a key");
        self.control().permission_set_of(key).expect("a key that the sandbox gave out")
    }

    /// No secret is in an output where it does not belong.
    #[track_caller]
    pub(crate) fn check_secrets(&self, output: &Output, stdout_is_secret: bool) {
        let stdout = if stdout_is_secret { "" } else { &output.stdout };
        for text in [stdout, &output.stderr] {
            for secret in self.secrets() {
                assert!(!text.contains(&secret), "{} shows the secret …{secret}:\n{text}", output.command);
            }
            for sign in ["k8s-aws-v1.", "X-Amz-Signature", "X-Amz-Security-Token"] {
                assert!(!text.contains(sign), "{} shows a signed address:\n{text}", output.command);
            }
        }
    }
}

/// A command that is about to run.
pub(crate) struct Invocation<'w> {
    world: &'w World,
    shown: String,
    command: Command,
    stdout_is_secret: bool,
}

impl Invocation<'_> {
    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// One more argument, blanks and all.
    pub(crate) fn arg(mut self, word: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// Runs in a folder below the home folder.
    pub(crate) fn dir(mut self, name: &str) -> Self {
        self.command.current_dir(self.world.path(name));
        self
    }

    /// Sends standard output elsewhere.
    pub(crate) fn stdout(mut self, stream: Stdio) -> Self {
        self.command.stdout(stream);
        self
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Running {
        // Secrets that this command is about to remove are still in the files.
        let _ = self.world.secrets();
        let child = self.command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.shown));
        Running::new(child, self.shown, self.world.home().display().to_string())
    }

    /// Starts it, for whoever reads its streams as they come. Also how it is called in messages.
    pub(crate) fn child(mut self) -> (std::process::Child, String) {
        let _ = self.world.secrets();
        let child = self.command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.shown));
        (child, self.shown)
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Output {
        let (world, secret) = (self.world, self.stdout_is_secret);
        let output = self.spawn().finish();
        world.check_secrets(&output, secret);
        output
    }

    /// Runs as a user who is not root: file modes mean nothing to root.
    pub(crate) fn by_nobody(mut self) -> Self {
        use std::os::unix::process::CommandExt;
        if rustix::process::geteuid().is_root() {
            self.command.uid(NOBODY).gid(NOBODY);
        }
        self
    }

    /// Runs in a process group of its own: no terminal that these tests were started on sends it anything.
    pub(crate) fn in_own_group(mut self) -> Self {
        use std::os::unix::process::CommandExt;
        self.command.process_group(0);
        self
    }

    /// Runs it to its end. Returns standard output as the bytes that it is, when it ended well.
    #[track_caller]
    pub(crate) fn bytes(mut self) -> Vec<u8> {
        let output = self.command.output().unwrap_or_else(|error| panic!("{}: {error}", self.shown));
        assert!(output.status.success(), "{}\n{}", self.shown, String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Runs it to its end without looking for secrets in what it says: it was given them.
    pub(crate) fn run_trusted(self) -> Output {
        self.spawn().finish()
    }

    /// Starts it with a terminal as standard input and standard error. Standard output stays a pipe, which is read
    /// when the returned child is waited for.
    pub(crate) fn on_terminal(mut self) -> (Guarded, Person) {
        let terminal = Terminal::open();
        self.command.stdin(terminal.stream()).stderr(terminal.stream());
        self.watched(terminal)
    }

    /// The same with standard output on the terminal too.
    pub(crate) fn on_screen(self) -> (Guarded, Person) {
        self.on_all_of(Terminal::open())
    }

    /// The same on a terminal of so many columns.
    pub(crate) fn on_columns(self, columns: u16) -> (Guarded, Person) {
        let terminal = Terminal::open();
        terminal.resize(columns);
        self.on_all_of(terminal)
    }

    fn on_all_of(mut self, terminal: Terminal) -> (Guarded, Person) {
        self.command.stdin(terminal.stream()).stdout(terminal.stream()).stderr(terminal.stream());
        self.watched(terminal)
    }

    fn watched(mut self, terminal: Terminal) -> (Guarded, Person) {
        let child = self.command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.shown));
        // The command keeps copies of the terminal's end; the person shall see the last of them close.
        drop(self);
        (Guarded(Some(child)), terminal.into_person())
    }
}

/// Ends a running command as Ctrl-C does.
pub(crate) fn interrupt(running: &Running) {
    running.signal(Signal::INT);
}
