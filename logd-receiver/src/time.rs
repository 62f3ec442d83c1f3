//! Wall-clock times as people and Graphite read them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, negative before.
pub(crate) fn unix_seconds(time: SystemTime) -> f64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

/// Seconds since 1970 as `2012-01-29 18:00:00.250`, in UTC; `None` far outside our era.
pub(crate) fn utc(seconds: f64) -> Option<String> {
    // Years 0 to 9999.
    if !(-62_167_219_200.0..253_402_300_799.0).contains(&seconds) {
        return None;
    }
    let millis = (seconds * 1000.0).round() as i64;
    let (days, in_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (second, milli) = (in_day / 1000, in_day % 1000);
    Some(format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{milli:03}",
        second / 3600,
        second / 60 % 60,
        second % 60,
    ))
}

/// Year, month and day of a day counted from 1970-01-01. Years begin in March here, so that
/// the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    let days = days + 719_468;
    let era = days.div_euclid(DAYS_IN_400_YEARS);
    let day_of_era = days.rem_euclid(DAYS_IN_400_YEARS);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_print_in_utc() {
        for (seconds, text) in [
            (0.0, "1970-01-01 00:00:00.000"),
            (1_327_860_000.25, "2012-01-29 18:00:00.250"),
            (951_782_399.0, "2000-02-28 23:59:59.000"),
            (951_782_400.0, "2000-02-29 00:00:00.000"),
            (1_709_164_800.0, "2024-02-29 00:00:00.000"),
            (-0.5, "1969-12-31 23:59:59.500"),
        ] {
            assert_eq!(utc(seconds).as_deref(), Some(text));
        }
        assert_eq!(utc(f64::NAN), None);
        assert_eq!(utc(1e300), None);
    }
}
