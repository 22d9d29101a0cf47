//! The stages by hand.
