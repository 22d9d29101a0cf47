//! The sandbox as a program: it walks through the main commands, or only serves (`--serve`).

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a program for tests: it reads its clock, its environment and its files itself, and prints"
)]

mod browser;
mod serve;
mod walk;

use std::process::ExitCode;

const HELP: &str = "\
The sandbox: AWS and Kubernetes on loopback, to test nsaccess and to try it.

Usage: sandbox [--no-shell]           walk through the main commands; on a terminal, open a shell afterwards
       sandbox --serve [OPTIONS]      only serve, and print the variables to export
       sandbox --approve URL          act as the browser: open a page of the sandbox and press Approve

Options of --serve:
  --auto-approve                      approve every sign-in at once
  --home DIR                          write AWS profiles and sample files there, as for the shell
  --plain                             the world of the tests, where no namespace has more than the usual rights
  --addresses FILE                    where to write the JSON document with all addresses
  --until-stdin-closes                stop when standard input closes, instead of on SIGINT or SIGTERM

To control a running sandbox, from approving a sign-in to closing a port: curl $SANDBOX_CONTROL
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["--approve", url] => browser::approve(url),
        ["--serve", options @ ..] => serve::Options::parse(options).and_then(|options| serve::serve(&options)),
        [] => walk::walk(true),
        ["--no-shell"] => walk::walk(false),
        ["--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("unknown arguments: {}\n\n{HELP}", words.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
