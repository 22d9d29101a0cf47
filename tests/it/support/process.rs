//! A command that is still running: its lines as they come, signals to it, and its end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Output, until};

/// Longer than anything takes here; only a test that would hang meets it.
const LIMIT: Duration = Duration::from_secs(120);

/// A child that does not outlive its test.
pub(crate) struct Guarded(pub Option<Child>);

impl Guarded {
    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        send(self.0.as_ref().expect("not waited for yet"), signal);
    }

    /// Waits for its end, and not for ever.
    #[track_caller]
    pub(crate) fn ends(mut self) -> ExitStatus {
        until("its end", || self.0.as_mut().and_then(|child| child.try_wait().expect("our own child")))
    }

    /// Waits for its end.
    pub(crate) fn wait_with_output(mut self) -> std::io::Result<std::process::Output> {
        self.0.take().expect("only this takes it").wait_with_output()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A running command. It is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    command: String,
    home: String,
    lines: Receiver<String>,
    seen: String,
    stdout: Option<JoinHandle<String>>,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Takes over a child whose output streams are pipes.
    pub(crate) fn new(mut child: Child, command: String, home: String) -> Running {
        let stderr = child.stderr.take().expect("standard error is a pipe");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            let mut stderr = BufReader::new(stderr);
            let mut line = Vec::new();
            while stderr.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let _ = send.send(String::from_utf8_lossy(&line).into_owned());
                line.clear();
            }
        });
        let stdout = child.stdout.take().map(|mut stdout| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                let _ = stdout.read_to_end(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            })
        });
        Running { child, command, home, lines, seen: String::new(), stdout, ended: None }
    }

    /// Waits for a line of standard error that has these words, and returns it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, words: &str) -> String {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => {
                    self.seen.push_str(&line);
                    if line.contains(words) {
                        return line;
                    }
                }
                Err(_) => panic!("{} never said {words:?}, but:\n{}", self.command, self.seen),
            }
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        send(&self.child, signal);
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.ended = self.ended.or(self.child.try_wait().expect("our own child"));
        self.ended.is_some()
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Output {
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            self.seen.push_str(&line);
        }
        let stdout = self.stdout.take().map(|reader| reader.join().expect("a reader")).unwrap_or_default();
        let status = self.child.wait().expect("our own child");
        self.ended = Some(status);
        Output {
            command: self.command.clone(),
            stdout,
            stderr: std::mem::take(&mut self.seen),
            status: shown(status),
            home: self.home.clone(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id")).expect("not zero");
    // A process that ended in this moment needs no signal.
    let _ = kill_process(pid, signal);
}

fn shown(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => code.to_string(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}
