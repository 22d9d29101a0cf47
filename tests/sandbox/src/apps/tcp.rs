//! Servers that speak plain TCP.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

use super::{App, Place};

/// Serves one connection.
pub(super) async fn serve(app: &App, mut stream: DuplexStream, place: &Place) -> io::Result<()> {
    match app {
        App::Echo => {
            let (mut input, mut output) = tokio::io::split(stream);
            tokio::io::copy(&mut input, &mut output).await.map(|_| ())
        }
        App::Banner => banner(stream, place).await,
        App::HalfClose => {
            let mut buffer = vec![0; 4096];
            let _ = stream.read(&mut buffer).await?;
            stream.write_all(format!("bye from {}\n", place.pod).as_bytes()).await?;
            stream.shutdown().await?;
            drain(&mut stream).await.map(|_| ())
        }
        App::UntilFin => {
            let count = drain(&mut stream).await?;
            stream.write_all(format!("{} got {count} bytes\n", place.pod).as_bytes()).await
        }
        App::Firehose(bytes) => firehose(&mut stream, *bytes).await,
        App::Sink => drain(&mut stream).await.map(|_| ()),
        App::Stall => std::future::pending().await,
        App::Http | App::Refuse | App::Reset(_) => Ok(()),
    }
}

async fn banner(stream: DuplexStream, place: &Place) -> io::Result<()> {
    let (input, mut output) = tokio::io::split(stream);
    output.write_all(format!("220 {} ready\r\n", place.pod).as_bytes()).await?;
    let mut lines = BufReader::new(input).lines();
    while let Some(line) = lines.next_line().await? {
        let quits = line.trim().eq_ignore_ascii_case("quit");
        let answer = if quits { "221 bye\r\n".to_owned() } else { format!("250 {line}\r\n") };
        output.write_all(answer.as_bytes()).await?;
        if quits {
            break;
        }
    }
    Ok(())
}

/// Reads to the end. Returns the number of bytes.
async fn drain(stream: &mut DuplexStream) -> io::Result<u64> {
    tokio::io::copy(stream, &mut tokio::io::sink()).await
}

/// Writes this many bytes, or endlessly. Each byte is its position modulo 251.
pub(super) async fn firehose(stream: &mut DuplexStream, bytes: Option<u64>) -> io::Result<()> {
    let pattern: Vec<u8> = (0..251 * 256_u32).map(|index| (index % 251) as u8).collect();
    let mut left = bytes.unwrap_or(u64::MAX);
    while left > 0 {
        let length = left.min(pattern.len() as u64) as usize;
        stream.write_all(&pattern[..length]).await?;
        left -= length as u64;
    }
    Ok(())
}
