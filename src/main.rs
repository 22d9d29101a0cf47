//! argv and the process in, an exit code out.

fn main() -> std::process::ExitCode {
    nsaccess::host::memory::keep_to_ourselves();
    let arguments: Vec<_> = std::env::args_os().collect();
    std::process::ExitCode::from(nsaccess::run(&arguments, &nsaccess::host::Host::real()))
}
