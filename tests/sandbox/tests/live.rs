//! The running sandbox, from outside: over real sockets, with nothing but HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sandbox::{Account, Fault, FaultKind, Handshake, Portal, Sandbox, World};
use serde_json::{Value, json};

/// A status and a body; the error when the connection died.
fn send(method: &str, url: &str, headers: &str, body: &str) -> std::io::Result<(u16, String)> {
    let rest = url.strip_prefix("http://").expect("a plain URL");
    let (address, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8(answer).expect("a text");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let promised =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|length| length.parse().ok());
    if promised.is_some_and(|length: usize| length != body.len()) {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Ok((status, body.to_owned()))
}

struct Client {
    oidc: String,
    portal: String,
}

impl Client {
    fn new(sandbox: &Sandbox) -> Client {
        Client::of(&sandbox.env())
    }

    /// With the addresses of some variables.
    fn of(env: &[(String, String)]) -> Client {
        let of = |wanted: &str| env.iter().find(|(name, _)| name == wanted).expect("an endpoint").1.clone();
        Client { oidc: of("AWS_ENDPOINT_URL_SSO_OIDC"), portal: of("AWS_ENDPOINT_URL_SSO") }
    }

    fn oidc(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.oidc);
        let (status, body) =
            send("POST", &url, "content-type: application/json\r\n", &body.to_string()).expect("an answer");
        (status, serde_json::from_str(&body).expect("JSON"))
    }

    /// Signs in, without waiting for anybody.
    fn sign_in(&self) -> (Value, Value) {
        let (client, (status, token)) = self.sign_in_at("https://sandbox.awsapps.com/start");
        assert_eq!(status, 200, "{token}");
        (client, token)
    }

    /// Registers a client and asks for a token at a start URL.
    fn sign_in_at(&self, start_url: &str) -> (Value, (u16, Value)) {
        let client = self
            .oidc(
                "/client/register",
                json!({"clientName": "t", "clientType": "public", "scopes": ["sso:account:access"]}),
            )
            .1;
        let (id, secret) = (&client["clientId"], &client["clientSecret"]);
        let start = json!({"clientId": id, "clientSecret": secret, "startUrl": start_url});
        let device = self.oidc("/device_authorization", start).1;
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let poll =
            json!({"clientId": id, "clientSecret": secret, "grantType": grant, "deviceCode": device["deviceCode"]});
        (client.clone(), self.oidc("/token", poll))
    }

    /// A new token for a refresh token.
    fn refresh(&self, client: &Value, token: &Value) -> (u16, Value) {
        let (id, secret) = (&client["clientId"], &client["clientSecret"]);
        let input = json!({"clientId": id, "clientSecret": secret, "grantType": "refresh_token",
            "refreshToken": token["refreshToken"]});
        self.oidc("/token", input)
    }

    /// The ids of the accounts that a token is good for, or the status.
    fn account_ids(&self, token: &Value) -> Result<Vec<String>, u16> {
        let (status, body) = self.accounts(token, "").expect("an answer");
        let list: Value = serde_json::from_str(&body).expect("JSON");
        let ids = list["accountList"].as_array().into_iter().flatten();
        let ids = ids.map(|account| account["accountId"].as_str().expect("an id").to_owned()).collect();
        if status == 200 { Ok(ids) } else { Err(status) }
    }

    fn accounts(&self, token: &Value, query: &str) -> std::io::Result<(u16, String)> {
        let header = format!("x-amz-sso_bearer_token: {}\r\n", token["accessToken"].as_str().expect("a token"));
        send("GET", &format!("{}/assignment/accounts{query}", self.portal), &header, "")
    }
}

fn started() -> (Sandbox, Client) {
    let sandbox = Sandbox::start_with(World::default().with_settings(|settings| settings.auto_approve = true));
    let client = Client::new(&sandbox);
    (sandbox, client)
}

#[test]
fn many_accounts_come_in_pages() {
    let world =
        World::default().with_many_accounts(250, &["ReadOnly"]).with_settings(|settings| settings.auto_approve = true);
    let sandbox = Sandbox::start_with(world);
    let client = Client::new(&sandbox);
    let token = client.sign_in().1;
    let (mut seen, mut query) = (Vec::new(), "?max_result=100".to_owned());
    loop {
        let (status, body) = client.accounts(&token, &query).expect("an answer");
        assert_eq!(status, 200);
        let page: Value = serde_json::from_str(&body).expect("JSON");
        seen.extend(page["accountList"].as_array().expect("a list").iter().map(|account| account["accountId"].clone()));
        let Some(next) = page["nextToken"].as_str() else { break };
        query = format!("?max_result=100&next_token={next}");
    }
    assert_eq!(seen.len(), 253);
    assert_eq!(sandbox.control().calls("ListAccounts"), 3);
}

#[test]
fn a_refresh_token_is_used_once_and_ends_with_the_session() {
    let (sandbox, client) = started();
    let (registration, token) = client.sign_in();
    let refresh = |token: &Value| {
        let body = json!({"clientId": registration["clientId"], "clientSecret": registration["clientSecret"],
            "grantType": "refresh_token", "refreshToken": token["refreshToken"]});
        client.oidc("/token", body)
    };
    let (status, second) = refresh(&token);
    assert_eq!(status, 200);
    assert_eq!(refresh(&token).1["error"], "invalid_grant");
    assert_eq!(sandbox.control().refresh_token_reuses(), 1);
    sandbox.control().set_clock_offset(7 * 3600);
    let (_, third) = refresh(&second);
    assert_eq!(third["expiresIn"].as_i64().map(|seconds| (3590..=3600).contains(&seconds)), Some(true), "{third}");
    sandbox.control().set_clock_offset(8 * 3600 + 1);
    assert_eq!(refresh(&third).1["error"], "invalid_grant");
    assert_eq!(client.accounts(&third, "").expect("an answer").0, 401);
}

#[test]
fn what_is_to_go_wrong_goes_wrong() {
    let (sandbox, client) = started();
    let token = client.sign_in().1;
    let control = sandbox.control();
    for kind in [FaultKind::CutBefore, FaultKind::CutAfter, FaultKind::CutMidBody] {
        control.fail_next("ListAccounts", 1, kind.clone());
        assert!(client.accounts(&token, "").is_err(), "{kind:?}");
        assert_eq!(client.accounts(&token, "").expect("an answer").0, 200);
    }
    control.fail_next("ListAccounts", 1, FaultKind::Error { status: 500, code: "X".into(), message: "y".into() });
    assert_eq!(client.accounts(&token, "").expect("an answer").0, 500);
    control.fault(Fault {
        service: "portal".into(),
        operation: "*".into(),
        times: Some(1),
        kind: FaultKind::Latency(300),
    });
    let began = Instant::now();
    assert_eq!(client.accounts(&token, "").expect("an answer").0, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
    control.throttle("portal", Some(1));
    let statuses: Vec<u16> = (0..3).map(|_| client.accounts(&token, "").expect("an answer").0).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn a_closed_door_refuses_and_opens_again() {
    let (sandbox, client) = started();
    let token = client.sign_in().1;
    let control = sandbox.control();
    assert!(control.reachable("portal", false) && !control.reachable("nothing", false));
    let until = |wanted: bool| {
        let deadline = Instant::now() + Duration::from_secs(5);
        while client.accounts(&token, "").is_ok() != wanted {
            assert!(Instant::now() < deadline, "the door does not move");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    until(false);
    control.clear_faults();
    until(true);
}

#[test]
fn the_world_changes_while_it_runs() {
    let (sandbox, client) = started();
    let token = client.sign_in().1;
    let control = sandbox.control();
    control.put_account(Account {
        name: None,
        email: None,
        ..Account::new("123456789012", "nameless", &["idp-ns-new"])
    });
    let (_, body) = client.accounts(&token, "").expect("an answer");
    assert!(body.contains("{\"accountId\":\"123456789012\"}"), "{body}");
    let listed = send("GET", &format!("{}/journal", sandbox.control_url()), "", "").expect("an answer").1;
    assert!(listed.contains("ListAccounts") && !listed.contains("aoaAAAAAG"), "a journal has no tokens");
}

#[test]
fn stopping_it_frees_its_ports() {
    let (sandbox, client) = started();
    drop(sandbox);
    assert!(send("GET", &format!("{}/device", client.oidc), "", "").is_err());
}

#[test]
fn a_cluster_that_was_made_again_has_another_port_and_another_authority() {
    let (sandbox, _) = started();
    let (cluster, control) = ("idp-nonprod-1", sandbox.control());
    let seen = || (sandbox.kube_endpoint(cluster).expect("an endpoint"), sandbox.kube_ca_pem(cluster).expect("a PEM"));
    let reachable = |endpoint: &str| TcpStream::connect(endpoint.trim_start_matches("https://")).is_ok();
    let before = seen();
    assert!(control.move_cluster(cluster) && !control.move_cluster("nothing"));
    let after = seen();
    assert!(before.0 != after.0 && before.1 != after.1);
    assert_eq!((reachable(&before.0), reachable(&after.0)), (false, true));
    let moved = send("POST", &format!("{}/cluster/{cluster}/move", sandbox.control_url()), "", "{}");
    assert_eq!(moved.expect("an answer").0, 200);
    assert_eq!((reachable(&after.0), reachable(&seen().0)), (false, true));
}

#[test]
fn an_answer_can_be_cut_between_chunks_or_announce_half_of_itself() {
    let (sandbox, client) = started();
    let url = format!("{}/client/register", client.oidc);
    let ask =
        || send("POST", &url, "content-type: application/json\r\n", r#"{"clientName":"c","clientType":"public"}"#);
    let whole = ask().expect("an answer").1;
    sandbox.control().fail_next("RegisterClient", 1, FaultKind::TooShort);
    let half = ask().expect("as long as it says").1;
    assert!(
        half.starts_with('{') && serde_json::from_str::<Value>(&half).is_err() && half.len() > whole.len() / 3,
        "{half}"
    );
    sandbox.control().fail_next("RegisterClient", 1, FaultKind::CutChunks);
    let cut = ask().map_or_else(|error| error.to_string(), |(_, body)| body);
    assert!(!cut.contains("\r\n0\r\n"), "the last chunk is there: {cut}");
    sandbox.control().fail_next("RegisterClient", 1, FaultKind::Redirect { status: 302, location: None });
    assert_eq!(ask().expect("an answer").0, 302);
    assert!(serde_json::from_str::<Value>(&ask().expect("an answer").1).is_ok());
}

#[test]
fn a_handshake_can_hang() {
    let (sandbox, _) = started();
    let address = sandbox.kube_endpoint("idp-nonprod-1").expect("an endpoint").replace("https://", "");
    // What is no handshake is answered with an alert, unless nobody reads it.
    let answered_within = |limit| {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream.set_read_timeout(Some(limit)).expect("a limit");
        stream.write_all(b"hello, is anybody there?\r\n").expect("it takes bytes");
        stream.read(&mut [0; 64]).is_ok()
    };
    let (short, long) = (Duration::from_millis(200), Duration::from_secs(30));
    assert!(answered_within(long));
    assert!(sandbox.control().set_handshake("idp-nonprod-1", Handshake::Hang));
    assert!(!answered_within(short));
    assert!(sandbox.control().set_handshake("idp-nonprod-1", Handshake::Fine));
    assert!(answered_within(long));
    assert!(sandbox.control().set_handshake("idp-nonprod-1", Handshake::Hang));
    sandbox.control().clear_faults();
    assert!(answered_within(long));
}

const OTHER: &str = "https://other.awsapps.com/start";

fn other() -> Portal {
    Portal::new(OTHER, "us-east-1").with_account(Account::new("222233334444", "other", &["idp-ns-pay"]))
}

#[test]
fn two_organisations_have_nothing_in_common() {
    let (sandbox, client) = started();
    let control = sandbox.control();
    assert_eq!(client.sign_in_at(OTHER).1.0, 400, "there is only one");
    control.add_portal(other());
    let (our_client, ours) = client.sign_in();
    let (their_client, (_, theirs)) = client.sign_in_at(OTHER);
    assert_eq!(client.account_ids(&theirs), Ok(vec!["222233334444".to_owned()]));
    assert!(!client.account_ids(&ours).expect("accounts").contains(&"222233334444".to_owned()));
    assert_eq!(client.refresh(&their_client, &ours).0, 400, "a client of another organisation");
    let (id, secret) = (&our_client["clientId"], &our_client["clientSecret"]);
    let start = json!({"clientId": id, "clientSecret": secret, "startUrl": OTHER});
    assert_eq!(client.oidc("/device_authorization", start).0, 401, "a client is of one start URL");
    assert!(control.mint("222233334444", "idp-ns-pay").role_path_arn().contains("/AWSReservedSSO_idp-ns-pay_"));
    let header = format!("x-amz-sso_bearer_token: {}\r\n", ours["accessToken"].as_str().expect("a token"));
    let logout = send("POST", &format!("{}/logout", client.portal), &header, "").expect("an answer");
    assert_eq!(logout.0, 200);
    assert_eq!(client.account_ids(&ours), Err(401));
    assert!(client.account_ids(&theirs).is_ok(), "the other session goes on");
    assert_eq!(client.refresh(&their_client, &theirs).0, 200);
    control.end_session_of(OTHER);
    assert_eq!(client.account_ids(&theirs), Err(401));
}

#[test]
fn a_token_is_good_in_the_region_that_issued_it() {
    let (sandbox, everywhere) = started();
    let control = sandbox.control();
    let [home, replica] = ["eu-west-1", "us-east-1"].map(|region| Client::of(&control.regional_env(region)));
    assert_eq!(control.regional_env("us-east-1"), control.regional_env("us-east-1"), "one address for a region");
    assert_eq!(replica.sign_in_at(&sandbox.start_url()).1.0, 400, "it is not there");
    assert!(control.replicate_portal(&sandbox.start_url(), "us-east-1"));
    assert!(!control.replicate_portal(OTHER, "us-east-1"));
    let ((client, token), (their_client, theirs)) = (home.sign_in(), replica.sign_in());
    for (at, own, foreign) in [(&home, &token, &theirs), (&replica, &theirs, &token)] {
        assert!(at.account_ids(own).is_ok());
        assert_eq!(at.account_ids(foreign), Err(401));
    }
    assert_eq!(replica.refresh(&client, &token).0, 401, "a registration is of a region too");
    assert_eq!(replica.refresh(&their_client, &token).0, 400);
    assert!(everywhere.account_ids(&token).is_ok() && everywhere.account_ids(&theirs).is_ok());
    let again = everywhere.refresh(&their_client, &theirs).1;
    assert_eq!(home.account_ids(&again), Err(401), "what is refreshed stays in its region");
    let refused = control.journal().into_iter().filter_map(|call| call.remark).collect::<Vec<_>>();
    assert!(refused.iter().any(|why| why == "the access token is of another region"), "{refused:?}");
}
