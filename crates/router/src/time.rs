//! Time, as it comes in from outside: the core reads no clock.

use jiff::Timestamp;

/// A moment: microseconds since the Unix epoch. Whoever tells the time sees to it that it does not
/// go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

impl Time {
    /// So many milliseconds later. What is too far away never comes.
    #[must_use]
    pub fn after_ms(self, milliseconds: u64) -> Time {
        Time(self.0.saturating_add(milliseconds.saturating_mul(1000)))
    }

    /// The millisecond that it is in: as exactly as times are told.
    #[must_use]
    pub(crate) fn to_the_millisecond(self) -> Time {
        Time(self.0 - self.0 % 1000)
    }

    /// As ISO 8601 (and RFC 3339) writes it, in UTC: `2026-11-25T14:23:03.000Z`. What is later than
    /// can be written is the last moment that can: in the last days of the year 9999.
    pub(crate) fn to_iso_8601(self) -> String {
        let microseconds = i64::try_from(self.0).ok();
        let timestamp = microseconds.and_then(|time| Timestamp::from_microsecond(time).ok());
        timestamp.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// A moment as RFC 3339 writes it, in any time zone, and not before the epoch.
    pub(crate) fn from_rfc_3339(text: &str) -> Option<Time> {
        let timestamp: Timestamp = text.parse().ok()?;
        u64::try_from(timestamp.as_microsecond()).ok().map(Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_iso_8601() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_799, "2000-02-29T23:59:59.000Z"),
            (1_582_934_400, "2020-02-29T00:00:00.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (1_795_616_583, "2026-11-25T14:23:03.000Z"),
        ] {
            assert_eq!(Time(seconds * 1_000_000).to_iso_8601(), text);
            assert_eq!(Time::from_rfc_3339(text), Some(Time(seconds * 1_000_000)));
        }
        assert_eq!(Time(1_999_999).to_iso_8601(), "1970-01-01T00:00:01.999Z");
        assert!(Time(u64::MAX).to_iso_8601().starts_with("9999-12-30T"));
    }

    #[test]
    fn times_are_read_in_rfc_3339() {
        let time = Some(Time(1_795_616_583_500_000));
        assert_eq!(Time::from_rfc_3339("2026-11-25T14:23:03.5Z"), time);
        assert_eq!(Time::from_rfc_3339("2026-11-25T15:23:03.500+01:00"), time);
        assert_eq!(Time::from_rfc_3339("2026-11-25T14:23:03.500000-00:00"), time);
        for text in ["", "2026-11-25", "14:23:03Z", "2026-11-25T14:23:03", "1969-12-31T23:59:59Z"] {
            assert_eq!(Time::from_rfc_3339(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_too_far_away_never_comes() {
        assert_eq!(Time(5).after_ms(u64::MAX), Time(u64::MAX));
    }
}
