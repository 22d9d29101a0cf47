//! A request to the listener of the browser sign-in.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| nsaccess::fuzzing::callback(text));
