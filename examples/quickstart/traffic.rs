//! Who uses the shop: visitors who turn pages on threads, customers who buy on a tokio runtime,
//! and the warehouse's thread, which packs until the last order is done.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::service::{self, Cart, Shop};

pub const VISITORS: u32 = 2;
pub const CUSTOMERS: u32 = 24;

/// Opens the shop for this long. All threads and tasks have ended when this returns, so that
/// everything which was measured is there to be flushed.
pub fn run(time: Duration) {
    let closing = Instant::now() + time;
    let (orders, incoming) = mpsc::channel();
    let shop = Arc::new(Shop::new(orders));

    let warehouse = thread::spawn(move || incoming.iter().for_each(|order| service::pack(&order)));
    let visitors: Vec<_> = (0..VISITORS)
        .map(|number| {
            let shop = Arc::clone(&shop);
            thread::spawn(move || visit(&shop, Choices(number), closing))
        })
        .collect();
    buy(shop, closing);

    for visitor in visitors {
        visitor.join().expect("a visitor leaves in peace");
    }
    // The last handle of the shop went with the visitors, and the way to the warehouse with it.
    warehouse.join().expect("the warehouse closes in peace");
}

fn visit(shop: &Shop, mut choices: Choices, closing: Instant) {
    while Instant::now() < closing {
        shop.page(choices.product());
    }
}

#[tokio::main(worker_threads = 2)]
async fn buy(shop: Arc<Shop>, closing: Instant) {
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|number| tokio::spawn(order(Arc::clone(&shop), number, closing)))
        .collect();
    for customer in customers {
        customer.await.expect("a customer leaves in peace");
    }
}

async fn order(shop: Arc<Shop>, number: u32, closing: Instant) {
    let mut choices = Choices(number);
    while Instant::now() < closing {
        let customer = choices.next();
        let products = (0..3).map(|_| choices.product()).collect();
        shop.serve(Cart { customer, products }).await;
    }
}

/// Numbers that look arbitrary, from a linear congruence: enough to choose products by.
struct Choices(u32);

impl Choices {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The low bits of such numbers repeat soonest.
        self.0 >> 8
    }

    /// A few products are popular and most are not.
    fn product(&mut self) -> u32 {
        let popularity = (0..3).map(|_| self.next() % 2_000).min();
        1 + popularity.unwrap_or_default()
    }
}
