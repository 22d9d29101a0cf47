//! What must hold for whatever bytes an API server, or who plays it, sends on an upgraded connection. The fuzz target
//! looks for bytes that break it.

use crate::{spdy, websocket};

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

/// Checks it for these bytes; the first one says into what pieces the others are cut.
///
/// # Panics
/// When it does not hold.
pub fn wire(input: &[u8]) {
    let Some((piece, wire)) = input.split_first() else { return };
    let piece = usize::from(*piece).max(1);
    // However the network cuts it, it is the same.
    assert_eq!(spdy_events(wire, piece), spdy_events(wire, usize::MAX >> 1));
    let cut = websocket_pipe(wire, piece);
    assert_eq!(cut, websocket_pipe(wire, usize::MAX >> 1));
    let (pipe, ..) = cut;
    let _ = spdy_events(&pipe, piece);
    // What we send unmasks to what was said.
    let mut frame = [&[0; websocket::LARGEST_HEAD][..], wire].concat();
    let start = websocket::binary(&mut frame, websocket::LARGEST_HEAD, [1, 2, 3, 4]);
    let masked = &frame[websocket::LARGEST_HEAD..];
    let unmasked: Vec<u8> = masked.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    assert!(start <= websocket::LARGEST_HEAD && unmasked == wire);
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Bytes that are frames more often than not.
    fn frames() -> impl Strategy<Value = Vec<u8>> {
        let spdy = (0u8..10, vec(any::<u8>(), 0..12)).prop_map(|(kind, body)| {
            let head = [0x80, 3, 0, kind, 0, 0, 0, body.len() as u8];
            [&head[..], &body].concat()
        });
        let data = vec(any::<u8>(), 0..12).prop_map(|body| {
            let head = [0, 0, 0, 3, 0, 0, 0, body.len() as u8];
            [&head[..], &body].concat()
        });
        let websocket = (0x80u8..0x8b, vec(any::<u8>(), 0..12))
            .prop_map(|(kind, body)| [&[kind, body.len() as u8], &body[..]].concat());
        let noise = vec(any::<u8>(), 0..12);
        vec(prop_oneof![spdy, data, websocket, noise], 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn frames_mean_the_same_however_they_are_cut(piece in any::<u8>(), wire in frames()) {
            super::wire(&[&[piece], &wire[..]].concat());
        }
    }
}
