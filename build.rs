//! What a build knows and the code does not: what it is linked with, and what `nsaccess version` says of it.

#![expect(clippy::disallowed_methods, reason = "a build script has no Host")]

use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    tell_version();
    link_libgcc();
    set_stack();
}

/// The target, and the commit if it is known.
fn tell_version() {
    println!("cargo::rerun-if-env-changed=NSACCESS_COMMIT");
    println!("cargo::rustc-env=NSACCESS_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    let given = std::env::var("NSACCESS_COMMIT").ok();
    // Only for a release: each commit would compile everything anew.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = given.or_else(|| is_release.then(commit_of_checkout).flatten()).unwrap_or_default();
    println!("cargo::rustc-env=NSACCESS_COMMIT={commit}");
}

fn commit_of_checkout() -> Option<String> {
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "HEAD"])
}

fn git(words: &[&str]) -> Option<String> {
    let output = Command::new("git").args(words).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Links libgcc statically on glibc. kubectl starts us for every command, and a shared library that is loaded for
/// backtraces alone costs a tenth of that start (docs/performance.md).
fn link_libgcc() {
    let is = |variable: &str, value: &str| std::env::var(variable).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") || is("PROFILE", "debug") {
        return;
    }
    let Some(folder) = std::env::var_os("OUT_DIR").map(PathBuf::from) else { return };
    // The compiler asks the linker for `-lgcc_s`; a linker script of that name, found first, gives it the archive.
    let script = "INPUT(-lgcc_eh -lgcc)\n";
    if std::fs::write(folder.join("libgcc_s.so"), script).is_ok() {
        println!("cargo::rustc-link-arg-bins=-L{}", folder.display());
    }
}

/// Gives the main thread on Windows the stack that it has elsewhere, instead of 1 MiB: the futures of a verb lie on it.
fn set_stack() {
    const SIZE: u32 = 8 << 20;
    let is_windows = std::env::var_os("CARGO_CFG_WINDOWS").is_some();
    match std::env::var("CARGO_CFG_TARGET_ENV").as_deref() {
        Ok("msvc") if is_windows => println!("cargo::rustc-link-arg-bins=/STACK:{SIZE}"),
        Ok(_) if is_windows => println!("cargo::rustc-link-arg-bins=-Wl,--stack,{SIZE}"),
        _ => {}
    }
}
