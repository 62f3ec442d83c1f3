//! An interval as a table for people: aligned columns, short numbers, timers as durations.

use std::fmt::{self, Write as _};

use logd_runtime::wire::EcmaNumber;

use crate::interval::Interval;
use crate::{json, time};

/// A key that is longer is cut in the table.
const MAX_KEY_WIDTH: usize = 60;

impl fmt::Display for Interval {
    /// The table. Timers' values are shown as durations, taken to be in seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counters = Table::new("counter", &["per second", "sum"]);
        for counter in &self.counters {
            counters.row(
                &counter.key,
                [short(counter.per_second), short(counter.sum)],
            );
        }
        let mut meters = Table::new("meter", &["mean", "count"]);
        for meter in &self.meters {
            meters.row(&meter.key, [short(meter.mean), meter.count.to_string()]);
        }
        let upper_percentile = format!("upper_{}", EcmaNumber(self.threshold));
        let columns = ["count", "mean", "lower", "upper", &upper_percentile];
        let mut timers = Table::new("timer", &columns);
        for timer in &self.timers {
            let [mean, lower, upper, upper_percentile] =
                [timer.mean, timer.lower, timer.upper, timer.upper_percentile].map(duration);
            timers.row(
                &timer.key,
                [short(timer.count), mean, lower, upper, upper_percentile],
            );
        }

        let ended = time::utc(time::unix_seconds(self.ended)).unwrap_or_default();
        let ended = ended.split('.').next().unwrap_or_default();
        let length = duration(self.length.as_secs_f64());
        writeln!(f, "{ended} UTC, interval of {length}")?;
        let tables = [counters, meters, timers];
        let key_width = tables.iter().map(Table::key_width).max().unwrap_or(0);
        for table in tables.iter().filter(|table| !table.rows.is_empty()) {
            table.write(f, key_width)?;
        }
        write!(f, "{}", self.health)
    }
}

/// Rows of one kind of statistic. The key column is on the left, the others are figures.
struct Table<'a> {
    title: &'a str,
    columns: &'a [&'a str],
    rows: Vec<(String, Vec<String>)>,
}

impl<'a> Table<'a> {
    fn new(title: &'a str, columns: &'a [&'a str]) -> Table<'a> {
        Table {
            title,
            columns,
            rows: Vec::new(),
        }
    }

    fn row<const N: usize>(&mut self, key: &str, figures: [String; N]) {
        let mut shown: String = key.chars().take(MAX_KEY_WIDTH).collect();
        if shown.len() < key.len() {
            shown.pop();
            shown.push('…');
        }
        self.rows.push((shown, figures.into()));
    }

    fn key_width(&self) -> usize {
        let widths = self.rows.iter().map(|(key, _)| key.chars().count());
        widths.max().unwrap_or(0).max(self.title.len())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, key_width: usize) -> fmt::Result {
        /// So that small tables of one interval stand in the same columns.
        const LEAST_WIDTH: usize = 10;

        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let figures = self.rows.iter().map(|(_, row)| row[column].chars().count());
                let widest = figures.max().unwrap_or(0);
                widest.max(self.columns[column].len()).max(LEAST_WIDTH)
            })
            .collect();
        let mut line = |key: &str, figures: &mut dyn Iterator<Item = &str>| {
            write!(f, "  {key:<key_width$}")?;
            for (figure, width) in figures.zip(&widths) {
                write!(f, "  {figure:>width$}")?;
            }
            writeln!(f)
        };
        line(self.title, &mut self.columns.iter().copied())?;
        for (key, figures) in &self.rows {
            line(key, &mut figures.iter().map(String::as_str))?;
        }
        Ok(())
    }
}

/// A number in a few digits: whole ones in full, others with four significant digits.
fn short(n: f64) -> String {
    if n.fract() == 0.0 || !n.is_finite() || n.abs() >= 1e15 || n.abs() < 1e-6 {
        return EcmaNumber(n).to_string();
    }
    trimmed(n, 4)
}

/// Seconds in the unit that suits them, with three significant digits.
fn duration(seconds: f64) -> String {
    let size = seconds.abs();
    if size == 0.0 || !size.is_finite() {
        return EcmaNumber(seconds).to_string();
    }
    // A unit is left a little early, so that rounding never makes 1000 of it.
    let (value, unit) = match size {
        _ if size < 0.999_5e-6 => (seconds * 1e9, "ns"),
        _ if size < 0.999_5e-3 => (seconds * 1e6, "µs"),
        _ if size < 0.999_5 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    format!("{} {unit}", trimmed(value, 3))
}

/// A number rounded to so many significant digits, and never to fewer than its whole part.
fn trimmed(n: f64, digits: i32) -> String {
    let before_point = n.abs().log10().floor() as i32 + 1;
    let decimals = (digits - before_point).clamp(0, 12) as usize;
    let text = format!("{n:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

impl Interval {
    /// The interval as one JSON object, without a line break and without its log lines (each
    /// of which has a [`to_json`](crate::LogLine::to_json) of its own).
    ///
    /// ```
    /// use logd_receiver::Receiver;
    ///
    /// let receiver = Receiver::bind("127.0.0.1:0")?;
    /// let json = receiver.flush().to_json();
    /// assert!(json.starts_with(r#"{"type":"interval","ended":"#));
    /// # Ok::<(), logd_receiver::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{");
        json::text_field(&mut out, "type", "interval");
        json::number_field(&mut out, "ended", time::unix_seconds(self.ended));
        json::number_field(&mut out, "seconds", self.length.as_secs_f64());
        json::name(&mut out, "counters");
        out.push('{');
        for counter in &self.counters {
            json::name(&mut out, &counter.key);
            out.push('{');
            json::number_field(&mut out, "sum", counter.sum);
            json::number_field(&mut out, "per_second", counter.per_second);
            out.push('}');
        }
        out.push('}');
        json::name(&mut out, "meters");
        out.push('{');
        for meter in &self.meters {
            json::name(&mut out, &meter.key);
            out.push('{');
            json::number_field(&mut out, "mean", meter.mean);
            json::count_field(&mut out, "count", meter.count);
            out.push('}');
        }
        out.push('}');
        json::name(&mut out, "timers");
        out.push('{');
        let upper_percentile = format!("upper_{}", EcmaNumber(self.threshold));
        for timer in &self.timers {
            json::name(&mut out, &timer.key);
            out.push('{');
            json::number_field(&mut out, "count", timer.count);
            json::count_field(&mut out, "samples", timer.samples);
            json::number_field(&mut out, "mean", timer.mean);
            json::number_field(&mut out, "lower", timer.lower);
            json::number_field(&mut out, "upper", timer.upper);
            json::number_field(&mut out, &upper_percentile, timer.upper_percentile);
            out.push('}');
        }
        out.push('}');
        json::name(&mut out, "health");
        out.push_str(&self.health.to_json());
        out.push('}');
        out
    }
}

impl crate::Health {
    fn to_json(&self) -> String {
        let mut out = String::from("{");
        json::count_field(&mut out, "datagrams", self.datagrams);
        json::name(&mut out, "bad");
        out.push('{');
        for (count, kind) in self.bad.kinds() {
            json::count_field(&mut out, &kind.replace(' ', "_"), count);
        }
        out.push('}');
        json::count_field(&mut out, "ignored", self.ignored);
        json::name(&mut out, "lost");
        match self.lost {
            Some(lost) => {
                let _ = write!(out, "{lost}");
            }
            None => out.push_str("null"),
        }
        for (field, count) in [
            ("keys_refused", self.keys_refused),
            ("samples_refused", self.samples_refused),
            ("logs_dropped", self.logs_dropped),
            ("log_files_failed", self.log_files_failed),
            ("intervals_dropped", self.intervals_dropped),
            ("graphite_sent", self.graphite_sent),
            ("graphite_lost", self.graphite_lost),
        ] {
            json::count_field(&mut out, field, count);
        }
        out.push('}');
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, short};

    #[test]
    fn durations_read_well() {
        for (seconds, text) in [
            (0.0, "0"),
            (1.23e-9, "1.23 ns"),
            (9.996e-7, "1 µs"),
            (0.000_021_9, "21.9 µs"),
            (0.001_23, "1.23 ms"),
            (0.999_6, "1 s"),
            (83.25, "83.2 s"),
            (12_345.6, "12346 s"),
            (-0.02, "-20 ms"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn numbers_read_well() {
        for (n, text) in [
            (0.0, "0"),
            (12_345.0, "12345"),
            (0.1 + 0.2, "0.3"),
            (41.666_666, "41.67"),
            (0.001_234_56, "0.001235"),
            (98_765.432_1, "98765"),
            (1e21, "1e+21"),
        ] {
            assert_eq!(short(n), text);
        }
    }
}
