use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::tls::testing::connector;
use crate::{Sandbox, StartPage};

/// What a client gets that asks a host for a path, through the proxy.
fn page(sandbox: &Sandbox, host: &str, path: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let proxy = sandbox.start_page_proxy().replace("http://", "");
    runtime.block_on(async {
        let mut stream = TcpStream::connect(proxy).await.expect("the proxy");
        stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).await.expect("it");
        let mut answer = [0; "HTTP/1.1 200 Connection established\r\n\r\n".len()];
        stream.read_exact(&mut answer).await.expect("a connection");
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        let tls = connector(&sandbox.start_page_ca_pem()).connect(name, stream).await;
        let mut tls = tls.expect("a certificate for every host");
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        tls.write_all(request.as_bytes()).await.expect("it");
        let mut page = Vec::new();
        let _ = tls.read_to_end(&mut page).await;
        String::from_utf8(page).expect("a text")
    })
}

#[test]
fn every_host_has_a_start_page_with_a_region() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    for (host, path) in [("sandbox.awsapps.com", "/start"), ("d-0123456789.awsapps.com", "/start/")] {
        assert!(page(&sandbox, host, path).contains("<meta name=\"region\" content=\"eu-west-1\">"));
    }
    assert_eq!(control.calls("CONNECT sandbox.awsapps.com:443"), 1);
    assert_eq!(control.calls("StartPage"), 2);
    control.set_start_page(StartPage::Region("us-west-2".to_owned()));
    assert!(page(&sandbox, "sandbox.awsapps.com", "/start").contains("content=\"us-west-2\""));
    control.set_start_page(StartPage::Silent);
    let silent = page(&sandbox, "sandbox.awsapps.com", "/start");
    assert!(silent.starts_with("HTTP/1.1 200") && !silent.contains("region"));
    control.set_start_page(StartPage::Missing);
    assert!(page(&sandbox, "sandbox.awsapps.com", "/start").starts_with("HTTP/1.1 404"));
}

#[test]
fn loopback_is_this_machine() {
    for (target, expected) in [
        ("127.0.0.1:443", true),
        ("[::1]:443", true),
        ("localhost:80", true),
        ("sandbox.awsapps.com:443", false),
        ("10.0.0.1:443", false),
    ] {
        assert_eq!(is_loopback(target), expected, "{target}");
    }
}

#[test]
fn the_page_of_another_organisation_names_its_region() {
    let sandbox = Sandbox::start();
    sandbox.control().add_portal(crate::Portal::new("https://other.awsapps.com/start", "us-east-1"));
    assert!(page(&sandbox, "other.awsapps.com", "/start").contains("content=\"us-east-1\""));
    assert!(page(&sandbox, "sandbox.awsapps.com", "/start").contains("content=\"eu-west-1\""));
}

#[test]
fn the_hosts_of_identity_center_are_behind_the_proxy_too() {
    let sandbox = Sandbox::start();
    let accounts = page(&sandbox, "portal.sso.us-east-1.amazonaws.com", "/assignment/accounts");
    assert!(accounts.starts_with("HTTP/1.1 401") && accounts.contains("Session token not found or invalid"));
    assert!(page(&sandbox, "oidc.us-east-1.amazonaws.com", "/device").contains("The code that your terminal shows"));
    assert_eq!(sandbox.control().calls("ListAccounts"), 1);
}
