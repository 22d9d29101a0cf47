//! A list that comes in pages, each with the token of the next. A server that loses its way gives tokens without end.

use std::collections::HashSet;

/// No list that is meant has as many: a hundred thousand accounts, half a million pods.
const MOST_PAGES: usize = 1000;
/// Nor are the pages of one as long together.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// How far a list has been read.
#[derive(Debug)]
pub(crate) struct Pages {
    token: Option<String>,
    seen: HashSet<String>,
    pages: usize,
    received_before: u64,
}

impl Pages {
    /// A list of which nothing was read yet. `received`: the bytes of all answers to this command so far.
    pub(crate) fn new(received: u64) -> Self {
        Pages { token: None, seen: HashSet::new(), pages: 0, received_before: received }
    }

    /// The token that the next page is asked for with; none for the first.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// After a page: whether there is another one.
    ///
    /// # Errors
    /// When the list has no end, in words.
    pub(crate) fn turn(&mut self, next: Option<String>, received: u64) -> Result<bool, String> {
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
        assert_eq!(pages.turn(token(1), 10), Ok(true));
        assert_eq!(pages.token(), token(1));
        assert_eq!(pages.turn(token(2), 20), Ok(true));
        assert_eq!(pages.turn(Some(String::new()), 30), Ok(false));
        assert_eq!(Pages::new(0).turn(None, 10), Ok(false));
    }

    #[test]
    fn a_token_that_was_there_before_leads_nowhere() {
        for again in [1, 3] {
            let mut pages = Pages::new(0);
            for number in 1..=3 {
                assert_eq!(pages.turn(token(number), 0), Ok(true));
            }
            let why = pages.turn(token(again), 0).expect_err("no end");
            assert_eq!(why, "the list has no end: after page 4 it begins again");
        }
    }

    #[test]
    fn new_tokens_for_ever_lead_nowhere_either() {
        let mut pages = Pages::new(0);
        let why = (0..).find_map(|number| pages.turn(token(number), 0).err()).expect("no end");
        assert_eq!(why, "the list has no end: there are more pages than 1000");
        let mut pages = Pages::new(5);
        assert_eq!(pages.turn(token(1), 5 + (512 << 20)), Ok(true));
        let why = pages.turn(token(2), 6 + (512 << 20)).expect_err("too long");
        assert_eq!(why, "the list has no end: its 2 pages are longer than 512 MiB");
    }
}
