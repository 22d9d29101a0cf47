//! A value that must never reach a screen, a log or a file by accident.

use std::fmt;

use zeroize::Zeroize;

/// A secret has no `Display` and no `Serialize`, its `Debug` prints `****`, and its memory is wiped on drop.
/// [`Secret::expose`] is the only way to the value, so that every use can be found.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a secret value.
    pub fn new(value: T) -> Self {
        Secret(value)
    }

    /// The value. Callers send it where it belongs or write it to a file of mode 0600, and nothing else.
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

/// Compares in constant time, so that an answer's time does not tell how much of a guess was right.
pub(crate) fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    let difference = left.iter().zip(right).fold(0, |difference, (l, r)| std::hint::black_box(difference | (l ^ r)));
    left.len() == right.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_are_equal() {
        assert!(constant_time_eq(b"", b"") && constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abd") && !constant_time_eq(b"abc", b"ab") && !constant_time_eq(b"", b"a"));
    }

    #[test]
    fn debug_prints_stars_even_inside_other_types() {
        let nested = Some(vec![Secret::from("hunter2")]);
        assert_eq!(format!("{nested:?}"), "Some([****])");
    }
}
