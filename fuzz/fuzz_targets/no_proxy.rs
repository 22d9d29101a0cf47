//! `NO_PROXY`, a URL and a proxy.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| nsaccess::fuzzing::no_proxy(text));
