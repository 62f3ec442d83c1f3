//! The cheapest clock that can be trusted: the processor's cycle counter where
//! it runs at a constant rate on all cores, else the operating system's monotonic
//! clock. Readings are raw ticks; whoever drains them converts, so a measured
//! call pays for two readings and no arithmetic.
#![allow(
    unsafe_code,
    reason = "reading the cycle counter is an intrinsic that the language calls unsafe"
)]

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use once_cell::sync::OnceCell;

const UNDECIDED: u8 = 0;
const MONOTONIC: u8 = 1;
const CYCLES: u8 = 2;

static SOURCE: AtomicU8 = AtomicU8::new(UNDECIDED);
static ANCHOR: OnceCell<Anchor> = OnceCell::new();
/// Seconds in a tick as the bits of a float; 0 until the first calibration.
static SCALE: AtomicU64 = AtomicU64::new(0);

/// One moment on both clocks, from which ticks are measured in seconds.
#[derive(Debug)]
struct Anchor {
    instant: Instant,
    ticks: u64,
}

/// A reading now, in ticks of the chosen source.
#[inline]
pub(crate) fn now() -> u64 {
    match SOURCE.load(Ordering::Relaxed) {
        CYCLES => cycles(),
        _ => monotonic(),
    }
}

/// The name of the chosen source, for [`Stats`](crate::Stats).
pub(crate) fn source() -> &'static str {
    decide();
    if SOURCE.load(Ordering::Relaxed) == CYCLES {
        "cycle counter"
    } else {
        "monotonic"
    }
}

/// Measures the tick against the monotonic clock over the whole time since the
/// first reading, so the error shrinks as the program runs.
pub(crate) fn calibrate() {
    SCALE.store(measured_scale().to_bits(), Ordering::Relaxed);
}

/// Seconds in one tick, as last calibrated.
pub(crate) fn seconds_per_tick() -> f64 {
    let scale = f64::from_bits(SCALE.load(Ordering::Relaxed));
    if scale > 0.0 { scale } else { measured_scale() }
}

fn measured_scale() -> f64 {
    let anchor = decide();
    if SOURCE.load(Ordering::Relaxed) != CYCLES {
        return 1e-9;
    }
    loop {
        let (instant, ticks) = both_clocks();
        let elapsed = instant.duration_since(anchor.instant);
        let ticks = ticks.saturating_sub(anchor.ticks);
        // Two readings cost tens of nanoseconds: over 200 us the error is below 0.1 %.
        if elapsed.as_micros() >= 200 && ticks > 0 {
            return elapsed.as_secs_f64() / ticks as f64;
        }
        std::hint::spin_loop();
    }
}

/// One moment on both clocks, as nearly as they can be read together: of a few
/// tries the one that was least disturbed.
fn both_clocks() -> (Instant, u64) {
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
        || (Instant::now(), cycles()),
        |(_, instant, ticks)| (instant, ticks),
    )
}

#[cold]
fn decide() -> &'static Anchor {
    ANCHOR.get_or_init(|| {
        let source = if cycles_are_trusted() {
            CYCLES
        } else {
            MONOTONIC
        };
        let (instant, ticks) = both_clocks();
        SOURCE.store(source, Ordering::Relaxed);
        Anchor { instant, ticks }
    })
}

/// Nanoseconds since the anchor; also the way in before a source is chosen.
#[inline(never)]
fn monotonic() -> u64 {
    let anchor = decide();
    if SOURCE.load(Ordering::Relaxed) == CYCLES {
        return cycles();
    }
    // Two ticks after the anchor at the earliest: 0 and 1 are marks of a guard.
    u64::try_from(anchor.instant.elapsed().as_nanos()).unwrap_or(u64::MAX / 2) + 2
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn cycles() -> u64 {
    // SAFETY: the instruction exists on every x86-64 processor and reads no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(all(target_arch = "aarch64", not(miri)))]
#[inline]
fn cycles() -> u64 {
    let ticks: u64;
    // SAFETY: the virtual counter is readable from user space on every system
    // that Rust's standard library supports; the read touches no memory.
    unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
fn cycles() -> u64 {
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
        assert!(now() > 1);
    }
}
