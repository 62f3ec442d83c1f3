//! A small annotated service under 500 tests, each of which asserts its own numbers through a
//! spy while the others run: in as many test threads as there are, on one runtime for all of
//! them, whose threads steal each other's tasks. Nothing here takes turns.

mod service;

use std::sync::{Arc, LazyLock};
use std::thread;

use logd::testing::Spy;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Barrier;

use service::Shop;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime")
});

/// What one test does, and what has to come of it: numbers of its own.
struct Case {
    logins: u32,
    orders: u32,
    /// Every so many orders fail, the rest are paid.
    declined_every: u32,
    cancelled: u32,
}

impl Case {
    fn of(number: u32) -> Self {
        Case {
            logins: number % 7 + 1,
            orders: number % 5 + number / 50 + 1,
            declined_every: number % 3 + 2,
            cancelled: number % 2,
        }
    }

    async fn run(&self) {
        let shop = Arc::new(Shop::new());
        for login in 0..self.logins {
            shop.login(if login % 2 == 0 { "ada" } else { "" });
        }
        shop.take_orders(self.orders, self.declined_every).await;
        for _ in 0..self.cancelled {
            shop.give_up().await;
        }
        shop.report().await;
    }

    fn check(&self, spy: &Spy) {
        let declined = self.orders / self.declined_every;
        let paid = self.orders - declined;
        let known = self.logins.div_ceil(2);
        spy.assert_counter("shop.login.ok", known);
        spy.assert_counter("shop.login.err", self.logins - known);
        spy.assert_timer("shop.order", self.orders.into());
        spy.assert_timer("shop.pay.ok", paid.into());
        spy.assert_timer("shop.pay.err", declined.into());
        spy.assert_timer("shop.pay.cancelled", self.cancelled.into());
        spy.assert_counter("shop.items", self.orders * 3);
        spy.assert_timer("shop.db", self.orders.into());
        spy.assert_counter("shop.table.orders.reads", self.orders * 2);
        spy.assert_counter("shop.mail", paid);
        spy.assert_counter("shop.files", 1);
        spy.assert_meter("shop.open", self.orders);
        assert_eq!(spy.meter("shop.open").readings(), 1);
    }

    fn test(number: u32) {
        let (case, spy) = (Case::of(number), Spy::new());
        RUNTIME.block_on(spy.future(case.run()));
        case.check(&spy);
    }
}

/// A module of twenty tests for each number.
macro_rules! tests {
    ($($module:ident: $twenty:literal,)*) => {$(
        mod $module {
            tests!(@ $twenty, a 0 b 1 c 2 d 3 e 4 f 5 g 6 h 7 i 8 j 9
                k 10 l 11 m 12 n 13 o 14 p 15 q 16 r 17 s 18 t 19);
        }
    )*};
    (@ $twenty:literal, $($name:ident $number:literal)*) => {$(
        #[test]
        fn $name() {
            super::Case::test($twenty * 20 + $number);
        }
    )*};
}

tests! {
    m00: 0, m01: 1, m02: 2, m03: 3, m04: 4, m05: 5, m06: 6, m07: 7, m08: 8, m09: 9,
    m10: 10, m11: 11, m12: 12, m13: 13, m14: 14, m15: 15, m16: 16, m17: 17, m18: 18, m19: 19,
    m20: 20, m21: 21, m22: 22, m23: 23, m24: 24,
}

/// The same 500 at one and the same time: none goes on before all have begun.
#[test]
fn all_at_once() {
    let together = Arc::new(Barrier::new(500));
    let all: Vec<_> = (0..500)
        .map(|number| {
            let (spy, together) = (Spy::new(), Arc::clone(&together));
            let scope = spy.scope();
            let task = RUNTIME.spawn(scope.future(async move {
                together.wait().await;
                Case::of(number).run().await;
            }));
            (number, spy, task)
        })
        .collect();
    for (number, spy, task) in all {
        RUNTIME.block_on(task).expect("no panic");
        Case::of(number).check(&spy);
    }
}

/// And on threads without a runtime, where a scope is all that there is.
#[test]
fn on_threads_of_their_own() {
    thread::scope(|threads| {
        for number in 0..50 {
            threads.spawn(move || {
                let spy = Spy::new();
                spy.run(|| {
                    let shop = Shop::new();
                    (0..number).for_each(|_| {
                        shop.login("ada");
                    });
                });
                spy.assert_counter("shop.login.ok", number);
                let used: &[&str] = if number > 0 { &["shop.login.ok"] } else { &[] };
                spy.assert_keys(used.iter().copied());
            });
        }
    });
}
