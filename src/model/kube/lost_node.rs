//! A node that the API server cannot reach. For logs and port-forwards it connects to the kubelet of the pod's node, and when it
//! cannot, answers 500 with the error of that connection.

use crate::error::ask_platform_team;

/// Kubernetes' `UpgradeAwareHandler`, for port-forwards.
const DIALING: &str = "error dialing backend";
/// Where kubelets listen.
const KUBELET_PORT: &str = ":10250";
/// What a kubelet says whose certificate signing request nobody has approved.
const NO_CERTIFICATE: &str = "remote error: tls: internal error";

/// A node that the API server cannot reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LostNode {
    address: Option<String>,
    has_no_certificate: bool,
}

impl LostNode {
    /// The node that an answer of the API server is about, if it is about one.
    pub(crate) fn in_answer(words: &str) -> Option<Self> {
        let before_port = words.split_once(KUBELET_PORT).map(|(before, _)| before);
        if before_port.is_none() && !words.contains(DIALING) {
            return None;
        }
        let address = before_port.and_then(|before| before.rsplit([' ', '/', '"', '>']).next());
        Some(LostNode {
            address: address.filter(|address| !address.is_empty()).map(str::to_owned),
            has_no_certificate: words.contains(NO_CERTIFICATE),
        })
    }

    /// What is wrong.
    pub(crate) fn is_lost(&self) -> String {
        format!("the cluster answers, but does not reach {}", self.name())
    }

    /// Why the request failed.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let no_certificate = "its kubelet has no certificate yet: usually its signing request is not approved";
        std::iter::once(self.is_lost()).chain(self.has_no_certificate.then(|| no_certificate.to_owned())).collect()
    }

    /// What helps: developers cannot mend nodes.
    pub(crate) fn request(&self) -> String {
        ask_platform_team(format_args!("to look at {}", self.name()))
    }

    fn name(&self) -> String {
        match &self.address {
            Some(address) => format!("the pod's node {address}"),
            None => "the pod's node".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_named_by_the_address_of_its_kubelet() {
        // As Kubernetes 1.33 words them; the one of TLS is that of EKS for an unapproved certificate.
        for (words, address) in [
            ("error dialing backend: dial tcp 10.99.99.1:10250: connect: connection refused", Some("10.99.99.1")),
            (
                "Get \"https://10.99.99.1:10250/containerLogs/idp-dev/web-0/app?tailLines=1\": net/http: TLS handshake timeout",
                Some("10.99.99.1"),
            ),
            ("error dialing backend: dial tcp [fd00::1]:10250: i/o timeout", Some("[fd00::1]")),
            (
                "error dialing backend: read tcp 10.0.1.2:39412->10.20.31.7:10250: read: connection reset by peer",
                Some("10.20.31.7"),
            ),
            ("error dialing backend: remote error: tls: internal error", None),
            ("error dialing backend: dial tcp: lookup node1 on 10.0.0.2:53: no such host", None),
        ] {
            let node = LostNode::in_answer(words).expect("a node");
            assert_eq!(node.address.as_deref(), address, "{words}");
        }
        for words in ["etcdserver: request timed out", "", "Internal error occurred: 10250"] {
            assert_eq!(LostNode::in_answer(words), None, "{words}");
        }
    }

    #[test]
    fn what_helps_is_said_with_what_is_known() {
        let said = |words| LostNode::in_answer(words).map(|node| (node.reasons().len(), node.request()));
        assert_eq!(
            said("error dialing backend: dial tcp 10.99.99.1:10250: i/o timeout"),
            Some((1, "ask your platform team to look at the pod's node 10.99.99.1".to_owned()))
        );
        assert_eq!(
            said("error dialing backend: remote error: tls: internal error"),
            Some((2, "ask your platform team to look at the pod's node".to_owned()))
        );
    }
}
