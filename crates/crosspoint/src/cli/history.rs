//! `--history`: of which topics `crosspoint serve` keeps a history, and how much of it.

use crosspoint_proto::uri::{MatchPolicy, UriRules};

use crate::config::file::{History, Match};
use crate::config::problem::did_you_mean;
use crate::config::units::{Octets, Period};

const EXPECTED: &str = "a history is like com.example.news, \
     or prefix:com.example.,events=10000,octets=64M,age=7d,stored";

/// `[MATCH:]TOPIC[,events=N][,octets=N[K|M|G]][,age=N(s|m|h|d)][,stored]`
pub(super) fn history(text: &str) -> Result<History, String> {
    let mut parts = text.split(',');
    let pattern = parts.next().unwrap_or_default();
    let (word, topic) = pattern.split_once(':').unwrap_or(("", pattern));
    let (matching, topic) = match policy(word)? {
        Some(policy) => (policy, topic),
        None => (MatchPolicy::Exact, pattern),
    };
    UriRules::Loose
        .check_pattern(topic, matching)
        .map_err(|invalid| format!("'{pattern}' cannot be published to: {invalid}"))?;
    let mut history = History { matching: matching.into(), ..History::of(topic) };
    for part in parts {
        limit(&mut history, part).ok_or_else(|| format!("'{part}': {EXPECTED}"))?;
    }
    Ok(history)
}

/// A topic may have a colon in it, too, but hardly behind a word that is almost a policy's.
fn policy(word: &str) -> Result<Option<MatchPolicy>, String> {
    if let Some(policy) = MatchPolicy::from_name(word) {
        return Ok(Some(policy));
    }
    match did_you_mean(word, MatchPolicy::ALL.map(MatchPolicy::name)) {
        Some(meant) => Err(format!("'{word}' is no way to match; did you mean '{meant}'?")),
        None => Ok(None),
    }
}

fn limit(history: &mut History, part: &str) -> Option<()> {
    match part.split_once('=') {
        None if part == "stored" => history.stored = true,
        Some(("events", number)) => history.events = number.parse().ok().filter(|n| *n > 0)?,
        Some(("octets", size)) => {
            // Here the unit may be missing.
            let octets = size.parse::<u64>().map(Octets).or(size.parse());
            history.octets = octets.ok().filter(|Octets(number)| *number > 0)?;
        }
        Some(("age", age)) => history.age = Some(age.parse::<Period>().ok()?),
        _ => return None,
    }
    Some(())
}

impl From<MatchPolicy> for Match {
    fn from(policy: MatchPolicy) -> Match {
        match policy {
            MatchPolicy::Exact => Match::Exact,
            MatchPolicy::Prefix => Match::Prefix,
            MatchPolicy::Wildcard => Match::Wildcard,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crosspoint_router::router::HistoryRule;

    use super::*;

    #[test]
    fn histories_are_written_in_one_word() {
        let history = super::history("com.example.news").unwrap();
        assert_eq!(history, History::of("com.example.news"));
        // As the router has it, if nobody says more.
        let rule = HistoryRule::new(MatchPolicy::Exact, "com.example.news").unwrap();
        assert_eq!(
            (history.events as usize, history.octets.to_usize()),
            (rule.events_max, rule.octets_max)
        );

        let text = "prefix:com.example.,events=10000,octets=64M,age=7d,stored";
        let week = Duration::from_hours(7 * 24);
        assert_eq!(
            super::history(text).unwrap(),
            History {
                topic: "com.example.".to_owned(),
                matching: Match::Prefix,
                events: 10_000,
                octets: Octets(64 << 20),
                age: Some(Period(week)),
                stored: true,
            }
        );
        assert_eq!(super::history("com.news,octets=1000").unwrap().octets, Octets(1000));

        // A scheme, not a policy.
        assert_eq!(super::history("urn:news").unwrap().topic, "urn:news");
    }

    /// It was a topic with a colon, of which nothing was ever kept.
    #[test]
    fn a_policy_that_is_misspelt_is_no_topic() {
        for (word, meant) in [("PREFIX", "prefix"), ("prefx", "prefix"), ("wild", "wildcard")] {
            let told = super::history(&format!("{word}:com.example")).unwrap_err();
            assert_eq!(told, format!("'{word}' is no way to match; did you mean '{meant}'?"));
        }
    }

    #[test]
    fn what_is_no_history() {
        for text in [
            "",
            "com..news",
            "prefix:com..",
            "com.news,",
            "com.news,events",
            "com.news,events=0",
            "com.news,events=-1",
            "com.news,octets=0",
            "com.news,octets=1T",
            "com.news,octets=99999999999999999G",
            "com.news,age=7",
            "com.news,age=d",
            "com.news,stored=yes",
            "com.news,limit=3",
        ] {
            assert!(super::history(text).is_err(), "{text}");
        }
    }
}
