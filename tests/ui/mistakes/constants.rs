//! Keys and rates that the compiler refuses when it evaluates them.

const SPACED: &str = "a b";
const OFTEN: f64 = 1.5;

static EMPTY: logd::Counter = logd::Counter::new("");

static SPACE: logd::Timer = logd::Timer::new("orders placed");

static RATE: logd::Meter = logd::Meter::new("orders").rate(1.5);

#[logd::timed(SPACED)]
fn key() {}

#[logd::counted("a", rate = OFTEN)]
fn rate() {}

#[logd::timed("a", rate = f64::NAN)]
fn no_number() {}

fn main() {
    logd::count!("a b");
    logd::meter!("a", 1, rate = 0.0);
}
