//! Signals that are forwarded to a child on our terminal.

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(unix)]
mod unix {
    use std::task::Poll;

    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};

    use crate::host::interruption::is_ignored;

    /// The signals that users and supervisors send. Job control (SIGTSTP, SIGCONT) and SIGWINCH reach the whole process
    /// group anyway.
    const FORWARDED: [Signal; 6] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::USR2];

    /// A stream of signals. While it lives, none of them ends the process.
    pub(crate) struct Signals(Vec<(Signal, tokio::signal::unix::Signal)>);

    impl Signals {
        /// A signal whose handler cannot be registered keeps its default effect.
        pub(crate) fn listen() -> Self {
            let listen = |which: Signal| Some((which, signal(SignalKind::from_raw(which.as_raw())).ok()?));
            // The child inherits that `nohup` ignores SIGHUP, but not if we handle it.
            let ignored = |which: &Signal| *which == Signal::HUP && is_ignored(which.as_raw());
            Signals(FORWARDED.into_iter().filter(|which| !ignored(which)).filter_map(listen).collect())
        }

        pub(crate) async fn next(&mut self) -> Signal {
            std::future::poll_fn(|context| {
                let ready = |(which, stream): &mut (Signal, tokio::signal::unix::Signal)| {
                    matches!(stream.poll_recv(context), Poll::Ready(Some(()))).then_some(*which)
                };
                self.0.iter_mut().find_map(ready).map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }

        /// Whether somebody who sends this wants an end.
        pub(crate) fn ends_programs(signal: Signal) -> bool {
            ![Signal::USR1, Signal::USR2].contains(&signal)
        }

        /// Whether the terminal sends this signal to the child too: Ctrl-C and Ctrl-\ reach the whole foreground process
        /// group. A second Ctrl-C makes many programs stop in the middle of their cleanup.
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
pub(crate) use other::Signals;

#[cfg(not(unix))]
mod other {
    /// Nothing to forward: Ctrl-C reaches the child by itself.
    pub(crate) struct Signals;

    impl Signals {
        pub(crate) fn listen() -> Self {
            Signals
        }
    }
}
