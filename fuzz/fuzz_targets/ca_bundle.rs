//! A file of certificates, and one certificate.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsaccess::fuzzing::ca_bundle(bytes));
