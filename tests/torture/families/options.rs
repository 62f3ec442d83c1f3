//! Names, rates and templates.
use support::*;

mod keys {
    pub const LOAD: &str = "keys.load";
    pub const RATE: f64 = 0.25;
}
const NAME: &str = "name.const";
const __LOGD_TIMED: &str = "odd";

#[logd::timed]
fn derived() {}
#[logd::timed()]
fn derived_parentheses() {}
#[logd::timed("lit", rate = 1)]
fn literal() {}
#[logd::timed(rate = 0.5)]
fn rate_only() {}
#[logd::timed(rate = 0.5, "late")]
fn name_late() {}
#[logd::timed(NAME)]
fn constant() {}
#[logd::timed(self::keys::LOAD, rate = keys::RATE)]
fn path() {}
#[logd::timed(concat!("a", ".", "b"))]
fn joined() {}
#[logd::timed({ keys::LOAD })]
fn braced() {}
#[logd::timed(NAME, rate = keys::RATE / 2.0)]
fn expression() {}
#[logd::timed(__LOGD_TIMED)]
fn odd_constant() {}
#[logd::timed(r"raw.key")]
fn raw() {}
#[logd::timed("größe")]
fn umlaut() {}
#[logd::timed("db.{table}.load")]
fn template(table: &str) -> usize {
    table.len()
}
#[logd::timed("db.{table}.{shard}_{table}", rate = 0.5)]
fn template_two(shard: u8, table: String) -> String {
    let _ = shard;
    table
}
#[logd::counted("hits.{kind}")]
async fn template_async(kind: &'static str) -> u8 {
    pause().await;
    1
}
#[logd::timed("b.{name}")]
fn template_block(name: String) -> impl std::future::Future<Output = String> {
    async move {
        pause().await;
        name
    }
}
#[logd::timed("raw.{type}")]
fn template_raw(r#type: u8) -> u8 {
    r#type
}
#[logd::timed("p.{a}.{b}")]
fn template_pattern((a, _): (u8, u8), Named { b, .. }: Named) -> u8 {
    a + b
}
struct Named {
    b: u8,
    #[allow(dead_code)]
    c: u8,
}
#[logd::timed("one")]
#[logd::counted("two")]
#[logd::timed("three")]
fn stacked() -> u8 {
    1
}
#[logd::timed("one")]
#[logd::counted("two")]
#[logd::accumulated("three")]
async fn stacked_async(a: String) -> Result<usize, std::num::ParseIntError> {
    pause().await;
    let n: usize = a.parse()?;
    Ok(n)
}

#[test]
fn names_are_derived_written_constant_or_joined() {
    let ((), events) = recorded(|| {
        derived();
        derived_parentheses();
        literal();
        rate_only();
        name_late();
        constant();
        path();
        joined();
        braced();
        expression();
        odd_constant();
        raw();
        umlaut();
    });
    assert_eq!(
        events,
        [
            "timed a.b",
            "timed größe",
            "timed keys.load",
            "timed keys.load",
            "timed late",
            "timed lit",
            "timed name.const",
            "timed name.const",
            "timed odd",
            "timed raw.key",
            "timed shapes.options.derived",
            "timed shapes.options.derived_parentheses",
            "timed shapes.options.rate_only",
        ]
    );
}

#[test]
fn templates_name_arguments_of_every_kind() {
    let ((), events) = recorded(|| {
        template("users");
        template_two(3, "t".into());
        block_on(template_async("x"));
        block_on(template_block("n".into()));
        template_raw(7);
        template_pattern((1, 2), Named { b: 3, c: 4 });
    });
    assert_eq!(
        events,
        [
            "counted hits.x",
            "timed b.n",
            "timed db.t.3_t",
            "timed db.users.load",
            "timed p.1.3",
            "timed raw.7",
        ]
    );
}

#[test]
fn a_rate_clocks_some_calls_and_counts_all() {
    let spy = logd::testing::Spy::new();
    spy.run(|| (0..1000).for_each(|_| rate_only()));
    let timer = spy.timer("shapes.options.rate_only");
    assert_eq!(timer.count(), 1000);
    assert!((300..700).contains(&timer.clocked()), "{timer:?}");
}

#[test]
fn attributes_stack() {
    let (value, events) = recorded(|| (stacked(), block_on(stacked_async("4".into()))));
    assert_eq!(value, (1, Ok(4)));
    assert_eq!(
        events,
        [
            "counted two",
            "counted two",
            "timed one",
            "timed one",
            "timed three"
        ]
    );
}

#[logd::timed("one", outcome)]
#[logd::counted("two.{x}.{y}")]
fn stacked_by_argument(_z: Noisy, (x, _): (u8, u8), mut y: u8) -> Option<u8> {
    y += x;
    Some(y)
}

#[logd::accumulated("three")]
#[logd::counted("four.{x}.{y}", outcome)]
async fn stacked_by_argument_async(_z: Noisy, (x, _): (u8, u8), mut y: u8) -> Option<u8> {
    pause().await;
    y += x;
    Some(y)
}

#[test]
fn an_attribute_leaves_the_next_one_its_arguments() {
    let z = || Noisy("z");
    let (value, events) = recorded(|| {
        (
            stacked_by_argument(z(), (1, 3), 2),
            block_on(stacked_by_argument_async(z(), (1, 3), 2)),
        )
    });
    assert_eq!(value, (Some(3), Some(3)));
    assert_eq!(
        events,
        ["counted four.1.2.ok", "counted two.1.2", "timed one.ok"]
    );
}
