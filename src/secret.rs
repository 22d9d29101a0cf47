//! A value that must never reach a screen, a log or a file by accident.

use std::fmt;

use zeroize::Zeroize;

/// A secret: no `Display`, no `Serialize`, `Debug` prints `****`, and the memory is wiped when it is dropped.
/// The one way to the value is [`Secret::expose`], so that every use can be found by its name.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a secret in.
    pub fn new(value: T) -> Self {
        Secret(value)
    }

    /// The value itself. Callers send it to whom it is meant for, or write it to a file of mode 0600; nothing else.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Secret(value.to_owned())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_stars_even_inside_other_types() {
        let nested = Some(vec![Secret::from("hunter2")]);
        assert_eq!(format!("{nested:?}"), "Some([****])");
    }
}
