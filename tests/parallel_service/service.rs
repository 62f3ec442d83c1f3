//! A shop as users annotate one: handles, macros and attributes of every kind, tasks, threads
//! and a blocking job, with no word about tests in it but that children take the scope along.

use std::future;
use std::sync::Arc;

use logd::{
    AccumulatorExt as _, Counter, Meter, Scope, accumulate, accumulated, count, counted, timed,
};
use tokio::task::{self, JoinSet};

static ITEMS: Counter = Counter::new("shop.items");
static OPEN: Meter = Meter::new("shop.open").hold();

pub(crate) struct Shop {
    mails: Counter,
}

#[derive(Debug)]
pub(crate) struct Declined;

impl Shop {
    pub(crate) fn new() -> Self {
        Shop {
            mails: Counter::new("shop.mail").rate(0.1),
        }
    }

    #[counted("shop.login", outcome)]
    pub(crate) fn login(&self, user: &str) -> Option<usize> {
        (!user.is_empty()).then_some(user.len())
    }

    /// Each order is a task of its own.
    pub(crate) async fn take_orders(self: &Arc<Self>, orders: u32, declined_every: u32) {
        let mut tasks = JoinSet::new();
        for order in 1..=orders {
            let shop = Arc::clone(self);
            let work = async move { shop.order(order, order % declined_every != 0).await };
            tasks.spawn(Scope::current().future(work));
        }
        while let Some(done) = tasks.join_next().await {
            let _ = done.expect("an order does not panic");
        }
        OPEN.set(orders);
    }

    #[timed("shop.order", rate = 0.5)]
    async fn order(&self, order: u32, covered: bool) -> Result<u32, Declined> {
        ITEMS.add(3);
        let price = self.price(order).await;
        task::yield_now().await;
        self.pay(price, covered).await?;
        self.mails.increment();
        Ok(price)
    }

    /// One reading of `shop.db` for an order, whatever the number of queries.
    #[accumulated("shop.db")]
    async fn price(&self, order: u32) -> u32 {
        let rows = accumulate!("shop.db", { self.read("orders", order).await });
        let work = async move { accumulate!("shop.db", { read("orders", rows) }) };
        // In a task of its own, which takes the accumulator and the scope along.
        task::spawn(Scope::current().future(work.in_accumulator()))
            .await
            .expect("a price")
    }

    async fn read(&self, table: &str, order: u32) -> u32 {
        task::yield_now().await;
        read(table, order)
    }

    #[timed("shop.pay", outcome)]
    async fn pay(&self, price: u32, covered: bool) -> Result<u32, Declined> {
        task::yield_now().await;
        if covered { Ok(price) } else { Err(Declined) }
    }

    /// A customer who leaves before the payment is through.
    pub(crate) async fn give_up(&self) {
        let mut payment = Box::pin(self.pay_for_ever());
        tokio::select! {
            biased;
            _ = &mut payment => unreachable!("it never ends"),
            () = task::yield_now() => {}
        }
    }

    #[timed("shop.pay", outcome)]
    async fn pay_for_ever(&self) -> Result<u32, Declined> {
        future::pending().await
    }

    /// Blocking work, on a thread that the runtime keeps for that.
    pub(crate) async fn report(&self) {
        let write = Scope::current().wrap(|| count!("shop.files"));
        task::spawn_blocking(write).await.expect("a report");
    }
}

#[counted("shop.table.{table}.reads")]
fn read(table: &str, row: u32) -> u32 {
    row.wrapping_add(u32::try_from(table.len()).unwrap_or(0))
}
