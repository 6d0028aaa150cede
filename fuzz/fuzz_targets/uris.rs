//! URIs: the rules are what they say, and the router's tables of patterns find what trying each pattern finds.
//!
//! ```text
//! 0   pattern \n URI
//! 1   steps: kind, number of characters, a character for each octet
//! ```

#![no_main]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosspoint_fuzz::choices::Choices;
use crosspoint_fuzz::link::{MemoryLink, wire};
use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::error_uri;
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::limits::{PATTERN_COMPONENTS_MAX, URI_OCTETS_MAX};
use crosspoint_proto::message::Message;
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::uri::{self, MatchPolicy, UriRules};
use crosspoint_proto::value::Value;
use crosspoint_router::ids::Entropy;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Census, Router, Settings};
use crosspoint_router::session::Session;
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices(input);
    if choices.below(2) == 0 {
        let pattern = String::from_utf8_lossy(choices.until(b'\n'));
        check_rules(&pattern, &String::from_utf8_lossy(choices.0));
    } else {
        let mut tables = Tables::new();
        while !choices.is_empty() {
            tables.step(&mut choices);
        }
        for uri in ["a", "a.b", "a.b.c", "b.a.a"] {
            tables.look_up(uri);
        }
        tables.close();
    }
});

fn check_rules(pattern: &str, uri: &str) {
    for rules in [UriRules::Loose, UriRules::Strict] {
        for text in [pattern, uri] {
            let fitting =
                text.len() <= URI_OCTETS_MAX && text.chars().all(|c| is_fitting(rules, c));
            let components = || text.split('.');
            let whole = components().all(|component| !component.is_empty());
            assert_eq!(rules.check(text).is_ok(), fitting && whole, "{rules:?} {text:?}");
            for policy in MatchPolicy::ALL {
                let allowed = match policy {
                    MatchPolicy::Exact => whole,
                    MatchPolicy::Prefix => {
                        components().rev().skip(1).all(|c| !c.is_empty()) && text != "."
                    }
                    MatchPolicy::Wildcard => components().count() <= PATTERN_COMPONENTS_MAX,
                };
                let checked = rules.check_pattern(text, policy).is_ok();
                // The dot at the end of a prefix stands beside the limit.
                if text.len() <= URI_OCTETS_MAX {
                    assert_eq!(checked, fitting && allowed, "{rules:?} {policy:?} {text:?}");
                }
            }
        }
    }
    assert_eq!(uri::is_reserved(uri), uri.split('.').next() == Some("wamp"));
    if uri::matches(MatchPolicy::Wildcard, pattern, uri) {
        assert!(uri.starts_with(uri::wildcard_head(pattern)), "{pattern:?} {uri:?}");
    }
    if uri::matches(MatchPolicy::Exact, pattern, uri) {
        assert!(uri::matches(MatchPolicy::Prefix, pattern, uri));
        assert!(uri::matches(MatchPolicy::Wildcard, pattern, uri));
    }
}

fn is_fitting(rules: UriRules, c: char) -> bool {
    match rules {
        UriRules::Loose => !c.is_whitespace() && !c.is_control() && c != '#',
        UriRules::Strict => matches!(c, 'a'..='z' | '0'..='9' | '_' | '.'),
    }
}

/// Few characters, so that patterns meet; some that begin alike, and some that are refused.
const CHARACTERS: [&str; 8] = ["a", "b", ".", "c", "\u{f6}", "\u{e4}", ".", "#"];

/// What somebody has registered, or subscribed to, in the order in which registrations are preferred.
type Patterns = BTreeMap<Pattern, u64>;

/// A pattern, with what decides about its precedence before it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    policy: MatchPolicy,
    precedence: Reverse<Vec<usize>>,
    text: String,
}

impl Pattern {
    fn new(policy: MatchPolicy, text: String) -> Pattern {
        Pattern { policy, precedence: Reverse(portions(policy, &text)), text }
    }
}

/// The more of them, the better: the octets of a prefix; or the literal components before each of a pattern's
/// wildcards, and behind the last one.
fn portions(policy: MatchPolicy, pattern: &str) -> Vec<usize> {
    if policy != MatchPolicy::Wildcard {
        return vec![pattern.len()];
    }
    pattern.split('.').fold(vec![0], |mut portions, component| {
        match portions.last_mut() {
            Some(last) if !component.is_empty() => *last += 1,
            _ => portions.push(0),
        }
        portions
    })
}

/// A router's tables of registrations and subscriptions, and the same as plain lists.
struct Tables {
    router: Arc<Router>,
    session: Session,
    link: Arc<MemoryLink>,
    turn: Turn,
    requests: u64,
    registrations: Patterns,
    subscriptions: Patterns,
}

impl Tables {
    fn new() -> Tables {
        let router = Arc::new(Router::new(Settings {
            realms: vec!["realm1".into()],
            limits: Limits::default(),
            uncounted_requests: UncountedRequests::Refuse,
            agent: String::new(),
            strangers: StrangersKey::new([0; 32]),
            started: Time(0),
        }));
        let link = Arc::new(MemoryLink::default());
        let entropy = Entropy { session: 1, publications: 2, choices: 3, challenge: [4; 32] };
        let session = router.open(wire(Serializer::Json, LengthLimit::MAX), link.clone(), entropy);
        let (registrations, subscriptions) = (Patterns::new(), Patterns::new());
        let turn = Turn::default();
        let mut tables =
            Tables { router, session, link, turn, requests: 0, registrations, subscriptions };
        tables.ask(r#"[1,"realm1",{"roles":{"caller":{},"publisher":{}}}]"#);
        tables
    }

    /// Whoever is not closed is never freed.
    fn close(mut self) {
        self.session.close(&mut self.turn);
        self.go_on();
        assert_eq!(self.router.census(), Census::default());
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        let (kind, policy) = (choices.below(8), *choices.pick(&MatchPolicy::ALL));
        let len = choices.below(16);
        let characters = choices.take(len).iter().map(|&octet| CHARACTERS[usize::from(octet) % 8]);
        let text: String = characters.collect();
        match kind {
            0 | 1 => self.register(Pattern::new(policy, text)),
            2 => self.unregister(len),
            3 | 4 => self.subscribe(Pattern::new(policy, text)),
            5 => self.unsubscribe(len),
            _ => self.look_up(&text),
        }
    }

    /// Sends a message, in which `ID` stands for the number of the request, and gives what comes of it; but for
    /// events of the router's own, which the empty prefix is for, too.
    fn ask(&mut self, message: &str) -> Vec<Vec<u8>> {
        let message = message.replace("ID", &self.requests.to_string());
        self.requests += 1;
        self.session.receive(message.as_bytes(), &mut self.turn);
        self.go_on();
        let mut answer = self.link.take();
        answer.retain(
            |octets| !matches!(topic_of(octets).as_deref(), Some(topic) if uri::is_reserved(topic)),
        );
        answer
    }

    fn go_on(&mut self) {
        self.turn.flush();
        while self.session.has_more() {
            self.session.go_on(&mut self.turn);
            self.turn.flush();
        }
    }

    fn register(&mut self, pattern: Pattern) {
        let Pattern { policy, text, .. } = &pattern;
        let name = policy.name();
        let answer = self.ask(&format!(r#"[64,ID,{{"match":"{name}"}},"{text}"]"#));
        match only(&answer) {
            Message::Registered(registered) => {
                assert_eq!(UriRules::Loose.check_pattern(text, *policy), Ok(()));
                let before = self.registrations.insert(pattern, registered.registration.0);
                assert_eq!(before, None);
            }
            Message::Error(error) if error.error == error_uri::PROCEDURE_ALREADY_EXISTS => {
                assert!(self.registrations.contains_key(&pattern));
            }
            Message::Error(error) if error.error == error_uri::INVALID_URI => {
                assert!(UriRules::Loose.check_pattern(text, *policy).is_err(), "{name} {text}");
            }
            other => panic!("{other:?}"),
        }
    }

    fn unregister(&mut self, index: usize) {
        let found =
            self.registrations.iter().nth(index).map(|(pattern, id)| (pattern.clone(), *id));
        let Some((pattern, id)) = found else { return };
        self.registrations.remove(&pattern);
        let answer = self.ask(&format!("[66,ID,{id}]"));
        assert!(matches!(only(&answer), Message::Unregistered(_)));
    }

    /// Whoever subscribes once more is told the same again.
    fn subscribe(&mut self, pattern: Pattern) {
        let Pattern { policy, text, .. } = &pattern;
        let name = policy.name();
        let answer = self.ask(&format!(r#"[32,ID,{{"match":"{name}"}},"{text}"]"#));
        match only(&answer) {
            Message::Subscribed(subscribed) => {
                assert_eq!(UriRules::Loose.check_pattern(text, *policy), Ok(()));
                let id = subscribed.subscription.0;
                let before = self.subscriptions.insert(pattern, id);
                assert!(before.is_none_or(|before| before == id));
            }
            Message::Error(error) if error.error == error_uri::INVALID_URI => {
                assert!(UriRules::Loose.check_pattern(text, *policy).is_err(), "{name} {text}");
            }
            other => panic!("{other:?}"),
        }
    }

    fn unsubscribe(&mut self, index: usize) {
        let found =
            self.subscriptions.iter().nth(index).map(|(pattern, id)| (pattern.clone(), *id));
        let Some((pattern, id)) = found else { return };
        self.subscriptions.remove(&pattern);
        let answer = self.ask(&format!("[34,ID,{id}]"));
        assert!(matches!(only(&answer), Message::Unsubscribed(_)));
    }

    /// Which registration a call would go to, and who would get an event.
    fn look_up(&mut self, uri: &str) {
        let matching = |patterns: &Patterns| -> Vec<u64> {
            let fits = |pattern: &Pattern| uri::matches(pattern.policy, &pattern.text, uri);
            patterns.iter().filter(|(pattern, _)| fits(pattern)).map(|(_, id)| *id).collect()
        };
        let best = matching(&self.registrations).first().map_or(Value::Null, |&id| Value::from(id));
        let answer = self.ask(&format!(r#"[48,ID,{{}},"wamp.registration.match",["{uri}"]]"#));
        assert_eq!(result(&answer), best, "{uri}");
        let all = matching(&self.subscriptions);
        let answer = self.ask(&format!(r#"[48,ID,{{}},"wamp.subscription.match",["{uri}"]]"#));
        let ids = match result(&answer) {
            Value::List(ids) => ids.iter().filter_map(Value::as_u64).collect(),
            _ => Vec::new(),
        };
        assert_eq!(ids, all, "{uri}");
        if UriRules::Loose.check(uri).is_ok() {
            let answer = self.ask(&format!(r#"[16,ID,{{"exclude_me":false}},"{uri}"]"#));
            let told = || answer.iter().map(|octets| subscription_of(octets));
            let each: BTreeSet<u64> = told().collect();
            assert_eq!(each, all.into_iter().collect(), "{uri}");
            assert_eq!(told().count(), each.len(), "each once");
        }
    }
}

fn only(answer: &[Vec<u8>]) -> Message<'_> {
    assert_eq!(answer.len(), 1);
    Message::decode(Serializer::Json, &answer[0]).expect("the router writes messages")
}

fn result(answer: &[Vec<u8>]) -> Value {
    let Message::Result(result) = only(answer) else { panic!("{:?}", only(answer)) };
    result.payload.values().expect("the router writes values").0.swap_remove(0)
}

fn subscription_of(octets: &[u8]) -> u64 {
    match Message::decode(Serializer::Json, octets) {
        Ok(Message::Event(event)) => event.subscription.0,
        other => panic!("{other:?}"),
    }
}

/// What an event says of its topic.
fn topic_of(octets: &[u8]) -> Option<String> {
    match Message::decode(Serializer::Json, octets) {
        Ok(Message::Event(event)) => event.details.topic.map(Into::into),
        _ => None,
    }
}
