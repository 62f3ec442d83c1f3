//! A program that uses all of the interface, as users write it.

use std::time::Duration;

use logd::testing::Spy;
use logd::{
    Accumulator, AccumulatorExt as _, Client, Counter, FlushReport, Meter, Outcome, Scope, Timer,
    accumulate, accumulated, count, counted, meter, time, timed,
};

static COUNTER: Counter = Counter::new("off.counter").rate(0.5);
static METER: Meter = Meter::new("off.meter").hold();
static TIMER: Timer = Timer::new("off.timer");

/// An answer that is asked whether it is one.
#[derive(Debug)]
pub struct Answer(pub u32);

impl Outcome for Answer {
    fn is_ok(&self) -> bool {
        // Never asked when calls are compiled away.
        unreachable!("asked for an outcome")
    }
}

/// Uses macros; `touched` is in their arguments alone.
pub fn macros(touched: &mut u32) {
    let mut touch = || {
        *touched += 1;
        *touched
    };
    count!("off.count");
    count!("off.count", by = touch());
    meter!("off.level", touch(), rate = 0.5);
    time!("off.time", Duration::from_secs(touch().into()));
}

/// Uses handles.
pub fn handles() {
    COUNTER.increment();
    COUNTER.decrement();
    COUNTER.add(7);
    METER.set(0.5);
    TIMER.record(Duration::from_millis(1));
    TIMER.start().stop();
    TIMER.start().discard();
    let _timed = TIMER.start();
}

/// Uses every attribute.
#[timed("off.timed", rate = 0.1)]
#[counted("off.counted")]
#[must_use]
pub fn attributes(name: &str) -> Answer {
    named(name) + outcome(1).unwrap_or(0)
}

impl std::ops::Add<u32> for Answer {
    type Output = Self;

    fn add(self, more: u32) -> Self {
        Self(self.0 + more)
    }
}

#[timed("off.{name}.named", outcome)]
fn named(name: &str) -> Answer {
    Answer(u32::try_from(name.len()).unwrap_or(0))
}

#[counted("off.outcome", outcome)]
fn outcome(number: u32) -> Option<u32> {
    number.checked_sub(1)
}

/// Sections run, and their values come out.
///
/// # Errors
///
/// When the text is no number.
#[accumulated("off.sum")]
pub fn sections(text: &str) -> Result<u32, std::num::ParseIntError> {
    let value = Accumulator::new("off.value");
    let first = accumulate!("off.sum", { text.parse::<u32>()? });
    let second = accumulate!(value, { first + 1 });
    let third = accumulate!("off.open", open, { second + 1 });
    value.flush();
    Ok(accumulate!("off.alone", rate = 0.5, third + 1))
}

/// The same in a task.
///
/// # Errors
///
/// When the text is no number.
#[accumulated("off.task")]
pub async fn task(text: &str) -> Result<u32, std::num::ParseIntError> {
    let value = accumulate!("off.task", {
        std::future::ready(text.parse::<u32>()).await?
    });
    let child = async { accumulate!("off.task", { value + 1 }) };
    Ok(child.in_accumulator().await)
}

/// Uses clients, scopes and what is done by name.
///
/// # Errors
///
/// When a setting can not be used, which is checked all the same.
pub fn clients() -> Result<FlushReport, logd::Error> {
    let client = Client::builder().port(8126).prefix("shop").build()?;
    client.increment("off.named");
    client.counter("off.made")?.increment();
    client.meter("off.made")?.set(1);
    client.timer("off.made")?.start().stop();
    client.set("off.named", 2.5);
    client.record("off.named", Duration::ZERO);
    client.delete_log("app.log")?;
    client.start_timer("off.manual");
    client.stop_timer("off.manual");
    logd::start_timer("off.manual");
    logd::stop_timer("off.manual");
    logd::start_accumulator("off.manual");
    logd::stop_accumulator("off.manual");
    logd::flush_accumulator("off.manual");
    logd::flush_accumulators();
    logd::delete_log("app.log")?;
    Scope::current().run(|| COUNTER.increment());
    let spy = Spy::new();
    spy.run(handles);
    let _ = spy.counter("off.counter").total();
    Ok(client.flush(Duration::from_secs(1)))
}
