//! A secret's value, as environment variables.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| nsaccess::fuzzing::secret_variables(text));
