//! The realms of the simulation: each seed has one.

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::router::{
    Disclosure, HistoryRule, RealmSettings, Retention, SlowSubscribers, TrustRule,
};

pub(super) fn realm(seed: u64) -> RealmSettings {
    RealmSettings {
        disclosure: disclosure(seed),
        publisher_disclosure: disclosure(seed / 8),
        trust_rules: vec![
            trust(Some("admin"), "com.", 9),
            trust(Some("anonymous"), "com.news", 3),
            trust(None, "com.", 0),
        ],
        slow_subscribers: if seed / 2 % 4 == 3 {
            SlowSubscribers::Close
        } else {
            SlowSubscribers::Drop
        },
        history: history(seed),
        retention: Retention {
            topics_max: if seed.is_multiple_of(3) { 3 } else { 5 },
            persistent: !(seed / 2).is_multiple_of(4),
            ..Retention::default()
        },
        ..RealmSettings::from("realm1")
    }
}

fn disclosure(seed: u64) -> Disclosure {
    match seed % 8 {
        6 => Disclosure::Always,
        7 => Disclosure::Never,
        _ => Disclosure::Asked,
    }
}

fn trust(authrole: Option<&str>, uri_prefix: &str, level: u64) -> TrustRule {
    let (authrole, uri_prefix) = (authrole.map(str::to_owned), uri_prefix.to_owned());
    TrustRule { authrole, uri_prefix, level }
}

/// Some of these, which overlap. A few realms have none.
fn history(seed: u64) -> Vec<HistoryRule> {
    let rule = |policy, topic| HistoryRule::new(policy, topic).unwrap();
    let mut in_memory = rule(MatchPolicy::Prefix, "com.");
    in_memory.events_max = 4;
    let mut stored = rule(MatchPolicy::Exact, "com.news");
    (stored.events_max, stored.persistent) = (6, true);
    let mut aging = rule(MatchPolicy::Wildcard, "org.");
    (aging.events_max, aging.age_max_ms) = (5, Some(60));
    aging.persistent = (seed / 2).is_multiple_of(2);
    let rules = [(1, in_memory), (2, stored), (4, aging)];
    let chosen =
        if seed % 16 == 5 { 0 } else { [7, 7, 3, 6, 7, 2][usize::try_from(seed / 4 % 6).unwrap()] };
    rules.into_iter().filter(|(bit, _)| bit & chosen != 0).map(|(_, rule)| rule).collect()
}
