//! YAML as nodes that remember their bytes.
//!
//! [`Source`] is a text and its nodes. It knows what an editor of other people's YAML asks before it splices: at which
//! column a node begins, where the dash of an item is, which comma goes with a member, where the lines of a block end.
//! [`text`] has the lines and the [`Splice`]; [`scalar`] knows when a text has to be quoted.
//!
//! ```
//! use yaml_splice::{Source, text};
//!
//! let before = "names: [ada, bob] # keep sorted\n";
//! let source = Source::load(before)?;
//! let root = source.document.root.expect("there is something");
//! let names = source.document.get(root, "names").expect("a key");
//!
//! let splice = source.insert_member(names, false, "cem");
//! assert_eq!(text::splice(before, vec![splice]).as_deref(), Some("names: [ada, bob, cem] # keep sorted\n"));
//! # Ok::<(), yaml_splice::Error>(())
//! ```
#![warn(unreachable_pub)]

mod block;
mod document;
mod error;
mod flow;
pub mod scalar;
mod source;
pub mod text;

pub use document::{Document, Kind, Node, NodeId};
pub use error::Error;
/// How a scalar is written: plain, quoted, or a block of text.
pub use granit_parser::ScalarStyle;
pub use source::Source;
pub use text::Splice;
