//! A WebSocket as a byte stream: binary messages, whose boundaries mean nothing.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf};
use tokio::sync::Mutex;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The answer to a client's key.
pub(super) fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))
}

/// Carries bytes between a WebSocket and a pipe until one of them ends.
pub(super) async fn carry(io: impl AsyncRead + AsyncWrite + Send, pipe: DuplexStream) {
    let (input, output) = tokio::io::split(io);
    let (mut from_pipe, mut to_pipe) = tokio::io::split(pipe);
    let (mut input, output) = (BufReader::with_capacity(64 * 1024, input), Mutex::new(output));
    let close = tokio::select! {
        close = receive(&mut input, &output, &mut to_pipe) => close,
        close = send(&mut from_pipe, &output) => close,
    };
    if let Some(text) = close {
        let _ = write(&output, CLOSE, &text).await;
    }
    let _ = tokio::time::timeout(std::time::Duration::from_secs(1), output.lock().await.shutdown()).await;
}

/// The payload of a close frame.
fn farewell(code: u16, text: &str) -> Option<Vec<u8>> {
    Some([code.to_be_bytes().as_slice(), text.as_bytes()].concat())
}

async fn write(output: &Mutex<impl AsyncWrite + Unpin>, kind: u8, payload: &[u8]) -> io::Result<()> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(0x80 | kind);
    match payload.len() {
        length @ ..126 => frame.push(length as u8),
        length @ ..65536 => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    let mut output = output.lock().await;
    output.write_all(&frame).await?;
    output.flush().await
}

async fn send(from_pipe: &mut ReadHalf<DuplexStream>, output: &Mutex<impl AsyncWrite + Unpin>) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 32 * 1024];
    loop {
        match from_pipe.read(&mut buffer).await {
            Ok(length) if length > 0 => write(output, BINARY, &buffer[..length]).await.ok()?,
            _ => return farewell(1000, ""),
        }
    }
}

/// Reads messages into the pipe. Returns the close code to send, unless the other end is gone.
async fn receive(
    input: &mut (impl AsyncRead + Unpin),
    output: &Mutex<impl AsyncWrite + Unpin>,
    to_pipe: &mut (impl AsyncWrite + Unpin),
) -> Option<Vec<u8>> {
    loop {
        let [first, second] = bytes(input).await?;
        let (kind, masked) = (first & 0x0f, second & 0x80 != 0);
        let length = match second & 0x7f {
            126 => u64::from(u16::from_be_bytes(bytes(input).await?)),
            127 => u64::from_be_bytes(bytes(input).await?),
            length => u64::from(length),
        };
        let control = kind >= CLOSE;
        if first & 0x70 != 0 {
            return farewell(1002, "unexpected reserved bits");
        }
        if !masked {
            return farewell(1002, "bad MASK");
        }
        if control && (length > 125 || first & 0x80 == 0) {
            return farewell(1002, "bad control frame");
        }
        let mask: [u8; 4] = bytes(input).await?;
        match kind {
            BINARY | CONTINUATION => payload(input, to_pipe, length, mask).await?,
            // A text message is not allowed, and ends the pipe.
            TEXT => return farewell(1000, ""),
            CLOSE | PING | PONG => {
                let mut content = vec![0; length as usize];
                input.read_exact(&mut content).await.ok()?;
                unmask(&mut content, mask, 0);
                match kind {
                    PING => write(output, PONG, &content).await.ok()?,
                    CLOSE => return farewell(1000, ""),
                    _ => {}
                }
            }
            _ => return farewell(1002, "bad opcode"),
        }
    }
}

async fn bytes<const COUNT: usize>(input: &mut (impl AsyncRead + Unpin)) -> Option<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    input.read_exact(&mut bytes).await.ok().map(|_| bytes)
}

/// Passes a message on as it comes, however long it is.
async fn payload(
    input: &mut (impl AsyncRead + Unpin),
    to_pipe: &mut (impl AsyncWrite + Unpin),
    length: u64,
    mask: [u8; 4],
) -> Option<()> {
    let (mut left, mut position) = (length, 0);
    let mut buffer = vec![0; left.min(32 * 1024) as usize];
    while left > 0 {
        let most = left.min(buffer.len() as u64) as usize;
        let read = input.read(&mut buffer[..most]).await.ok().filter(|read| *read > 0)?;
        unmask(&mut buffer[..read], mask, position);
        to_pipe.write_all(&buffer[..read]).await.ok()?;
        position = (position + read) % 4;
        left -= read as u64;
    }
    Some(())
}

fn unmask(bytes: &mut [u8], mask: [u8; 4], position: usize) {
    for (byte, mask) in bytes.iter_mut().zip(mask.iter().cycle().skip(position)) {
        *byte ^= mask;
    }
}
