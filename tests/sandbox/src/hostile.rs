//! Answers of servers that mean harm, or are broken in ways that AWS and Kubernetes are not.

use std::io;

use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::message::{Content, Reply};

/// A redirection, by default to the same address: in a circle.
pub(crate) fn redirect(status: u16, location: Option<String>, own_path: &str) -> Reply {
    Reply { status, ..Reply::redirect(location.unwrap_or_else(|| own_path.to_owned())) }
}

/// A reply whose `content-length` is half of what would follow.
pub(crate) fn too_short(reply: Reply) -> Reply {
    let Content::Full(bytes) = reply.content else { return reply };
    let length = (bytes.len() / 2).to_string();
    Reply { content: Content::Stream(as_chunks(bytes)), ..reply }.with("content-length", length)
}

/// A reply in chunks, the last of which never comes.
pub(crate) fn cut_chunks(reply: Reply) -> Reply {
    let Content::Full(bytes) = reply.content else { return reply };
    Reply { content: Content::Stream(cut(as_chunks(bytes))), ..reply }
}

fn as_chunks(bytes: Bytes) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move { sender.send(Ok(bytes)).await });
    receiver
}

/// Half of the first chunk, then a cut connection.
pub(crate) fn cut(mut chunks: mpsc::Receiver<io::Result<Bytes>>) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        if let Some(Ok(chunk)) = chunks.recv().await {
            let _ = sender.send(Ok(chunk.slice(..chunk.len() / 2))).await;
        }
        let _ = sender.send(Err(io::ErrorKind::ConnectionReset.into())).await;
    });
    receiver
}

/// A reply with words appended to its strings: to one of them, or to all.
pub(crate) fn with_words(reply: Reply, words: &str, only: Option<usize>) -> Reply {
    let Content::Full(bytes) = &reply.content else { return reply };
    let mut strings = Strings { words, only, seen: 0 };
    let body = match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            strings.append_to(&mut value);
            value.to_string()
        }
        Err(_) => strings.append_to_elements(&String::from_utf8_lossy(bytes)),
    };
    Reply { content: Content::Full(body.into()), ..reply }
}

struct Strings<'a> {
    words: &'a str,
    only: Option<usize>,
    seen: usize,
}

impl Strings<'_> {
    /// Whether the next string is one to change.
    fn is_next(&mut self) -> bool {
        self.seen += 1;
        self.only.is_none_or(|only| only + 1 == self.seen)
    }

    fn append_to(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if self.is_next() => text.push_str(self.words),
            Value::Array(values) => values.iter_mut().for_each(|value| self.append_to(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.append_to(value)),
            _ => {}
        }
    }

    /// The same for XML, where the texts of elements are the strings.
    fn append_to_elements(&mut self, text: &str) -> String {
        let mut changed = String::new();
        for piece in text.split_inclusive("</") {
            let ends_text = piece.strip_suffix("</").and_then(|piece| piece.rsplit('>').next());
            if ends_text.is_some_and(|text| !text.trim().is_empty()) && self.is_next() {
                changed.push_str(&piece[..piece.len() - 2]);
                changed.push_str(self.words);
                changed.push_str("</");
            } else {
                changed.push_str(piece);
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(reply: &Reply) -> String {
        let Content::Full(bytes) = &reply.content else { panic!("{reply:?}") };
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn words_are_appended_to_all_strings_or_to_one() {
        let json = || Reply::json(200, &serde_json::json!({"a": "1", "b": [2, "3", {"c": "4"}]}));
        assert_eq!(body(&with_words(json(), "!", None)), r#"{"a":"1!","b":[2,"3!",{"c":"4!"}]}"#);
        assert_eq!(body(&with_words(json(), "!", Some(1))), r#"{"a":"1","b":[2,"3!",{"c":"4"}]}"#);
        assert_eq!(body(&with_words(json(), "!", Some(9))), body(&json()));
        let xml = || Reply::new(200, "text/xml", "<A>\n<B>1</B><C><D>2</D></C>\n</A>");
        assert_eq!(body(&with_words(xml(), "!", None)), "<A>\n<B>1!</B><C><D>2!</D></C>\n</A>");
        assert_eq!(body(&with_words(xml(), "!", Some(1))), "<A>\n<B>1</B><C><D>2!</D></C>\n</A>");
    }

    #[test]
    fn a_redirection_without_a_location_goes_in_a_circle() {
        let location = |reply: Reply| reply.headers.into_iter().find(|(name, _)| *name == "location").map(|(_, to)| to);
        assert_eq!(location(redirect(302, None, "/x")).as_deref(), Some("/x"));
        assert_eq!(location(redirect(307, Some("http://y/".into()), "/x")).as_deref(), Some("http://y/"));
    }
}
