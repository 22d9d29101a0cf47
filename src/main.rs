//! argv and the process in, an exit code out.

fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    std::process::ExitCode::from(nsaccess::run(&arguments, &nsaccess::host::Host::real()))
}
