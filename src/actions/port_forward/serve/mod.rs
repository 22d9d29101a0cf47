//! A forward that outlives its pods: the listener stays, new connections go to the pod that is best now.

mod current_dialer;
mod open_failure;
mod upkeep;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use kube_port_forward::{Connection, Dialer, OpenError, Outcome, PodError, PodSessions, Slot, Transport};
use tokio::time::Instant;

use crate::actions::port_forward::resolve::{ForwardTarget, Resolver};
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result, is_request};
use crate::model::port_forward::ports::RemotePort;

use current_dialer::CurrentDialer;
use open_failure::may_pass;

/// The sessions to one pod.
type Link = PodSessions<Error>;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The same sentence is said again only after this long.
const SAY_AGAIN: Duration = Duration::from_secs(10);

/// What happens to a forward, for people and for programs that read `-o json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ForwardEvent {
    /// New connections go to this pod from now on.
    Moved {
        from: String,
        to: String,
    },
    /// Connections are accepted, and there is no pod to take them to at the moment.
    Lost(String),
    /// There is one again.
    Back(String),
    Failed(String),
}

/// A target being forwarded to.
pub(crate) struct Forward {
    resolver: Resolver,
    cluster: Rc<ClusterAccess<'static>>,
    dialer: RefCell<CurrentDialer>,
    wait: Duration,
    current: RefCell<Option<(Rc<Link>, ForwardTarget)>>,
    /// One look at a time; whoever comes meanwhile gets its result.
    looking: tokio::sync::Mutex<()>,
    last_used: Cell<Instant>,
    open: Cell<usize>,
    lost: Cell<bool>,
    said: RefCell<HashMap<String, Instant>>,
    tell: Box<dyn Fn(ForwardEvent)>,
}

impl Forward {
    /// For one target. Nothing is asked yet.
    ///
    /// # Errors
    /// When the cluster's endpoint cannot be used.
    pub(crate) fn new(
        cluster: Rc<ClusterAccess<'static>>,
        resolver: Resolver,
        wait: Duration,
        tell: Box<dyn Fn(ForwardEvent)>,
    ) -> Result<Rc<Self>> {
        let facts = cluster.cluster();
        // POST needs the one verb that every namespace role has; proxies often let only WebSockets through.
        let default = if cluster.proxy().is_some() { Transport::WebSocket } else { Transport::Spdy };
        let remembered = cluster.chain().cache.transport(&cluster.target.access.name, &facts);
        let preferred = remembered.and_then(|name| Transport::named(&name)).unwrap_or(default);
        let dialer = RefCell::new(CurrentDialer::to(&cluster, preferred)?);
        Ok(Rc::new(Forward {
            resolver,
            cluster,
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
    pub(crate) async fn prepare(self: &Rc<Self>) -> Result<ForwardTarget> {
        let (link, found) = match self.destination().await {
            Err(error) if error.kind == Kind::NotFound => return Err(self.resolver.missing().await),
            found => found?,
        };
        match link.open_first().await {
            Ok(()) => {
                self.remember_transport();
                Ok(found)
            }
            Err(failure) => Err(self.explain(failure).await),
        }
    }

    /// The next forward begins with what worked: the other transport costs a refusal first.
    fn remember_transport(&self) {
        let (cache, namespace, cluster) =
            (&self.cluster.chain().cache, &self.cluster.target.access.name, self.cluster.cluster());
        let worked = self.transport().name();
        if cache.transport(namespace, &cluster).as_deref() != Some(worked) {
            // Without it the next forward works as well.
            let _ = cache.store_transport(namespace, &cluster, worked);
        }
    }

    pub(crate) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    pub(crate) fn transport(&self) -> Transport {
        self.dialer.borrow().dialer.preferred()
    }

    /// Carries one local connection to wherever the target is now. Errors are said once, and the client sees a reset.
    pub(crate) async fn serve(self: Rc<Self>, mut connection: Connection, asked: RemotePort) {
        self.last_used.set(Instant::now());
        self.open.set(self.open.get() + 1);
        let result = self.carried(&mut connection, &asked).await;
        self.open.set(self.open.get() - 1);
        self.last_used.set(Instant::now());
        if let Err(words) = result {
            connection.reset_on_close();
            self.say_once(words);
        }
    }

    async fn carried(self: &Rc<Self>, connection: &mut Connection, asked: &RemotePort) -> Result<(), String> {
        let deadline = Instant::now() + self.wait;
        let mut pause = FIRST_PAUSE;
        loop {
            let (link, found) = self.destination().await.map_err(|error| one_line(&error))?;
            let port = found.port(asked).map_err(|why| why.to_string())?;
            let attempt = link.attempt(port).await?;
            let trouble = match attempt.slot().await {
                Err(failure) => match self.after_open_failure(&link, failure, deadline).await {
                    Ok(trouble) => trouble,
                    Err(error) => return Err(one_line(&error)),
                },
                Ok(slot) => match self.carry_on(&link, connection, slot).await {
                    Outcome::Done => return Ok(()),
                    Outcome::Broken(why) => return Err(format!("a connection to {} broke: {why}", link.pod())),
                    Outcome::TooSlow => {
                        return Err(format!(
                            "closed a connection to {}: its client reads too slowly and delays the others",
                            link.pod()
                        ));
                    }
                    Outcome::NotDelivered(trouble) => trouble,
                },
            };
            let again = self.may_try_again(&link, &found, (asked, port), &trouble).await;
            if let (Err(words), PodError::Refused(_)) = (&again, &trouble) {
                attempt.refused(words);
            }
            again?;
            drop(attempt);
            if Instant::now() >= deadline {
                return Err(format!("{}: {}", link.pod(), trouble.words()));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether the network may be back, or another pod there, before the deadline.
    async fn after_open_failure(&self, link: &Link, failure: OpenError<Error>, deadline: Instant) -> Result<PodError> {
        let words = match failure {
            OpenError::PodGone(words) => return Ok(PodError::PodGone(words)),
            failure if !may_pass(&failure) || Instant::now() >= deadline => return Err(self.explain(failure).await),
            failure => failure.to_string(),
        };
        if !self.lost.replace(true) {
            (self.tell)(ForwardEvent::Lost(format!("cannot reach {}: {words}", link.pod())));
        }
        Ok(PodError::SessionEnded(words))
    }

    /// Carries a connection: there is a way to the pod.
    async fn carry_on(&self, link: &Link, connection: &mut Connection, slot: Slot) -> Outcome {
        self.is_back(link.pod());
        slot.carry(connection).await
    }

    /// After a connection that was not delivered: is there reason to believe that the next attempt ends otherwise?
    async fn may_try_again(
        self: &Rc<Self>,
        link: &Rc<Link>,
        found: &ForwardTarget,
        (asked, port): (&RemotePort, u16),
        trouble: &PodError,
    ) -> Result<(), String> {
        match trouble {
            PodError::PodGone(_) => {
                link.retire();
                Ok(())
            }
            PodError::SessionEnded(_) => Ok(()),
            PodError::Other(words) => Err(format!("{} port {port}: {words}", link.pod())),
            PodError::Refused(_) => match self.resolver.find().await {
                // What was no better when it was chosen is not waited for.
                Ok(Some(now)) if now.is_same_pod(found) && (now.is_good || !found.is_good) => {
                    Err(self.refusal(&now, asked, port).await)
                }
                _ => {
                    link.retire();
                    Ok(())
                }
            },
        }
    }

    /// Why a pod refuses a port, as far as it can be told.
    async fn refusal(&self, found: &ForwardTarget, asked: &RemotePort, port: u16) -> String {
        let why = match (self.resolver.obstacle(found).await, found.other_target(asked)) {
            (Some(obstacle), _) => format!("it {}", obstacle.words()),
            (None, Some(other)) => format!(
                "{} is headless, so its own port is used; its target port is {other} (try: nsaccess port-forward pod/{} \
                 {other} -n {})",
                self.resolver.target(),
                found.pod.name,
                self.cluster.namespace()
            ),
            (None, None) => "is the process listening on localhost or 0.0.0.0?".to_owned(),
        };
        format!("{} refused port {port}: {why}", found.pod.name)
    }

    /// The link to the pod that new connections go to, found anew if there is none.
    async fn destination(self: &Rc<Self>) -> Result<(Rc<Link>, ForwardTarget)> {
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
                // What runs is used at first even if it is not ready; what took its place is waited for.
                Ok(Some(found)) if found.is_good || out_of_time || !self.had_one() => return self.go_to(found),
                Ok(_) if out_of_time => return Err(self.no_pod().await),
                Ok(_) => self.lose_for_lack_of_a_pod().await,
                Err(error) if error.kind == Kind::Unreachable && !out_of_time => self.lose(&one_line(&error)),
                // A pod that is replaced under its own name is absent for a moment.
                Err(error) if error.kind == Kind::NotFound && !out_of_time && self.lost.get() => {}
                Err(error) if error.kind == Kind::NotFound && !out_of_time && self.had_one() => self.lose("not found"),
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn usable(&self) -> Option<(Rc<Link>, ForwardTarget)> {
        let is_current = self.dialer.borrow().leads_to(&self.cluster);
        self.current.borrow().as_ref().filter(|(link, _)| is_current && !link.is_retired()).cloned()
    }

    fn had_one(&self) -> bool {
        self.current.borrow().is_some()
    }

    fn lose(&self, why: &str) {
        if !self.lost.replace(true) {
            let (target, wait) = (self.resolver.target(), self.wait.as_secs());
            (self.tell)(ForwardEvent::Lost(format!("{target}: {why}; waiting up to {wait}s")));
        }
    }

    async fn lose_for_lack_of_a_pod(&self) {
        if !self.lost.get() {
            match self.resolver.absentee().await {
                Some((pod, obstacle)) => self.lose(&format!("{pod} {}", obstacle.words())),
                None => self.lose("no pod is ready"),
            }
        }
    }

    /// Every loss has its end, however it came about.
    fn is_back(&self, pod: &str) {
        if self.lost.replace(false) {
            (self.tell)(ForwardEvent::Back(pod.to_owned()));
        }
    }

    fn go_to(&self, found: ForwardTarget) -> Result<(Rc<Link>, ForwardTarget)> {
        let link = Link::new(&found.pod.name, self.dialer()?);
        Ok(self.take(link, found))
    }

    /// Opens sessions to where the cluster is now.
    fn dialer(&self) -> Result<Rc<Dialer<Error>>> {
        if !self.dialer.borrow().leads_to(&self.cluster) {
            let preferred = self.transport();
            self.dialer.replace(CurrentDialer::to(&self.cluster, preferred)?);
        }
        Ok(self.dialer.borrow().dialer.clone())
    }

    fn take(&self, link: Rc<Link>, found: ForwardTarget) -> (Rc<Link>, ForwardTarget) {
        let old = self.current.borrow_mut().replace((link.clone(), found.clone()));
        if let Some((old, _)) = old {
            old.retire();
            if old.pod() != link.pod() {
                (self.tell)(ForwardEvent::Moved { from: old.pod().to_owned(), to: link.pod().to_owned() });
            }
        }
        self.is_back(link.pod());
        (link, found)
    }

    async fn no_pod(&self) -> Error {
        let target = self.resolver.target();
        let longer = format!("nsaccess port-forward {target} -n {} --wait 5m", self.cluster.access());
        let error = Error::new(Kind::Unreachable, format!("no pod of {} is ready", target.quoted()));
        match self.resolver.absentee().await {
            Some((pod, obstacle)) => {
                let error = error.because(format!("{pod} {}", obstacle.what));
                obstacle.next.into_iter().fold(error, Error::try_next)
            }
            None => error.because(format!("none became ready within {}s", self.wait.as_secs())).try_next(longer),
        }
    }

    fn say_once(&self, words: String) {
        let mut said = self.said.borrow_mut();
        let fresh = said.get(&words).is_none_or(|at| at.elapsed() >= SAY_AGAIN);
        if fresh {
            said.retain(|_, at| at.elapsed() < SAY_AGAIN);
            said.insert(words.clone(), Instant::now());
            drop(said);
            (self.tell)(ForwardEvent::Failed(words));
        }
    }
}

/// An error as one line, with the command that helps.
fn one_line(error: &Error) -> String {
    match error.try_next.iter().find(|fix| !is_request(fix)) {
        Some(command) => format!("{error} (try: {command})"),
        None => error.to_string(),
    }
}
