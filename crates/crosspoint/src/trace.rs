//! Traces: what sessions say and are told, as it passes, for people who look for what is wrong.
//!
//! A conversation is written as our tests have it, so that it can become one:
//!
//! ```text
//! alice is session 7061644215716937 at 127.0.0.1:40312, over websocket.json
//! alice HELLO realm1 {"roles":{"caller":{}},"authid":"alice","authmethods":["ticket"]}
//! alice < CHALLENGE ticket {}
//! alice AUTHENTICATE … {}
//! alice < WELCOME 7061644215716937 {"realm":"realm1","authid":"alice",…}
//! alice CALL 1 {} com.example.add [2,3]
//! alice < RESULT 1 {} [5]
//! alice is gone
//! ```
//!
//! It listens in at the link, where octets come and go: the core knows nothing of it, and a router that traces
//! nobody has one branch more for each write. Whoever writes does not wait: what the reader of the traces
//! does not keep up with is left out, which is said.

mod notation;

use std::collections::BTreeSet;
use std::fmt;
use std::io::IoSlice;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosspoint_router::wire::Wire;
use crosspoint_transport::overheard::Overheard;

use self::notation::Notation;

/// Lines that wait for whoever writes them down: a second's worth of a busy router, and a few MB.
const LINES_MAX: usize = 10_000;

/// Lines of a session of which it is not known yet whether anybody wants to see it: an opening takes four.
const LINES_HELD_BACK_MAX: usize = 16;

/// No line is longer, in octets.
const LINE_OCTETS_MAX: usize = 4000;

/// Whose sessions are traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traced {
    /// Everybody's.
    All,
    /// Those of this `authid`, and of those who say that it is theirs and are not let in.
    Authid(String),
}

/// Traces sessions, those that are wanted.
pub struct Tracer {
    traced: Vec<Traced>,
    lines: SyncSender<String>,
    left_out: AtomicU64,
    /// The names that sessions go by now: each has its own.
    names: Mutex<BTreeSet<String>>,
}

impl Tracer {
    /// A tracer of these sessions, and where its lines come out. What is not taken from there in time is
    /// left out.
    pub fn new(traced: Vec<Traced>) -> (Arc<Tracer>, Receiver<String>) {
        let (lines, receiver) = sync_channel(LINES_MAX);
        let (left_out, names) = (AtomicU64::new(0), Mutex::default());
        (Arc::new(Tracer { traced, lines, left_out, names }), receiver)
    }

    fn wants(&self, authid: &str) -> bool {
        self.traced.iter().any(|traced| match traced {
            Traced::All => true,
            Traced::Authid(wanted) => wanted == authid,
        })
    }

    fn say(&self, mut line: String) {
        if line.len() > LINE_OCTETS_MAX {
            let end = line.floor_char_boundary(LINE_OCTETS_MAX);
            let more = line.len() - end;
            line.truncate(end);
            line = format!("{line}… ({more} octets more)");
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            line = format!("({left_out} lines were left out)\n{line}");
        }
        if let Err(TrySendError::Full(_)) = self.lines.try_send(line) {
            self.left_out.fetch_add(left_out + 1, Ordering::Relaxed);
        }
    }

    /// `alice`; or `alice2`, if another session of that name is there.
    fn take_name(&self, authid: &str) -> String {
        let word = authid.replace(|it: char| it.is_whitespace() || it.is_control(), "_");
        let mut names = lock(&self.names);
        let mut name = word.clone();
        let mut number = 1;
        while !names.insert(name.clone()) {
            number += 1;
            name = format!("{word}{number}");
        }
        name
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("traced", &self.traced).finish_non_exhaustive()
    }
}

/// The trace of one connection.
pub(crate) struct Trace {
    tracer: Arc<Tracer>,
    wire: Wire,
    /// Where the peer is.
    peer: String,
    state: Mutex<State>,
}

struct State {
    sent: Overheard,
    interest: Interest,
}

/// Does anybody want to see it?
enum Interest {
    /// That shows with WELCOME, or with the end. What it has said, and whom it wants to be.
    Unknown {
        held_back: Vec<String>,
        authid: Option<String>,
    },
    /// The name that it goes by.
    Wanted(String),
    None,
}

impl Trace {
    pub(crate) fn new(tracer: Arc<Tracer>, wire: Wire, peer: Option<String>) -> Trace {
        let interest = Interest::Unknown { held_back: Vec::new(), authid: None };
        let state = Mutex::new(State { sent: Overheard::of(&wire.encoder), interest });
        Trace { tracer, wire, peer: peer.unwrap_or_else(|| "somewhere".to_owned()), state }
    }

    /// The peer has sent this message.
    pub(crate) fn received(&self, octets: &[u8]) {
        let mut state = lock(&self.state);
        if !matches!(state.interest, Interest::None) {
            self.note(&mut state.interest, "", notation::of(self.wire.serializer, octets));
        }
    }

    /// So many of these octets were sent to the peer, by whoever writes now.
    pub(crate) fn sent(&self, octets: &[IoSlice<'_>], mut count: usize) {
        let mut state = lock(&self.state);
        let State { sent, interest } = &mut *state;
        if matches!(interest, Interest::None) {
            return;
        }
        for slice in octets {
            let written = &slice[..slice.len().min(count)];
            count -= written.len();
            sent.hear(written, |octets| {
                self.note(interest, "< ", notation::of(self.wire.serializer, octets));
            });
        }
    }

    fn note(&self, interest: &mut Interest, direction: &str, notation: Notation) {
        let Notation { line, authid, session } = notation;
        let line = format!("{direction}{line}");
        match interest {
            Interest::None => {}
            Interest::Wanted(name) => self.tracer.say(format!("{name} {line}")),
            Interest::Unknown { held_back, authid: claimed } => {
                if held_back.len() < LINES_HELD_BACK_MAX {
                    held_back.push(line);
                }
                if authid.is_some() {
                    claimed.clone_from(&authid);
                }
                if let (Some(session), Some(authid)) = (session, authid) {
                    let is_wanted = self.tracer.wants(&authid);
                    self.decide(interest, is_wanted.then_some(&authid), Some(session));
                }
            }
        }
    }

    /// Says what was held back, under the name of somebody in whom there is interest.
    fn decide(&self, interest: &mut Interest, wanted: Option<&String>, session: Option<u64>) {
        let Interest::Unknown { held_back, .. } = mem::replace(interest, Interest::None) else {
            return;
        };
        let Some(authid) = wanted else { return };
        let name = self.tracer.take_name(authid);
        let session = session.map_or("no session".to_owned(), |id| format!("session {id}"));
        let transport = self.wire.name();
        self.tracer.say(format!("{name} is {session} at {}, over {transport}", self.peer));
        for line in held_back {
            self.tracer.say(format!("{name} {line}"));
        }
        *interest = Interest::Wanted(name);
    }
}

impl Drop for Trace {
    /// The connection is gone. Who was not let in is shown now, if he has said that he is somebody of interest.
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        if let Interest::Unknown { held_back, authid } = &state.interest
            && !held_back.is_empty()
        {
            let somebody = authid.clone().unwrap_or_else(|| "somebody".to_owned());
            let is_wanted = self.tracer.wants(&somebody);
            self.decide(&mut state.interest, is_wanted.then_some(&somebody), None);
        }
        if let Interest::Wanted(name) = &state.interest {
            self.tracer.say(format!("{name} is gone"));
            lock(&self.tracer.names).remove(name);
        }
    }
}

/// A panic leaves nothing behind that could mislead the next one by more than a line.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
