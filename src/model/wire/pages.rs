//! Paginated lists. Guards against a server that returns next tokens without end.

use std::collections::HashSet;
use std::time::Duration;

/// Enough for a hundred thousand accounts or half a million pods.
const MOST_PAGES: usize = 1000;
/// Of all pages together.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// Of all pages together: each may take as long as a call may. A thousand pages of AWS take about five minutes.
const MOST_TIME: Duration = Duration::from_secs(600);

/// What the process received of all servers until a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    /// The bytes of all answers.
    pub(crate) bytes: u64,
    /// How long after its first moment that is.
    pub(crate) after: Duration,
}

/// The progress through a list.
#[derive(Debug)]
pub(crate) struct Pages {
    token: Option<String>,
    seen: HashSet<String>,
    pages: usize,
    before: Received,
}

impl Pages {
    /// Before the first page.
    pub(crate) fn new(before: Received) -> Self {
        Pages { token: None, seen: HashSet::new(), pages: 0, before }
    }

    /// The token for the next page; none for the first.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Call after each page; returns whether there is another one.
    ///
    /// # Errors
    /// When the list has no end.
    pub(crate) fn advance(&mut self, next: Option<String>, now: Received) -> Result<bool, String> {
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
        if now.bytes.saturating_sub(self.before.bytes) > MOST_BYTES {
            return endless(format!("its {} pages are longer than {} MiB", self.pages, MOST_BYTES >> 20));
        }
        if now.after.saturating_sub(self.before.after) > MOST_TIME {
            return endless(format!("its {} pages took more than {} minutes", self.pages, MOST_TIME.as_secs() / 60));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(bytes: u64) -> Received {
        Received { bytes, after: Duration::from_secs(1) }
    }

    fn token(number: usize) -> Option<String> {
        Some(number.to_string())
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        let mut pages = Pages::new(received(0));
        assert_eq!(pages.token(), None);
        assert_eq!(pages.advance(token(1), received(10)), Ok(true));
        assert_eq!(pages.token(), token(1));
        assert_eq!(pages.advance(token(2), received(20)), Ok(true));
        assert_eq!(pages.advance(Some(String::new()), received(30)), Ok(false));
        assert_eq!(Pages::new(received(0)).advance(None, received(10)), Ok(false));
    }

    #[test]
    fn a_repeated_token_is_an_error() {
        for again in [1, 3] {
            let mut pages = Pages::new(received(0));
            for number in 1..=3 {
                assert_eq!(pages.advance(token(number), received(0)), Ok(true));
            }
            let why = pages.advance(token(again), received(0)).expect_err("no end");
            assert_eq!(why, "the list has no end: after page 4 it begins again");
        }
    }

    #[test]
    fn endless_new_tokens_are_an_error() {
        let mut pages = Pages::new(received(0));
        let why = (0..).find_map(|number| pages.advance(token(number), received(0)).err()).expect("no end");
        assert_eq!(why, "the list has no end: there are more pages than 1000");
        let mut pages = Pages::new(received(5));
        assert_eq!(pages.advance(token(1), received(5 + (512 << 20))), Ok(true));
        let why = pages.advance(token(2), received(6 + (512 << 20))).expect_err("too long");
        assert_eq!(why, "the list has no end: its 2 pages are longer than 512 MiB");
    }

    #[test]
    fn a_list_that_takes_too_long_is_an_error() {
        let start = received(0);
        let later = |seconds| Received { after: start.after + Duration::from_secs(seconds), ..start };
        let mut pages = Pages::new(start);
        assert_eq!(pages.advance(token(1), later(600)), Ok(true));
        let why = pages.advance(token(2), later(601)).expect_err("too long");
        assert_eq!(why, "the list has no end: its 2 pages took more than 10 minutes");
        assert_eq!(pages.advance(None, later(700)), Ok(false), "whatever has come to its end is a list");
    }
}
