//! What holds for every peer, whatever it was that raced.

use std::collections::{BTreeMap, BTreeSet};

use crate::peer::Peer;

/// Checks everything that a peer has heard against what it has said.
pub(crate) fn check(peer: &Peer) {
    let name = &peer.name;
    assert!(!peer.has_rest(), "{name} got part of a message");
    check_answers(peer);
    let invocations = ["REGISTERED", "UNREGISTER", "UNREGISTERED", "INVOCATION"];
    check_between(peer, invocations, 2);
    let events = ["SUBSCRIBED", "UNSUBSCRIBE", "UNSUBSCRIBED", "EVENT"];
    check_between(peer, events, 1);
    check_order(peer, "INVOCATION");
    check_order(peer, "EVENT");
    let last = peer.heard.iter().position(|line| ["GOODBYE", "ABORT"].contains(&word(line, 0)));
    assert!(last.is_none_or(|last| last + 1 == peer.heard.len()), "{name} < {:#?}", peer.heard);
}

/// Each call is answered once; who has left may have missed the answer.
fn check_answers(peer: &Peer) {
    for call in peer.sent.iter().filter(|sent| word(sent, 0) == "CALL") {
        let request = word(call, 1);
        let is_progress = |line: &&String| {
            word(line, 0) == "RESULT" && word(line, 1) == request && line.contains("\"progress\"")
        };
        let is_answer = |line: &&String| {
            let is_error = word(line, 0) == "ERROR" && word(line, 1) == "48";
            let is_result = word(line, 0) == "RESULT" && word(line, 1) == request;
            (is_result && !is_progress(line)) || (is_error && word(line, 2) == request)
        };
        let answers = peer.heard.iter().filter(is_answer).count();
        // Who does not count may use an ID again, for another call.
        let calls =
            peer.sent.iter().filter(|sent| word(sent, 0) == "CALL" && word(sent, 1) == request);
        let calls = calls.map(|sent| word(sent, 3)).collect::<BTreeSet<_>>().len();
        let expected = if peer.is_there() { 1..=calls } else { 0..=calls };
        assert!(expected.contains(&answers), "{} of {call}: {:#?}", peer.name, peer.heard);
        let mut after = peer.heard.iter().skip_while(|line| !is_answer(line));
        assert!(!after.any(|line| is_progress(&line)), "{} of {call}", peer.name);
    }
}

/// Invocations come between REGISTERED and UNREGISTERED, events between their likes; `place` is
/// where these have the ID.
fn check_between(peer: &Peer, [begun, end, ended, between]: [&str; 4], place: usize) {
    let mut ids = BTreeSet::new();
    for line in &peer.heard {
        let kind = word(line, 0);
        if kind == begun {
            ids.insert(word(line, 2));
        } else if kind == ended && word(line, 1) == "0" {
            let id = line.split([':', ',', '}']).nth(1).unwrap();
            ids.retain(|held| held.trim_start_matches(['r', 's']) != id);
        } else if kind == ended {
            let request = format!("{end} {} ", word(line, 1));
            let asked = peer.sent.iter().find(|sent| sent.starts_with(&request)).unwrap();
            ids.remove(word(asked, 2));
        } else if kind == between {
            assert!(ids.contains(word(line, place)), "{}: {line}: {:#?}", peer.name, peer.heard);
        }
    }
}

/// What one peer has sent arrives in its order: arguments begin with the number of the sender and
/// a number that grows. Only an event may come again, for another subscription.
fn check_order(peer: &Peer, kind: &str) {
    let (mut last, mut lines) = (BTreeMap::new(), BTreeSet::new());
    for line in peer.heard.iter().filter(|line| word(line, 0) == kind) {
        let Some((_, args)) = line.split_once("} [") else { continue };
        let mut args = args.trim_end_matches(']').split(',');
        let (Some(sender), Some(number)) = (args.next(), args.next()) else { continue };
        let before = last.insert(sender, number);
        let again = kind == "EVENT" && before == Some(number);
        assert!(again || before.is_none_or(|before| before < number), "{}: {line}", peer.name);
        assert!(lines.insert(line), "{}: {line} twice", peer.name);
    }
}

fn word(line: &str, place: usize) -> &str {
    line.split(' ').nth(place).unwrap_or_default()
}
