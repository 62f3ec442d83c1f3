//! Where in the source records come from, and how many of them each place may send.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

use crate::fork::PerProcess;
use crate::record::quiet::{QuietMutex, made_quietly};

/// The most places that are told apart; those beyond it share one limit.
const MOST_SITES: usize = 10_000;

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site(u64);

impl Site {
    const OTHER: Site = Site(0);

    /// The place that a record names. Records without one are told apart by level and target.
    pub(crate) fn new(file: Option<&str>, line: Option<u32>, level: &str, target: &str) -> Site {
        let mut hasher = DefaultHasher::new();
        (file, line, level, target).hash(&mut hasher);
        Site(hasher.finish())
    }
}

/// Lets each place send so many records in a time, counted from the first of them.
#[derive(Debug)]
pub(crate) struct SiteLimit {
    records: u64,
    per: Duration,
    sites: PerProcess<QuietMutex<HashMap<Site, Window>>>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    sent: u64,
    suppressed: u64,
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is sent; so many before it were not.
    Send {
        suppressed: u64,
    },
    Suppress,
}

impl SiteLimit {
    pub(crate) fn new(records: u32, per: Duration) -> Self {
        SiteLimit {
            records: records.into(),
            per,
            sites: PerProcess::new(),
        }
    }

    fn sites(&self) -> &QuietMutex<HashMap<Site, Window>> {
        made_quietly(&self.sites, |_| QuietMutex::default())
    }

    pub(crate) fn judge(&self, site: Site, now: Instant) -> Verdict {
        let mut sites = self.sites().lock();
        let known = sites.len() < MOST_SITES || sites.contains_key(&site);
        let window = sites
            .entry(if known { site } else { Site::OTHER })
            .or_insert(Window {
                began: now,
                sent: 0,
                suppressed: 0,
            });
        if now.saturating_duration_since(window.began) >= self.per {
            (window.began, window.sent) = (now, 0);
        }
        if window.sent >= self.records {
            window.suppressed += 1;
            return Verdict::Suppress;
        }
        window.sent += 1;
        Verdict::Send {
            suppressed: std::mem::take(&mut window.suppressed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_site_sends_so_many_in_a_time_and_tells_of_the_others_afterwards() {
        let limit = SiteLimit::new(2, SECOND);
        let site = Site::new(Some("a.rs"), Some(1), "INFO", "a");
        let other = Site::new(Some("a.rs"), Some(2), "INFO", "a");
        let sent = Verdict::Send { suppressed: 0 };
        let start = Instant::now();
        assert_eq!(limit.judge(site, start), sent);
        assert_eq!(limit.judge(site, start + SECOND / 2), sent);
        for _ in 0..3 {
            assert_eq!(limit.judge(site, start + SECOND / 2), Verdict::Suppress);
        }
        assert_eq!(limit.judge(other, start + SECOND / 2), sent);
        let later = start + SECOND;
        assert_eq!(limit.judge(site, later), Verdict::Send { suppressed: 3 });
        assert_eq!(limit.judge(site, later), sent);
        assert_eq!(limit.judge(site, later), Verdict::Suppress);
    }

    #[test]
    fn memory_is_bounded_whatever_the_number_of_sites() {
        let limit = SiteLimit::new(1, SECOND);
        let now = Instant::now();
        for line in 0..2 * MOST_SITES as u32 {
            limit.judge(Site::new(Some("a.rs"), Some(line), "INFO", "a"), now);
        }
        assert!(limit.sites().lock().len() <= MOST_SITES + 1);
    }
}
