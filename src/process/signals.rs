//! Signals that come to us and are meant for a child on our terminal.

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(unix)]
mod unix {
    use std::task::Poll;

    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};

    use crate::host::interruption::is_ignored;

    /// Those that people and supervisors send. Job control (SIGTSTP, SIGCONT) and the window's size go to the whole
    /// process group anyway.
    const FORWARDED: [Signal; 6] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::USR2];

    /// Signals as they come. From its making on none of them ends us.
    pub(crate) struct Signals(Vec<(Signal, tokio::signal::unix::Signal)>);

    impl Signals {
        /// Starts to listen. A signal that cannot be listened for keeps its usual effect.
        pub(crate) fn listen() -> Self {
            let listen = |which: Signal| Some((which, signal(SignalKind::from_raw(which.as_raw())).ok()?));
            // What `nohup` has us ignore, the child shall ignore too: with a handler of ours it would not inherit that.
            let ignored = |which: &Signal| *which == Signal::HUP && is_ignored(which.as_raw());
            Signals(FORWARDED.into_iter().filter(|which| !ignored(which)).filter_map(listen).collect())
        }

        /// The next one.
        pub(crate) async fn next(&mut self) -> Signal {
            std::future::poll_fn(|context| {
                let ready = |(which, stream): &mut (Signal, tokio::signal::unix::Signal)| {
                    matches!(stream.poll_recv(context), Poll::Ready(Some(()))).then_some(*which)
                };
                self.0.iter_mut().find_map(ready).map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }

        /// Whether a child in our process group has had this signal already: what a terminal sends (Ctrl-C, Ctrl-\, a
        /// window that closes) goes to everybody in its foreground group. Sent twice, a Ctrl-C makes many programs give
        /// up in the middle of their tidying.
        pub(crate) fn terminal_delivers(signal: Signal) -> bool {
            let of_terminal = [Signal::INT, Signal::QUIT].contains(&signal);
            of_terminal && in_foreground()
        }
    }

    fn in_foreground() -> bool {
        use rustix::fs::{Mode, OFlags, open};
        let terminal = open("/dev/tty", OFlags::RDONLY | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
        let group = terminal.ok().and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok());
        group == Some(rustix::process::getpgrp())
    }
}

#[cfg(not(unix))]
pub use elsewhere::Signals;

#[cfg(not(unix))]
mod elsewhere {
    /// There are none: Ctrl-C reaches the child by itself.
    pub struct Signals;

    impl Signals {
        /// Nothing to listen for.
        pub fn listen() -> Self {
            Signals
        }
    }
}
