//! Errors of the API server and the kubelet when there is no log.

use serde_json::json;

use super::*;
use crate::message::Content;
use crate::objects;

fn pod(state: Value, last: Value) -> Value {
    let mut pod = objects::pod("dev", "web-0", "app", true);
    pod["status"]["containerStatuses"][0]["state"] = state;
    pod["status"]["containerStatuses"][0]["lastState"] = last;
    pod["status"]["containerStatuses"][0]["restartCount"] = json!(4);
    pod
}

fn of(state: Value, last: Value, previous: bool) -> Result<u64, String> {
    kept("c", &pod(state, last), "app", previous).map(|run| run.number)
}

#[test]
fn the_kubelet_has_the_log_of_a_run_or_says_why_not() {
    let ended = json!({"terminated": {"exitCode": 1, "containerID": "containerd://1"}});
    let lost = json!({"terminated": {"exitCode": 1}});
    let (running, waiting) = (json!({"running": {}}), |reason: &str| json!({"waiting": {"reason": reason}}));
    let no = |words: &str| Err::<u64, String>(words.to_owned());
    assert_eq!(of(running.clone(), ended.clone(), false), Ok(4));
    assert_eq!(of(running.clone(), ended.clone(), true), Ok(3));
    assert_eq!(of(ended.clone(), ended.clone(), true), Ok(3));
    assert_eq!(of(waiting("CrashLoopBackOff"), ended.clone(), false), Ok(4));
    assert_eq!(of(waiting("CrashLoopBackOff"), ended, true), Ok(4));
    let missing = no("previous terminated container \"app\" in pod \"web-0\" not found");
    assert_eq!(of(running.clone(), json!({}), true), missing);
    assert_eq!(of(running, lost, true), missing);
    for (reason, shown) in [
        ("ContainerCreating", "ContainerCreating"),
        ("ErrImagePull", "image can't be pulled"),
        ("ImagePullBackOff", "trying and failing to pull image"),
    ] {
        let words = format!("container \"app\" in pod \"web-0\" is waiting to start: {shown}");
        assert_eq!(of(waiting(reason), json!({}), false), no(&words));
    }
}

#[test]
fn a_container_is_named_unless_there_is_one_only() {
    let mut pod = pod(json!({"running": {}}), json!({}));
    assert_eq!(container(&pod, ""), Ok("app".to_owned()));
    assert_eq!(container(&pod, "nope"), Err("container nope is not valid for pod web-0".to_owned()));
    pod["spec"]["containers"] = json!([{"name": "app"}, {"name": "mesh"}]);
    let words = "a container name must be specified for pod web-0, choose one of: [app mesh]";
    assert_eq!(container(&pod, ""), Err(words.to_owned()));
    pod["spec"]["initContainers"] = json!([{"name": "setup"}]);
    assert_eq!(container(&pod, "").unwrap_err(), format!("{words} or one of the init containers: [setup]"));
    assert_eq!(container(&pod, "setup"), Ok("setup".to_owned()));
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let refused = |query: &str| {
        let request = Request { query: query.to_owned(), ..Request::default() };
        let reply = Options::of(&request, "web-0").expect_err("a refusal");
        let Content::Full(body) = reply.content else { panic!("no body") };
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        (reply.status, body["message"].as_str().unwrap_or_default().replace("PodLogOptions \"web-0\" is invalid: ", ""))
    };
    let invalid = |words: &str| (422, words.to_owned());
    assert_eq!(refused("tailLines=-1"), invalid("tailLines: Invalid value: -1: must be greater than or equal to 0"));
    assert_eq!(refused("limitBytes=0"), invalid("limitBytes: Invalid value: 0: must be greater than 0"));
    assert_eq!(refused("sinceSeconds=0"), invalid("sinceSeconds: Invalid value: 0: must be greater than 0"));
    let both = "[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
    assert_eq!(refused("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z"), invalid(both));
    assert_eq!(refused("tailLines=x"), (400, "strconv.ParseInt: parsing \"x\": invalid syntax".to_owned()));
    assert_eq!(refused("sinceTime=noon").0, 400);
}

#[test]
fn a_time_reaches_the_kubelet_in_whole_seconds() {
    let request = Request { query: "sinceTime=2026-11-22T10:00:00.987Z&follow=true".to_owned(), ..Request::default() };
    let wanted = Options::of(&request, "web-0").expect("options").wanted(0);
    assert_eq!(wanted.since.map(|time| time.to_string()).as_deref(), Some("2026-11-22T10:00:00Z"));
    assert!(wanted.follow && !wanted.timestamps);
}
