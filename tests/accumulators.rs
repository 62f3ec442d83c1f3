//! Accumulators: sections of one key are summed into one reading of the call or
//! task that opened them; overlaps count once; a section without one is complete
//! in itself.

mod executor;

use std::thread;
use std::time::{Duration, Instant};

use logd::testing::Spy;
use logd::{Accumulator, AccumulatorExt as _, accumulate, accumulated};

const KEY: &str = "acc.key";

/// Passes at least this time, whatever the machine does meanwhile.
fn spend(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        std::hint::spin_loop();
    }
}

const STEP: Duration = Duration::from_millis(2);

fn readings(spy: &Spy) -> u64 {
    spy.timer(KEY).count()
}

/// The only reading, in steps; a loaded machine may make it longer, never shorter.
fn steps(spy: &Spy) -> f64 {
    let timer = spy.timer(KEY);
    assert_eq!(timer.count(), 1);
    timer.upper().expect("a reading") / STEP.as_secs_f64()
}

#[test]
fn a_section_on_its_own_is_a_reading_of_its_own() {
    let spy = Spy::new();
    let value = spy.run(|| accumulate!("acc.key", { 40 }) + accumulate!("acc.key", 2));
    assert_eq!(value, 42);
    assert_eq!(readings(&spy), 2);
}

#[test]
fn sections_of_an_accumulated_function_and_of_its_callees_are_one_reading() {
    fn query() {
        accumulate!("acc.key", { spend(STEP) });
    }

    #[accumulated("acc.key")]
    fn page() -> Instant {
        query();
        let between = Instant::now();
        query();
        accumulate!("acc.key", { spend(STEP) });
        between
    }

    let spy = Spy::new();
    spy.run(page);
    assert!(steps(&spy) >= 3.0, "{}", steps(&spy));
}

#[test]
fn what_lies_between_sections_is_not_counted() {
    let spy = Spy::new();
    let mut outside = Duration::ZERO;
    let start = Instant::now();
    spy.run(|| {
        let accumulator = Accumulator::new(KEY);
        accumulate!(accumulator, { spend(STEP) });
        let left = Instant::now();
        spend(10 * STEP);
        outside += left.elapsed();
        accumulate!(accumulator, { spend(STEP) });
    });
    let most = (start.elapsed() - outside).as_secs_f64() / STEP.as_secs_f64();
    // The clock of the sections and that of this test may differ by a little.
    assert!(
        (2.0..=most * 1.02).contains(&steps(&spy)),
        "{} of {most}",
        steps(&spy)
    );
}

#[test]
fn an_early_return_and_a_panic_record_what_there_was() {
    #[accumulated("acc.key")]
    fn early(fail: bool) -> Result<u32, String> {
        let rows: u32 = accumulate!("acc.key", {
            if fail {
                return Err("inside a section".into());
            }
            "7".parse().map_err(|_| String::from("no number"))?
        });
        Ok(rows)
    }

    #[accumulated("acc.key")]
    fn panics() {
        accumulate!("acc.key", { panic!("inside a section") });
    }

    let spy = Spy::new();
    spy.run(|| {
        assert_eq!(early(false), Ok(7));
        assert!(early(true).is_err());
        assert!(std::panic::catch_unwind(panics).is_err());
    });
    assert_eq!(readings(&spy), 3);
    // Nothing stays open behind them.
    spy.run(|| accumulate!("acc.key", {}));
    assert_eq!(readings(&spy), 4);
}

#[test]
fn without_a_section_there_is_no_reading() {
    #[accumulated("acc.key")]
    fn idle() {}

    let spy = Spy::new();
    spy.run(idle);
    spy.run(|| drop(Accumulator::new(KEY)));
    assert_eq!(readings(&spy), 0);
}

#[test]
fn nested_sections_and_recursion_count_once() {
    #[accumulated("acc.key")]
    fn recurse(depth: u32) {
        accumulate!("acc.key", {
            if depth > 0 {
                recurse(depth - 1);
            } else {
                spend(STEP);
            }
        });
    }

    let spy = Spy::new();
    let start = Instant::now();
    spy.run(|| recurse(5));
    let most = start.elapsed().as_secs_f64() / STEP.as_secs_f64();
    assert!(
        (1.0..=most * 1.02).contains(&steps(&spy)),
        "{} of {most}",
        steps(&spy)
    );
}

#[test]
fn a_block_can_open_one() {
    let spy = Spy::new();
    spy.run(|| {
        for _ in 0..3 {
            accumulate!("acc.key", open, {
                accumulate!("acc.key", {});
                accumulate!("acc.key", {});
            });
        }
    });
    assert_eq!(readings(&spy), 3);
}

#[test]
fn an_async_function_has_one_reading_across_threads_and_awaits() {
    #[accumulated("acc.key")]
    async fn page() -> u32 {
        let first = accumulate!("acc.key", {
            spend(STEP);
            executor::yield_now().await;
            1
        });
        executor::yield_now().await;
        accumulate!("acc.key", { spend(STEP) });
        first + 1
    }

    let spy = Spy::new();
    let mut task = Box::pin(spy.future(page()));
    loop {
        // Each poll on another thread, as a work-stealing runtime may do.
        let (back, polled) = thread::spawn(move || {
            let polled = executor::poll_once(task.as_mut());
            // Another task on the same thread is not in this accumulator.
            accumulate!("acc.other", {});
            (task, polled)
        })
        .join()
        .expect("a poll");
        task = back;
        if let std::task::Poll::Ready(value) = polled {
            assert_eq!(value, 2);
            break;
        }
    }
    assert!(steps(&spy) >= 2.0);
}

#[test]
fn tasks_that_take_turns_on_a_thread_do_not_mix() {
    #[accumulated("acc.key")]
    async fn page(sections: u32) {
        for _ in 0..sections {
            accumulate!("acc.key", { executor::yield_now().await });
        }
    }

    let spy = Spy::new();
    let mut none = Box::pin(spy.future(page(0)));
    let mut some = Box::pin(spy.future(page(2)));
    assert!(executor::poll_once(some.as_mut()).is_pending());
    assert!(executor::poll_once(none.as_mut()).is_ready());
    assert!(executor::poll_once(some.as_mut()).is_pending());
    assert!(executor::poll_once(some.as_mut()).is_ready());
    assert_eq!(readings(&spy), 1);
}

#[test]
fn a_cancelled_task_records_its_sections_the_running_one_included() {
    #[accumulated("acc.key")]
    async fn page() {
        accumulate!("acc.key", { std::future::pending::<()>().await });
    }

    let spy = Spy::new();
    let mut task = Box::pin(spy.future(page()));
    assert!(executor::poll_once(task.as_mut()).is_pending());
    assert_eq!(readings(&spy), 0);
    drop(task);
    assert_eq!(readings(&spy), 1);

    // One that was never polled did nothing.
    drop(Box::pin(spy.future(page())));
    assert_eq!(readings(&spy), 1);
}

#[test]
fn spawned_tasks_take_the_accumulator_along_when_they_are_told_to() {
    #[accumulated("acc.key")]
    async fn page() {
        let task = async { accumulate!("acc.key", { spend(STEP) }) }.in_accumulator();
        // Another thread stands for a runtime that has taken the task over.
        thread::spawn(move || {
            let mut task = Box::pin(task);
            assert!(executor::poll_once(task.as_mut()).is_ready());
        })
        .join()
        .expect("a task");
    }

    let spy = Spy::new();
    let mut task = Box::pin(spy.future(page()));
    assert!(executor::poll_once(task.as_mut()).is_ready());
    assert!(steps(&spy) >= 1.0);
}

#[test]
fn accumulators_by_name_stop_go_and_flush() {
    let spy = Spy::new();
    spy.run(|| {
        logd::start_accumulator(KEY);
        logd::start_accumulator(KEY);
        spend(STEP);
        logd::stop_accumulator(KEY);
        logd::stop_accumulator(KEY);
        logd::start_accumulator(KEY);
        spend(STEP);
        logd::stop_accumulator(KEY);
        logd::stop_accumulator("acc.never_started");
        logd::start_accumulator("acc.other");
        logd::flush_accumulator(KEY);
        logd::flush_accumulator(KEY);
    });
    assert!(steps(&spy) >= 2.0);
    assert_eq!(spy.timer("acc.other").count(), 0);
    spy.run(logd::flush_accumulators);
    assert_eq!(spy.timer("acc.other").count(), 1);
}

#[test]
fn timers_by_name_belong_to_the_thread() {
    let spy = Spy::new();
    spy.run(|| {
        logd::start_timer(KEY);
        logd::start_timer(KEY);
        let scope = logd::Scope::current();
        thread::scope(|threads| {
            threads.spawn(|| scope.run(|| logd::stop_timer(KEY)));
        });
        logd::stop_timer(KEY);
        logd::stop_timer(KEY);
    });
    assert_eq!(readings(&spy), 1);
}

#[test]
fn each_of_many_names_has_its_own_timer_and_accumulator() {
    let spies = [Spy::new(), Spy::new()];
    let names: Vec<String> = (0..3000)
        .map(|number| format!("acc.many.{number}"))
        .collect();
    for round in 1..=2 {
        for (spy, name) in names
            .iter()
            .flat_map(|name| spies.each_ref().map(|spy| (spy, name)))
        {
            let client = spy.client();
            client.start_timer(name);
            client.start_accumulator(name);
        }
        for (number, name) in names.iter().enumerate() {
            let [spy, other] = &spies;
            spy.client().stop_timer(name);
            // Stopped twice, and half of them in the other.
            spy.client().stop_timer(name);
            if number % 2 == 0 {
                other.client().stop_timer(name);
                spy.client().flush_accumulator(name);
            }
        }
        spies[0].client().flush_accumulators();
        for (number, name) in names.iter().enumerate().step_by(97) {
            let others = if number % 2 == 0 { round } else { 0 };
            // A timer and a sum each.
            spies[0].assert_timer(name, 2 * round);
            spies[1].assert_timer(name, others);
        }
    }
    spies[1].client().flush_accumulators();
    spies[1].assert_timer("acc.many.1", 1);
}

#[test]
fn what_a_thread_leaves_open_by_name_is_recorded_with_its_own_client() {
    let spy = Spy::new();
    // Joined, not scoped: a scope does not wait for a thread's destructors.
    let scope = spy.scope();
    let left_open = move || scope.run(|| logd::start_accumulator(KEY));
    thread::spawn(left_open).join().expect("a thread");
    assert_eq!(readings(&spy), 1);
}
