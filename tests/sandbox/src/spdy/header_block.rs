//! Header blocks: one zlib stream per direction, flushed after each block.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::Malformed;
use super::dictionary::dictionary;

/// Names and values, in the order of the wire.
pub(crate) type Headers = Vec<(String, String)>;

/// The largest size of a decompressed block.
const LARGEST: usize = 1 << 20;
const MOST: u32 = 1000;

/// The reader. It also reads a stream without the dictionary flag: the dictionary is then never referred to.
pub(crate) struct Unpacker {
    inflate: Decompress,
    begun: bool,
}

impl Unpacker {
    /// At the beginning of a connection.
    pub(crate) fn new() -> Unpacker {
        Unpacker { inflate: Decompress::new(false), begun: false }
    }

    /// The headers in a block.
    pub(crate) fn unpack(&mut self, block: &[u8]) -> Result<Headers, Malformed> {
        let block = if self.begun { block } else { self.begin(block)? };
        parse(&self.inflate(block)?)
    }

    /// Reads the head of the zlib stream: two bytes, and four more if there is a dictionary.
    fn begin<'block>(&mut self, block: &'block [u8]) -> Result<&'block [u8], Malformed> {
        let [method, flags, rest @ ..] = block else { return Err(Malformed("no zlib stream")) };
        if method & 0x0f != 8 || u16::from_be_bytes([*method, *flags]) % 31 != 0 {
            return Err(Malformed("no zlib stream"));
        }
        let dictionary = dictionary();
        let mut rest = rest;
        if flags & 0x20 != 0 {
            let (sum, after) = rest.split_at_checked(4).ok_or(Malformed("no dictionary's checksum"))?;
            if sum != adler32(&dictionary).to_be_bytes() {
                return Err(Malformed("another dictionary"));
            }
            rest = after;
        }
        self.inflate.set_dictionary(&dictionary).map_err(|_| Malformed("the dictionary is refused"))?;
        self.begun = true;
        Ok(rest)
    }

    fn inflate(&mut self, block: &[u8]) -> Result<Vec<u8>, Malformed> {
        let (mut output, mut rest) = (Vec::with_capacity(1024), block);
        loop {
            output.reserve(1024);
            let before = (self.inflate.total_in(), output.len());
            let status = self.inflate.decompress_vec(rest, &mut output, FlushDecompress::Sync);
            let status = status.map_err(|_| Malformed("a header block that cannot be unpacked"))?;
            let read = (self.inflate.total_in() - before.0) as usize;
            rest = &rest[read..];
            if output.len() > LARGEST {
                return Err(Malformed("a header block without end"));
            }
            let stuck = read == 0 && output.len() == before.1;
            let spare = output.len() < output.capacity();
            if status == Status::StreamEnd || stuck || (rest.is_empty() && spare) {
                return if rest.is_empty() { Ok(output) } else { Err(Malformed("something after a header block")) };
            }
        }
    }
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    high << 16 | low
}

fn parse(bytes: &[u8]) -> Result<Headers, Malformed> {
    let mut rest = bytes;
    let count = number(&mut rest)?;
    if count > MOST {
        return Err(Malformed("too many headers"));
    }
    let mut headers = Headers::new();
    for _ in 0..count {
        let (name, value) = (text(&mut rest)?, text(&mut rest)?);
        if name != name.to_lowercase() {
            return Err(Malformed("a header with capitals"));
        }
        if headers.iter().any(|(other, _)| *other == name) {
            return Err(Malformed("a header twice"));
        }
        // Several values of a header are separated by NUL. Only the first is used.
        headers.push((name, value));
    }
    if rest.is_empty() { Ok(headers) } else { Err(Malformed("something after the headers")) }
}

fn number(rest: &mut &[u8]) -> Result<u32, Malformed> {
    let (head, tail) = rest.split_first_chunk::<4>().ok_or(Malformed("headers cut short"))?;
    *rest = tail;
    Ok(u32::from_be_bytes(*head))
}

fn text(rest: &mut &[u8]) -> Result<String, Malformed> {
    let length = number(rest)? as usize;
    let (head, tail) = rest.split_at_checked(length).ok_or(Malformed("headers cut short"))?;
    *rest = tail;
    Ok(String::from_utf8_lossy(head).into_owned())
}

/// The writer.
pub(crate) struct Packer {
    deflate: Compress,
}

impl Packer {
    /// At the beginning of a connection, primed with the dictionary.
    pub(crate) fn new() -> Packer {
        let mut deflate = Compress::new(Compression::best(), true);
        let _ = deflate.set_dictionary(&dictionary());
        Packer { deflate }
    }

    /// At the beginning of a connection, without the dictionary: against the specification, but accepted by readers
    /// that work as Go's does.
    #[cfg(test)]
    pub(crate) fn without_dictionary() -> Packer {
        Packer { deflate: Compress::new(Compression::best(), true) }
    }

    /// A block of headers.
    pub(crate) fn pack(&mut self, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut plain = (headers.len() as u32).to_be_bytes().to_vec();
        for text in headers.iter().flat_map(|(name, value)| [name, value]) {
            plain.extend((text.len() as u32).to_be_bytes());
            plain.extend(text.as_bytes());
        }
        let mut output = Vec::with_capacity(plain.len() + 128);
        let mut rest = plain.as_slice();
        loop {
            output.reserve(256);
            let before = self.deflate.total_in();
            let _ = self.deflate.compress_vec(rest, &mut output, FlushCompress::Sync);
            rest = &rest[(self.deflate.total_in() - before) as usize..];
            if rest.is_empty() && output.len() < output.capacity() {
                return output;
            }
        }
    }
}
