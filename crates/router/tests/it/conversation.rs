//! Conversations: a script of what clients send, and a transcript of what they get.
//!
//! ```text
//! bob   REGISTER 1 {} com.add          a message: name, then its elements as JSON; bare words are
//!                                      strings, i1 r1 s1 are the IDs 1, as the transcript has them
//! carol joins msgpack                  a session with another serializer than JSON
//! dave  HELLO realm1 {"roles":{}}      a session that opens itself; the others just join
//! erin  opens                          a connection without a session yet
//! bob   sends [64,1                    octets as they are
//! bob   is gone                        the connection breaks
//! bob   takes 100                      the connection takes so many octets, and then blocks
//! bob   takes all                      it takes everything again
//! ROUTER shuts down
//! ```
//!
//! In the transcript, IDs have the letter of their kind: `i1` invocation, `r1` registration, `s1`
//! subscription, `p1` publication (numbered as they appear), `#bob` session.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::serializer::{
    CborReader, CborWriter, JsonReader, JsonWriter, MsgPackReader, MsgPackWriter, Reader as _,
    Serializer,
};
use crosspoint_proto::value::Value;
use crosspoint_router::ids::Entropy;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Router, Settings};
use crosspoint_router::session::Session;
use crosspoint_router::turn::Turn;
use expect_test::Expect;

use crate::link::{TestLink, wire};

/// Plays a script against a router with realm `realm1` and compares what the clients got.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
pub(crate) fn check(script: &str, expected: Expect) {
    let mut conversation = Conversation::default();
    conversation.play(script);
    expected.assert_eq(&conversation.transcript());
}

/// A router, its clients, and what they have got so far.
pub(crate) struct Conversation {
    pub(crate) router: Arc<Router>,
    turn: Turn,
    clients: BTreeMap<String, Client>,
    publications: HashMap<u64, usize>,
    transcript: String,
    limit: LengthLimit,
}

struct Client {
    session: Option<Session>,
    link: Arc<TestLink>,
    serializer: Serializer,
    over: bool,
}

impl Default for Conversation {
    fn default() -> Self {
        Conversation::new(Limits::default(), UncountedRequests::Tolerate)
    }
}

impl Conversation {
    pub(crate) fn new(limits: Limits, uncounted_requests: UncountedRequests) -> Self {
        let router = Router::new(Settings {
            realms: vec!["realm1".into(), "realm2".into()],
            limits,
            uncounted_requests,
            agent: "Crosspoint".into(),
        });
        Conversation {
            router: Arc::new(router),
            turn: Turn::default(),
            clients: BTreeMap::new(),
            publications: HashMap::new(),
            transcript: String::new(),
            limit: LengthLimit::MAX,
        }
    }

    /// From here on clients say that they take no longer messages.
    pub(crate) fn limit(&mut self, limit: LengthLimit) {
        self.limit = limit;
    }

    pub(crate) fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.play_line(line);
        }
    }

    pub(crate) fn transcript(self) -> String {
        self.transcript
    }

    fn play_line(&mut self, line: &str) {
        let (name, rest) = line.split_once(' ').unwrap();
        let (verb, rest) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        match (name, verb, rest) {
            ("ROUTER", "shuts", "down") => self.router.shut_down(&mut self.turn),
            (_, "joins", serializer) => self.join(name, serializer),
            (_, "opens", "") => self.open(name, Serializer::Json),
            (_, "is", "gone") => self.client(name).hang_up(),
            (_, "takes", "all") => self.take(name, usize::MAX),
            (_, "takes", octets) => self.take(name, octets.parse().unwrap()),
            (_, "sends", octets) => self.send(name, octets.as_bytes()),
            (_, "HELLO", elements) => {
                self.open(name, Serializer::Json);
                self.send_message(name, "HELLO", elements);
            }
            (_, message, elements) => {
                if !self.clients.contains_key(name) {
                    self.join(name, "json");
                }
                self.send_message(name, message, elements);
            }
        }
        self.turn.flush();
        self.collect(true);
    }

    fn join(&mut self, name: &str, serializer: &str) {
        let all = Serializer::ALL;
        let serializer = all.into_iter().find(|known| known.name() == serializer).unwrap();
        self.open(name, serializer);
        self.send_message(name, "HELLO", r#"realm1 {"roles":{"caller":{},"callee":{}}}"#);
        self.collect(false);
    }

    fn open(&mut self, name: &str, serializer: Serializer) {
        if self.clients.contains_key(name) {
            return;
        }
        let link = Arc::new(TestLink::default());
        let number = self.clients.len() as u64 + 1;
        let entropy = Entropy { session: number, publications: number };
        let wire = wire(serializer, self.limit);
        let session = self.router.open(wire, link.clone(), entropy);
        let client = Client { session: Some(session), link, serializer, over: false };
        self.clients.insert(name.to_owned(), client);
    }

    fn take(&mut self, name: &str, octets: usize) {
        let client = &self.clients[name];
        client.link.room.store(octets, Ordering::Relaxed);
        let member = client.session.as_ref().unwrap().member();
        member.unblock(&mut self.turn);
    }

    fn client(&mut self, name: &str) -> Departing<'_> {
        Departing { client: self.clients.get_mut(name).unwrap(), turn: &mut self.turn }
    }

    fn send_message(&mut self, name: &str, message: &str, elements: &str) {
        let code = CODES.iter().find(|(_, known)| *known == message).unwrap().0;
        let mut list = vec![Value::from(code)];
        list.extend(tokens(elements).into_iter().map(element));
        let mut octets = Vec::new();
        match self.clients[name].serializer {
            Serializer::Json => Value::write_list(&list, &mut JsonWriter::new(&mut octets)),
            Serializer::MsgPack => Value::write_list(&list, &mut MsgPackWriter::new(&mut octets)),
            Serializer::Cbor => Value::write_list(&list, &mut CborWriter::new(&mut octets)),
        }
        .unwrap();
        self.send(name, &octets);
    }

    fn send(&mut self, name: &str, octets: &[u8]) {
        let client = self.clients.get_mut(name).unwrap();
        let session = client.session.as_mut().unwrap();
        session.receive(octets, &mut self.turn);
    }

    /// What everybody got, and whose connection the router closes.
    fn collect(&mut self, write: bool) {
        for (name, client) in &mut self.clients {
            if let Some(session) = &mut client.session {
                session.attend(&mut self.turn);
                self.turn.flush();
            }
            for octets in client.link.take() {
                let line =
                    describe(name, &read(client.serializer, &octets), &mut self.publications);
                if write {
                    self.transcript.push_str(&line);
                }
            }
            let over = client.session.as_ref().is_some_and(Session::is_over);
            if over && !client.over {
                client.over = true;
                writeln!(self.transcript, "{name} is over").unwrap();
            }
        }
    }
}

struct Departing<'c> {
    client: &'c mut Client,
    turn: &'c mut Turn,
}

impl Departing<'_> {
    fn hang_up(self) {
        self.client.link.broken.store(true, Ordering::Relaxed);
        let mut session = self.client.session.take().unwrap();
        session.close(self.turn);
    }
}

fn read(serializer: Serializer, octets: &[u8]) -> Vec<Value> {
    match serializer {
        Serializer::Json => Value::read_list(&mut JsonReader::new(octets)),
        Serializer::MsgPack => Value::read_list(&mut MsgPackReader::new(octets)),
        Serializer::Cbor => Value::read_list(&mut CborReader::new(octets)),
    }
    .unwrap()
}

fn describe(name: &str, message: &[Value], publications: &mut HashMap<u64, usize>) -> String {
    let code = message[0].as_u64().unwrap();
    let kind = CODES.iter().find(|(known, _)| *known == code).unwrap().1;
    let mut line = format!("{name} < {kind}");
    for (index, element) in message.iter().enumerate().skip(1) {
        let element = match (kind, index) {
            ("WELCOME", 1) => format!("#{name}"),
            ("INVOCATION" | "INTERRUPT", 1) => format!("i{element}"),
            ("INVOCATION" | "REGISTERED", 2) => format!("r{element}"),
            ("EVENT", 1) | ("SUBSCRIBED", 2) => format!("s{element}"),
            ("EVENT" | "PUBLISHED", 2) => {
                let next = publications.len() + 1;
                format!("p{}", publications.entry(element.as_u64().unwrap()).or_insert(next))
            }
            _ => bare(element),
        };
        line.push(' ');
        line.push_str(&element);
    }
    line.push('\n');
    line
}

fn bare(element: &Value) -> String {
    match element {
        Value::Str(text) if !text.is_empty() && !text.contains(' ') => text.clone(),
        other => other.to_string(),
    }
}

/// Splits at spaces outside of brackets and quotes.
fn tokens(elements: &str) -> Vec<&str> {
    let (mut tokens, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0, false);
    for (index, octet) in elements.bytes().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth -= 1,
            b' ' if !quoted && depth == 0 => {
                tokens.push(&elements[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    tokens.push(&elements[start..]);
    tokens.into_iter().filter(|token| !token.is_empty()).collect()
}

fn element(token: &str) -> Value {
    let id = token.strip_prefix(['i', 'r', 's']).and_then(|digits| digits.parse::<u64>().ok());
    if let Some(id) = id {
        return Value::from(id);
    }
    let mut reader = JsonReader::new(token.as_bytes());
    Value::read(&mut reader).unwrap_or_else(|_| Value::from(token))
}

const CODES: [(u64, &str); 24] = [
    (1, "HELLO"),
    (2, "WELCOME"),
    (3, "ABORT"),
    (4, "CHALLENGE"),
    (5, "AUTHENTICATE"),
    (6, "GOODBYE"),
    (8, "ERROR"),
    (16, "PUBLISH"),
    (17, "PUBLISHED"),
    (32, "SUBSCRIBE"),
    (33, "SUBSCRIBED"),
    (34, "UNSUBSCRIBE"),
    (35, "UNSUBSCRIBED"),
    (36, "EVENT"),
    (48, "CALL"),
    (49, "CANCEL"),
    (50, "RESULT"),
    (64, "REGISTER"),
    (65, "REGISTERED"),
    (66, "UNREGISTER"),
    (67, "UNREGISTERED"),
    (68, "INVOCATION"),
    (69, "INTERRUPT"),
    (70, "YIELD"),
];
