//! argv and the process in, an exit code out.

fn main() -> std::process::ExitCode {
    nsaccess::main()
}
