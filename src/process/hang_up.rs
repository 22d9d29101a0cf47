//! The end of a terminal while a person is asked on it.

#[cfg(unix)]
pub(crate) use unix::Watch;

#[cfg(unix)]
mod unix {
    use std::io::{self, PipeReader, PipeWriter};
    use std::os::fd::OwnedFd;
    use std::thread::JoinHandle;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    use crate::host::interruption;

    /// While this value lives, the process ends with the terminal that it reads. SIGHUP does that only where the
    /// terminal is the controlling one and nobody ignores the signal, and the prompt would read its end again and again.
    #[derive(Debug)]
    pub(crate) struct Watch(Option<(PipeWriter, JoinHandle<()>)>);

    impl Watch {
        /// Without a terminal or a thread, nothing is watched.
        pub(crate) fn begin() -> Self {
            Watch(start().ok())
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            if let Some((end, thread)) = self.0.take() {
                drop(end);
                let _ = thread.join();
            }
        }
    }

    /// Watches until the returned end of a pipe is closed.
    fn start() -> io::Result<(PipeWriter, JoinHandle<()>)> {
        // A person is asked only where standard input is a terminal.
        let terminal = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 0)?;
        let (over, end) = io::pipe()?;
        let thread = std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
            if hangs_up(&terminal, &over) {
                interruption::hang_up();
            }
        })?;
        Ok((end, thread))
    }

    /// Waits for the end of the terminal, or of the watch.
    fn hangs_up(terminal: &OwnedFd, over: &PipeReader) -> bool {
        loop {
            // Linux tells a hang-up without being asked for.
            let mut events = [PollFd::new(terminal, PollFlags::empty()), PollFd::new(over, PollFlags::IN)];
            match poll(&mut events, None) {
                Ok(_) => return events[1].revents().is_empty() && events[0].revents().contains(PollFlags::HUP),
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }
}

#[cfg(not(unix))]
pub(crate) use other::Watch;

#[cfg(not(unix))]
mod other {
    /// A console that is closed ends its programs.
    #[derive(Debug)]
    pub(crate) struct Watch;

    impl Watch {
        pub(crate) fn begin() -> Self {
            Watch
        }
    }
}
