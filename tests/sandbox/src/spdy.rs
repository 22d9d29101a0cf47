//! SPDY/3.1 as Kubernetes speaks it: streams in frames, without priorities and without flow control.

mod dictionary;
mod header_block;
#[cfg(test)]
mod tests;

use hyper::body::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _};

pub(crate) use header_block::{Headers, Packer, Unpacker};

/// The status of `RST_STREAM` for a protocol error.
pub(crate) const PROTOCOL_ERROR: u32 = 1;
/// The status of `RST_STREAM` for a stream that is cancelled.
pub(crate) const CANCEL: u32 = 5;

const VERSION: u16 = 3;
const FIN: u8 = 1;

/// Why bytes are not valid SPDY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl From<Malformed> for std::io::Error {
    fn from(malformed: Malformed) -> std::io::Error {
        std::io::Error::new(std::io::ErrorKind::InvalidData, malformed.0)
    }
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A new stream.
    SynStream { id: u32, fin: bool, headers: Headers },
    /// The other end has accepted it.
    SynReply { id: u32, fin: bool, headers: Headers },
    /// The end of a stream in both directions.
    RstStream { id: u32, status: u32 },
    /// Read and ignored.
    Settings,
    /// A ping, or its answer.
    Ping { id: u32 },
    /// No new streams from here on.
    GoAway { last: u32, status: u32 },
    /// More headers of a stream.
    Headers { id: u32, fin: bool, headers: Headers },
    /// Read and ignored.
    WindowUpdate { id: u32 },
    /// Bytes of a stream.
    Data { id: u32, fin: bool, bytes: Bytes },
}

/// Reads a frame; an `UnexpectedEof` at the end.
pub(crate) async fn read(input: &mut (impl AsyncRead + Unpin), unpacker: &mut Unpacker) -> std::io::Result<Frame> {
    let mut head = [0; 8];
    input.read_exact(&mut head).await?;
    let [first @ .., flags, high, middle, low] = head;
    let length = u32::from_be_bytes([0, high, middle, low]) as usize;
    let mut payload = vec![0; length];
    input.read_exact(&mut payload).await?;
    let word = u32::from_be_bytes(first);
    if word >> 31 == 0 {
        return Ok(Frame::Data { id: word, fin: flags & FIN != 0, bytes: Bytes::from(payload) });
    }
    if (word >> 16) as u16 & 0x7fff != VERSION {
        return Err(Malformed("another version of SPDY").into());
    }
    Ok(control(word as u16, flags, &payload, unpacker)?)
}

fn control(kind: u16, flags: u8, payload: &[u8], unpacker: &mut Unpacker) -> Result<Frame, Malformed> {
    let number = |index: usize| {
        let bytes = payload.get(index * 4..index * 4 + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes).ok_or(Malformed("a control frame cut short"))
    };
    let id = |index: usize| number(index).map(|id| id & 0x7fff_ffff);
    let fin = flags & FIN != 0;
    Ok(match kind {
        1 => {
            let (id, block) = (id(0)?, payload.get(10..).ok_or(Malformed("a control frame cut short"))?);
            not_zero(Frame::SynStream { id, fin, headers: unpacker.unpack(block)? }, id)?
        }
        2 => not_zero(Frame::SynReply { id: id(0)?, fin, headers: unpacker.unpack(&payload[4..])? }, id(0)?)?,
        3 => not_zero(Frame::RstStream { id: id(0)?, status: number(1)? }, id(0)?)?,
        4 => Frame::Settings,
        6 => Frame::Ping { id: number(0)? },
        7 => Frame::GoAway { last: id(0)?, status: number(1)? },
        8 => not_zero(Frame::Headers { id: id(0)?, fin, headers: unpacker.unpack(&payload[4..])? }, id(0)?)?,
        9 => Frame::WindowUpdate { id: id(0)? },
        _ => return Err(Malformed("an unknown control frame")),
    })
}

fn not_zero(frame: Frame, id: u32) -> Result<Frame, Malformed> {
    if id == 0 { Err(Malformed("a stream of the number 0")) } else { Ok(frame) }
}

/// The bytes of a frame. Empty for a frame that we never send.
pub(crate) fn encode(frame: &Frame, packer: &mut Packer) -> Vec<u8> {
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
    let mut block = |headers: &Headers| {
        packer.pack(&headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>())
    };
    match frame {
        Frame::Data { id, fin, bytes } => [data_head(*id, *fin, bytes.len()).as_slice(), bytes].concat(),
        Frame::SynStream { id, fin, headers } => {
            let head = [numbers(&[*id, 0]), vec![0, 0]].concat();
            control_frame(1, *fin, &[head, block(headers)].concat())
        }
        Frame::SynReply { id, fin, headers } => control_frame(2, *fin, &[numbers(&[*id]), block(headers)].concat()),
        Frame::RstStream { id, status } => control_frame(3, false, &numbers(&[*id, *status])),
        Frame::Settings => control_frame(4, false, &numbers(&[0])),
        Frame::Ping { id } => control_frame(6, false, &numbers(&[*id])),
        Frame::GoAway { last, status } => control_frame(7, false, &numbers(&[*last, *status])),
        Frame::Headers { id, fin, headers } => control_frame(8, *fin, &[numbers(&[*id]), block(headers)].concat()),
        Frame::WindowUpdate { id } => control_frame(9, false, &numbers(&[*id, 1])),
    }
}

/// The eight bytes before the bytes of a stream.
pub(crate) fn data_head(id: u32, fin: bool, length: usize) -> [u8; 8] {
    let [a, b, c, d] = id.to_be_bytes();
    let [_, e, f, g] = (length as u32).to_be_bytes();
    [a, b, c, d, u8::from(fin), e, f, g]
}

fn control_frame(kind: u16, fin: bool, payload: &[u8]) -> Vec<u8> {
    let head = data_head(0x8000_0000 | u32::from(VERSION) << 16 | u32::from(kind), fin, payload.len());
    [head.as_slice(), payload].concat()
}
