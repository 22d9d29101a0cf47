//! Tunnels to private endpoints, as they stand in a kubeconfig.

use crate::model::wire::endpoint::Endpoint;

/// Whether a server is the near end of a tunnel to an endpoint: kubectl expects the endpoint's own certificate there. Over
/// plain http nobody shows a certificate, and a token would be anybody's who listens.
pub(crate) fn is_near_end(server: &str, tls_server_name: Option<&str>, endpoint: &str) -> bool {
    let is_encrypted = server.trim().to_ascii_lowercase().starts_with("https://");
    names(tls_server_name, endpoint) && is_encrypted && !is_same_url(server, endpoint)
}

/// Whether a `tls-server-name` is the host of an endpoint.
pub(crate) fn names(tls_server_name: Option<&str>, endpoint: &str) -> bool {
    Endpoint::of_server(endpoint)
        .zip(tls_server_name)
        .is_some_and(|(endpoint, name)| name.eq_ignore_ascii_case(&endpoint.host))
}

/// Whether the certificate of an endpoint lacks a name. It has those of the Service `kubernetes`, too.
pub(crate) fn is_of_another(tls_server_name: &str, endpoint: &str) -> bool {
    let service =
        ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
    !names(Some(tls_server_name), endpoint) && !service.contains(&tls_server_name)
}

/// Whether two endpoints are one, however they are written.
pub(crate) fn is_same_url(left: &str, right: &str) -> bool {
    let normal = |url: &str| {
        let url = url.trim().trim_end_matches('/').to_ascii_lowercase();
        url.strip_suffix(":443").map(str::to_owned).unwrap_or(url)
    };
    normal(left) == normal(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_has_the_endpoint_s_name_and_another_address() {
        let endpoint = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
        let name = Some("abc.gr7.eu-west-1.eks.amazonaws.com");
        assert!(is_near_end("https://localhost:8443", name, endpoint));
        assert!(!is_near_end("https://localhost:8443", Some("other"), endpoint));
        assert!(!is_near_end("https://localhost:8443", None, endpoint));
        assert!(!is_near_end("http://localhost:8001", name, endpoint), "no certificate");
        assert!(!is_near_end("https://abc.gr7.eu-west-1.eks.amazonaws.com:443/", name, endpoint));
    }

    #[test]
    fn a_certificate_of_an_api_server_has_the_names_of_its_service() {
        let endpoint = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
        for (name, other) in [
            ("abc.gr7.eu-west-1.eks.amazonaws.com", false),
            ("kubernetes.default.svc", false),
            ("DEF.gr7.eu-west-1.eks.amazonaws.com", true),
        ] {
            assert_eq!(is_of_another(name, endpoint), other, "{name}");
        }
    }
}
