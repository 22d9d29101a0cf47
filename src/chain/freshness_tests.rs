//! The policy, with something kept in a cell.

use std::cell::{Cell, RefCell};

use super::*;
use crate::chain::call_error::CallError;
use crate::net::aws::failure::{Class, Failure};

/// Who fetches: means with a number, of which the first may be refused.
struct Numbers {
    given: Cell<u32>,
}

impl Renewable for Numbers {
    type Value = u32;

    async fn current(&self) -> Result<u32> {
        Ok(self.given.get())
    }

    async fn renewed(&self, _: &u32, _: &str) -> Result<u32> {
        self.given.set(self.given.get() + 1);
        Ok(self.given.get())
    }
}

/// A word that is kept, and what happened to it.
struct Word {
    kept: RefCell<Option<String>>,
    /// What another process stores while we wait for the lock.
    meanwhile: RefCell<Option<String>>,
    numbers: Numbers,
    /// The first number that the service takes.
    taken_from: u32,
    journal: RefCell<Vec<&'static str>>,
}

impl Word {
    fn new(kept: Option<&str>) -> Self {
        Word {
            kept: RefCell::new(kept.map(str::to_owned)),
            meanwhile: RefCell::default(),
            numbers: Numbers { given: Cell::new(1) },
            taken_from: 1,
            journal: RefCell::default(),
        }
    }

    fn note(&self, what: &'static str) {
        self.journal.borrow_mut().push(what);
    }
}

impl Kept for Word {
    type Value = String;
    type Reason = &'static str;
    type Means = Numbers;
    type Failure = CallError<Failure>;

    fn look(&self) -> Result<Look<String, &'static str>, CallError<Failure>> {
        self.note("look");
        Ok(self.kept.borrow().clone().map_or(Look::Stale("not there"), Look::Fresh))
    }

    fn say(&self, stale: &&'static str) {
        assert_eq!(*stale, "not there");
        self.note("say");
    }

    fn means(&self) -> &Numbers {
        &self.numbers
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        self.note("lock");
        if let Some(word) = self.meanwhile.take() {
            self.kept.replace(Some(word));
        }
        Ok(None)
    }

    async fn fetch(&self, number: &u32, _: &'static str) -> Result<String, CallError<Failure>> {
        self.note("fetch");
        if *number >= self.taken_from {
            return Ok(format!("fetched with {number}"));
        }
        Err(CallError::Answer(Failure {
            operation: "GetWord",
            class: Class::Unauthorized,
            code: None,
            words: "no".to_owned(),
        }))
    }

    async fn store(&self, _: &u32, word: &String) -> Result<()> {
        self.note("store");
        self.kept.replace(Some(word.clone()));
        Ok(())
    }
}

#[tokio::test]
async fn what_is_fresh_needs_no_lock_and_no_call() {
    let word = Word::new(Some("kept"));
    assert_eq!(fresh(&word).await.expect("a word"), "kept");
    assert_eq!(*word.journal.borrow(), ["look"]);
}

#[tokio::test]
async fn what_is_stale_is_fetched_under_the_lock_and_stored() {
    let word = Word::new(None);
    assert_eq!(fresh(&word).await.expect("a word"), "fetched with 1");
    assert_eq!(*word.journal.borrow(), ["look", "say", "lock", "look", "fetch", "store"]);
    assert_eq!(word.kept.borrow().as_deref(), Some("fetched with 1"));
}

#[tokio::test]
async fn what_another_process_fetched_meanwhile_is_taken() {
    let word = Word::new(None);
    word.meanwhile.replace(Some("another's".to_owned()));
    assert_eq!(fresh(&word).await.expect("a word"), "another's");
    assert_eq!(*word.journal.borrow(), ["look", "say", "lock", "look"]);
}

#[tokio::test]
async fn refused_means_are_renewed_outside_of_the_lock_and_the_look_is_repeated() {
    let word = Word { taken_from: 2, ..Word::new(None) };
    assert_eq!(fresh(&word).await.expect("a word"), "fetched with 2");
    let steps = ["look", "say", "lock", "look", "fetch", "lock", "look", "fetch", "store"];
    assert_eq!(*word.journal.borrow(), steps);
}

#[tokio::test]
async fn what_is_refused_twice_is_not_stored() {
    let word = Word { taken_from: 9, ..Word::new(None) };
    assert!(matches!(fresh(&word).await, Err(CallError::Answer(_))));
    assert!(word.kept.borrow().is_none());
}
