//! Assertions on a spy that say, when they fail, what was recorded instead.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::time::Duration;

use super::Spy;
use crate::client::core::Change;
use crate::config::nearest::nearest;
use crate::record::registry::Kind;
use crate::{Amount, Reading};

impl Spy {
    /// Asserts what a counter adds up to: any integer or floating-point number, 0 for one that
    /// was not used.
    ///
    /// # Panics
    ///
    /// When it is another; the message shows everything that was recorded:
    ///
    /// ```text
    /// counter `login` is 0, not 2
    ///   it was never used: did you mean `logins`?
    /// recorded:
    ///   counter  logins    2
    ///   timer    checkout  1 call
    /// ```
    ///
    /// ```
    /// use logd_runtime::Counter;
    /// use logd_runtime::testing::Spy;
    ///
    /// static LOGINS: Counter = Counter::new("logins");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| LOGINS.add(2));
    /// spy.assert_counter("logins", 2);
    /// ```
    #[track_caller]
    #[inline]
    pub fn assert_counter(&self, key: &str, total: impl Amount) {
        let expected = number(total.change());
        let found = self.counter(key).float_total();
        if Some(found) != expected {
            self.fail(Kind::Counter, key, &found, &Shown(expected));
        }
    }

    /// Asserts what a meter read last.
    ///
    /// # Panics
    ///
    /// When it read something else, or nothing at all.
    ///
    /// ```
    /// use logd_runtime::Meter;
    /// use logd_runtime::testing::Spy;
    ///
    /// static DEPTH: Meter = Meter::new("queue.depth");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| DEPTH.set(7));
    /// spy.assert_meter("queue.depth", 7);
    /// ```
    #[track_caller]
    #[inline]
    pub fn assert_meter(&self, key: &str, last: impl Reading) {
        let expected = number(last.change());
        let found = self.meter(key).last();
        if found != expected {
            self.fail(Kind::Meter, key, &Shown(found), &Shown(expected));
        }
    }

    /// Asserts how many calls a timer has measured, clocked or not.
    ///
    /// # Panics
    ///
    /// When there were more or fewer.
    ///
    /// ```
    /// use logd_runtime::Timer;
    /// use logd_runtime::testing::Spy;
    ///
    /// static CHECKOUT: Timer = Timer::new("checkout");
    ///
    /// let spy = Spy::new();
    /// spy.run(|| CHECKOUT.start().stop());
    /// spy.assert_timer("checkout", 1);
    /// ```
    #[track_caller]
    #[inline]
    pub fn assert_timer(&self, key: &str, calls: u64) {
        let found = self.timer(key).count();
        if found != calls {
            self.fail(Kind::Timer, key, &Calls(found), &Calls(calls));
        }
    }

    /// Asserts which keys were used: these, in any order, and no others.
    ///
    /// # Panics
    ///
    /// When one is missing or one too many; the message marks them:
    ///
    /// ```text
    /// the keys that were used are not those expected
    /// - login      expected, never used
    /// + logins     used, not expected
    ///   checkout
    /// ```
    ///
    /// ```
    /// use logd_runtime::testing::Spy;
    ///
    /// let spy = Spy::new();
    /// spy.client().increment("logins");
    /// spy.assert_keys(["logins"]);
    /// ```
    #[track_caller]
    pub fn assert_keys<'a>(&self, keys: impl IntoIterator<Item = &'a str>) {
        let expected: BTreeSet<&str> = keys.into_iter().collect();
        let used = self.keys();
        let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
        if used == expected {
            return;
        }
        let all = || expected.union(&used);
        let width = all().map(|key| key.chars().count()).max().unwrap_or(0);
        let mut message = String::from("the keys that were used are not those expected");
        for key in all() {
            let line = match (expected.contains(key), used.contains(key)) {
                (true, false) => format!("- {key:width$}  expected, never used"),
                (false, _) => format!("+ {key:width$}  used, not expected"),
                (true, true) => format!("  {key}"),
            };
            let _ = write!(message, "\n{line}");
        }
        panic!("{message}");
    }

    /// Asserts that nothing was recorded at all.
    ///
    /// # Panics
    ///
    /// When something was; the message shows it.
    ///
    /// ```
    /// logd_runtime::testing::Spy::new().assert_nothing();
    /// ```
    #[track_caller]
    #[inline]
    pub fn assert_nothing(&self) {
        let recorded = self.recorded();
        assert!(recorded.is_empty(), "something was recorded:\n{self}");
    }

    #[track_caller]
    #[inline]
    fn fail(
        &self,
        kind: Kind,
        key: &str,
        found: &dyn fmt::Display,
        expected: &dyn fmt::Display,
    ) -> ! {
        let recorded = self.recorded();
        let mut message = format!("{} `{key}` is {found}, not {expected}", word(kind));
        let used = |wanted: Kind| {
            recorded
                .iter()
                .any(|(kind, name, _)| *kind == wanted && name == key)
        };
        let others = [Kind::Counter, Kind::Meter, Kind::Timer];
        if !used(kind) {
            message.push_str("\n  it was never used");
            let names: Vec<&str> = recorded.iter().map(|(_, name, _)| &**name).collect();
            if let Some(other) = others.into_iter().find(|other| used(*other)) {
                let _ = write!(message, ": there is a {} of that name", word(other));
            } else if let Some((_, near)) = nearest(key, &names) {
                let _ = write!(message, ": did you mean `{near}`?");
            }
        }
        panic!("{message}\nrecorded:\n{self}");
    }

    /// Everything that was recorded, by kind and key, in words.
    #[inline]
    fn recorded(&self) -> Vec<(Kind, String, String)> {
        self.used(|kind| kind)
            .into_iter()
            .map(|(kind, key)| {
                let words = self.in_words(kind, &key);
                (kind, key, words)
            })
            .collect()
    }

    #[inline]
    fn in_words(&self, kind: Kind, key: &str) -> String {
        match kind {
            Kind::Counter => self.counter(key).float_total().to_string(),
            Kind::Meter => {
                let meter = self.meter(key);
                match meter.readings() {
                    1 => Shown(meter.last()).to_string(),
                    readings => format!("{}, the last of {readings}", Shown(meter.last())),
                }
            }
            Kind::Timer => {
                let timer = self.timer(key);
                let calls = Calls(timer.count());
                match (timer.lower(), timer.upper()) {
                    (Some(lower), Some(upper)) => {
                        let [lower, upper] = [lower, upper].map(|seconds| {
                            Duration::try_from_secs_f64(seconds).unwrap_or_default()
                        });
                        format!("{calls}, {lower:?} to {upper:?}")
                    }
                    _ => calls.to_string(),
                }
            }
        }
    }
}

/// Everything that was recorded: a line for each key, in columns.
///
/// ```
/// use logd_runtime::testing::Spy;
///
/// let spy = Spy::new();
/// spy.client().add("cache.hits", 3);
/// spy.client().set("queue.depth", 0.5);
/// assert_eq!(
///     spy.to_string(),
///     "  counter  cache.hits   3\n  meter    queue.depth  0.5"
/// );
/// ```
impl fmt::Display for Spy {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded = self.recorded();
        if recorded.is_empty() {
            return f.write_str("  nothing");
        }
        let width = recorded
            .iter()
            .map(|(_, key, _)| key.chars().count())
            .max()
            .unwrap_or(0);
        for (number, (kind, key, words)) in recorded.iter().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}  {:<7}  {key:<width$}  {words}", word(*kind))?;
        }
        Ok(())
    }
}

#[inline]
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Meter => "meter",
        Kind::Timer => "timer",
    }
}

/// The number that was asked for; none where it can not be recorded, and so never be found.
#[inline]
fn number(change: Option<Change>) -> Option<f64> {
    match change? {
        Change::Increment => Some(1.0),
        Change::Add(amount) => Some(amount as f64),
        Change::AddFloat(amount) => Some(amount),
        Change::Set(value) => Some(value.to_f64()),
        Change::Time(_) | Change::Clocked(_) | Change::Called => None,
    }
}

/// A number, or that there is none.
struct Shown(Option<f64>);

impl fmt::Display for Shown {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("nothing"),
        }
    }
}

struct Calls(u64);

impl fmt::Display for Calls {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 call"),
            calls => write!(f, "{calls} calls"),
        }
    }
}
