//! A proxy on the way to the cluster, HTTP CONNECT and SOCKS5 in one, whose network can fail.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::World;

/// Puts a `proxy-url` into the context's cluster, as `kubectl config set` does.
pub(crate) fn proxy_url(world: &World, url: &str) {
    let config = world.read(".kube/config");
    let with = config.replacen("    server: ", &format!("    proxy-url: {url}\n    server: "), 1);
    assert_ne!(with, config);
    world.write(".kube/config", with);
}

/// A running proxy; its threads end with the process.
pub(crate) struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

/// Bytes towards the cluster, and back.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Carried {
    pub out: u64,
    pub back: u64,
}

#[derive(Default)]
struct State {
    targets: Vec<String>,
    logins: BTreeSet<String>,
    connections: usize,
    /// Connections before this one carry nothing any more, and nobody is told.
    dead_before: usize,
    refusing: bool,
    /// Of the connections that are open, by their number.
    carried: BTreeMap<usize, Carried>,
}

impl Proxy {
    /// Listens on a free port.
    pub(crate) fn start() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Proxy { port, state }
    }

    /// Its address under a scheme, with a login.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://ada:p%40ss@127.0.0.1:{}", self.port)
    }

    /// Where it was asked to connect to, in order.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.state.lock().expect("no panic holds it").targets.clone()
    }

    /// The logins it was given, as `user:password`.
    pub(crate) fn logins(&self) -> Vec<String> {
        self.state.lock().expect("no panic holds it").logins.iter().cloned().collect()
    }

    /// What each open connection has carried so far.
    pub(crate) fn carried(&self) -> BTreeMap<usize, Carried> {
        self.state.lock().expect("no panic holds it").carried.clone()
    }

    /// From now on what goes over the connections there are vanishes, as when a laptop has changed its network.
    pub(crate) fn lose_connections(&self) {
        let mut state = self.state.lock().expect("no panic holds it");
        state.dead_before = state.connections + 1;
    }

    /// Whether new connections are refused.
    pub(crate) fn refuse(&self, refusing: bool) {
        self.state.lock().expect("no panic holds it").refusing = refusing;
    }
}

fn serve(client: TcpStream, state: &Mutex<State>) -> Option<()> {
    let number = {
        let mut state = state.lock().expect("no panic holds it");
        state.connections += 1;
        if state.refusing {
            return None;
        }
        state.connections
    };
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut client = client;
    let first = *reader.fill_buf().ok()?.first()?;
    let (target, login) = if first == 5 { socks(&mut reader, &mut client)? } else { connect(&mut reader)? };
    {
        let mut state = state.lock().expect("no panic holds it");
        state.targets.push(target.clone());
        state.logins.extend(login);
    }
    let server = TcpStream::connect(&target).ok()?;
    let established: &[u8] =
        if first == 5 { &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0] } else { b"HTTP/1.1 200 Connection established\r\n\r\n" };
    client.write_all(established).ok()?;
    std::thread::scope(|scope| {
        scope.spawn(|| relay(&mut reader, &server, number, state, |carried| &mut carried.out));
        relay(&mut &server, &client, number, state, |carried| &mut carried.back);
    });
    Some(())
}

type Direction = fn(&mut Carried) -> &mut u64;

fn relay(from: &mut impl Read, mut to: &TcpStream, number: usize, state: &Mutex<State>, direction: Direction) {
    let mut buffer = [0; 16 * 1024];
    let is_dead = || number < state.lock().expect("no panic holds it").dead_before;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !is_dead() && to.write_all(&buffer[..read]).is_err() {
            break;
        }
        *direction(state.lock().expect("no panic holds it").carried.entry(number).or_default()) += read as u64;
    }
    if !is_dead() {
        state.lock().expect("no panic holds it").carried.remove(&number);
        let _ = to.shutdown(Shutdown::Both);
    }
}

fn connect(reader: &mut BufReader<TcpStream>) -> Option<(String, Option<String>)> {
    let (mut target, mut login) = (String::new(), None);
    for line in reader.lines().map_while(Result::ok) {
        if line.is_empty() {
            return Some((target, login));
        }
        if let Some(rest) = line.strip_prefix("CONNECT ") {
            target = rest.split(' ').next()?.to_owned();
        }
        if let Some((name, value)) = line.split_once(": Basic ")
            && name.eq_ignore_ascii_case("proxy-authorization")
        {
            login = String::from_utf8(STANDARD.decode(value).ok()?).ok();
        }
    }
    None
}

/// RFC 1928 and 1929, demanding a login of who offers one.
fn socks(reader: &mut BufReader<TcpStream>, client: &mut TcpStream) -> Option<(String, Option<String>)> {
    let mut take = |length: usize| -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).ok()?;
        Some(bytes)
    };
    let methods = usize::from(take(2)?[1]);
    let login = if take(methods)?.contains(&2) {
        client.write_all(&[5, 2]).ok()?;
        let user = usize::from(take(2)?[1]);
        let user = String::from_utf8(take(user)?).ok()?;
        let password = usize::from(take(1)?[0]);
        let password = String::from_utf8(take(password)?).ok()?;
        client.write_all(&[1, 0]).ok()?;
        Some(format!("{user}:{password}"))
    } else {
        client.write_all(&[5, 0]).ok()?;
        None
    };
    let host = match take(4)?[3] {
        1 => take(4)?.iter().map(ToString::to_string).collect::<Vec<String>>().join("."),
        3 => {
            let length = usize::from(take(1)?[0]);
            String::from_utf8(take(length)?).ok()?
        }
        _ => return None,
    };
    let port = take(2)?;
    Some((format!("{host}:{}", u16::from_be_bytes([port[0], port[1]])), login))
}
