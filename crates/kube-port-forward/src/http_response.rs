//! Where a response of HTTP/1 ends, as its own head tells. No I/O.
//!
//! Only certainty counts: what is no HTTP, or ends with its connection, never is whole.

/// More than any head.
const LARGEST_HEAD: usize = 64 * 1024;

/// A response, as far as it has come.
#[derive(Debug, Default)]
pub(crate) struct HttpResponse(State);

#[derive(Debug)]
enum State {
    /// Lines of the head, until an empty one.
    Head(Vec<u8>),
    /// So many bytes are missing.
    Body(u64),
    /// The line that says how long the next chunk is.
    ChunkSize(Vec<u8>),
    /// So many bytes of a chunk are missing, with the line's end behind it.
    Chunk(u64),
    /// Lines behind the last chunk, until an empty one.
    Trailer(Vec<u8>),
    Whole,
    /// Nobody knows where it ends.
    Unknown,
}

impl Default for State {
    fn default() -> Self {
        State::Head(Vec::new())
    }
}

impl HttpResponse {
    /// More of it came.
    pub(crate) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !matches!(self.0, State::Whole | State::Unknown) {
            bytes = self.step(bytes);
        }
    }

    /// Whether all of it is here.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.0, State::Whole)
    }

    /// Uses some of the bytes; the rest.
    fn step<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match &mut self.0 {
            State::Head(line) | State::ChunkSize(line) | State::Trailer(line) => {
                let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
                line.extend_from_slice(&bytes[..end]);
                if line.len() > LARGEST_HEAD {
                    self.0 = State::Unknown;
                } else if line.ends_with(b"\n") {
                    self.line();
                }
                &bytes[end..]
            }
            State::Body(left) | State::Chunk(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= taken as u64;
                if *left == 0 {
                    self.0 = if matches!(self.0, State::Body(_)) { State::Whole } else { State::ChunkSize(Vec::new()) };
                }
                &bytes[taken..]
            }
            State::Whole | State::Unknown => &[],
        }
    }

    /// A line has ended.
    fn line(&mut self) {
        match &mut self.0 {
            State::Head(head) if is_blank(last_line(head)) => self.0 = after_head(head),
            State::Head(head) if !head.starts_with(b"HTTP/1.") => self.0 = State::Unknown,
            State::ChunkSize(line) => {
                let digits = String::from_utf8_lossy(line);
                let digits = digits.split(';').next().unwrap_or_default().trim();
                self.0 = match u64::from_str_radix(digits, 16) {
                    Ok(0) => State::Trailer(Vec::new()),
                    Ok(length) => State::Chunk(length.saturating_add(2)),
                    Err(_) => State::Unknown,
                };
            }
            State::Trailer(line) if is_blank(last_line(line)) => self.0 = State::Whole,
            _ => {}
        }
    }
}

fn last_line(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.rsplit(|byte| *byte == b'\n').next().unwrap_or_default()
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| *byte == b'\r')
}

fn after_head(head: &[u8]) -> State {
    let head = String::from_utf8_lossy(head);
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse::<u16>().ok());
    let header = |wanted: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    match (status, header("transfer-encoding"), header("content-length")) {
        (None | Some(101), ..) => State::Unknown,
        (Some(100..=199), ..) => State::default(),
        (Some(204 | 304), ..) => State::Whole,
        (_, Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => State::ChunkSize(Vec::new()),
        (_, None, Some(length)) => match length.parse() {
            Ok(0) => State::Whole,
            Ok(length) => State::Body(length),
            Err(_) => State::Unknown,
        },
        _ => State::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many bytes it is whole, whatever the pieces.
    fn whole_after(text: &str) -> Option<usize> {
        let mut answer = HttpResponse::default();
        let after = text.bytes().position(|byte| {
            answer.add(&[byte]);
            answer.is_whole()
        });
        let mut at_once = HttpResponse::default();
        at_once.add(text.as_bytes());
        assert_eq!(at_once.is_whole(), after.is_some(), "{text:?}");
        after.map(|index| index + 1)
    }

    #[test]
    fn an_answer_is_whole_when_its_own_head_says_so() {
        for text in [
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nDigest: x\r\n\r\n",
        ] {
            assert_eq!(whole_after(text), Some(text.len()), "{text:?}");
        }
    }

    #[test]
    fn what_ends_with_its_connection_never_is_whole() {
        for text in [
            "HTTP/1.0 200 OK\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello",
            "HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 1\r\n\r\nx",
            "+PONG\r\n\r\n",
            "220 ready\r\n",
        ] {
            assert_eq!(whole_after(text), None, "{text:?}");
        }
    }
}
