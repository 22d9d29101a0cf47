//! Port-forward to Kubernetes pods.
//!
//! ```text
//! local connection ─┐                       ┌─ session ─┐
//! local connection ─┼─► sessions to one pod ┼─ session ─┼──► API server ──► kubelet ──► pod
//! local connection ─┘                       └─ spare ───┘
//! ```
//!
//! The protocol is SPDY/3.1, as kubectl speaks it: at once (`POST`, which every server takes with the right to `create`
//! `pods/portforward`), or in a WebSocket (`GET`, which passes proxies). [`Dialer`] tries one and then the other.
//! [`PodSessions`] opens sessions to a pod and puts connections on them: each on a session of its own as long as there
//! are not too many, because SPDY here has no flow control, and whoever stops reading stops everybody on the same
//! session. A refused connection does not end the others, and what a client said before its connection was refused is
//! said again on the next attempt, to this pod or another one.
//!
//! TCP, proxies, TLS and whom to trust are the caller's: the crate gets byte streams from a [`Connect`], and tokens from
//! a [`TokenSource`].
//!
//! ```
//! use std::io;
//! use std::rc::Rc;
//!
//! use kube_port_forward::{ApiServer, Connect, Connecting, Connection, Dialer, OpenError, Outcome, PodSessions, Transport};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::TcpListener;
//! use tokio::task::LocalSet;
//!
//! /// Carries one local connection to a port of the pod.
//! async fn serve(pod: Rc<PodSessions<io::Error>>, port: u16, connection: &mut Connection) -> Result<(), String> {
//!     let attempt = pod.attempt(port).await?;
//!     let slot = attempt.slot().await.map_err(|error| error.to_string())?;
//!     match slot.carry(connection).await {
//!         Outcome::Done => Ok(()),
//!         Outcome::NotDelivered(error) => Err(error.to_string()), // or find another pod and try again
//!         Outcome::Broken(why) => Err(why),
//!         Outcome::TooSlow => Err("the client reads too slowly for the others".to_owned()),
//!     }
//! }
//!
//! async fn forward(pod: Rc<PodSessions<io::Error>>, port: u16, listener: TcpListener) -> io::Result<()> {
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         let pod = pod.clone();
//!         tokio::task::spawn_local(async move {
//!             let mut connection = Connection::new(stream);
//!             if let Err(why) = serve(pod, port, &mut connection).await {
//!                 connection.reset_on_close();
//!                 eprintln!("{why}");
//!             }
//!         });
//!     }
//! }
//!
//! /// Stands for TCP and TLS to an API server. This one knows no pods.
//! struct Connector;
//!
//! impl Connect for Connector {
//!     fn connect(&self) -> Connecting<'_> {
//!         Box::pin(async {
//!             let (stream, mut server) = tokio::io::duplex(4096);
//!             tokio::task::spawn_local(async move {
//!                 let _ = server.read(&mut [0; 4096]).await;
//!                 let answer = "HTTP/1.1 404 Not Found\r\n\r\n{\"message\": \"pods \\\"web-0\\\" not found\"}";
//!                 let _ = server.write_all(answer.as_bytes()).await;
//!             });
//!             Ok(Box::new(stream) as _)
//!         })
//!     }
//! }
//!
//! # fn main() -> io::Result<()> {
//! let server = ApiServer {
//!     authority: "10.0.0.1:6443".to_owned(),
//!     path: String::new(),
//!     user_agent: "example/1.0".to_owned(),
//!     connector: Rc::new(Connector),
//! };
//! let token_source = Box::new(|_refused| Box::pin(async { Ok::<_, io::Error>("secret".into()) }) as _);
//! let dialer = Rc::new(Dialer::new(server, "web", token_source, Transport::Spdy));
//! let pod = PodSessions::new("web-0", dialer);
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! LocalSet::new().block_on(&runtime, async {
//!     // Opening the first session before anything listens tells what cannot work.
//!     match pod.open_first().await {
//!         Ok(()) => forward(pod, 8080, TcpListener::bind("127.0.0.1:8080").await?).await,
//!         Err(OpenError::PodGone(words)) => {
//!             assert_eq!(words, "pods \"web-0\" not found");
//!             Ok(())
//!         }
//!         Err(error) => Err(io::Error::other(error.to_string())),
//!     }
//! })
//! # }
//! ```
//!
//! Everything runs on one thread, inside a [`tokio::task::LocalSet`].
#![warn(unreachable_pub)]

mod connection;
mod dialer;
mod framing;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod http_head;
mod http_response;
mod lanes;
mod partial_frame;
mod placing;
mod pod;
mod pod_error;
mod probe;
mod server;
mod session;
mod slot;
mod spdy;
mod transport;
mod upgrade;
mod upload;
mod websocket;

pub use connection::{Connection, Outcome};
pub use dialer::{Dialer, OpenError, TokenSource};
pub use pod::{Attempt, PodSessions};
pub use pod_error::PodError;
pub use secrecy::SecretString;
pub use server::{ApiServer, ByteStream, Connect, Connecting};
pub use slot::Slot;
pub use transport::Transport;
