//! `port-forward`: local ports that lead to pods, for as long as it runs.

pub(crate) mod document;
mod requests;

use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use tokio::task::LocalSet;

use crate::actions::candidates;
use crate::actions::pods::Pods;
use crate::actions::port_forward::open_port::OpenPort;
use crate::actions::port_forward::resolve::Resolver;
use crate::actions::port_forward::serve::{Forward, ForwardEvent};
use crate::chain::cluster::api::{ClusterAccess, WhenOver};
use crate::chain::{Chain, Presence};
use crate::commands::port_forward::document::ForwardDocument;
use crate::commands::{Context, misplaced};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::elapsed;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::port_forward::addresses;
use crate::model::port_forward::local::{self, WantedTwice};
use crate::model::port_forward::ports::{ForwardRequest, LocalPort, PortPair, RemotePort};
use crate::model::settings::Flags;
use crate::process::child::{self, Environment};
use crate::process::runtime;
use crate::ui::Ui;

/// Forward local ports to pods.
///
/// TARGET is pod/x, svc/x, deploy/x, sts/x or a pod's name. Its ports follow it,
/// each as REMOTE, LOCAL:REMOTE or :REMOTE, by number or name. Without ports, all
/// ports of the target are forwarded; without a target, you choose one. @NAME
/// stands for the targets and ports of [forwards] in nsaccess.toml or config.toml.
///
///   nsaccess port-forward svc/web 8080:http svc/db 5432
///   nsaccess port-forward @dev
///   nsaccess port-forward svc/db 5432 -- psql -h localhost -p {port}
///
/// The local port stays open when the pod is replaced: new connections go to the
/// next ready pod.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct PortForwardArgs {
    /// Targets and their ports
    #[arg(value_name = "TARGET [PORT...]")]
    pub(crate) words: Vec<String>,
    /// Addresses to listen on [default: localhost, both 127.0.0.1 and ::1]
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) address: Vec<String>,
    /// How long a connection waits for a ready pod, like 30s or 5m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = seconds)]
    pub(crate) wait: Duration,
    /// Open the first HTTP port in the browser
    #[arg(long)]
    pub(crate) open: bool,
    /// Run a command while forwarding, and exit with its status; {port} is the first local port, {port2} the second
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// `30s`, `5m`, `1h`.
fn seconds(text: &str) -> Result<Duration, String> {
    elapsed::parse(text).map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
}

/// What a person may choose from.
const OFFERED: [Kind; 4] = [Kind::Service, Kind::Deployment, Kind::StatefulSet, Kind::Pod];
const EXAMPLE: &str = "nsaccess port-forward TARGET PORT   # TARGET is svc/NAME, deploy/NAME, sts/NAME or a pod";

/// Runs the verb.
///
/// # Errors
/// What keeps a forward from coming up; once it is up, only the end of `-- COMMAND`.
pub(crate) fn run(context: Context<'_>, args: &PortForwardArgs) -> Result<()> {
    let presence = Presence::at(context.host);
    if args.words.is_empty() && presence != Presence::Person {
        return Err(Error::usage("no target specified").try_next(EXAMPLE));
    }
    let addresses = addresses::parse(&args.address)?;
    if addresses.iter().any(|address| !address.is_loopback()) {
        context.ui.warning("anyone who can reach this address can use the forward, with your permissions");
    }
    // The tasks of a forward live as long as the process, and so does what they share.
    let (host, ui): (&'static Host, &'static Ui) =
        (Box::leak(Box::new(context.host.clone())), Box::leak(Box::new(context.ui.clone())));
    let kubeconfig = context.global.kubeconfig.as_deref();
    let chain = Chain::open(host, ui, kubeconfig, &Flags::default(), presence)?;
    let chain: &'static Chain<'static> = Box::leak(Box::new(chain));
    let mut requests = requests::read(chain, &args.words)?;
    if let Some(WantedTwice { port, pairs: [first, second], instead }) = local::wanted_twice(&requests) {
        return Err(used_twice(port, &first, &second).try_next(instead));
    }
    let access = chain.access(context.named(None))?;
    let work = async {
        let local = LocalSet::new();
        local
            .run_until(async {
                let set_up = async {
                    let cluster = Rc::new(chain.cluster(&access).await?);
                    if requests.is_empty() {
                        let target = Pods::of(&cluster).choose("Forward to which target?", &OFFERED, EXAMPLE).await?;
                        requests.push(ForwardRequest { target, ports: Vec::new() });
                    }
                    let open_ports = bring_up(context.ui, &cluster, &requests, args, &addresses).await;
                    if open_ports.is_ok() {
                        candidates::note_used(&cluster, requests.iter().map(|request| &request.target));
                    }
                    cluster.run_on(WhenOver::Fail);
                    open_ports
                };
                let open_ports = runtime::interruptible(set_up).await?;
                announce(context, &open_ports)?;
                // From here on a person waits for no call, and a command may have the terminal.
                let _held = context.ui.hold();
                let url = open_ports.iter().find_map(OpenPort::url);
                let ports = start(open_ports);
                if args.open {
                    open_browser(chain, url, &ports);
                }
                follow(context, args, &ports).await
            })
            .await
    };
    // A child on our terminal gets Ctrl-C itself and decides what it means (psql cancels a query).
    let ended = if args.command.is_empty() { runtime::run(work) } else { runtime::run_with_child(work) };
    ended.map_err(|error| misplaced::word(chain, error, "port-forward", &args.words, "TARGET"))
}

fn used_twice(port: u16, first: &str, second: &str) -> Error {
    Error::usage(format!("local port {port} is used twice")).because(format!("{first} and {second}"))
}

async fn bring_up(
    ui: &Ui,
    cluster: &Rc<ClusterAccess<'static>>,
    requests: &[ForwardRequest],
    args: &PortForwardArgs,
    addresses: &[std::net::IpAddr],
) -> Result<Vec<OpenPort>> {
    let mut open_ports = Vec::new();
    for request in requests {
        let resolver = Resolver::new(cluster.clone(), request.target.clone());
        let forward = Forward::new(cluster.clone(), resolver, args.wait, teller(ui, &request.target.to_string()))?;
        let found = forward.prepare().await?;
        if let Some(obstacle) = &found.obstacle {
            ui.warning(&format!("{}: pod {} {}", request.target, found.pod.name, obstacle.words()));
        }
        for pair in pairs(&forward, request).await? {
            refuse_used(&open_ports, &request.target, &pair)?;
            open_ports.push(OpenPort::listen(&forward, &found, pair, addresses).await?);
        }
        tokio::task::spawn_local(forward.look_after());
    }
    Ok(open_ports)
}

/// A port that another target of this command was given is not taken by somebody else.
fn refuse_used(open_ports: &[OpenPort], target: &Workload, pair: &PortPair) -> Result<()> {
    let LocalPort::Exactly(wanted) = pair.local else { return Ok(()) };
    match open_ports.iter().find(|port| port.number() == wanted) {
        None => Ok(()),
        Some(used) => {
            let first = format!("{} port {}", used.forward.resolver().target(), used.remote);
            Err(used_twice(wanted, &first, &format!("{target} {pair}")))
        }
    }
}

/// The ports that were named, else all of the target.
async fn pairs(forward: &Rc<Forward>, request: &ForwardRequest) -> Result<Vec<PortPair>> {
    if !request.ports.is_empty() {
        return Ok(request.ports.clone());
    }
    let all = forward.resolver().all_ports().await?;
    if all.is_empty() {
        return Err(Error::usage("no port specified")
            .because(format!("{} declares no TCP port", request.target.quoted()))
            .try_next(format!("nsaccess port-forward {} PORT", request.target)));
    }
    Ok(all.into_iter().map(|remote| PortPair { local: LocalPort::Preferably, remote }).collect())
}

/// What happens is said on standard error for people, on standard output for programs.
fn teller(ui: &Ui, target: &str) -> Box<dyn Fn(ForwardEvent)> {
    let (ui, target) = (ui.clone(), target.to_owned());
    Box::new(move |event| {
        if !ui.is_table() {
            // Who reads the events may be gone; the forward serves others too.
            let _ = ui.print_json_line(&ForwardDocument::of(&target, &event));
            return;
        }
        match event {
            ForwardEvent::Moved { from, to } => {
                ui.status(&format!("{target}: {from} is going away; new connections go to {to}"))
            }
            ForwardEvent::Lost(why) => ui.warning(&why),
            ForwardEvent::Back(pod) => ui.status(&format!("{target}: reconnected to {pod}")),
            ForwardEvent::Failed(why) => ui.warning(&why),
        }
    })
}

fn announce(context: Context<'_>, open_ports: &[OpenPort]) -> Result<()> {
    for port in open_ports {
        let target = port.forward.resolver().target();
        if !context.ui.is_table() {
            context.ui.print_json_line(&ForwardDocument::ready(port))?;
            continue;
        }
        port.instead().into_iter().for_each(|why| context.ui.status(&why));
        context.ui.status(&format!("{} → {target} port {} (pod {})", port.shown(), port.remote, port.pod));
    }
    Ok(())
}

/// Accepts on every port. Returns the local ports, in order.
fn start(open_ports: Vec<OpenPort>) -> Vec<(u16, RemotePort)> {
    let ports = open_ports.iter().map(|port| (port.number(), port.remote.clone())).collect();
    open_ports.into_iter().for_each(OpenPort::accept);
    ports
}

/// The first port that looks like HTTP; what was asked for is done if none does.
fn open_browser(chain: &Chain<'_>, url: Option<String>, ports: &[(u16, RemotePort)]) {
    let first = || ports.first().map(|(port, _)| format!("http://localhost:{port}"));
    if let Some(url) = url.or_else(first) {
        let obstacle = chain.browser.obstacle().map(str::to_owned);
        if let Some(why) = obstacle.or_else(|| chain.browser.open(&url).err().map(|error| error.to_string())) {
            chain.ui.status(&format!("could not open a browser ({why}); open {url}"));
        }
    }
}

async fn follow(context: Context<'_>, args: &PortForwardArgs, ports: &[(u16, RemotePort)]) -> Result<()> {
    let Some((program, words)) = args.command.split_first() else {
        context.ui.status("Press Ctrl-C to stop.");
        return std::future::pending().await;
    };
    let words: Vec<String> = words.iter().map(|word| with_ports(word, ports)).collect();
    let mut environment = Environment::default();
    variables(ports).iter().for_each(|(name, value)| environment.set_plain(name, value));
    child::run(&with_ports(program, ports), &words, &environment).await
}

/// `{port}` and `{port1}` are the first local port, `{port2}` the second, and so on.
fn with_ports(word: &str, ports: &[(u16, RemotePort)]) -> String {
    let mut text = word.to_owned();
    for (index, (port, _)) in ports.iter().enumerate() {
        text = text.replace(&format!("{{port{}}}", index + 1), &port.to_string());
    }
    match ports.first() {
        Some((port, _)) => text.replace("{port}", &port.to_string()),
        None => text,
    }
}

fn variables(ports: &[(u16, RemotePort)]) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for (index, (port, remote)) in ports.iter().enumerate() {
        if index == 0 {
            variables.push(("NSACCESS_PORT".to_owned(), port.to_string()));
        }
        variables.push((format!("NSACCESS_PORT{}", index + 1), port.to_string()));
        let name = remote.to_string().to_uppercase().replace('-', "_");
        variables.push((format!("NSACCESS_PORT_{name}"), port.to_string()));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_reach_the_command() {
        let ports = [(4001, RemotePort::Number(80)), (4002, RemotePort::Name("my-db".into()))];
        assert_eq!(with_ports("http://localhost:{port}/{port2}/{port1}", &ports), "http://localhost:4001/4002/4001");
        let variables = variables(&ports);
        assert!(variables.contains(&("NSACCESS_PORT".to_owned(), "4001".to_owned())));
        assert!(variables.contains(&("NSACCESS_PORT_MY_DB".to_owned(), "4002".to_owned())));
    }

    #[test]
    fn times_have_units() {
        assert_eq!(seconds("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(seconds("5m"), Ok(Duration::from_secs(300)));
        assert!(seconds("90").is_err() && seconds("soon").is_err() && seconds("").is_err());
    }
}
