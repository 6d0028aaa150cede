//! What the router has lost, and what its listeners have refused, said in the log: they count, and somebody has
//! to look.
//!
//! Each counter that has grown since the last look gets one line, however much it was, and one when
//! it has stood still again for as long as that.

use std::sync::Arc;
use std::time::Duration;

use crosspoint_router::counters::{Counter, Counters};
use crosspoint_router::router::Router;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::refusals::Refusals;

/// How often the counters are looked at: soon enough for who watches the log, and seldom enough that
/// a day on which everything goes wrong does not fill it.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Tells of losses until the server stops.
pub(crate) async fn tell(router: Arc<Router>, refusals: Arc<Refusals>, stop: CancellationToken) {
    let mut losses = Losses::default();
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut goes_on = true;
    while goes_on {
        // What was lost before the end is told, too.
        goes_on = stop.run_until_cancelled(looks.tick()).await.is_some();
        for line in losses.look(Counts::of(router.counters(), &refusals)) {
            match line {
                Line::Lost { text, hint } => warn!(hint, "{text}"),
                Line::Over(text) => info!("{text}"),
            }
        }
    }
}

/// Whose counter it is.
#[derive(Clone, Copy)]
enum Of {
    Router(fn(&Counters) -> &Counter),
    Listeners(fn(&Refusals) -> &Counter),
}

/// A way of losing something.
struct Kind {
    counter: Of,
    /// What has happened, before the number.
    what: &'static str,
    hint: &'static str,
}

const KINDS: [Kind; 17] = [
    Kind {
        counter: Of::Router(|counters| &counters.events_dropped),
        what: "events dropped, because subscribers do not keep up or cannot take them",
        hint: "wamp.session.get tells how many each has lost (x_events_dropped); let it read \
               faster, or subscribe to less",
    },
    Kind {
        counter: Of::Router(|counters| &counters.slow_subscribers_closed),
        what: "sessions ended, because they did not keep up with their events",
        hint: "let them read faster, or subscribe to less",
    },
    Kind {
        counter: Of::Router(|counters| &counters.outboxes_overflown),
        what: "sessions ended, because they did not read the answers to their requests",
        hint: "their programs hang, or ask for more than their connections carry",
    },
    Kind {
        counter: Of::Router(|counters| &counters.events_not_stored),
        what: "events not stored that should have been",
        hint: "the disk is too slow for them, or has failed (another line says how then), or they \
               are longer than the history of their topic may be",
    },
    Kind {
        counter: Of::Router(|counters| &counters.events_not_retained),
        what: "events not retained, because there was no room",
        hint: "retain fewer events, of fewer topics, or shorter ones",
    },
    Kind {
        counter: Of::Router(|counters| &counters.authentications_failed),
        what: "sessions refused, because their proofs were wrong, or nobody goes by their names or keys",
        hint: "somebody mistypes, guesses, or has an old password; at level info the log says of each session who \
               wanted to be whom, and from where",
    },
    Kind {
        counter: Of::Router(|counters| &counters.attempts_refused),
        what: "sessions refused, because too many proofs before were wrong from the same addresses, or for \
               the same names",
        hint: "somebody guesses, or has an old password; at level info the log says of each session where it \
               came from. How many are taken: failed_attempts_per_address_max of the realm",
    },
    Kind {
        counter: Of::Router(|counters| &counters.authenticators_failed),
        what: "sessions refused, because authenticators have not said who they are",
        hint: "at level info the log says of each session why it was refused",
    },
    Kind {
        counter: Of::Router(|counters| &counters.authorizations_failed),
        what: "requests refused, because authorizers have not decided about them",
        hint: "is the procedure registered, and does it answer true, false or a dict in time? The \
               clients are told what is wrong",
    },
    Kind {
        counter: Of::Router(|counters| &counters.sessions_beyond_max),
        what: "sessions refused, because their realms have as many as they take",
        hint: "see sessions_max",
    },
    Kind {
        counter: Of::Listeners(|refusals| &refusals.addresses_crowded),
        what: "connections refused, because too many come from their addresses",
        hint: "at level debug the log tells from where; see connections_per_address_max and \
               handshakes_per_address_max",
    },
    Kind {
        counter: Of::Listeners(|refusals| &refusals.connections_full),
        what: "times a listener let nobody in, because it has all the connections that it takes",
        hint: "others wait meanwhile; see connections_max",
    },
    Kind {
        counter: Of::Listeners(|refusals| &refusals.handshakes_full),
        what: "times a listener let nobody in, because too many connections had no session yet",
        hint: "others wait meanwhile; either very many come at once, or somebody comes from many addresses and says \
               nothing: see handshakes_max and handshakes_per_address_max",
    },
    Kind {
        counter: Of::Listeners(|refusals| &refusals.handshakes_crowded),
        what: "connections held up, because too many from their addresses had no session yet",
        hint: "those of other addresses do not wait for them; either very many come from there at once, or somebody \
               comes and says nothing: see handshakes_per_address_max, and proxies, if it is one",
    },
    Kind {
        counter: Of::Listeners(|refusals| &refusals.proxies_refused),
        what: "connections refused, which are no proxy's, or do not begin with the PROXY protocol",
        hint: "at level debug the log tells from where; see proxies and proxy_protocol",
    },
    Kind {
        counter: Of::Listeners(|refusals| &refusals.readings_held_up),
        what: "times a session's messages had to wait, because it sends more than it may",
        hint: "nothing is lost; see messages_per_second",
    },
    Kind {
        counter: Of::Listeners(|refusals| &refusals.origins_refused),
        what: "WebSockets refused to pages of origins that are not allowed",
        hint: "at level debug the log tells which; see origins",
    },
];

/// What was counted of each kind.
#[derive(Clone, Copy, Default)]
struct Counts([u64; KINDS.len()]);

impl Counts {
    fn of(counters: &Counters, refusals: &Refusals) -> Counts {
        let counter = |kind: &Kind| match kind.counter {
            Of::Router(counter) => counter(counters),
            Of::Listeners(counter) => counter(refusals),
        };
        Counts(KINDS.each_ref().map(|kind| counter(kind).get()))
    }
}

/// What to say.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Lost { text: String, hint: &'static str },
    Over(String),
}

/// Compares what was counted with what was counted before.
#[derive(Default)]
struct Losses {
    before: Counts,
    /// What was counted when the losses began that go on.
    began: [Option<u64>; KINDS.len()],
}

impl Losses {
    fn look(&mut self, now: Counts) -> Vec<Line> {
        let seconds = LOOK_INTERVAL.as_secs();
        let mut lines = Vec::new();
        for (index, Kind { what, hint, .. }) in KINDS.iter().enumerate() {
            let (before, now) = (self.before.0[index], now.0[index]);
            if now > before {
                let text = format!("{what}: {} in the last {seconds} s", now - before);
                lines.push(Line::Lost { text, hint });
                self.began[index].get_or_insert(before);
            } else if let Some(began) = self.began[index].take() {
                let text = format!("{what}: none in the last {seconds} s, {} before", now - began);
                lines.push(Line::Over(text));
            }
        }
        self.before = now;
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;

    use super::*;

    #[test]
    fn each_loss_is_told_while_it_lasts_and_when_it_is_over() {
        let mut losses = Losses::default();
        let mut log = String::new();
        for counts in [
            [0; 5],
            [3, 0, 0, 0, 0],
            [1003, 0, 0, 1, 0],
            [1003, 0, 0, 2, 0],
            [1003, 0, 0, 2, 0],
            [1003, 0, 0, 2, 0],
            [1004, 1, 1, 2, 1],
        ] {
            let mut all = Counts::default();
            all.0[..counts.len()].copy_from_slice(&counts);
            for line in losses.look(all) {
                match line {
                    Line::Lost { text, .. } => writeln!(log, "WARN {text}").unwrap(),
                    Line::Over(text) => writeln!(log, "INFO {text}").unwrap(),
                }
            }
            log.push('\n');
        }
        expect![[r"

            WARN events dropped, because subscribers do not keep up or cannot take them: 3 in the last 10 s

            WARN events dropped, because subscribers do not keep up or cannot take them: 1000 in the last 10 s
            WARN events not stored that should have been: 1 in the last 10 s

            INFO events dropped, because subscribers do not keep up or cannot take them: none in the last 10 s, 1003 before
            WARN events not stored that should have been: 1 in the last 10 s

            INFO events not stored that should have been: none in the last 10 s, 2 before


            WARN events dropped, because subscribers do not keep up or cannot take them: 1 in the last 10 s
            WARN sessions ended, because they did not keep up with their events: 1 in the last 10 s
            WARN sessions ended, because they did not read the answers to their requests: 1 in the last 10 s
            WARN events not retained, because there was no room: 1 in the last 10 s

        "]]
        .assert_eq(&log);
    }
}
