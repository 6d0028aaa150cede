//! A session: the state machine behind one connection, from HELLO to GOODBYE.
//!
//! Owned by the task that reads the connection, and called by it alone, message by message. Where a message
//! means much, that is done in portions: until it is, the session may be [busy](Session::is_busy), and
//! take no other. What others need of it stands in its [`Member`]; what it does in its realm, in `Joined`.
//!
//! ```text
//! Establishing -- HELLO/WELCOME --> Established -- GOODBYE --> Closed
//!    |   |                           ^    |  the router's GOODBYE     ^
//!    |   | HELLO/CHALLENGE           |    +--> ShuttingDown - GOODBYE |
//!    |   +--> Authenticating --------+                                |
//!    |             |    AUTHENTICATE/WELCOME                          |
//!    +-------------+-- ABORT -----------------------------------------+
//! ```
//!
//! The way to Established is in `opening`.
//!
//! Between Established and what follows it is Leaving, for as long as it takes to give up what it holds.
//!
//! See "Sessions" and "Protocol Errors" in the specification's Basic Profile.

mod introduction;
mod opening;

use std::mem;
use std::sync::Arc;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::error_uri;
use crosspoint_proto::framing::Encoder;
use crosspoint_proto::id::SessionId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::session::{Abort, ClosingDetails, Goodbye};

use crate::dealer::cancel;
use crate::ids::Entropy;
use crate::joined::Joined;
use crate::leaving::Leaving;
use crate::limits::{OCTETS_OF_WORK, WORK_OF_MESSAGE};
use crate::member::{Condition, Ending, Identity, Member};
use crate::realm::Realm;
use crate::refusal::ProtocolViolation;
use crate::router::Router;
use crate::time::Time;
use crate::turn::Turn;
use crate::why::{EndedBy, Why};
use introduction::Introduction;
use opening::Authenticating;

/// The state machine behind one connection.
pub struct Session {
    router: Arc<Router>,
    member: Arc<Member>,
    stage: Stage,
    /// The realm that it has joined.
    realm: Option<Arc<Realm>>,
    /// Whom it says it is, from HELLO to WELCOME, or to the end if that does not come.
    introduction: Option<Box<Introduction>>,
    /// Why it ends, as far as that is known here: the first reason for it.
    why: Option<Box<Why>>,
    /// The peer has broken the protocol.
    has_violated: bool,
}

/// What there is to say of a session when it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The session's ID.
    pub session: SessionId,
    /// Was it let in? If not, what follows is what its client has said, as far as it has.
    pub has_joined: bool,
    /// Where it was.
    pub realm: Option<String>,
    /// Who it was.
    pub authid: Option<String>,
    /// In which role.
    pub authrole: Option<String>,
    /// How that was found out, or should have been.
    pub authmethod: Option<String>,
    /// Where its peer was, if its link knows that.
    pub peer: Option<String>,
    /// Why it has ended; `None` if the connection did without a word.
    pub why: Option<Why>,
    /// Something waited for it yet when its link broke.
    pub left_unread: bool,
    /// Events that it did not get.
    pub events_dropped: u64,
}

enum Stage {
    /// Waiting for HELLO.
    Establishing(Entropy),
    /// Waiting for AUTHENTICATE, or for the word of somebody who knows the client.
    Authenticating(Box<Authenticating>),
    Established(Joined),
    /// It gives up what it holds in its realm.
    Leaving(Box<Leaving>, Then),
    /// The router has said GOODBYE and waits for the client's.
    ShuttingDown,
    /// Nothing is expected any more.
    Closed,
}

/// What follows when a session has left its realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It is over.
    Close,
    /// The client has said GOODBYE, and is answered.
    SayGoodbye,
    /// The router has said GOODBYE, and waits for the client's.
    ShutDown,
}

impl Session {
    pub(crate) fn new(router: Arc<Router>, member: Arc<Member>, entropy: Entropy) -> Session {
        let stage = Stage::Establishing(entropy);
        let (realm, introduction, why, has_violated) = (None, None, None, false);
        Session { router, member, stage, realm, introduction, why, has_violated }
    }

    /// The session as others see it.
    pub fn member(&self) -> &Arc<Member> {
        &self.member
    }

    /// Has the session joined a realm (and not left it)?
    pub fn is_established(&self) -> bool {
        matches!(self.stage, Stage::Established(_))
    }

    /// Has it been asked who it is, and not answered yet?
    pub fn is_authenticating(&self) -> bool {
        matches!(self.stage, Stage::Authenticating(_))
    }

    /// Is the session over? Then what waits in the outbox is to be written, and the connection
    /// closed. A session whose link is broken finds out by [`Session::attend`].
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Has the peer broken the protocol?
    pub fn has_violated(&self) -> bool {
        self.has_violated
    }

    /// What there is to say of it when it has ended.
    pub fn summary(&self) -> Summary {
        let why = self.why.clone().or_else(|| self.member.farewell());
        let (realm, authid, authmethod) = match (&self.realm, &self.introduction) {
            (Some(realm), _) => {
                let Identity { authid, authmethod, .. } = self.member.identity();
                (Some(&*realm.settings.name), Some(&**authid), Some(&**authmethod))
            }
            (None, Some(said)) => {
                let authmethod = said.authmethod.map(AuthMethod::name);
                (Some(&*said.realm), said.authid.as_deref(), authmethod)
            }
            (None, None) => (None, None, None),
        };
        let authrole = self.realm.as_ref().map(|_| &*self.member.identity().authrole);
        Summary {
            session: self.member.session,
            has_joined: self.realm.is_some(),
            realm: realm.map(str::to_owned),
            authid: authid.map(str::to_owned),
            authrole: authrole.map(str::to_owned),
            authmethod: authmethod.map(str::to_owned),
            peer: self.member.peer(),
            why: why.map(|why| *why),
            left_unread: self.member.left_unread(),
            events_dropped: self.member.events_dropped(),
        }
    }

    /// Puts octets of the transport itself (a pong, a close frame) among the messages.
    pub fn send_control(&self, write: impl FnOnce(&Encoder, &mut Vec<u8>), turn: &mut Turn) {
        self.member.send_control(write, turn);
    }

    /// The peer had its time to read and to close: whatever still waits for it is thrown away.
    pub fn break_off(&mut self, turn: &mut Turn) {
        self.member.break_off();
        self.close(turn);
    }

    /// Has it begun with something that takes more than one turn, and has to be done before anything else?
    /// Then the peer's next message has to wait, and so has the end: call [`Session::go_on`] instead.
    pub fn is_busy(&self) -> bool {
        match &self.stage {
            Stage::Established(joined) => joined.is_busy(),
            Stage::Leaving(..) => true,
            Stage::Establishing(_)
            | Stage::Authenticating(_)
            | Stage::ShuttingDown
            | Stage::Closed => false,
        }
    }

    /// Is there something to [go on](Session::go_on) with, now or when its peer has read?
    pub fn has_more(&self) -> bool {
        match &self.stage {
            Stage::Established(joined) => joined.has_more(),
            Stage::Authenticating(authenticating) => authenticating.due().is_some(),
            _ => self.is_busy(),
        }
    }

    /// Goes on with what it has begun, until the turn is spent. False if there is nothing of it that can be done
    /// now: what has to wait until the peer has read more of what is there for it goes on after
    /// [`Link::attend`](crate::member::Link::attend), or when the link takes octets again.
    pub fn go_on(&mut self, turn: &mut Turn) -> bool {
        self.attend(turn);
        match &mut self.stage {
            Stage::Established(joined) => match joined.next_waiting() {
                Some(octets) => {
                    self.process(&octets, true, turn);
                    true
                }
                None => self.go_on_established(turn),
            },
            Stage::Leaving(..) => {
                self.go_on_leaving(turn);
                true
            }
            Stage::Authenticating(_) => self.follow_word(turn),
            Stage::Establishing(_) | Stage::ShuttingDown | Stage::Closed => false,
        }
    }

    fn go_on_established(&mut self, turn: &mut Turn) -> bool {
        let Stage::Established(joined) = &mut self.stage else { return false };
        joined.go_on(&self.member, turn).unwrap_or_else(|ProtocolViolation(text)| {
            self.violate(&text, turn);
            true
        })
    }

    /// Processes one message as it came from the peer. Not while it is [busy](Session::is_busy), and better
    /// not in a turn that is [spent](Turn::is_spent).
    pub fn receive(&mut self, octets: &[u8], turn: &mut Turn) {
        debug_assert!(!self.is_busy(), "one thing at a time");
        turn.spend(WORK_OF_MESSAGE + octets.len() / OCTETS_OF_WORK);
        self.process(octets, false, turn);
    }

    /// A message, which may have waited already for those that came before it.
    fn process(&mut self, octets: &[u8], has_waited: bool, turn: &mut Turn) {
        match Message::decode(self.member.wire.serializer, octets) {
            Ok(message) => match &mut self.stage {
                Stage::Established(joined) if !has_waited && joined.must_wait(&message) => {
                    joined.hold_back(octets);
                }
                _ => self.handle_with(&message, octets, turn),
            },
            Err(_) if matches!(self.stage, Stage::Closed) => {}
            Err(violation) => self.violate(&violation.to_string(), turn),
        }
    }

    /// As [`Session::receive`], for a message that is read already.
    pub fn handle(&mut self, message: &Message<'_>, turn: &mut Turn) {
        // Only who opens a session may have to be asked about later.
        let opens = matches!(message, Message::Hello(_));
        let octets = opens.then(|| message.to_octets(self.member.wire.serializer));
        self.handle_with(message, &octets.unwrap_or_default(), turn);
    }

    /// As [`Session::handle`]; the octets are those of the message.
    fn handle_with(&mut self, message: &Message<'_>, octets: &[u8], turn: &mut Turn) {
        // Somebody may have ended the session since the message before, which the same read brought.
        self.attend(turn);
        let handled = match &mut self.stage {
            Stage::Established(joined) => match message {
                Message::Goodbye(Goodbye { reason, .. }) | Message::Abort(Abort { reason, .. }) => {
                    if reason == error_uri::LOGOUT {
                        self.forget();
                    }
                    self.ends_because(EndedBy::Client, reason);
                    let is_goodbye = matches!(message, Message::Goodbye(_));
                    self.leave(if is_goodbye { Then::SayGoodbye } else { Then::Close }, turn);
                    Ok(())
                }
                _ => {
                    let handled = joined.on_message(&self.member, message, turn);
                    // However much it says, it is also given what it has asked for.
                    handled.and_then(|()| joined.go_on(&self.member, turn)).map(|_| ())
                }
            },
            Stage::Establishing(entropy) => {
                let entropy = *entropy;
                self.on_opening(message, octets, entropy, turn)
            }
            Stage::Authenticating(_) => self.on_proof(message, turn),
            Stage::ShuttingDown => {
                self.on_last(message);
                Ok(())
            }
            Stage::Leaving(..) | Stage::Closed => Ok(()),
        };
        if let Err(ProtocolViolation(text)) = handled {
            self.violate(&text, turn);
        }
    }

    /// The peer broke the protocol, in its messages or in its transport: ABORT.
    pub fn violate(&mut self, text: &str, turn: &mut Turn) {
        self.has_violated = true;
        self.ends_because(EndedBy::Router, text);
        self.member.counters.protocol_violations.add(1);
        self.refuse(error_uri::PROTOCOL_VIOLATION, text, turn);
    }

    /// The peer gives no sign of life: the session ends. If it is only hanging, it will read why.
    pub fn lose(&mut self, text: &str, turn: &mut Turn) {
        self.ends_because(EndedBy::Router, text);
        self.refuse(error_uri::PROTOCOL_VIOLATION, text, turn);
    }

    /// Ends the session with an ABORT.
    pub fn refuse(&mut self, reason: &str, text: &str, turn: &mut Turn) {
        self.ends_because(EndedBy::Router, &format!("{reason}: {text}"));
        self.member.abort(reason, text, turn);
        self.leave(Then::Close, turn);
    }

    /// What was first counts; and somebody else may have ended it already.
    fn ends_because(&mut self, by: EndedBy, text: &str) {
        if self.why.is_none() {
            let farewell = self.member.farewell();
            self.why = Some(farewell.unwrap_or_else(|| Box::new(Why::new(by, text))));
        }
    }

    /// Somebody else may have ended the session: follows them.
    pub fn attend(&mut self, turn: &mut Turn) {
        let Stage::Established(_) = self.stage else { return };
        if !self.member.has_ended() {
            return;
        }
        match self.member.ending() {
            None => {}
            Some(Ending::Goodbye) => self.leave(Then::ShutDown, turn),
            Some(Ending::Closed | Ending::Broken) => self.close(turn),
        }
    }

    /// What its task has to see to.
    pub fn condition(&self) -> Condition {
        let condition = self.member.condition();
        let deadline = condition.deadline.into_iter().chain(self.asks_until()).min();
        Condition { deadline, ..condition }
    }

    /// Until when somebody's word is awaited.
    fn asks_until(&self) -> Option<Time> {
        match &self.stage {
            Stage::Established(joined) => joined.asks_until(),
            Stage::Authenticating(authenticating) => authenticating.due(),
            _ => None,
        }
    }

    /// Time has passed: ends the calls whose `timeout` is over, and the waiting for somebody's word. When to call
    /// this stands in [`Condition::deadline`].
    pub fn tick(&mut self, turn: &mut Turn) {
        for call in self.member.overdue(turn.now()) {
            cancel::on_timeout(&call, turn);
        }
        if self.asks_until().is_some_and(|due| due <= turn.now()) {
            self.go_on(turn);
        }
    }

    /// The session ends without a word: the connection is gone, or closes. Whatever the session
    /// held is given up, its callers are answered, and its callees told: all of it when it is not
    /// [busy](Session::is_busy) any more.
    pub fn close(&mut self, turn: &mut Turn) {
        self.member.finish();
        self.leave(Then::Close, turn);
    }

    /// After the router's own GOODBYE everything is ignored but the client's.
    fn on_last(&mut self, message: &Message<'_>) {
        if matches!(message, Message::Goodbye(_) | Message::Abort(_)) {
            self.stage = Stage::Closed;
        }
    }

    fn say_goodbye(&mut self, turn: &mut Turn) {
        let reason = error_uri::GOODBYE_AND_OUT.into();
        let goodbye = Message::Goodbye(Goodbye { details: ClosingDetails::default(), reason });
        self.member.end(&goodbye, Ending::Closed, None, turn);
    }

    /// Begins to give up what the session holds in its realm, if it has joined one.
    fn leave(&mut self, then: Then, turn: &mut Turn) {
        match mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Established(joined) => {
                let leaving = Leaving::new(joined, &self.member, turn);
                self.stage = Stage::Leaving(Box::new(leaving), then);
                self.go_on_leaving(turn);
            }
            // There may be nobody any more to whom to say goodbye.
            Stage::Leaving(leaving, _) => self.stage = Stage::Leaving(leaving, then),
            Stage::Authenticating(authenticating) => authenticating.abandon(turn),
            Stage::Establishing(_) | Stage::ShuttingDown | Stage::Closed => {}
        }
    }

    fn go_on_leaving(&mut self, turn: &mut Turn) {
        while let Stage::Leaving(leaving, then) = &mut self.stage {
            if leaving.go_on(&self.member, turn) {
                let then = *then;
                self.stage = Stage::Closed;
                match then {
                    Then::Close => {}
                    Then::SayGoodbye => self.say_goodbye(turn),
                    Then::ShutDown => self.stage = Stage::ShuttingDown,
                }
            } else if turn.is_spent() {
                return;
            }
        }
    }
}
