//! Objects as YAML that people read and engines compare.

use serde_json::Value;

use crate::error::{Error, Result};

/// One document after another, below a comment.
pub(super) fn documents(comment: &str, values: &[Value]) -> Result<String> {
    let texts: Vec<String> = values.iter().map(document).collect::<Result<_>>()?;
    Ok(format!("{}{}", commented("#", comment), texts.join("---\n")))
}

fn document(value: &Value) -> Result<String> {
    // ARNs are longer than a line, and would be folded.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(value, options)
        .map_err(|error| Error::failure("cannot write YAML").because(error.to_string()))
}

/// The lines of a text as comments. What names came along cannot end a comment: a line break would.
pub(super) fn commented(mark: &str, text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { format!("{mark}\n") } else { format!("{mark} {line}\n") }).collect()
}
