//! What client-go, or whoever plays it, puts into `KUBERNETES_EXEC_INFO`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsaccess::inside::exec_credential::{ExecInfo, render};
use nsaccess::inside::Secret;

fuzz_target!(|text: &str| {
    let info = ExecInfo::parse(Some(text));
    let answer = render(info.api_version, &Secret::from("k8s-aws-v1.abc"), jiff::Timestamp::UNIX_EPOCH);
    let answer = answer.expose();
    assert_eq!(answer.trim_end_matches('\n').lines().count(), 1);
    let value: serde_json::Value = serde_json::from_str(answer).expect("JSON");
    let version = value["apiVersion"].as_str().expect("a version");
    assert!(version.starts_with("client.authentication.k8s.io/v1"));
    // Whatever is not understood comes with a warning, never silently.
    if info.warning.is_none() {
        let asked: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(asked["apiVersion"], value["apiVersion"]);
    }
});
