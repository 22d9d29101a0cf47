//! A log whose answers are cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsaccess::fuzzing::log_feed(bytes));
