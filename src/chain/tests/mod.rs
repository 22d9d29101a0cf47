//! The stages by hand: no network; a home folder that is made for each test; a person who answers what the test says.

mod access;
mod assumed;
mod by_hand;
mod by_profile;
mod cluster;
mod credentials;
mod person;
mod profile;
mod session;
mod target;
