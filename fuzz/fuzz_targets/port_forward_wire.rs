//! What an API server, or whoever plays it, sends on an upgraded port-forward connection.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsaccess::model::wire::socks;
use nsaccess::model::spdy;
use nsaccess::model::websocket;

/// The events of the frames, with data put together, and whether the bytes were refused.
fn spdy_events(input: &[u8], piece: usize) -> (Vec<String>, bool) {
    let (mut decoder, mut events) = (spdy::Decoder::default(), Vec::new());
    let mut data: Option<(u32, Vec<u8>)> = None;
    for mut part in input.chunks(piece) {
        loop {
            match decoder.next(&mut part) {
                Ok(None) => break,
                Ok(Some(spdy::Event::Data { stream, bytes, fin })) => {
                    let (open, mut all) = data.take().unwrap_or((stream, Vec::new()));
                    if open != stream {
                        events.push(format!("data {open} {all:?}"));
                        all = Vec::new();
                    }
                    all.extend_from_slice(bytes);
                    if fin {
                        events.push(format!("end of {stream} {all:?}"));
                    } else {
                        data = Some((stream, all));
                    }
                }
                Ok(Some(event)) => events.push(format!("{event:?} after {data:?}")),
                Err(_) => return (events, true),
            }
        }
    }
    events.push(format!("{data:?}"));
    (events, false)
}

fn websocket_pipe(input: &[u8], piece: usize) -> (Vec<u8>, Vec<String>, bool) {
    let (mut decoder, mut pipe, mut events) = (websocket::Decoder::default(), Vec::new(), Vec::new());
    for mut part in input.chunks(piece) {
        loop {
            match decoder.next(&mut part) {
                Ok(None) => break,
                Ok(Some(websocket::Event::Bytes(bytes))) => pipe.extend_from_slice(bytes),
                Ok(Some(event)) => events.push(format!("{event:?} at {}", pipe.len())),
                Err(_) => return (pipe, events, true),
            }
        }
    }
    (pipe, events, false)
}

fuzz_target!(|input: &[u8]| {
    let Some((piece, wire)) = input.split_first() else { return };
    let piece = usize::from(*piece).max(1);
    // However the network cuts it, it is the same.
    assert_eq!(spdy_events(wire, piece), spdy_events(wire, usize::MAX >> 1));
    let cut = websocket_pipe(wire, piece);
    assert_eq!(cut, websocket_pipe(wire, usize::MAX >> 1));
    let (pipe, ..) = cut;
    let _ = spdy_events(&pipe, piece);
    if let Some(head) = wire.first_chunk::<5>() {
        assert!(socks::rest_of_reply(*head).unwrap_or_default() <= 257);
    }
    // What we send unmasks to what was said.
    let mut frame = [&[0; websocket::LARGEST_HEAD][..], wire].concat();
    let start = websocket::binary(&mut frame, websocket::LARGEST_HEAD, [1, 2, 3, 4]);
    let unmasked: Vec<u8> =
        frame[websocket::LARGEST_HEAD..].iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    assert!(start <= websocket::LARGEST_HEAD && unmasked == wire);
});
