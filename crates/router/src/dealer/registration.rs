//! A registration, and its endpoints: what each callee has registered by it.
//!
//! A call holds what it has found in a table longer than any lock of the table, so it may hold an
//! endpoint that ends at the same moment. That is decided under the callee's lock: an endpoint is
//! taken off its registration first and marked as ended, together with UNREGISTERED, second; whoever
//! finds the mark looks again.
//!
//! See "Registering and Unregistering" in the specification's Basic Profile, "Shared Registration"
//! and "Sharded Registration" in its Advanced Profile.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use crosspoint_proto::id::{RegistrationId, SessionId};
use crosspoint_proto::invoke::InvokePolicy;
use crosspoint_proto::uri::MatchPolicy;

use super::call::Call;
use super::queue::{Queue, Waiting};
use crate::ids::SplitMix64;
use crate::member::Member;
use crate::shard::ShardKey;
use crate::sync::{AtomicBool, AtomicU32, Mutex, Ordering};
use crate::time::Time;

/// A procedure, or a pattern of procedures, that callees have registered.
pub(crate) struct Registration {
    pub(crate) id: RegistrationId,
    pub(crate) procedure: Arc<str>,
    pub(crate) matching: MatchPolicy,
    pub(crate) invoke: InvokePolicy,
    pub(crate) created: Time,
    /// Calls that a callee has answered for good.
    calls_served: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// In the order in which they have registered.
    endpoints: Vec<Arc<Endpoint>>,
    /// How many endpoints there have been: the number of the next.
    numbers: u64,
    /// For roundrobin: the number from which on the next one is.
    next: u64,
    /// For random.
    dice: SplitMix64,
    queue: Queue,
    /// Where it stands in a line of registrations that have replaced each other by force.
    line: Option<Arc<Line>>,
}

/// Registrations that have replaced each other by force. Each knows the last of them, and none the
/// ones between, which may be gone.
#[derive(Default)]
struct Line {
    last: Mutex<Weak<Registration>>,
}

/// A callee's part in a registration.
pub(crate) struct Endpoint {
    /// Forms a ring with the registration's list, until it is taken off that.
    pub(crate) registration: Arc<Registration>,
    /// Whoever holds the endpoint holds its callee, until both are out of all tables.
    pub(crate) callee: Arc<Member>,
    pub(crate) options: EndpointOptions,
    number: u64,
    /// Calls that the callee has and has not answered. Grows under the registration's lock.
    calls_in_flight: AtomicU32,
    /// Changed and read under the callee's lock only.
    active: AtomicBool,
}

/// What a callee has asked for with its registration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EndpointOptions {
    pub(crate) disclose_caller: bool,
    pub(crate) forward_timeout: bool,
    /// The most calls at a time.
    pub(crate) concurrency: Option<NonZeroU32>,
    /// The most calls that may wait.
    pub(crate) queue_max: u32,
}

/// What a call wants of a registration.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'w> {
    /// Callees that have had the call, or could not take it.
    pub(crate) tried: &'w BTreeSet<SessionId>,
    /// The key of a partitioned call.
    pub(crate) rkey: Option<ShardKey>,
    /// The registration and the number there of the callee that has turned the call down last: with
    /// `first` and `last` the next to be asked stands beside it.
    pub(crate) turned_down_by: Option<(RegistrationId, u64)>,
}

/// Which endpoint a call goes to.
pub(crate) enum Choice {
    /// This one, where a place is taken for it.
    Endpoint(Arc<Endpoint>),
    /// Those that it could go to have as many calls as they take.
    Busy,
    /// There is none, or none that has not been tried.
    Nobody,
}

impl Registration {
    pub(crate) fn new(
        id: RegistrationId,
        (matching, procedure): (MatchPolicy, Arc<str>),
        invoke: InvokePolicy,
        created: Time,
        dice: SplitMix64,
    ) -> Registration {
        let state = State {
            endpoints: Vec::with_capacity(1),
            numbers: 0,
            next: 0,
            dice,
            queue: Queue::default(),
            line: None,
        };
        let (calls_served, state) = (AtomicU64::new(0), Mutex::new(state));
        Registration { id, procedure, matching, invoke, created, calls_served, state }
    }

    /// A callee joins: behind all others.
    pub(crate) fn add(self: &Arc<Self>, callee: &Arc<Member>, options: EndpointOptions) {
        let mut state = self.state.lock();
        let endpoint = Endpoint {
            registration: Arc::clone(self),
            callee: Arc::clone(callee),
            options,
            number: state.numbers,
            calls_in_flight: AtomicU32::new(0),
            active: AtomicBool::new(true),
        };
        state.numbers += 1;
        state.endpoints.push(Arc::new(endpoint));
    }

    /// A callee leaves; gives its endpoint, to be deactivated.
    pub(crate) fn remove(&self, callee: SessionId) -> Option<Arc<Endpoint>> {
        let mut state = self.state.lock();
        let index = state.endpoints.iter().position(|e| e.callee.session == callee)?;
        Some(state.endpoints.remove(index))
    }

    /// The sessions of its callees, in the order in which they have registered.
    pub(crate) fn callees(&self) -> Vec<SessionId> {
        self.state.lock().endpoints.iter().map(|endpoint| endpoint.callee.session).collect()
    }

    pub(crate) fn has_callee(&self, session: SessionId) -> bool {
        self.state.lock().endpoints.iter().any(|endpoint| endpoint.callee.session == session)
    }

    /// How many callees there are.
    pub(crate) fn count_callees(&self) -> usize {
        self.state.lock().endpoints.len()
    }

    /// Calls that callees have and have not answered, and calls that they have answered.
    pub(crate) fn statistics(&self) -> (u64, u64) {
        let state = self.state.lock();
        let in_flight = state.endpoints.iter().map(|endpoint| u64::from(endpoint.pending())).sum();
        (in_flight, self.calls_served.load(Ordering::Relaxed))
    }

    /// Chooses an endpoint for a call and takes a place there. Whoever waits already goes first.
    pub(crate) fn choose(&self, wish: Wish<'_>) -> Choice {
        let mut state = self.state.lock();
        if wish.is_content() && state.queue.has_content() {
            return Choice::Busy;
        }
        state.choose(self, wish)
    }

    /// A call that found everybody busy: it waits, unless somebody has become free meanwhile; if
    /// neither can be it stays as it is, and the choice is [`Choice::Busy`]. None if it waits.
    pub(crate) fn wait(
        self: &Arc<Self>,
        call: &Arc<Call>,
        wish: Wish<'_>,
        queue_max: usize,
    ) -> Option<Choice> {
        let mut state = self.state.lock();
        let content = wish.is_content();
        if !(content && state.queue.has_content()) {
            match state.choose(self, wish) {
                Choice::Busy => {}
                choice => return Some(choice),
            }
        }
        let asked = state.endpoints.iter().map(|e| e.options.queue_max as usize).max();
        if state.queue.len() >= asked.unwrap_or(0).min(queue_max) {
            return Some(Choice::Busy);
        }
        if call.wait(self) {
            state.queue.push(Waiting { call: Arc::clone(call), content });
        }
        None
    }

    /// Another one has been registered in its place: calls that find nobody here go there.
    pub(crate) fn be_succeeded_by(&self, successor: &Arc<Registration>) {
        let line = Arc::clone(self.state.lock().line.get_or_insert_default());
        *line.last.lock() = Arc::downgrade(successor);
        successor.state.lock().line = Some(line);
    }

    /// The last of those that have been registered in its place, if that is still there.
    pub(crate) fn successor(self: &Arc<Self>) -> Option<Arc<Registration>> {
        let line = self.state.lock().line.clone()?;
        let last = line.last.lock().upgrade();
        last.filter(|last| !Arc::ptr_eq(last, self))
    }

    /// May calls wait here?
    pub(crate) fn has_queue(&self) -> bool {
        self.state.lock().endpoints.iter().any(|endpoint| endpoint.options.queue_max > 0)
    }

    /// The next call that waits and need not: with the endpoint where a place is taken for it, or with
    /// none if nobody is left that it could wait for. Of calls that want the same, the one that has
    /// waited longest.
    pub(crate) fn next_waiting(&self) -> Option<(Arc<Call>, Option<Arc<Endpoint>>)> {
        let mut state = self.state.lock();
        let (mut index, mut all_busy) = (0, false);
        while let Some(Waiting { call, content }) = state.queue.get(index) {
            if content && all_busy {
                index += 1;
                continue;
            }
            let endpoint = match call.with_wish(|wish| state.choose(self, wish)) {
                Choice::Busy if content && state.queue.has_only_content() => return None,
                Choice::Busy => {
                    all_busy |= content;
                    index += 1;
                    continue;
                }
                Choice::Endpoint(endpoint) => Some(endpoint),
                // Whoever has taken off the last callee answers or moves those that wait.
                Choice::Nobody if state.endpoints.is_empty() => return None,
                Choice::Nobody => None,
            };
            state.queue.remove(index);
            return Some((call, endpoint));
        }
        None
    }

    /// A call does not wait any more.
    pub(crate) fn forget_waiting(&self, call: &Arc<Call>) {
        self.state.lock().queue.forget(call);
    }

    /// All that wait, where there is nobody left to wait for.
    pub(crate) fn take_waiting(&self) -> impl Iterator<Item = Arc<Call>> + use<> {
        self.state.lock().queue.take()
    }
}

impl Wish<'_> {
    /// Any callee will do.
    fn is_content(self) -> bool {
        self.rkey.is_none() && self.tried.is_empty()
    }
}

impl State {
    fn choose(&mut self, of: &Registration, wish: Wish<'_>) -> Choice {
        let untried = |endpoint: &&Arc<Endpoint>| !wish.tried.contains(&endpoint.callee.session);
        let free = |endpoint: &&Arc<Endpoint>| untried(endpoint) && endpoint.is_free();
        let mut endpoints = self.endpoints.iter();
        let chosen = if let Some(rkey) = wish.rkey {
            // Equal keys go to the same callee, also if it is busy.
            let weight = |e: &&Arc<Endpoint>| rkey.weight(e.callee.session);
            endpoints.filter(untried).max_by_key(weight).filter(free)
        } else {
            let turned_down_by = wish.turned_down_by.filter(|(id, _)| *id == of.id);
            match of.invoke {
                InvokePolicy::Single | InvokePolicy::First => {
                    let start = turned_down_by.map_or(0, |(_, number)| number + 1);
                    let (before, after) = split_at(&self.endpoints, start);
                    after.iter().chain(before).find(free)
                }
                InvokePolicy::Last => {
                    let end = turned_down_by.map_or(u64::MAX, |(_, number)| number);
                    let (before, after) = split_at(&self.endpoints, end);
                    before.iter().rev().chain(after.iter().rev()).find(free)
                }
                InvokePolicy::RoundRobin => {
                    let (before, after) = split_at(&self.endpoints, self.next);
                    after.iter().chain(before).find(free)
                }
                InvokePolicy::Random => match endpoints.clone().filter(free).count() {
                    0 => None,
                    1 => endpoints.find(free),
                    count => endpoints.filter(free).nth(self.dice.below(count)),
                },
                InvokePolicy::LeastPending => {
                    endpoints.filter(free).min_by_key(|endpoint| endpoint.pending())
                }
            }
        };
        if let Some(endpoint) = chosen {
            if wish.rkey.is_none() {
                self.next = endpoint.number + 1;
            }
            endpoint.calls_in_flight.fetch_add(1, Ordering::Relaxed);
            return Choice::Endpoint(Arc::clone(endpoint));
        }
        if self.endpoints.iter().any(|endpoint| untried(&endpoint)) {
            Choice::Busy
        } else {
            Choice::Nobody
        }
    }
}

/// Those that have registered before the one of this number, and the others.
fn split_at(endpoints: &[Arc<Endpoint>], number: u64) -> (&[Arc<Endpoint>], &[Arc<Endpoint>]) {
    endpoints.split_at(endpoints.partition_point(|endpoint| endpoint.number < number))
}

impl Endpoint {
    /// Its registration, and its number there.
    pub(crate) fn place(&self) -> (RegistrationId, u64) {
        (self.registration.id, self.number)
    }

    fn pending(&self) -> u32 {
        self.calls_in_flight.load(Ordering::SeqCst)
    }

    fn is_free(&self) -> bool {
        self.options.concurrency.is_none_or(|concurrency| self.pending() < concurrency.get())
    }

    /// A call does not take up its place any more: is there somebody who may have waited for it?
    pub(crate) fn give_back(&self) -> bool {
        self.calls_in_flight.fetch_sub(1, Ordering::SeqCst);
        self.options.concurrency.is_some()
    }

    /// The callee has answered a call for good.
    pub(crate) fn count_served(&self) {
        self.registration.calls_served.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    /// From here on nothing is invoked by it. The caller holds the callee's lock.
    pub(crate) fn deactivate(&self) {
        self.active.store(false, Ordering::Relaxed);
    }
}
