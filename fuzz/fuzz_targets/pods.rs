//! A pod, as an API server or whoever plays it answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsaccess::fuzzing::pods(bytes));
