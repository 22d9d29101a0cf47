//! What is typed after a flag that takes a number, a duration or ports.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| nsaccess::fuzzing::flags(text));
