//! The sandbox as a program: it walks through the main commands, or with `--serve` only serves.

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

Usage: sandbox [--no-shell]           walk through the main job; on a terminal, stay in a shell afterwards
       sandbox --serve [OPTIONS]      only serve, and print what to export
       sandbox --approve URL          be the browser: open a page of the sandbox and press Approve

Options of --serve:
  --auto-approve                      approve whatever is asked, at once
  --addresses FILE                    where to write the JSON document with all addresses
  --until-stdin-closes                end when standard input does, instead of on SIGINT or SIGTERM

What can be done to a running one, from approving a sign-in to closing a port: curl $SANDBOX_CONTROL
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
        _ => Err(format!("not understood: {}\n\n{HELP}", words.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
