//! How long skipping and transcoding take. Run with `cargo bench -p crosspoint-proto`; an argument
//! chooses the lines that contain it.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::time::Instant;

use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{
    CborReader, JsonReader, MsgPackReader, Reader, Serializer, transcode,
};

/// 118 octets of small values, as most payloads are.
const SMALL: &str = concat!(
    r#"[23,"hello",true,3.25,{"a":[1,2,3],"name":"sensor"}],"#,
    r#"{"temperature":21.5,"unit":"C","tags":["a","b"],"ok":true,"n":1}"#,
);

fn main() {
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let many = format!("[[{}]],{{}}", vec![SMALL; 600].join("],["));
    let text = format!("[\"{}\"],{{}}", "A text of some length. ".repeat(2800));
    for (name, json) in [("small", SMALL), ("many", &many), ("text", &text)] {
        for from in Serializer::ALL {
            let octets = transcoded(Serializer::Json, json.as_bytes(), from);
            let len = octets.len();
            measure(&filter, &format!("skip {name} {from} ({len} octets)"), || {
                skip(from, black_box(&octets));
            });
            let mut out = Vec::new();
            for to in Serializer::ALL {
                measure(&filter, &format!("transcode {name} {from} to {to}"), || {
                    out.clear();
                    let _ = black_box(transcode(payload(from, black_box(&octets)), to, &mut out));
                });
            }
        }
    }
}

fn payload(serializer: Serializer, octets: &[u8]) -> Payload<'_> {
    Payload { serializer, arity: Arity::ArgsKwargs, octets }
}

fn transcoded(from: Serializer, octets: &[u8], to: Serializer) -> Vec<u8> {
    let mut out = Vec::new();
    if let Err(error) = transcode(payload(from, octets), to, &mut out) {
        println!("{error}");
    }
    out
}

/// Passes over both elements of a payload.
fn skip(serializer: Serializer, octets: &[u8]) {
    fn both<'a, R: Reader<'a>>(octets: &'a [u8]) {
        let mut reader = R::new(octets);
        let _ = black_box((reader.skip(), reader.skip(), reader.finish()));
    }
    match serializer {
        Serializer::Json => both::<JsonReader<'_>>(octets),
        Serializer::MsgPack => both::<MsgPackReader<'_>>(octets),
        Serializer::Cbor => both::<CborReader<'_>>(octets),
    }
}

/// Prints the best of many runs: what the machine can do when it is left alone.
fn measure(filter: &str, name: &str, mut work: impl FnMut()) {
    if !name.contains(filter) {
        return;
    }
    let mut time = |times: u128| {
        let start = Instant::now();
        for _ in 0..times {
            work();
        }
        start.elapsed().as_nanos()
    };
    let warm = (0..100).map(|_| time(1)).min().unwrap_or_default();
    // Batches short enough that some run undisturbed.
    let batch = (50_000 / warm.max(1)).max(1);
    let best = (0..4000).map(|_| time(batch) / batch);
    println!("{name}: {} ns", best.min().unwrap_or_default());
}
