//! `--serve`: for scripts and for tests in other languages.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use sandbox::{Sandbox, World};

/// The options of `--serve`.
#[derive(Debug, Default)]
pub(crate) struct Options {
    auto_approve: bool,
    until_stdin_closes: bool,
    addresses: Option<PathBuf>,
    home: Option<PathBuf>,
    plain: bool,
}

impl Options {
    /// Reads the words after `--serve`.
    pub(crate) fn parse(words: &[&str]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--auto-approve" => options.auto_approve = true,
                "--plain" => options.plain = true,
                "--home" => options.home = Some(words.next().map(PathBuf::from).ok_or("--home needs a folder")?),
                "--until-stdin-closes" => options.until_stdin_closes = true,
                "--addresses" => {
                    options.addresses = Some(words.next().map(PathBuf::from).ok_or("--addresses needs a file")?);
                }
                other => return Err(format!("unknown option of --serve: {other}")),
            }
        }
        Ok(options)
    }
}

/// Serves until told to end.
pub(crate) fn serve(options: &Options) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    // Handle signals from here on, so that none is lost during the start.
    let signals = runtime.block_on(async { Signals::listen() }).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::start_with(if options.plain { World::default() } else { World::demo() });
    if let Some(home) = &options.home {
        sandbox::write_home(&sandbox, home).map_err(|error| format!("{}: {error}", home.display()))?;
    }
    sandbox.control().approve_device_codes(options.auto_approve);
    let made = options.addresses.is_none();
    let name = format!("nsaccess-sandbox-{}.json", std::process::id());
    let file = options.addresses.clone().unwrap_or_else(|| std::env::temp_dir().join(name));
    std::fs::write(&file, format!("{:#}\n", sandbox.addresses()))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    announce(&sandbox, &file).map_err(|error| error.to_string())?;
    if options.until_stdin_closes {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    } else {
        runtime.block_on(signals.wait());
    }
    if made {
        let _ = std::fs::remove_file(&file);
    }
    Ok(())
}

fn announce(sandbox: &Sandbox, file: &std::path::Path) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for (name, value) in sandbox.env() {
        writeln!(output, "export {name}={value}")?;
    }
    writeln!(output, "export SANDBOX_START_URL={}", sandbox.start_url())?;
    writeln!(output, "export SANDBOX_SSO_REGION={}", sandbox.sso_region())?;
    writeln!(output, "export SANDBOX_START_PAGE_PROXY={}", sandbox.start_page_proxy())?;
    writeln!(output, "export SANDBOX_CONTROL={}", sandbox.control_url())?;
    writeln!(output, "export SANDBOX_ADDRESSES={}", file.display())?;
    output.flush()
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn wait(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
