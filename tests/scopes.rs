//! Scopes and spies: what runs in a scope is recorded with its client and nowhere
//! else, in closures, threads, futures and destructors, so tests run in parallel.

mod executor;

use std::cell::RefCell;
use std::task::Poll;
use std::thread;

use logd::testing::Spy;
use logd::{Client, Counter, Meter, Scope, Timer, count, counted, timed};

static HITS: Counter = Counter::new("scopes.hits");
static LEVEL: Meter = Meter::new("scopes.level");
static WORK: Timer = Timer::new("scopes.work");

fn hits(spy: &Spy) -> i64 {
    spy.counter("scopes.hits").total()
}

#[test]
fn handles_macros_and_attributes_record_with_the_scopes_client() {
    #[timed("scopes.timed")]
    #[counted("scopes.counted")]
    fn work() {
        count!("scopes.macro", by = 5);
        HITS.increment();
        LEVEL.set(2.5);
        WORK.start().stop();
    }

    let (spy, other) = (Spy::new(), Spy::new());
    spy.run(work);
    assert_eq!(hits(&spy), 1);
    assert_eq!(spy.counter("scopes.macro").total(), 5);
    assert_eq!(spy.counter("scopes.counted").total(), 1);
    assert_eq!(spy.timer("scopes.timed").count(), 1);
    assert_eq!(spy.timer("scopes.work").count(), 1);
    assert_eq!(spy.meter("scopes.level").last(), Some(2.5));
    assert!(other.keys().is_empty());
}

#[test]
fn scopes_nest_and_restore_what_was_before_also_after_a_panic() {
    let (outer, inner) = (Spy::new(), Spy::new());
    outer.run(|| {
        HITS.increment();
        let panicked = std::panic::catch_unwind(|| {
            inner.run(|| {
                HITS.increment();
                // The outer client again: its shard may have to grow meanwhile.
                outer.run(|| {
                    for n in 0..100 {
                        outer.client().increment(&format!("scopes.grown.{n}"));
                        HITS.increment();
                    }
                });
                panic!("inside of the inner scope");
            });
        });
        assert!(panicked.is_err());
        HITS.increment();
    });
    assert_eq!((hits(&outer), hits(&inner)), (102, 1));
}

#[test]
fn a_thread_starts_outside_and_takes_a_scope_along_when_it_is_given_one() {
    let spy = Spy::new();
    spy.run(|| {
        let wrapped = Scope::current().wrap(|| HITS.increment());
        thread::spawn(wrapped).join().expect("a thread");
    });
    assert_eq!(hits(&spy), 1);
}

#[test]
fn a_future_stays_in_its_scope_on_every_poll_and_when_it_is_dropped() {
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            HITS.add(100);
        }
    }

    let (spy, other) = (Spy::new(), Spy::new());
    let mut future = Box::pin(spy.future(async {
        let _on_drop = OnDrop;
        HITS.increment();
        executor::yield_now().await;
        HITS.increment();
        std::future::pending::<()>().await;
    }));
    other.run(|| {
        assert!(executor::poll_once(future.as_mut()).is_pending());
        HITS.add(1000);
        assert!(executor::poll_once(future.as_mut()).is_pending());
        drop(future);
    });
    assert_eq!((hits(&spy), hits(&other)), (102, 1000));
}

#[test]
fn a_future_that_is_done_gives_its_value() {
    let spy = Spy::new();
    let mut future = Box::pin(spy.future(async { 7 }));
    assert_eq!(executor::poll_once(future.as_mut()), Poll::Ready(7));
}

#[test]
fn destructors_of_thread_locals_record_in_whatever_order_they_run() {
    struct Late(RefCell<Option<Spy>>);
    impl Drop for Late {
        fn drop(&mut self) {
            if let Some(spy) = self.0.take() {
                spy.run(|| HITS.increment());
                spy.client().increment("scopes.late");
            }
        }
    }
    thread_local! {
        // One registered before the recorder's own thread-local, one after it: one
        // of them runs when the recorder's is gone.
        static BEFORE: Late = const { Late(RefCell::new(None)) };
        static AFTER: Late = const { Late(RefCell::new(None)) };
    }

    let spy = Spy::new();
    let given = spy.clone();
    thread::spawn(move || {
        BEFORE.with(|late| late.0.replace(Some(given.clone())));
        given.run(|| HITS.increment());
        AFTER.with(|late| late.0.replace(Some(given.clone())));
    })
    .join()
    .expect("a thread");
    assert_eq!(hits(&spy), 3);
    assert_eq!(spy.counter("scopes.late").total(), 2);
}

#[test]
fn a_noop_client_records_nothing_and_costs_no_report() {
    let client = Client::noop();
    client.scope().run(|| {
        HITS.increment();
        WORK.start().stop();
        LEVEL.set(f64::NAN);
    });
    client.increment("");
    let stats = client.stats();
    assert_eq!(
        (stats.events(), stats.dropped(), stats.pending()),
        (0, 0, 0)
    );
}
