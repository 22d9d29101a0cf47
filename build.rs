//! Links libgcc statically on glibc. kubectl starts us for every command, and a shared library that is loaded for
//! backtraces alone costs a tenth of that start (docs/performance.md).

#![expect(clippy::disallowed_methods, reason = "a build script has no Host")]

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
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
