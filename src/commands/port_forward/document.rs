//! What happens to a forward, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::port_forward::open_port::OpenPort;
use crate::actions::port_forward::serve::ForwardEvent;

/// One object per line. Keys that an event does not have are `null`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ForwardDocument {
    /// What happened: a port is open, connections go to another pod, there is no pod or no way to it, there is one again,
    /// a connection failed
    event: Happened,
    /// The target, like `svc/web`
    target: String,
    /// The pod that connections go to (`ready`, `reconnected`)
    pod: Option<String>,
    /// The port of the target (`ready`)
    remote: Option<String>,
    /// Addresses that are listened on (`ready`)
    local: Vec<String>,
    /// The local port (`ready`)
    port: Option<u16>,
    /// The URL, if the port looks like HTTP (`ready`)
    url: Option<String>,
    /// `spdy` or `websocket` (`ready`)
    transport: Option<String>,
    /// The pod before (`moved`)
    from: Option<String>,
    /// The pod after (`moved`)
    to: Option<String>,
    /// Why (`lost`, `error`)
    message: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Happened {
    #[default]
    Ready,
    Moved,
    Lost,
    Reconnected,
    Error,
}

impl ForwardDocument {
    pub(super) fn ready(port: &OpenPort) -> Self {
        ForwardDocument {
            event: Happened::Ready,
            target: port.forward.resolver().target().to_string(),
            pod: Some(port.pod.clone()),
            remote: Some(port.remote.to_string()),
            local: port.addresses().iter().map(ToString::to_string).collect(),
            port: Some(port.number()),
            url: port.url(),
            transport: Some(port.forward.transport().name().to_owned()),
            ..ForwardDocument::default()
        }
    }

    pub(super) fn of(target: &str, event: &ForwardEvent) -> Self {
        let (target, nothing) = (target.to_owned(), ForwardDocument::default());
        let message = |happened, words: &str| ForwardDocument {
            event: happened,
            message: Some(words.to_owned()),
            ..ForwardDocument::default()
        };
        let document = match event {
            ForwardEvent::Moved { from, to } => {
                let (from, to) = (Some(from.clone()), Some(to.clone()));
                ForwardDocument { event: Happened::Moved, from, to, ..nothing }
            }
            ForwardEvent::Back(pod) => {
                ForwardDocument { event: Happened::Reconnected, pod: Some(pod.clone()), ..nothing }
            }
            ForwardEvent::Lost(why) => message(Happened::Lost, why),
            ForwardEvent::Failed(why) => message(Happened::Error, why),
        };
        ForwardDocument { target, ..document }
    }
}
