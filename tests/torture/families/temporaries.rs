//! Temporaries of the last expression, whose rule differs by edition: what borrows from
//! them compiles or not, and when they are dropped.
use std::{cell::RefCell, sync::Mutex};
use support::*;

twins! {
    pub struct Lock(Mutex<Vec<u8>>);
    impl Lock {
        pub fn new() -> Self { Self(Mutex::new(vec![1, 2])) }
        #[measure] pub fn tail_lock(&self) -> usize { self.0.lock().unwrap().len() }
        #[measure] pub fn tail_match(&self) -> usize { match self.0.lock().unwrap().first() { Some(n) => *n as usize, None => 0 } }
        #[measure] pub async fn async_tail_lock(&self) -> usize { pause().await; self.0.lock().unwrap().len() }
    }
    #[measure] pub fn local_borrowed_in_tail() -> usize { let cell = Noisy("cell"); let n = Noisy("tail").len() + cell.len(); n }
    #[measure] pub fn tail_after_locals() -> usize { let _local = Noisy("local"); Noisy("tail").len() }
    #[measure] pub async fn async_tail_after_locals() -> usize { let _local = Noisy("local"); pause().await; Noisy("tail").len() }
    #[measure] pub fn tail_if_let() -> usize { let _local = Noisy("local"); if let 4 = Noisy("tail").len() { log("then"); 1 } else { log("else"); 2 } }
    #[measure] pub fn block_after_locals() -> impl std::future::Future<Output = usize> { async { let _local = Noisy("local"); pause().await; Noisy("tail").len() } }
}

#[test]
fn locks() {
    same!({ let lock = Lock::new(); (lock.tail_lock(), lock.tail_match(), block_on(lock.async_tail_lock()), lock.tail_lock()) } => ["async_tail_lock", "tail_lock", "tail_lock", "tail_match"]);
}
#[test]
fn order() {
    same!(local_borrowed_in_tail() => ["local_borrowed_in_tail"]);
    same!(tail_after_locals() => ["tail_after_locals"]);
    same!(block_on(async_tail_after_locals()) => ["async_tail_after_locals"]);
    same!(tail_if_let() => ["tail_if_let"]);
    same!(block_on(block_after_locals()) => ["block_after_locals"]);
}

/// What `accumulate!` leaves as it is: the same expression with and without it.
#[test]
fn accumulate_keeps_the_rule_of_the_edition() {
    let plain = observe(|| {
        let n = {
            let _l = Noisy("local");
            Noisy("tail").len()
        } + {
            log("after");
            0
        };
        n
    })
    .0;
    let measured = observe(|| {
        let n = logd::accumulate!("t", {
            let _l = Noisy("local");
            Noisy("tail").len()
        }) + {
            log("after");
            0
        };
        n
    })
    .0;
    assert_eq!(plain, measured);
    let plain = observe(|| {
        Noisy("tail").len() + {
            log("after");
            0
        }
    })
    .0;
    let measured = observe(|| {
        logd::accumulate!("t", Noisy("tail").len()) + {
            log("after");
            0
        }
    })
    .0;
    assert_eq!(plain, measured);
    // Borrows from a temporary that lives until the end of the statement.
    let cell = RefCell::new(vec![1, 2]);
    assert_eq!(logd::accumulate!("t", cell.borrow().iter()).count(), 2);
    match logd::accumulate!("t", cell.borrow().first()) {
        Some(n) => assert_eq!(*n, 1),
        None => unreachable!(),
    };
}
