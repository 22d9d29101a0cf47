//! A terminal for what only happens before a person.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Both ends of a terminal.
pub struct Terminal {
    /// The end that a person types into and looks at.
    pub person: File,
    /// The end that programs have as their standard streams.
    program: OwnedFd,
}

impl Terminal {
    /// Opens one.
    pub fn open() -> Terminal {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&person).expect("granted");
        unlockpt(&person).expect("unlocked");
        let name = ptsname(&person, Vec::new()).expect("its name");
        let program =
            open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).expect("the other end");
        Terminal { person: File::from(person), program }
    }

    /// A stream of a program.
    pub fn stream(&self) -> Stdio {
        Stdio::from(self.program.try_clone().expect("a copy of the terminal"))
    }

    /// The person's end alone, once the programs have theirs: its reading ends when the last of them does.
    pub fn into_person(self) -> Person {
        Person { terminal: self.person, seen: String::new() }
    }
}

/// A person before the terminal.
pub struct Person {
    terminal: File,
    seen: String,
}

impl Person {
    /// Looks at the screen until these words are on it. Returns everything seen so far.
    #[track_caller]
    pub fn sees(&mut self, words: &str) -> &str {
        let mut buffer = [0; 4096];
        while !self.seen.contains(words) {
            match self.terminal.read(&mut buffer) {
                Ok(read) if read > 0 => self.seen.push_str(&String::from_utf8_lossy(&buffer[..read])),
                _ => panic!("the terminal never showed {words:?}, but:\n{}", self.seen),
            }
        }
        &self.seen
    }

    /// Types.
    pub fn types(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).expect("typed");
    }

    /// Looks until the programs have gone.
    pub fn sees_the_end(mut self) -> String {
        let mut rest = Vec::new();
        // Linux ends a terminal without programs with an error.
        let _ = self.terminal.read_to_end(&mut rest);
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        self.seen
    }
}
