//! `--history`: of which topics `crosspoint serve` keeps a history, and how much of it.

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::router::HistoryRule;

const EXPECTED: &str = "a history is like com.example.news, \
     or prefix:com.example.,events=10000,octets=64M,age=7d,stored";

/// `[MATCH:]TOPIC[,events=N][,octets=N[K|M|G]][,age=N(s|m|h|d)][,stored]`
pub(super) fn history_rule(text: &str) -> Result<HistoryRule, String> {
    let mut parts = text.split(',');
    let pattern = parts.next().unwrap_or_default();
    let named = pattern.split_once(':');
    let mut rule = match named.map(|(name, rest)| (MatchPolicy::from_name(name), rest)) {
        Some((Some(policy), topic)) => HistoryRule::new(policy, topic),
        _ => HistoryRule::new(MatchPolicy::Exact, pattern),
    }
    .map_err(|invalid| format!("'{pattern}' cannot be published to: {invalid}"))?;
    for part in parts {
        limit(&mut rule, part)?;
    }
    Ok(rule)
}

fn limit(rule: &mut HistoryRule, part: &str) -> Result<(), String> {
    let wrong = || format!("'{part}': {EXPECTED}");
    match part.split_once('=') {
        None if part == "stored" => rule.persistent = true,
        Some(("events", number)) => {
            rule.events_max = number.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
        }
        Some(("octets", number)) => {
            let units = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("", 1)];
            let octets = with_unit(number, &units).ok_or_else(wrong)?;
            rule.octets_max = usize::try_from(octets).map_err(|_| wrong())?;
        }
        Some(("age", number)) => {
            const SECOND: u64 = 1000;
            let units = [
                ("s", SECOND),
                ("m", 60 * SECOND),
                ("h", 3600 * SECOND),
                ("d", 24 * 3600 * SECOND),
            ];
            rule.age_max_ms = Some(with_unit(number, &units).ok_or_else(wrong)?);
        }
        _ => return Err(wrong()),
    }
    Ok(())
}

/// `10M`, not zero.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    units.iter().find_map(|(unit, factor)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*factor).filter(|product| *product > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_in_one_word() {
        let rule = history_rule("com.example.news").unwrap();
        assert_eq!((rule.policy(), rule.topic()), (MatchPolicy::Exact, "com.example.news"));
        assert_eq!((rule.events_max, rule.age_max_ms, rule.persistent), (1000, None, false));

        let rule =
            history_rule("prefix:com.example.,events=10000,octets=64M,age=7d,stored").unwrap();
        assert_eq!((rule.policy(), rule.topic()), (MatchPolicy::Prefix, "com.example."));
        assert_eq!((rule.events_max, rule.octets_max), (10_000, 64 << 20));
        assert_eq!((rule.age_max_ms, rule.persistent), (Some(7 * 24 * 3600 * 1000), true));

        // A scheme, not a policy.
        assert_eq!(history_rule("urn:news").unwrap().topic(), "urn:news");
    }

    #[test]
    fn what_is_no_rule() {
        for text in [
            "",
            "com..news",
            "prefix:com..",
            "com.news,",
            "com.news,events",
            "com.news,events=0",
            "com.news,events=-1",
            "com.news,octets=1T",
            "com.news,octets=99999999999999999G",
            "com.news,age=7",
            "com.news,age=d",
            "com.news,stored=yes",
            "com.news,limit=3",
        ] {
            assert!(history_rule(text).is_err(), "{text}");
        }
    }
}
