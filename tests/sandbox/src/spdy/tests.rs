use super::*;

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn all() -> Vec<Frame> {
    let pair = headers(&[("streamtype", "error"), ("port", "8080"), ("requestid", "0")]);
    vec![
        Frame::SynStream { id: 1, fin: false, headers: pair.clone() },
        Frame::Data { id: 1, fin: true, bytes: Bytes::new() },
        Frame::SynStream { id: 3, fin: true, headers: pair },
        Frame::SynReply { id: 1, fin: false, headers: headers(&[]) },
        Frame::SynReply { id: 3, fin: true, headers: headers(&[("a", "")]) },
        Frame::Headers { id: 3, fin: false, headers: headers(&[("x", &"long ".repeat(2000))]) },
        Frame::Data { id: 3, fin: false, bytes: Bytes::from(vec![7; 70_000]) },
        Frame::RstStream { id: 3, status: CANCEL },
        Frame::Ping { id: 1 },
        Frame::Settings,
        Frame::WindowUpdate { id: 1 },
        Frame::GoAway { last: 3, status: 0 },
    ]
}

async fn decoded(bytes: &[u8]) -> (Vec<Frame>, std::io::Error) {
    let (mut input, mut unpacker, mut frames) = (bytes, Unpacker::new(), Vec::new());
    loop {
        match read(&mut input, &mut unpacker).await {
            Ok(frame) => frames.push(frame),
            Err(error) => return (frames, error),
        }
    }
}

fn encoded(frames: &[Frame], mut packer: Packer) -> Vec<u8> {
    frames.iter().flat_map(|frame| encode(frame, &mut packer)).collect()
}

#[tokio::test]
async fn what_is_written_is_read_again() {
    for packer in [Packer::new(), Packer::without_dictionary()] {
        let (frames, end) = decoded(&encoded(&all(), packer)).await;
        assert_eq!(frames, all());
        assert_eq!(end.kind(), std::io::ErrorKind::UnexpectedEof);
    }
}

#[tokio::test]
async fn a_frame_cut_short_is_the_end_and_no_panic() {
    let bytes = encoded(&all()[..6], Packer::new());
    for length in 0..bytes.len() {
        decoded(&bytes[..length]).await;
    }
}

#[tokio::test]
async fn nonsense_is_refused() {
    let head = |kind: u16, length: u8| [0x80, 3, (kind >> 8) as u8, kind as u8, 0, 0, 0, length];
    for (bytes, why) in [
        ([head(99, 0).as_slice(), &[]].concat(), "an unknown control frame"),
        ([head(3, 4).as_slice(), &[0, 0, 0, 1]].concat(), "a control frame cut short"),
        ([head(3, 8).as_slice(), &[0; 8]].concat(), "a stream of the number 0"),
        ([[0x80, 2, 0, 6, 0, 0, 0, 0].as_slice(), &[]].concat(), "another version of SPDY"),
        ([head(1, 12).as_slice(), &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2]].concat(), "no zlib stream"),
    ] {
        let (frames, error) = decoded(&bytes).await;
        assert!(frames.is_empty() && error.to_string() == why, "{error} is not {why}");
    }
}
