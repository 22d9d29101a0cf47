//! A forward that outlives its pods: the listener stays, new connections go to the pod that is best now.

mod look;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::access::api::ClusterAccess;
use crate::access::forward::resolve::{Found, Resolver, role_rule};
use crate::error::{Error, Kind, Result};
use crate::model::ports::RemotePort;
use crate::net::forward::carry::{LocalConnection, Outcome, Trouble, Unanswered, carry, reset_on_close};
use crate::net::forward::dial::{Endpoint, Transport};
use crate::net::forward::link::{Dialer, Link, OpenFailure};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The same sentence is said again only after this long.
const SAY_AGAIN: Duration = Duration::from_secs(10);

/// What a person, or a program that reads `-o json`, hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// New connections go to this pod from now on.
    Moved {
        /// The pod before.
        from: String,
        /// The pod now.
        to: String,
    },
    /// Connections are accepted, and there is no pod to take them to at the moment.
    Lost(String),
    /// There is one again.
    Back(String),
    /// One connection failed.
    Failed(String),
}

/// A target being forwarded to.
pub struct Forward {
    resolver: Resolver,
    access: Rc<ClusterAccess<'static>>,
    dialer: Rc<Dialer>,
    wait: Duration,
    current: RefCell<Option<(Rc<Link>, Found)>>,
    /// One look at a time; whoever comes meanwhile gets its result.
    looking: tokio::sync::Mutex<()>,
    last_used: Cell<Instant>,
    open: Cell<usize>,
    lost: Cell<bool>,
    said: RefCell<HashMap<String, Instant>>,
    tell: Box<dyn Fn(Heard)>,
}

impl Forward {
    /// For one target. Nothing is asked yet.
    ///
    /// # Errors
    /// When the cluster's endpoint cannot be used.
    pub fn new(
        access: Rc<ClusterAccess<'static>>,
        resolver: Resolver,
        wait: Duration,
        tell: Box<dyn Fn(Heard)>,
    ) -> Result<Rc<Self>> {
        let endpoint = Endpoint::new(&access.cluster(), access.proxy().cloned())?;
        // POST needs the one verb that every namespace role has; proxies often let only WebSockets through.
        let default = if endpoint.has_proxy() { Transport::Tunnel } else { Transport::Spdy };
        let remembered = access.access().cache.transport(&access.target.namespace, &access.cluster());
        let preferred = remembered.and_then(|name| Transport::named(&name)).unwrap_or(default);
        let token_access = access.clone();
        let bearer = Box::new(move |refused: bool| {
            let access = token_access.clone();
            Box::pin(async move { access.token(refused).await }) as std::pin::Pin<Box<dyn Future<Output = _>>>
        });
        let dialer = Rc::new(Dialer::new(endpoint, access.namespace(), bearer, preferred));
        Ok(Rc::new(Forward {
            resolver,
            access,
            dialer,
            wait,
            current: RefCell::default(),
            looking: tokio::sync::Mutex::new(()),
            last_used: Cell::new(Instant::now()),
            open: Cell::new(0),
            lost: Cell::new(false),
            said: RefCell::default(),
            tell,
        }))
    }

    /// Finds the pod and opens the first session, so that what cannot work is said before anything listens.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn prepare(self: &Rc<Self>) -> Result<Found> {
        let (link, found) = self.destination().await?;
        match link.warm_up().await {
            Ok(()) => {
                self.remember_transport();
                Ok(found)
            }
            Err(failure) => Err(self.explain(failure)),
        }
    }

    /// The next forward begins with what worked: the other transport costs a refusal first.
    fn remember_transport(&self) {
        let (cache, namespace, cluster) =
            (&self.access.access().cache, &self.access.target.namespace, self.access.cluster());
        let worked = self.transport().name();
        if cache.transport(namespace, &cluster).as_deref() != Some(worked) {
            // Without it the next forward works as well.
            let _ = cache.store_transport(namespace, &cluster, worked);
        }
    }

    /// The target's resolver.
    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// The transport that worked last.
    pub fn transport(&self) -> Transport {
        self.dialer.preferred()
    }

    /// Carries one local connection to wherever the target is now. Errors are said once, and the client sees a reset.
    pub async fn serve(self: Rc<Self>, local: LocalConnection, asked: RemotePort) {
        let _ = local.set_nodelay(true);
        let local = Rc::new(local);
        self.last_used.set(Instant::now());
        self.open.set(self.open.get() + 1);
        let result = self.carried(&local, &asked).await;
        self.open.set(self.open.get() - 1);
        self.last_used.set(Instant::now());
        if let Err(words) = result {
            reset_on_close(&local);
            self.say_once(words);
        }
    }

    async fn carried(self: &Rc<Self>, local: &Rc<LocalConnection>, asked: &RemotePort) -> Result<(), String> {
        let deadline = Instant::now() + self.wait;
        let mut unanswered = Unanswered::new();
        let mut pause = FIRST_PAUSE;
        loop {
            let (link, found) = self.destination().await.map_err(|error| one_line(&error))?;
            let port = found.port(asked)?;
            let trouble = match link.place().await {
                Err(failure) => match self.after_open_failure(&link, failure, deadline) {
                    Ok(trouble) => trouble,
                    Err(error) => return Err(one_line(&error)),
                },
                Ok(claim) => match carry(local, &claim.0, port, &mut unanswered).await {
                    Outcome::Done => return Ok(()),
                    Outcome::Broken(why) => return Err(format!("a connection to {} broke: {why}", link.pod)),
                    Outcome::TooSlow => {
                        return Err(format!(
                            "a connection to {} was cut: its reader was too slow for the others",
                            link.pod
                        ));
                    }
                    Outcome::NotDelivered(trouble) => trouble,
                },
            };
            self.may_try_again(&link, &found, port, &trouble).await?;
            if Instant::now() >= deadline {
                return Err(format!("{}: {}", link.pod, trouble.words()));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether the network may be back, or another pod there, before the deadline.
    fn after_open_failure(&self, link: &Link, failure: OpenFailure, deadline: Instant) -> Result<Trouble> {
        match failure {
            OpenFailure::PodGone(words) => Ok(Trouble::PodGone(words)),
            OpenFailure::Unreachable(words) if Instant::now() < deadline => {
                if !self.lost.replace(true) {
                    (self.tell)(Heard::Lost(format!("{} cannot be reached: {words}", link.pod)));
                }
                Ok(Trouble::SessionEnded(words))
            }
            failure => Err(self.explain(failure)),
        }
    }

    /// After a connection that was not delivered: is there reason to believe that the next attempt ends otherwise?
    async fn may_try_again(
        self: &Rc<Self>,
        link: &Rc<Link>,
        found: &Found,
        port: u16,
        trouble: &Trouble,
    ) -> Result<(), String> {
        match trouble {
            Trouble::PodGone(_) => {
                link.retire();
                Ok(())
            }
            Trouble::SessionEnded(_) => Ok(()),
            Trouble::Other(words) => Err(format!("{} port {port}: {words}", link.pod)),
            Trouble::Refused(_) => {
                let now = self.resolver.find().await;
                let same_and_good =
                    matches!(&now, Ok(Some(now)) if now.good && now.pod == found.pod && now.uid == found.uid);
                if same_and_good {
                    return Err(format!(
                        "{} refused port {port}: is the process listening on localhost or 0.0.0.0?",
                        link.pod
                    ));
                }
                link.retire();
                Ok(())
            }
        }
    }

    /// The link to the pod that new connections go to, found anew if there is none.
    async fn destination(self: &Rc<Self>) -> Result<(Rc<Link>, Found)> {
        if let Some(current) = self.usable() {
            return Ok(current);
        }
        let _looking = self.looking.lock().await;
        if let Some(current) = self.usable() {
            return Ok(current);
        }
        let deadline = Instant::now() + self.wait;
        let mut pause = FIRST_PAUSE;
        loop {
            let found = self.resolver.find().await;
            let out_of_time = Instant::now() >= deadline;
            match found {
                Ok(Some(found)) if found.good || out_of_time => return Ok(self.go_to(found)),
                Ok(_) if out_of_time => return Err(self.no_pod()),
                Ok(_) => self.lose("no pod of it is ready"),
                Err(error) if error.kind == Kind::Unreachable && !out_of_time => self.lose(&one_line(&error)),
                // A pod that is replaced under its own name is absent for a moment.
                Err(error) if error.kind == Kind::NotFound && !out_of_time && self.lost.get() => {}
                Err(error) if error.kind == Kind::NotFound && !out_of_time && self.had_one() => self.lose("it is gone"),
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn usable(&self) -> Option<(Rc<Link>, Found)> {
        self.current.borrow().as_ref().filter(|(link, _)| !link.is_retired()).cloned()
    }

    fn had_one(&self) -> bool {
        self.current.borrow().is_some()
    }

    fn lose(&self, why: &str) {
        if !self.lost.replace(true) {
            (self.tell)(Heard::Lost(format!(
                "{}: {why}; waiting up to {} s",
                self.resolver.target(),
                self.wait.as_secs()
            )));
        }
    }

    fn go_to(&self, found: Found) -> (Rc<Link>, Found) {
        let link = Link::new(&found.pod, &found.uid, self.dialer.clone());
        self.take(link, found)
    }

    fn take(&self, link: Rc<Link>, found: Found) -> (Rc<Link>, Found) {
        let old = self.current.borrow_mut().replace((link.clone(), found.clone()));
        let was_lost = self.lost.replace(false);
        match old {
            Some((old, _)) => {
                old.retire();
                if old.pod != link.pod {
                    (self.tell)(Heard::Moved { from: old.pod.clone(), to: link.pod.clone() });
                } else if was_lost {
                    (self.tell)(Heard::Back(link.pod.clone()));
                }
            }
            None if was_lost => (self.tell)(Heard::Back(link.pod.clone())),
            None => {}
        }
        (link, found)
    }

    fn no_pod(&self) -> Error {
        Error::new(Kind::Unreachable, format!("no pod of {} is ready", self.resolver.target()))
            .because(format!("none came within {} seconds", self.wait.as_secs()))
            .try_next(format!("nsaccess port-forward {} --wait 5m", self.resolver.target()))
    }

    fn explain(&self, failure: OpenFailure) -> Error {
        match failure {
            OpenFailure::Credentials(error) => error,
            OpenFailure::PodGone(words) => Error::new(Kind::NotFound, "the pod cannot be forwarded to").because(words),
            OpenFailure::Denied { tunnel, spdy } => {
                Error::new(Kind::Denied, format!("the role may not port-forward in {}", self.access.namespace()))
                    .because(format!("create (SPDY): {spdy}"))
                    .because(format!("get (WebSocket): {tunnel}"))
                    .try_next(role_rule("", "pods/portforward", &["get", "create"]))
            }
            OpenFailure::Unreachable(words) => {
                Error::new(Kind::Unreachable, format!("the cluster {} cannot be reached", self.access.cluster().name))
                    .because(words)
            }
        }
    }

    fn say_once(&self, words: String) {
        let mut said = self.said.borrow_mut();
        let fresh = said.get(&words).is_none_or(|at| at.elapsed() >= SAY_AGAIN);
        if fresh {
            said.retain(|_, at| at.elapsed() < SAY_AGAIN);
            said.insert(words.clone(), Instant::now());
            drop(said);
            (self.tell)(Heard::Failed(words));
        }
    }
}

/// An error as one line, with the command that helps.
fn one_line(error: &Error) -> String {
    match error.try_next.first() {
        Some(command) => format!("{error} (try: {command})"),
        None => error.to_string(),
    }
}
