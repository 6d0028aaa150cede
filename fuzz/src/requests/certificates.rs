//! Certificates: what is read of one that TLS has verified. Any octets may stand in what somebody has signed.

use crosspoint_transport::tls;

use crate::choices::Choices;
use crate::memory::within;

/// What is read takes for each octet, at most, and beside that.
const MEMORY_OF_OCTET: usize = 200;
/// See [`MEMORY_OF_OCTET`].
const MEMORY: usize = 1 << 14;

/// Kinds of attributes: the common name, an organisation, a country, something of our own, and the common name of
/// a longer number.
const TYPES: [&[u8]; 5] =
    [b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x04\x06", b"\x2a\x03\x04", b"\x55\x04\x03\x01"];

const COMMON_NAME: &[u8] = TYPES[0];

/// Kinds of text: UTF-8, printable, and others.
const TEXTS: [u8; 6] = [UTF8, PRINTABLE, 0x14, 0x16, 0x1e, 0x04];
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;

/// Any octets.
pub fn check_any(octets: &[u8]) {
    let memory = MEMORY + MEMORY_OF_OCTET * octets.len();
    let details = within(memory, || tls::fuzzed(octets));
    assert_eq!(details.fingerprint_digits().len(), 64);
    if details.common_name.is_some() {
        assert!(!details.subject.is_empty());
    }
}

/// One with these attributes in its subject, as it is or with some octets changed.
pub fn check_names(mut choices: Choices<'_>) {
    let (mut names, mut common_names) = (Vec::new(), Vec::new());
    for _ in 0..choices.below(5) {
        let (of, kind) = (*choices.pick(&TYPES), *choices.pick(&TEXTS));
        let len = choices.below(100);
        let text = choices.take(len);
        names.push(tlv(0x31, &tlv(0x30, &[tlv(0x06, of), tlv(kind, text)].concat())));
        if of == COMMON_NAME {
            common_names.push(understood(kind, text));
        }
    }
    let certificate = certificate(&names.concat());
    let details = tls::fuzzed(&certificate);
    let expected = match &common_names[..] {
        [Some(name)] => Some(*name),
        _ => None,
    };
    assert_eq!(details.common_name.as_deref(), expected);
    let mut changed = certificate;
    while !choices.is_empty() {
        let at = (choices.below(256) * 2 + choices.below(2)) % changed.len();
        changed[at] = choices.octet();
    }
    check_any(&changed);
}

fn understood(kind: u8, text: &[u8]) -> Option<&str> {
    let is_printable =
        |octet: &u8| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet);
    match kind {
        UTF8 => std::str::from_utf8(text).ok(),
        PRINTABLE if text.iter().all(is_printable) => std::str::from_utf8(text).ok(),
        _ => None,
    }
}

/// What it says beside its subject is always the same.
fn certificate(names: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &tlv(0x06, b"\x2b\x65\x70"));
    let bits = |octets: &[u8]| tlv(0x03, &[&[0], octets].concat());
    let validity = tlv(0x30, &[tlv(0x17, b"250101000000Z"), tlv(0x17, b"350101000000Z")].concat());
    let parts = [
        tlv(0xa0, &tlv(0x02, &[2])),
        tlv(0x02, &[1]),
        algorithm.clone(),
        tlv(0x30, &[]),
        validity,
        tlv(0x30, names),
        tlv(0x30, &[algorithm.clone(), bits(&[7; 32])].concat()),
    ];
    tlv(0x30, &[tlv(0x30, &parts.concat()), algorithm, bits(&[8; 64])].concat())
}

/// Tag, length and value, as DER has them.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).expect("it is short");
    let [high, low] = len.to_be_bytes();
    let head = match len {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head.as_slice(), value].concat()
}
