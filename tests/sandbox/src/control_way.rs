//! Controls of the way to a cluster's API server, which EKS describes all the same.

use serde_json::{Value, json};

use crate::control::Control;

/// What happens to who connects to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It answers.
    Open,
    /// The connection is refused at once, as by a host that does not listen.
    Refused,
    /// Nothing: the connection never comes about, as without the VPN. (Where the system refuses what it has no room for,
    /// as on Windows, it is refused.)
    Silent,
}

impl Control {
    /// Sets the way to a cluster, for connections from now on. [`Control::clear_faults`] opens it again. False if there is
    /// no such cluster.
    ///
    /// # Panics
    ///
    /// When loopback cannot be listened on.
    pub fn set_way(&self, cluster: &str, way: Way) -> bool {
        let (shared, service) = (self.shared(), format!("kube:{cluster}"));
        match way {
            Way::Open => shared.doors.set_open(&service, true),
            Way::Refused => shared.doors.set_open(&service, false),
            Way::Silent => shared.doors.silence(&service, &shared.runtime).expect("the port can be kept busy"),
        }
    }

    /// Sets the way to all clusters of an account, as when a person is not in the company's network. Returns their names.
    pub fn set_way_to_all(&self, account: &str, way: Way) -> Vec<String> {
        let clusters = self.clusters_of(account);
        for cluster in &clusters {
            self.set_way(cluster, way);
        }
        clusters
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/cluster/<name>/way",
        "{\"kind\": open|refused|silent} of connections to its API server, while EKS describes it as ever",
    ),
    ("POST /_control/way", "{\"account\", \"kind\"} the same for all clusters of an account"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let is_one = matches!(path, ["cluster", _, "way"] | ["way"]);
    let way = match input["kind"].as_str().unwrap_or_default() {
        _ if !is_one => return None,
        "open" => Way::Open,
        "refused" => Way::Refused,
        "silent" => Way::Silent,
        other => return Some(Err(format!("there is no way of the kind '{other}'"))),
    };
    Some(match path {
        ["cluster", name, _] if control.set_way(name, way) => Ok(json!({"ok": true})),
        ["cluster", ..] => Err("there is nothing of that name".to_owned()),
        _ => Ok(json!({"clusters": control.set_way_to_all(input["account"].as_str().unwrap_or_default(), way)})),
    })
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::{SocketAddr, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::Sandbox;

    const CLUSTER: &str = "idp-nonprod-1";

    /// How an attempt to connect ends. Nothing waits for the limit but what is silent.
    fn connect(address: &SocketAddr, limit: Duration) -> Result<(), ErrorKind> {
        TcpStream::connect_timeout(address, limit).map(drop).map_err(|error| error.kind())
    }

    #[test]
    fn the_way_to_a_cluster_can_be_shut_and_opened() {
        let sandbox = Sandbox::start();
        let control = sandbox.control();
        let endpoint = sandbox.kube_endpoint(CLUSTER).expect("a cluster");
        let address = endpoint.trim_start_matches("https://").parse().expect("an address");
        let (long, short) = (Duration::from_secs(30), Duration::from_millis(300));
        let opens = || while connect(&address, long).is_err() {};
        assert!(!control.set_way("none", Way::Silent));
        #[cfg(target_os = "linux")]
        for _ in 0..2 {
            assert!(control.set_way(CLUSTER, Way::Silent));
            assert_eq!(connect(&address, short), Err(ErrorKind::TimedOut));
        }
        assert!(control.set_way(CLUSTER, Way::Open));
        opens();
        assert!(control.set_way(CLUSTER, Way::Refused));
        while connect(&address, long).is_ok() {}
        assert_eq!(connect(&address, long), Err(ErrorKind::ConnectionRefused));
        assert_eq!(control.set_way_to_all("111122223333", Way::Open), [CLUSTER, "tools-1"]);
        opens();
        control.set_way(CLUSTER, Way::Silent);
        control.clear_faults();
        opens();
    }

    #[test]
    fn the_controls_over_http_answer() {
        let sandbox = Sandbox::start();
        let control = sandbox.control();
        let ask = |path: &[&str], input: Value| handle(&control, path, &input);
        assert_eq!(
            ask(&["way"], json!({"account": "111122223333", "kind": "refused"})),
            Some(Ok(json!({"clusters": [CLUSTER, "tools-1"]})))
        );
        assert!(ask(&["cluster", CLUSTER, "way"], json!({"kind": "open"})).expect("a control").is_ok());
        assert!(ask(&["cluster", "none", "way"], json!({"kind": "open"})).expect("a control").is_err());
        assert!(ask(&["cluster", CLUSTER, "way"], json!({"kind": "ajar"})).expect("a control").is_err());
        assert_eq!(ask(&["cluster", CLUSTER], json!({"kind": "open"})), None);
    }
}
