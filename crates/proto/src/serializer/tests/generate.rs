//! Values and octets for property tests. `PROPTEST_CASES=100000 cargo test` tries more of them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::serializer::Serializer;
use crate::value::{Dict, Value};

/// A value that JSON and CBOR can say. Without NaN and infinities, which JSON lacks, and without
/// texts that look like bytes in JSON.
pub(super) fn values() -> impl Strategy<Value = Value> {
    let integers = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-70_000i64..70_000).prop_map(Value::from),
        any::<u64>().prop_map(|below| Value::Int(-1 - i128::from(below))),
    ];
    let beyond =
        (any::<bool>(), 2u8.., vec(any::<u8>(), 8..40)).prop_map(|(negative, first, rest)| {
            Value::BigInt { negative, magnitude: [vec![first], rest].concat() }
        });
    nested(prop_oneof![4 => integers, 1 => beyond])
}

/// A value that every serializer can say.
pub(super) fn values_of_64_bits() -> impl Strategy<Value = Value> {
    let integers = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-70_000i64..70_000).prop_map(Value::from),
    ];
    nested(integers)
}

fn nested(integers: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let floats = prop_oneof![
        any::<f64>().prop_filter("finite", |value| value.is_finite()),
        (-100i32..100).prop_map(|whole| f64::from(whole) / 4.0),
    ];
    let scalars = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integers,
        floats.prop_map(Value::from),
        texts().prop_map(Value::from),
        vec(any::<u8>(), 0..40).prop_map(Value::from),
    ];
    scalars.prop_recursive(5, 60, 20, |inner| {
        let dict = vec((texts(), inner.clone()), 0..20).prop_map(Dict::from_iter);
        prop_oneof![vec(inner, 0..20).prop_map(Value::from), dict.prop_map(Value::from)]
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,8}", "[ -~]{0,40}", "[\u{1}-\u{20}\"\\\\/é水😀]{0,9}"]
}

/// Octets of any kind, more often interesting than not.
pub(super) fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(octet(), 0..40)
}

fn octet() -> impl Strategy<Value = u8> {
    prop_oneof![
        any::<u8>(),
        select(&b"[]{}\",:0123456789-+.eEtrufalsn\\/bu \n"[..]),
        select(&b"\x00\x18\x3b\x5f\x61\x7f\x80\x81\x90\x9f\xa1\xbf\xc0\xc1\xc2\xd4\xf7\xff"[..]),
    ]
}

/// The octets of a message, and what became of them on a bad way.
pub(super) fn damaged(serializer: Serializer) -> impl Strategy<Value = Vec<u8>> {
    let place = || any::<proptest::sample::Index>();
    let damages = prop_oneof![
        (place(), octet()).prop_map(|(at, octet)| Damage::Replace(at, octet)),
        (place(), octet()).prop_map(|(at, octet)| Damage::Insert(at, octet)),
        place().prop_map(Damage::Remove),
        place().prop_map(Damage::Cut),
        (place(), place()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ];
    (values_of_64_bits(), vec(damages, 0..4)).prop_map(move |(value, damages)| {
        let mut octets = super::written(serializer, &value);
        for damage in damages {
            damage.apply(&mut octets);
        }
        octets
    })
}

#[derive(Clone, Debug)]
enum Damage {
    Replace(proptest::sample::Index, u8),
    Insert(proptest::sample::Index, u8),
    Remove(proptest::sample::Index),
    Cut(proptest::sample::Index),
    Repeat(proptest::sample::Index, proptest::sample::Index),
}

impl Damage {
    fn apply(self, octets: &mut Vec<u8>) {
        if octets.is_empty() {
            return;
        }
        let len = octets.len();
        match self {
            Damage::Replace(at, octet) => octets[at.index(len)] = octet,
            Damage::Insert(at, octet) => octets.insert(at.index(len), octet),
            Damage::Remove(at) => drop(octets.remove(at.index(len))),
            Damage::Cut(at) => octets.truncate(at.index(len)),
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(len), to.index(len));
                let part = octets[from.min(to)..from.max(to)].to_vec();
                octets.splice(to..to, part);
            }
        }
    }
}
