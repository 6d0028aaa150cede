//! Time, as it comes in from outside: the core reads no clock.

use std::fmt::Write as _;

/// A moment: microseconds since the Unix epoch. Whoever tells the time sees to it that it does not
/// go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

const MICROSECONDS_A_DAY: u64 = 24 * 60 * 60 * 1_000_000;

impl Time {
    /// So many milliseconds later. What is too far away never comes.
    #[must_use]
    pub fn after_ms(self, milliseconds: u64) -> Time {
        Time(self.0.saturating_add(milliseconds.saturating_mul(1000)))
    }

    /// As ISO 8601 writes it, in UTC: `2026-11-25T14:23:03.000Z`.
    pub(crate) fn to_iso_8601(self) -> String {
        let (year, month, day) = civil_date(self.0 / MICROSECONDS_A_DAY);
        let milliseconds = self.0 % MICROSECONDS_A_DAY / 1000;
        let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
        let (minutes, second) = (seconds / 60, seconds % 60);
        let (hour, minute) = (minutes / 60, minutes % 60);
        let mut text = String::with_capacity(24);
        let written = write!(
            text,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"
        );
        debug_assert!(written.is_ok());
        text
    }
}

/// The Gregorian date of a day since the Unix epoch. Years are counted from March on, so that leap
/// days are the last of theirs; 400 of them have 146,097 days.
fn civil_date(days: u64) -> (u64, u64, u64) {
    const DAYS_FROM_YEAR_0: u64 = 719_468;
    let days = days + DAYS_FROM_YEAR_0;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
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
        }
        assert_eq!(Time(1_999_999).to_iso_8601(), "1970-01-01T00:00:01.999Z");
    }

    #[test]
    fn what_is_too_far_away_never_comes() {
        assert_eq!(Time(5).after_ms(u64::MAX), Time(u64::MAX));
    }
}
