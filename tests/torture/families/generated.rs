//! Functions made by `macro_rules!`, whose fragments arrive in invisible delimiters.
use support::*;

macro_rules! whole { ($($item:item)*) => { $($item)* } }
macro_rules! attributed {
    ($item:item) => {
        #[logd::timed]
        $item
    };
}
macro_rules! pieces {
    ($vis:vis $name:ident ($($arg:ident: $type:ty),*) -> $ret:ty $body:block) => {
        #[logd::timed] $vis fn $name($($arg: $type),*) -> $ret $body
    };
}
macro_rules! pieces_async {
    ($name:ident ($pat:pat in $type:ty) -> $ret:ty $body:block) => {
        #[logd::timed("pieces.async", outcome)] async fn $name($pat: $type) -> $ret $body
        };
}
macro_rules! foreign {
    ($abi:literal, $name:ident $params:tt -> $ret:ty $body:block) => {
        #[logd::timed("pieces.foreign")] extern $abi fn $name $params -> $ret $body
    };
}
macro_rules! tail {
    ($name:ident, $e:expr) => {
        #[logd::timed]
        fn $name() -> impl std::future::Future<Output = u8> {
            async move { $e }
        }
    };
}
macro_rules! key {
    ($name:ident, $key:literal, $rate:literal) => {
        #[logd::timed($key, rate = $rate)]
        fn $name() -> u8 {
            1
        }
    };
}
macro_rules! key_expr {
    ($name:ident, $key:expr, $rate:expr) => {
        #[logd::timed($key, rate = $rate)]
        fn $name() -> u8 {
            1
        }
    };
}
macro_rules! key_path {
    ($name:ident, $key:path) => {
        #[logd::timed($key)]
        fn $name() -> u8 {
            1
        }
    };
}
macro_rules! hygienic {
    ($name:ident, $arg:ident) => {
        #[logd::timed(outcome)]
        fn $name($arg: u8) -> Option<u8> {
            let local = 1;
            $arg.checked_sub(local)
        }
    };
}
macro_rules! hygienic_async {
    ($name:ident, $arg:ident) => {
        #[logd::accumulated]
        async fn $name(first: String, $arg: String) -> usize {
            let local = 1;
            pause().await;
            $arg.len() + first.len() + local
        }
    };
}
macro_rules! template {
    ($name:ident, $arg:ident) => {
        #[logd::timed("db.{table}")]
        fn $name(table: &str, $arg: u8) -> u8 {
            $arg
        }
    };
}
macro_rules! section {
    ($key:literal, $e:expr) => {
        logd::accumulate!($key, $e)
    };
    ($key:literal; $b:block) => {
        logd::accumulate!($key, $b)
    };
}
macro_rules! methods { ($type:ident { $($name:ident => $value:expr),* }) => { #[logd::timed] impl $type { $(fn $name(&self) -> u8 { $value })* } }; }

whole! { #[logd::timed] fn whole_one() -> u8 { 1 } #[logd::counted] async fn whole_two() -> u8 { 2 } }
attributed! { fn attributed_one() -> u8 { 1 } }
attributed! { pub(crate) async fn attributed_two<T: Clone>(t: T) -> T where T: Copy { t.clone() } }
pieces! { pub(crate) pieces_public(a: u8, b: &'static str) -> Result<usize, std::num::ParseIntError> { let n: usize = b.parse()?; Ok(n + a as usize) } }
pieces! { pieces_private() -> u8 { return 1; } }
pieces_async! { pieces_async((a, b) in (u8, u8)) -> Option<u8> { pause().await; a.checked_sub(b) } }
foreign! { "C", foreign_one(a: u8) -> u8 { a + 1 } }
tail! { tail_one, 1 + 2 }
key! { key_one, "generated.key", 0.5 }
key_expr! { key_two, "generated.expr", 0.5 }
mod keys {
    pub const KEY: &str = "generated.path";
    pub const RATE: f64 = 0.25;
}
key_expr! { key_three, keys::KEY, keys::RATE }
key_path! { key_four, keys::KEY }
hygienic! { hygienic_one, local }
hygienic_async! { hygienic_two, local }
template! { template_one, other }
struct Made;
methods! { Made { first => 1, second => 2 } }

#[test]
fn made_functions_behave() {
    let (value, events) = recorded(|| {
        (
            whole_one(),
            block_on(whole_two()),
            attributed_one(),
            block_on(attributed_two(3)),
        )
    });
    assert_eq!(value, (1, 2, 1, 3));
    assert_eq!(
        functions(&events),
        ["attributed_one", "attributed_two", "whole_one", "whole_two"]
    );
    let (value, events) = recorded(|| (pieces_public(1, "2"), pieces_private()));
    assert_eq!(value, (Ok(3), 1));
    assert_eq!(functions(&events), ["pieces_private", "pieces_public"]);
    let (value, events) = recorded(|| foreign_one(1));
    assert_eq!(
        (value, &events[..]),
        (2, &["timed pieces.foreign".to_owned()][..])
    );
    let (value, events) = recorded(|| (block_on(pieces_async((1, 2))), block_on(tail_one())));
    assert_eq!(value, (None, 3));
    assert_eq!(
        events,
        ["timed pieces.async.err", "timed shapes.generated.tail_one"]
    );
    let (value, events) = recorded(|| (key_one(), key_two(), key_three(), key_four()));
    assert_eq!(value, (1, 1, 1, 1));
    assert_eq!(
        events,
        [
            "timed generated.expr",
            "timed generated.key",
            "timed generated.path",
            "timed generated.path"
        ]
    );
    let (value, events) = recorded(|| {
        (
            hygienic_one(1),
            block_on(hygienic_two("a".into(), "b".into())),
            template_one("t", 4),
        )
    });
    assert_eq!(value, (Some(0), 3, 4));
    assert_eq!(
        events,
        ["timed db.t", "timed shapes.generated.hygienic_one.ok"]
    );
    let (value, events) = recorded(|| (Made.first(), Made.second()));
    assert_eq!(value, (1, 2));
    assert_eq!(
        events,
        [
            "timed shapes.generated.Made.first",
            "timed shapes.generated.Made.second"
        ]
    );
    let (value, events) = recorded(|| (section!("s", 1 + 1), section!("s"; { 3 })));
    assert_eq!(value, (2, 3));
    assert_eq!(events, ["timed s", "timed s"]);
}
