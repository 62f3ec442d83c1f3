//! No event allocates after a metric's first use on a thread, and the recorder
//! bears an allocator that is itself instrumented.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::task::{Context, Waker};
use std::time::Duration;

use logd::testing::Spy;
use logd::{Counter, Meter, Timer, accumulate, accumulated, count, counted, meter, time, timed};

/// Counts what each thread allocates, and records it with a handle of its own.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

static ALLOCATED: Counter = Counter::new("alloc.calls");
static ALLOCATING: Timer = Timer::new("alloc.time").rate(0.5);
static EACH: Timer = Timer::new("alloc.each");

#[allow(unsafe_code, reason = "an allocator can not be written without")]
// SAFETY: every call goes on to the system's allocator with its own arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        ALLOCATED.increment();
        let _timed = (ALLOCATING.start(), EACH.start());
        // SAFETY: the caller's promise about the layout is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise about pointer and layout is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

static COUNTER: Counter = Counter::new("alloc.counter");
static METER: Meter = Meter::new("alloc.meter");
static TIMER: Timer = Timer::new("alloc.timer");
static ADAPTIVE: Timer = Timer::new("alloc.adaptive.handle").adaptive();
static RATED: Timer = Timer::new("alloc.rated").rate(0.01);

#[timed]
#[counted]
fn annotated() {}

#[accumulated("alloc.accumulated")]
fn accumulating() {
    accumulate!("alloc.accumulated", {});
    accumulate!("alloc.accumulated", {});
}

#[timed("alloc.adaptive", adaptive)]
fn adaptive() {}

#[timed("alloc.{name}.template")]
fn by_template(name: &str) -> usize {
    name.len()
}

#[timed("alloc.outcome", outcome)]
fn outcome(call: u64) -> Result<u64, u64> {
    (call > 0).then_some(call).ok_or(call)
}

#[timed]
async fn asynchronous() {
    accumulate!("alloc.asynchronous", { std::future::ready(()).await });
}

#[accumulated("alloc.asynchronous")]
async fn accumulating_in_a_task() {
    asynchronous().await;
    asynchronous().await;
}

fn one_of_each() {
    ADAPTIVE.start().stop();
    adaptive();
    by_template("table");
    let _ = (outcome(0), outcome(1));
    let task = std::pin::pin!(accumulating_in_a_task());
    let polled = task.poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_ready());
    COUNTER.increment();
    COUNTER.add(-7);
    METER.set(0.5);
    TIMER.start().stop();
    TIMER.record(Duration::from_micros(5));
    RATED.start().stop();
    count!("alloc.macro", by = 2);
    meter!("alloc.macro", 3_usize);
    time!("alloc.macro", Duration::from_micros(5));
    annotated();
    accumulating();
    accumulate!("alloc.section", {});
}

#[test]
fn events_allocate_nothing_after_the_first_of_a_metric() {
    let spy = Spy::new();
    spy.run(|| {
        one_of_each();
        // Far past what a timer keeps of raw values.
        let allocated = allocations(|| (0..10_000).for_each(|_| one_of_each()));
        assert_eq!(allocated, 0);
        let by_facade = || {
            metrics::counter!("alloc.facade", "kind" => "book").increment(1);
            metrics::gauge!("alloc.facade").increment(1.5);
            metrics::histogram!("alloc.facade").record(0.25);
        };
        metrics::with_local_recorder(&logd::MetricsRecorder::builder().build(), || {
            by_facade();
            let allocated = allocations(|| (0..1000).for_each(|_| by_facade()));
            assert_eq!(allocated, 0);
        });
        let by_name = || {
            spy.client().increment("alloc.by_name");
            logd::start_timer("alloc.by_name");
            logd::stop_timer("alloc.by_name");
        };
        by_name();
        assert_eq!(allocations(|| (0..1000).for_each(|_| by_name())), 0);
    });
    assert_eq!(spy.counter("alloc.counter").total(), 10_001 * -6);
}

#[test]
fn an_instrumented_allocator_records_and_never_comes_back_on_itself() {
    let spy = Spy::new();
    let boxes = spy.run(|| {
        let warm = Box::new(0);
        (0..100)
            .map(|n| n + *warm)
            .map(Box::new)
            .collect::<Vec<_>>()
    });
    assert_eq!(boxes.len(), 100);
    assert!(spy.counter("alloc.calls").total() >= 100);
    assert!(spy.timer("alloc.time").count() >= 100);
    assert!(spy.timer("alloc.each").count() >= 100);
}
