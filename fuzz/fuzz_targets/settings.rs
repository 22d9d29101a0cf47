//! A key, a value and a file of settings that others may have written.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| nsaccess::fuzzing::settings(text));
