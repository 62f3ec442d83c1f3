//! The shop, annotated: pages for visitors, checkouts that reserve, pay and store, a warehouse
//! that packs. Lines with `truth::` are this example's own bookkeeping; a service has none.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use logd::{Counter, Meter, accumulate, accumulated, count, counted, timed};
use tokio::time::{sleep, timeout};

use crate::truth;

static HITS: Counter = Counter::new("cache.hits").rate(0.05);
static MISSES: Counter = Counter::new("cache.misses");
static ENTRIES: Meter = Meter::new("cache.entries");
static STOCK: Counter = Counter::new("stock");

/// How long a customer waits at the till.
const PATIENCE: Duration = Duration::from_millis(25);

pub struct Cart {
    pub customer: u32,
    pub products: Vec<u32>,
}

pub struct Order {
    pub products: Vec<u32>,
}

/// Why a checkout ends without an order.
pub enum Refusal {
    SoldOut,
    Declined,
}

pub struct Shop {
    cache: Cache,
    database: Database,
    warehouse: Sender<Order>,
}

impl Shop {
    pub fn new(warehouse: Sender<Order>) -> Shop {
        Shop {
            cache: Cache::default(),
            database: Database,
            warehouse,
        }
    }

    /// A product's page; none for what the shop does not have.
    #[timed("page", rate = 0.01)]
    pub fn page(&self, product: u32) -> Option<String> {
        truth::PAGE.mark();
        let cents = self.price(product)?;
        Some(format!("{product}: {}.{:02}", cents / 100, cents % 100))
    }

    fn price(&self, product: u32) -> Option<u32> {
        if let Some(cents) = self.cache.get(product) {
            return Some(cents);
        }
        let cents = self.database.load(product)?;
        self.cache.put(product, cents);
        Some(cents)
    }

    /// Serves a customer, who leaves when it takes too long: the checkout is dropped half done.
    pub async fn serve(&self, cart: Cart) {
        greet(cart.customer);
        match timeout(PATIENCE, self.checkout(cart)).await {
            Ok(Ok(())) => {}
            Ok(Err(Refusal::SoldOut)) => {
                truth::SOLD_OUT.mark();
                count!("checkout.sold_out");
            }
            Ok(Err(Refusal::Declined)) => {
                truth::DECLINED.mark();
                count!("checkout.declined");
            }
            Err(_) => {
                truth::ABANDONED.mark();
                count!("checkout.abandoned");
            }
        }
    }

    /// From the cart to the warehouse. However it ends, `checkout` has its time, and
    /// `timers.db` the part of it that went to the database, as one reading.
    #[timed("checkout", rate = 0.1)]
    #[accumulated("timers.db")]
    async fn checkout(&self, cart: Cart) -> Result<(), Refusal> {
        truth::CHECKOUT.mark();
        truth::DATABASE_TIME.mark();
        accumulate!("timers.db", {
            self.database.reserve(&cart.products).await?;
        });
        pay(cart.customer).await?;
        let order = Order {
            products: cart.products,
        };
        accumulate!("timers.db", self.database.store(&order).await);
        // Fails only when the warehouse has closed, and then nobody misses the order.
        let _ = self.warehouse.send(order);
        Ok(())
    }
}

/// Counted as `quickstart.service.greet`: an attribute without a name takes the function's path.
#[counted]
fn greet(_customer: u32) {
    truth::GREET.mark();
}

/// Timed as `quickstart.service.pay`.
#[timed]
async fn pay(customer: u32) -> Result<(), Refusal> {
    truth::PAY.mark();
    if customer.is_multiple_of(41) {
        // The bank does not answer: longer than anybody waits.
        sleep(PATIENCE * 2).await;
    }
    sleep(Duration::from_millis(2)).await;
    if customer.is_multiple_of(17) {
        return Err(Refusal::Declined);
    }
    Ok(())
}

/// What the warehouse's thread does with an order.
#[timed("warehouse.pack", rate = 0.5)]
pub fn pack(order: &Order) {
    truth::PACK.mark();
    truth::STOCK.add(-(order.products.len() as i64));
    STOCK.add(-(order.products.len() as i64));
    thread::sleep(Duration::from_micros(20));
}

#[derive(Default)]
struct Cache {
    prices: Mutex<HashMap<u32, u32>>,
}

impl Cache {
    const CAPACITY: usize = 1_800;

    #[timed("cache.get", rate = 0.05)]
    fn get(&self, product: u32) -> Option<u32> {
        truth::CACHE_GET.mark();
        let Some(cents) = self.prices.lock().unwrap().get(&product).copied() else {
            truth::MISSES.mark();
            MISSES.increment();
            return None;
        };
        truth::HITS.mark();
        HITS.increment();
        Some(cents)
    }

    fn put(&self, product: u32, cents: u32) {
        let mut prices = self.prices.lock().unwrap();
        if prices.len() == Cache::CAPACITY {
            truth::EVICTIONS.add(prices.len() as i64);
            count!("cache.evictions", by = prices.len());
            prices.clear();
        }
        prices.insert(product, cents);
        ENTRIES.set(prices.len());
    }
}

struct Database;

/// On the whole block: `db.load`, `db.reserve`, `db.store`.
#[timed("db")]
impl Database {
    fn load(&self, product: u32) -> Option<u32> {
        truth::DB_LOAD.mark();
        thread::sleep(Duration::from_micros(100));
        if product.is_multiple_of(1_009) {
            return None;
        }
        Some(99 + product % 5_000)
    }

    async fn reserve(&self, products: &[u32]) -> Result<(), Refusal> {
        truth::DB_RESERVE.mark();
        for product in products {
            if product.is_multiple_of(97) {
                return Err(Refusal::SoldOut);
            }
        }
        sleep(Duration::from_millis(1)).await;
        Ok(())
    }

    async fn store(&self, _order: &Order) {
        truth::DB_STORE.mark();
        sleep(Duration::from_millis(1)).await;
    }
}
