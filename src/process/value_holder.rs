//! A process that holds a file open, so that others can open it by a path below `/proc`.
//!
//! Nobody may look into our own process (`host::memory`), and so nobody could open what it holds. This one has nothing but the
//! one file, and ends with us, however we end.

#[cfg(unix)]
pub(crate) use unix::ValueHolder;

#[cfg(unix)]
mod unix {
    use std::io::{ErrorKind, Read, Result};
    use std::os::fd::OwnedFd;
    use std::os::unix::process::CommandExt;
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};

    use crate::host::{Host, memory};

    /// Such a process. It is killed when this is dropped.
    #[derive(Debug)]
    pub(crate) struct ValueHolder(Child);

    impl ValueHolder {
        /// Starts one, which lets others open the file as soon as this returns.
        ///
        /// # Errors
        /// When it cannot be started.
        pub(crate) fn start(host: &Host, file: OwnedFd) -> Result<Self> {
            let mut command = Command::new(host.own_command());
            command.args(["secrets", "hold-value"]).env_clear().current_dir("/");
            command.stdin(file).stdout(Stdio::piped()).stderr(Stdio::null());
            // Ctrl-C is for the command that reads the value.
            command.process_group(0);
            let mut holder = ValueHolder(memory::with_original_limits(|| command.spawn())?);
            let answer = holder.0.stdout.as_mut().ok_or(ErrorKind::BrokenPipe)?;
            answer.read_exact(&mut [0])?;
            Ok(holder)
        }

        /// Where others of the same user open the file.
        pub(crate) fn path(&self) -> PathBuf {
            PathBuf::from(format!("/proc/{}/fd/0", self.0.id()))
        }
    }

    impl Drop for ValueHolder {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

#[cfg(not(unix))]
pub(crate) use other::ValueHolder;

#[cfg(not(unix))]
mod other {
    use std::convert::Infallible;
    use std::io::Result;
    use std::path::PathBuf;

    use crate::host::Host;

    /// There is none where files have no paths below `/proc`.
    #[derive(Debug)]
    pub(crate) struct ValueHolder(Infallible);

    impl ValueHolder {
        pub(crate) fn start(_: &Host, file: Infallible) -> Result<Self> {
            Ok(ValueHolder(file))
        }

        pub(crate) fn path(&self) -> PathBuf {
            match self.0 {}
        }
    }
}
