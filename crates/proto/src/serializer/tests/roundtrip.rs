//! What is said in one serializer means the same in every other.

use proptest::prelude::*;

use super::generate::{values, values_of_64_bits};
use super::written;
use crate::payload::{Arity, Payload};
use crate::serializer::Serializer;
use crate::value::{Dict, Value};

fn check(args: &[Value], by: &[Serializer]) {
    let kwargs = Dict::from([("of", args.last().cloned().unwrap_or_default())]);
    let mut first = Vec::new();
    let mut payload = Payload::write(args, &kwargs, by[0], &mut first).unwrap();
    assert_eq!(payload.arity, Arity::ArgsKwargs);
    let mut scratches = vec![Vec::new(); by.len()];
    for (&serializer, scratch) in by.iter().zip(&mut scratches) {
        payload = payload.transcoded(serializer, scratch).unwrap();
        assert_eq!(payload.values().unwrap(), (args.to_vec(), kwargs.clone()), "{serializer}");
        // Transcoding writes what writing writes.
        let mut again = Vec::new();
        let rewritten = Payload::write(args, &kwargs, serializer, &mut again).unwrap();
        assert_eq!(payload.octets, rewritten.octets, "{serializer}");
    }
}

proptest! {
    #[test]
    fn all_ways_round(value in values_of_64_bits()) {
        use Serializer::{Cbor, Json, MsgPack};
        check(&[value], &[Json, MsgPack, Cbor, Json, Cbor, MsgPack, Json]);
    }

    #[test]
    fn large_integers_between_json_and_cbor(value in values()) {
        check(&[Value::Null, value], &[Serializer::Json, Serializer::Cbor, Serializer::Json]);
    }

    #[test]
    fn shown_as_it_is_on_the_wire(value in values()) {
        let shown = value.to_string();
        prop_assert_eq!(shown.as_bytes(), written(Serializer::Json, &value));
    }
}
