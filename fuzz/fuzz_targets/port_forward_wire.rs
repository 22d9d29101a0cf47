//! What an API server, or whoever plays it, sends on an upgraded port-forward connection; and what a SOCKS proxy answers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsaccess::inside::socks;

fuzz_target!(|input: &[u8]| {
    kube_port_forward::fuzzing::wire(input);
    if let Some(head) = input.first_chunk::<5>() {
        assert!(socks::rest_of_reply(*head).unwrap_or_default() <= 257);
    }
});
