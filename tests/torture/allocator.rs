//! A global allocator whose methods are measured: every way of recording allocates at times,
//! and may then come in on itself.

use std::alloc::{GlobalAlloc, Layout, System};

use logd::testing::Spy;

struct Measured;

#[logd::timed]
unsafe impl GlobalAlloc for Measured {
    #[logd::counted("allocator.count")]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        templated(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }

    #[logd::accumulated("allocator.sum")]
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        logd::accumulate!("allocator.sum", unsafe { System.realloc(at, layout, size) })
    }
}

#[logd::timed("allocator.{size}", outcome)]
fn templated(size: usize) -> Option<usize> {
    size.checked_sub(1)
}

#[global_allocator]
static ALLOCATOR: Measured = Measured;

#[test]
fn an_allocator_may_be_measured() {
    let spy = Spy::new();
    spy.run(|| {
        let mut all = Vec::new();
        for n in 0..1000_usize {
            all.push(vec![n; n % 10 + 1]);
        }
        std::thread::spawn(move || drop(all))
            .join()
            .expect("the thread");
        let many: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        assert_eq!(many.concat().len(), 190);
    });
    assert!(spy.counter("allocator.count").total() >= 1000);
    assert!(spy.timer("allocator.Measured.alloc").count() >= 1000);
    assert!(spy.timer("allocator.Measured.dealloc").count() >= 100);
}
