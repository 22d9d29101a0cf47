//! Paginated lists. Guards against a server that returns next tokens without end.

use std::collections::HashSet;

/// Enough for a hundred thousand accounts or half a million pods.
const MOST_PAGES: usize = 1000;
/// Of all pages together.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// The progress through a list.
#[derive(Debug)]
pub(crate) struct Pages {
    token: Option<String>,
    seen: HashSet<String>,
    pages: usize,
    received_before: u64,
}

impl Pages {
    /// Before the first page. `received` is the number of bytes that the process received so far.
    pub(crate) fn new(received: u64) -> Self {
        Pages { token: None, seen: HashSet::new(), pages: 0, received_before: received }
    }

    /// The token for the next page; none for the first.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Call after each page; returns whether there is another one.
    ///
    /// # Errors
    /// When the list has no end.
    pub(crate) fn advance(&mut self, next: Option<String>, received: u64) -> Result<bool, String> {
        self.pages += 1;
        self.token = next.filter(|token| !token.is_empty());
        let Some(token) = &self.token else { return Ok(false) };
        let endless = |how: String| Err(format!("the list has no end: {how}"));
        if !self.seen.insert(token.clone()) {
            return endless(format!("after page {} it begins again", self.pages));
        }
        if self.pages >= MOST_PAGES {
            return endless(format!("there are more pages than {MOST_PAGES}"));
        }
        if received.saturating_sub(self.received_before) > MOST_BYTES {
            return endless(format!("its {} pages are longer than {} MiB", self.pages, MOST_BYTES >> 20));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: usize) -> Option<String> {
        Some(number.to_string())
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        let mut pages = Pages::new(0);
        assert_eq!(pages.token(), None);
        assert_eq!(pages.advance(token(1), 10), Ok(true));
        assert_eq!(pages.token(), token(1));
        assert_eq!(pages.advance(token(2), 20), Ok(true));
        assert_eq!(pages.advance(Some(String::new()), 30), Ok(false));
        assert_eq!(Pages::new(0).advance(None, 10), Ok(false));
    }

    #[test]
    fn a_repeated_token_is_an_error() {
        for again in [1, 3] {
            let mut pages = Pages::new(0);
            for number in 1..=3 {
                assert_eq!(pages.advance(token(number), 0), Ok(true));
            }
            let why = pages.advance(token(again), 0).expect_err("no end");
            assert_eq!(why, "the list has no end: after page 4 it begins again");
        }
    }

    #[test]
    fn endless_new_tokens_are_an_error() {
        let mut pages = Pages::new(0);
        let why = (0..).find_map(|number| pages.advance(token(number), 0).err()).expect("no end");
        assert_eq!(why, "the list has no end: there are more pages than 1000");
        let mut pages = Pages::new(5);
        assert_eq!(pages.advance(token(1), 5 + (512 << 20)), Ok(true));
        let why = pages.advance(token(2), 6 + (512 << 20)).expect_err("too long");
        assert_eq!(why, "the list has no end: its 2 pages are longer than 512 MiB");
    }
}
