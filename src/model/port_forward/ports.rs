//! The arguments of `port-forward`: targets and ports.

use crate::model::kube::workload::{Kind, Workload};

/// The kinds that can be forwarded to.
const KINDS: [Kind; 4] = [Kind::Pod, Kind::Service, Kind::Deployment, Kind::StatefulSet];

/// A port of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RemotePort {
    Number(u16),
    /// The name in the service or a container.
    Name(String),
}

impl std::fmt::Display for RemotePort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RemotePort::Number(number) => write!(f, "{number}"),
            RemotePort::Name(name) => f.write_str(name),
        }
    }
}

/// Why a target has no such port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PortError {
    /// There is none of that name or number, and these are those that there are.
    Unknown { what: String, known: String },
    /// It is not TCP.
    NotTcp(String),
    /// The role may not get the pod, whose containers name it.
    Hidden(String),
}

impl std::fmt::Display for PortError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PortError::Unknown { what, known } if known.is_empty() => write!(f, "{what}"),
            PortError::Unknown { what, known } => write!(f, "{what}; its ports are {known}"),
            PortError::NotTcp(what) | PortError::Hidden(what) => f.write_str(what),
        }
    }
}

impl PortError {
    /// A port whose protocol cannot be forwarded.
    pub(crate) fn not_tcp(port: &RemotePort, of: &str, protocol: &str) -> Self {
        PortError::NotTcp(format!("port {port} of {of} is {protocol}, and port-forward supports TCP only"))
    }
}

/// One `[[LOCAL]:]REMOTE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortPair {
    pub(crate) local: LocalPort,
    pub(crate) remote: RemotePort,
}

/// The local port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalPort {
    /// This port.
    Exactly(u16),
    /// The same as the remote port, as in kubectl for `8080`.
    SameAsRemote,
    /// Any free port.
    Any,
    /// The same as the remote port if it is free, else any. Used if no port was given.
    Preferably,
}

impl std::fmt::Display for PortPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.local {
            LocalPort::Exactly(local) => write!(f, "{local}:{}", self.remote),
            LocalPort::Any => write!(f, ":{}", self.remote),
            LocalPort::SameAsRemote | LocalPort::Preferably => write!(f, "{}", self.remote),
        }
    }
}

/// A target and its ports; empty for all of the target's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForwardRequest {
    pub(crate) target: Workload,
    pub(crate) ports: Vec<PortPair>,
}

impl std::fmt::Display for ForwardRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.target)?;
        self.ports.iter().try_for_each(|pair| write!(f, " {pair}"))
    }
}

/// Parses arguments like `svc/web 8080:http svc/db 5432`. A word that is not a number and has no colon begins a new
/// target. No words are no requests.
///
/// # Errors
/// Which word is wrong, and why.
pub(crate) fn parse(words: &[String]) -> Result<Vec<ForwardRequest>, String> {
    let mut requests: Vec<ForwardRequest> = Vec::new();
    for word in words {
        match (is_port(word), requests.last_mut()) {
            (true, Some(request)) => request.ports.push(parse_pair(word)?),
            (true, None) => return Err(format!("port {word:?} has no target before it")),
            (false, _) => requests.push(ForwardRequest { target: parse_target(word)?, ports: Vec::new() }),
        }
    }
    Ok(requests)
}

/// Whether a word is meant as a port.
pub(crate) fn is_port(word: &str) -> bool {
    word.contains(':') || !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_target(word: &str) -> Result<Workload, String> {
    Workload::parse(word, &KINDS).map_err(|why| format!("invalid target {word:?}: {why}"))
}

fn parse_pair(word: &str) -> Result<PortPair, String> {
    let Some((local, remote)) = word.rsplit_once(':') else {
        return Ok(PortPair { local: LocalPort::SameAsRemote, remote: parse_remote(word)? });
    };
    let local = match local {
        "" | "0" => LocalPort::Any,
        number => LocalPort::Exactly(parse_number(number)?),
    };
    Ok(PortPair { local, remote: parse_remote(remote)? })
}

fn parse_remote(word: &str) -> Result<RemotePort, String> {
    let name_like = word.len() <= 63 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty() {
        return match parse_number(word)? {
            0 => Err("invalid port \"0\": expected a number from 1 to 65535".to_owned()),
            number => Ok(RemotePort::Number(number)),
        };
    }
    if name_like && word.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return Ok(RemotePort::Name(word.to_owned()));
    }
    Err(format!("invalid port {word:?}: expected a number from 1 to 65535 or a port name"))
}

fn parse_number(word: &str) -> Result<u16, String> {
    word.parse().map_err(|_| format!("invalid port {word:?}: expected a number from 1 to 65535"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn shown(line: &str) -> Result<String, String> {
        let requests = parse(&words(line))?;
        let shown = requests.iter().map(|request| {
            let ports: Vec<String> =
                request.ports.iter().map(|pair| format!("{:?}>{}", pair.local, pair.remote)).collect();
            format!("{} [{}]", request.target, ports.join(" "))
        });
        Ok(shown.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn targets_and_ports_are_told_apart() {
        for (line, wanted) in [
            ("web-0", "pod/web-0 []"),
            ("web-0 8080", "pod/web-0 [SameAsRemote>8080]"),
            ("svc/web 8080:http svc/db 5432", "svc/web [Exactly(8080)>http] svc/db [SameAsRemote>5432]"),
            ("deploy/x :80 0:81", "deploy/x [Any>80 Any>81]"),
            ("statefulset.apps/db :postgres", "sts/db [Any>postgres]"),
            ("pod/1234 80", "pod/1234 [SameAsRemote>80]"),
        ] {
            assert_eq!(shown(line).as_deref(), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn invalid_arguments_are_explained() {
        for line in [
            "8080",
            "svc/ 80",
            "svc/a/b 80",
            "cm/x 80",
            "web 0",
            "web 70000",
            "web 80:",
            "web 99999:80",
            "Web 80",
            "web 8080:a_b",
            "web x:80",
        ] {
            assert!(parse(&words(line)).is_err(), "{line}");
        }
    }
}
