//! A terminal for what only happens before a person.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Longer than anything takes here; only a test that would hang meets it.
const LIMIT: Duration = Duration::from_secs(60);

/// Both ends of a terminal.
pub(crate) struct Terminal {
    /// The end that a person types into and looks at.
    pub person: File,
    /// The end that programs have as their standard streams.
    program: OwnedFd,
}

impl Terminal {
    /// Opens one.
    pub(crate) fn open() -> Terminal {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&person).expect("granted");
        unlockpt(&person).expect("unlocked");
        let name = ptsname(&person, Vec::new()).expect("its name");
        let program =
            open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).expect("the other end");
        Terminal { person: File::from(person), program }
    }

    /// Makes it so many columns wide. Without this it does not say how wide it is.
    pub(crate) fn resize(&self, columns: u16) {
        let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.person, size).expect("a size");
    }

    /// A stream of a program.
    pub(crate) fn stream(&self) -> Stdio {
        Stdio::from(self.program.try_clone().expect("a copy of the terminal"))
    }

    /// The person's end alone, once the programs have theirs: what is seen ends when the last of them has gone.
    pub(crate) fn into_person(self) -> Person {
        let mut screen = self.person.try_clone().expect("a copy of the person's end");
        let (send, shown) = channel();
        let (present, presence) = UnixStream::pair().expect("a pair of sockets");
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while is_shown(&screen, &present) {
                // Linux ends a terminal without programs with an error.
                let Ok(read @ 1..) = screen.read(&mut buffer) else { break };
                let _ = send.send(String::from_utf8_lossy(&buffer[..read]).into_owned());
            }
        });
        Person { terminal: self.person, shown, seen: String::new(), presence }
    }
}

/// Waits for something on the screen. False once the person has gone.
fn is_shown(screen: &File, present: &UnixStream) -> bool {
    let mut events = [PollFd::new(screen, PollFlags::IN), PollFd::new(present, PollFlags::IN)];
    poll(&mut events, None).expect("a terminal and a socket");
    events[1].revents().is_empty()
}

/// A person before the terminal.
pub(crate) struct Person {
    terminal: File,
    shown: Receiver<String>,
    seen: String,
    /// Its other end knows by this that the person has not gone.
    presence: UnixStream,
}

impl Person {
    /// Looks at the screen until these words are on it.
    #[track_caller]
    pub(crate) fn sees(&mut self, words: &str) {
        while !self.seen.contains(words) {
            match self.shown.recv_timeout(LIMIT) {
                Ok(text) => self.seen.push_str(&text),
                Err(_) => panic!("the terminal never showed {words:?}, but:\n{}", self.seen),
            }
        }
    }

    /// Types.
    pub(crate) fn types(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).expect("typed");
    }

    /// Closes the terminal, as a connection that breaks does.
    pub(crate) fn leaves(self) {
        drop(self.presence);
        while self.shown.recv().is_ok() {}
    }

    /// Looks until the programs have gone. Returns everything that was ever on the screen.
    #[track_caller]
    pub(crate) fn sees_the_end(mut self) -> String {
        loop {
            match self.shown.recv_timeout(LIMIT) {
                Ok(text) => self.seen.push_str(&text),
                Err(RecvTimeoutError::Disconnected) => return self.seen,
                Err(RecvTimeoutError::Timeout) => panic!("the program does not end; it showed:\n{}", self.seen),
            }
        }
    }
}
