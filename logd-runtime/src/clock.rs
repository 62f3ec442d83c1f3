//! The cheapest clock that can be trusted: the processor's cycle counter where
//! it runs at a constant rate on all cores, else the operating system's monotonic
//! clock. Readings are raw ticks; whoever drains them converts, so a measured
//! call pays for two readings and no arithmetic.
#![allow(
    unsafe_code,
    reason = "reading the cycle counter is an intrinsic that the language calls unsafe, and std has \
              no monotonic clock that counts from one point in all processes"
)]

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::fork::PerProcess;
use crate::sys;

const UNDECIDED: u8 = 0;
const MONOTONIC: u8 = 1;
const CYCLES: u8 = 2;

static SOURCE: AtomicU8 = AtomicU8::new(UNDECIDED);
/// Seconds in a tick as the bits of a float; 0 until the first calibration.
static SCALE: AtomicU64 = AtomicU64::new(0);

/// One moment on both clocks, from which ticks are measured in seconds.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    instant: Instant,
    ticks: u64,
}

/// The span over which the tick is measured now.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: Anchor,
    /// Whether the two clocks went apart just before: this span is measured afresh,
    /// whatever the scale was.
    afresh: bool,
}

static SPAN: PerProcess<Mutex<Option<Span>>> = PerProcess::new();

/// The span, unless another thread has it right now: that one measures for all.
fn span() -> Option<MutexGuard<'static, Option<Span>>> {
    SPAN.get_or_init(|_| Mutex::default()).try_lock().ok()
}

/// How long a span grows before the next begins: clocks that go apart while a machine
/// sleeps, or is moved to another, must not be averaged with hours before.
const LONGEST_SPAN: Duration = Duration::from_secs(10);

/// The shortest time that gives a scale: two readings cost tens of nanoseconds, so
/// the error is below 0.1 %.
const SHORTEST_SPAN: Duration = Duration::from_micros(200);

/// Clocks that differ by more than this from what they did before went apart.
const MOST_DRIFT: f64 = 0.01;

/// A reading now, in ticks of the chosen source.
#[inline]
pub(crate) fn now() -> u64 {
    match SOURCE.load(Ordering::Relaxed) {
        CYCLES => cycles(),
        _ => monotonic(),
    }
}

/// Whether the cycle counter is the chosen source.
pub(crate) fn counts_cycles() -> bool {
    decide();
    SOURCE.load(Ordering::Relaxed) == CYCLES
}

/// Set in a [`begin`] that is no reading of the cycle counter, which never gets this far.
pub(crate) const MARK: u64 = 1 << 63;

/// The beginning of a measurement where it is not known yet that the cycle counter is the
/// source: a reading of it or, with the mark, of the monotonic clock, so that the end need
/// not ask again.
#[cold]
#[inline(never)]
pub(crate) fn begin() -> u64 {
    let now = monotonic();
    if counts_cycles() { now } else { now | MARK }
}

/// Ticks since a [`begin`] without the mark. The counter may be read a little before what
/// stands before it, so the difference can be just below 0, and wraps.
#[inline]
pub(crate) fn cycles_since(begin: u64) -> u64 {
    cycles().wrapping_sub(begin)
}

/// Ticks since a [`begin`] with the mark.
pub(crate) fn monotonic_since(begin: u64) -> u64 {
    monotonic().saturating_sub(begin & !MARK)
}

/// The name of the chosen source, for [`Stats`](crate::Stats).
pub(crate) fn source() -> &'static str {
    if counts_cycles() {
        "cycle counter"
    } else {
        "monotonic"
    }
}

/// Measures the tick against the monotonic clock. Workers call it at every drain.
pub(crate) fn calibrate() {
    decide();
    let Some(mut span) = span() else {
        return;
    };
    let now = both_clocks();
    let current = *span.get_or_insert(Span {
        from: now,
        afresh: true,
    });
    let before = f64::from_bits(SCALE.load(Ordering::Relaxed));
    let Some(scale) = scale_between(current.from, now) else {
        // Too soon, or the counter began again from below.
        if now.ticks < current.from.ticks {
            *span = Some(Span {
                from: now,
                afresh: true,
            });
        }
        return;
    };
    let apart = before > 0.0 && (scale / before - 1.0).abs() > MOST_DRIFT;
    if apart && !current.afresh {
        *span = Some(Span {
            from: now,
            afresh: true,
        });
        return;
    }
    SCALE.store(scale.to_bits(), Ordering::Relaxed);
    let long = now.instant.duration_since(current.from.instant) >= LONGEST_SPAN;
    *span = Some(if long {
        Span {
            from: now,
            afresh: false,
        }
    } else {
        current
    });
}

/// Seconds in one tick, as last calibrated.
pub(crate) fn seconds_per_tick() -> f64 {
    let scale = f64::from_bits(SCALE.load(Ordering::Relaxed));
    if scale > 0.0 { scale } else { first_scale() }
}

/// The scale before any worker has measured it.
#[cold]
fn first_scale() -> f64 {
    decide();
    let start = both_clocks();
    // Bounded: a counter that does not move must not hold anybody up.
    for _ in 0..100_000 {
        if let Some(scale) = scale_between(start, both_clocks()) {
            return scale;
        }
        std::hint::spin_loop();
    }
    NANOSECOND
}

const NANOSECOND: f64 = 1e-9;

/// Seconds in a tick between two moments, when they are far enough apart.
fn scale_between(from: Anchor, to: Anchor) -> Option<f64> {
    if !counts_cycles() {
        return Some(NANOSECOND);
    }
    let elapsed = to.instant.saturating_duration_since(from.instant);
    let ticks = to
        .ticks
        .checked_sub(from.ticks)
        .filter(|ticks| *ticks > 0)?;
    (elapsed >= SHORTEST_SPAN).then(|| elapsed.as_secs_f64() / ticks as f64)
}

/// One moment on both clocks, as nearly as they can be read together: of a few
/// tries the one that was least disturbed.
fn both_clocks() -> Anchor {
    let mut best: Option<(u64, Instant, u64)> = None;
    for _ in 0..5 {
        let before = cycles();
        let instant = Instant::now();
        let spread = cycles().saturating_sub(before);
        if best.is_none_or(|(least, ..)| spread < least) {
            best = Some((spread, instant, before + spread / 2));
        }
    }
    best.map_or_else(
        || Anchor {
            instant: Instant::now(),
            ticks: cycles(),
        },
        |(_, instant, ticks)| Anchor { instant, ticks },
    )
}

/// Chooses the source, unless that is done; two threads at once come to the same. Without
/// a lock: a child process might find it taken.
#[cold]
fn decide() {
    if SOURCE.load(Ordering::Relaxed) == UNDECIDED {
        // The other clock can be measured, and tested, on any machine.
        let source = if !cfg!(logd_monotonic) && cycles_are_trusted() {
            CYCLES
        } else {
            MONOTONIC
        };
        SOURCE.store(source, Ordering::Relaxed);
    }
}

/// Nanoseconds of the monotonic clock; also the way in before a source is chosen.
#[inline(never)]
fn monotonic() -> u64 {
    if counts_cycles() {
        return cycles();
    }
    // Above 0, which with the mark is a guard's.
    sys::monotonic_nanoseconds() + 1
}

/// A reading of the cycle counter, for who knows that it is the source.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
pub(crate) fn cycles() -> u64 {
    // SAFETY: the instruction exists on every x86-64 processor and reads no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// A reading of the cycle counter, for who knows that it is the source.
#[cfg(all(target_arch = "aarch64", not(miri)))]
#[inline]
pub(crate) fn cycles() -> u64 {
    let ticks: u64;
    // SAFETY: the virtual counter is readable from user space on every system
    // that Rust's standard library supports; the read touches no memory.
    unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
pub(crate) fn cycles() -> u64 {
    0
}

/// Whether the counter ticks at one rate, through sleep states, alike on all cores.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn cycles_are_trusted() -> bool {
    use core::arch::x86_64::__cpuid;
    let invariant =
        __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0;
    // The kernel compares the cores' counters and stops using them when they
    // disagree; where it does not say (not Linux), the processor's word counts.
    let kernel_agrees =
        current_clock_source().map_or(cfg!(not(target_os = "linux")), |name| &name == b"tsc\n");
    invariant && kernel_agrees
}

/// The first bytes of the kernel's choice. Without allocating: an instrumented
/// allocator may be what asks for the time.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn current_clock_source() -> std::io::Result<[u8; 4]> {
    use std::io::Read;
    let mut name = [0; 4];
    std::fs::File::open("/sys/devices/system/clocksource/clocksource0/current_clocksource")?
        .read_exact(&mut name)?;
    Ok(name)
}

/// The architecture defines the virtual counter as constant and common to all cores.
#[cfg(all(target_arch = "aarch64", not(miri)))]
fn cycles_are_trusted() -> bool {
    true
}

#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
fn cycles_are_trusted() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_convert_to_the_time_that_passed() {
        calibrate();
        let (start, before) = (Instant::now(), now());
        while start.elapsed().as_millis() < 20 {
            std::hint::spin_loop();
        }
        let (ticks, elapsed) = (now() - before, start.elapsed());
        calibrate();
        let measured = ticks as f64 * seconds_per_tick();
        // The two clocks can not be read at once, and the machine may be taken
        // away between the readings: a wrong unit is what this must find.
        assert!(
            (measured / elapsed.as_secs_f64() - 1.0).abs() < 0.2,
            "{measured} {elapsed:?}"
        );
    }

    #[test]
    fn a_reading_is_never_one_of_the_marks_that_a_guard_uses() {
        assert!((1..MARK).contains(&now()));
    }
}
