//! Requests: what a client or a proxy brings along before the first message, and what of it is believed. What must
//! hold stands in `src/requests/`.
//!
//! ```text
//! what (1 octet)
//!   0     number of pieces (1 octet)   their lengths   padding (1 octet)   stream: a PROXY header
//!   1, 2  listener, peer, method, path (1 octet each)   headers, one a line: name (1 octet), value
//!   3, 4  tokens: signature, header, claims (1 octet each)   what is written out of these   what is changed
//!   5     certificates: attributes of the subject: type, kind of text, length (1 octet each), text; what is changed
//!   6     a certificate
//!   7     listener, peer, number of pieces (1 octet each)   their lengths   stream: a connection
//! ```

#![no_main]

use crosspoint_fuzz::choices::Choices;
use crosspoint_fuzz::requests::{certificates, connections, heads, proxies, tokens};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices(input);
    match choices.below(8) {
        0 => proxies::check(choices),
        1 | 2 => heads::check(choices),
        3 | 4 => tokens::check(choices),
        5 => certificates::check_names(choices),
        6 => certificates::check_any(choices.0),
        _ => connections::check(choices),
    }
});
