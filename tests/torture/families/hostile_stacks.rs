//! Several attributes on one item, ours above and below others and each other, and blocks with
//! everything that a block can hold.
use std::{fmt::Debug, future::Future, pin::Pin};
use support::*;

/// Every order of the three, with the values and what was recorded.
macro_rules! orders {
    ($($name:ident: $first:meta, $second:meta, $third:meta;)*) => { $(
        pub mod $name {
            use support::*;
            use logd::{accumulated, counted, timed};
            #[$first] #[$second] #[$third] pub fn plain(a: Noisy, b: Noisy) -> usize { logd::accumulate!("s", { a.len() }) + b.len() }
            #[$first] #[$second] #[$third] pub async fn waits(a: Noisy, _: Noisy) -> usize { let n = logd::accumulate!("s", { pause().await; a.len() }); let _l = Noisy("l"); n }
            #[$first] #[$second] #[$third] pub fn block(a: Noisy) -> impl ::std::future::Future<Output = usize> { log("made"); async move { logd::accumulate!("s", { pause().await; a.len() }) } }
            #[$first] #[$second] #[$third] pub fn boxed<'a>(a: &'a Noisy) -> ::std::pin::Pin<Box<dyn ::std::future::Future<Output = usize> + Send + 'a>> { Box::pin(async move { logd::accumulate!("s", { pause().await; a.len() }) }) }
        }
    )* };
}
orders! {
    tca: timed("t"), counted("c"), accumulated("s");
    tac: timed("t"), accumulated("s"), counted("c");
    cta: counted("c"), timed("t"), accumulated("s");
    cat: counted("c"), accumulated("s"), timed("t");
    atc: accumulated("s"), timed("t"), counted("c");
    act: accumulated("s"), counted("c"), timed("t");
}
macro_rules! in_each_order { ($($name:ident)*) => { $({
    let (seen, events) = observe(|| (
        $name::plain(Noisy("a"), Noisy("b")),
        block_on(async { ($name::waits(Noisy("a"), Noisy("b")).await, $name::block(Noisy("a")).await, $name::boxed(&Noisy("a")).await) }),
    ));
    assert_eq!(seen.value, Ok((2, (1, 1, 1))), stringify!($name));
    assert_eq!(seen.log, ["drop b", "drop a", "drop l", "drop b", "drop a", "made", "drop a", "drop a"], stringify!($name));
    assert_eq!(events, ["counted c", "counted c", "counted c", "counted c", "timed s", "timed s", "timed s", "timed s", "timed t", "timed t", "timed t", "timed t"], stringify!($name));
})* } }
#[test]
fn three_in_any_order() {
    in_each_order!(tca tac cta cat atc act);
}

mod outcomes {
    use support::*;
    #[logd::timed("t", outcome)]
    #[logd::counted("c", outcome)]
    #[logd::accumulated("s")]
    pub fn first(a: Noisy, _: Noisy) -> Option<usize> {
        logd::accumulate!("s", { a.len().checked_sub(2) })
    }
    #[logd::accumulated("s")]
    #[logd::timed("t", outcome)]
    #[logd::counted("c", outcome)]
    pub fn last(a: Noisy, _: Noisy) -> Option<usize> {
        logd::accumulate!("s", { a.len().checked_sub(1) })
    }
    #[logd::timed("t", outcome)]
    #[logd::counted("c", outcome)]
    #[logd::accumulated("s")]
    pub async fn a_first(a: Noisy, _: Noisy) -> Option<usize> {
        logd::accumulate!("s", {
            pause().await;
            a.len().checked_sub(2)
        })
    }
    #[logd::counted("c.{n}", outcome)]
    #[logd::timed("t.{n}")]
    #[logd::timed("again.{n}", outcome)]
    pub async fn named(n: u8, (a, _): (Noisy, Noisy)) -> Option<usize> {
        pause().await;
        Some(a.len())
    }
    #[logd::timed("t", outcome)]
    #[logd::timed("u", outcome)]
    #[logd::timed("v")]
    pub fn block(a: Noisy) -> impl Future<Output = Option<usize>> {
        async move {
            pause().await;
            a.len().checked_sub(1)
        }
    }
    #[logd::timed("t", future)]
    #[logd::accumulated("s")]
    #[logd::counted("c")]
    pub fn future(a: Noisy) -> impl Future<Output = usize> {
        let n = logd::accumulate!("s", a.len());
        std::future::ready(n)
    }
    use std::future::Future;
}
#[test]
fn outcomes_in_any_order() {
    let (seen, events) = observe(|| {
        (
            outcomes::first(Noisy("a"), Noisy("b")),
            outcomes::last(Noisy("a"), Noisy("b")),
            block_on(async {
                (
                    outcomes::a_first(Noisy("a"), Noisy("b")).await,
                    outcomes::named(1, (Noisy("a"), Noisy("b"))).await,
                    outcomes::block(Noisy("a")).await,
                    outcomes::future(Noisy("a")).await,
                )
            }),
        )
    });
    assert_eq!(seen.value, Ok((None, Some(0), (None, Some(1), Some(0), 1))));
    assert_eq!(
        seen.log,
        [
            "drop b", "drop a", "drop b", "drop a", "drop b", "drop a", "drop a", "drop b",
            "drop a", "drop a"
        ]
    );
    assert_eq!(
        events,
        [
            "counted c",
            "counted c.1.ok",
            "counted c.err",
            "counted c.err",
            "counted c.ok",
            "timed again.1.ok",
            "timed s",
            "timed s",
            "timed s",
            "timed s",
            "timed t",
            "timed t.1",
            "timed t.err",
            "timed t.err",
            "timed t.ok",
            "timed t.ok",
            "timed u.ok",
            "timed v"
        ]
    );
}

#[logd::timed]
#[logd::timed]
fn twice() -> u8 {
    1
}
#[logd::timed("a")]
#[logd::timed("b")]
fn two_names() -> u8 {
    1
}
#[logd::counted]
#[logd::counted("x")]
async fn counted_twice() -> u8 {
    pause().await;
    1
}
#[test]
fn the_same_one_twice() {
    let (_, events) = recorded(|| (twice(), two_names(), block_on(counted_twice())));
    assert_eq!(
        events,
        [
            "counted shapes.hostile_stacks.counted_twice",
            "counted x",
            "timed a",
            "timed b",
            "timed shapes.hostile_stacks.twice",
            "timed shapes.hostile_stacks.twice"
        ]
    );
}

#[async_trait::async_trait]
trait Store: Send + Sync {
    async fn get(&self, key: &str) -> Option<String>;
    #[logd::timed("store.default", outcome)]
    async fn first(&self, keys: &[&str], _: Noisy) -> Option<String> {
        for key in keys {
            if let Some(value) = self.get(key).await {
                return Some(value);
            }
        }
        None
    }
    #[logd::accumulated("store.sum")]
    async fn sum(&mut self, a: Noisy, _b: Noisy) -> usize
    where
        Self: Sized,
    {
        logd::accumulate!("store.sum", {
            pause().await;
            a.len()
        })
    }
}
struct Memory(&'static str);
#[async_trait::async_trait]
impl Store for Memory {
    #[logd::counted("store.{key}")]
    #[logd::timed("store.get", outcome)]
    async fn get(&self, key: &str) -> Option<String> {
        pause().await;
        (key == self.0).then(|| key.to_owned())
    }
}
struct Other;
#[logd::timed("other", outcome)]
#[async_trait::async_trait]
impl Store for Other {
    async fn get(&self, _: &str) -> Option<String> {
        pause().await;
        None
    }
}
struct Local;
#[async_trait::async_trait(?Send)]
trait LocalStore {
    async fn here(&self, a: std::rc::Rc<u8>) -> Result<u8, String>;
}
#[async_trait::async_trait(?Send)]
#[logd::timed("local", outcome)]
impl LocalStore for Local {
    async fn here(&self, a: std::rc::Rc<u8>) -> Result<u8, String> {
        pause().await;
        Err(a.to_string())
    }
}
#[test]
fn async_trait_on_either_side() {
    let (values, events) = recorded(|| {
        block_on(async {
            (
                Memory("b").first(&["a", "b"], Noisy("n")).await,
                Memory("").sum(Noisy("a"), Noisy("b")).await,
                Other.get("").await,
                Local.here(std::rc::Rc::new(1)).await,
            )
        })
    });
    assert_eq!(values, (Some("b".into()), 1, None, Err("1".into())));
    assert_eq!(
        events,
        [
            "counted store.a",
            "counted store.b",
            "timed local.here.err",
            "timed other.get.err",
            "timed store.default.ok",
            "timed store.get.err",
            "timed store.get.ok",
            "timed store.sum"
        ]
    );
}

#[logd::timed("main")]
#[tokio::main(flavor = "current_thread")]
async fn main_below() -> u8 {
    tokio::task::yield_now().await;
    1
}
#[tokio::main(flavor = "current_thread")]
#[logd::timed("main", outcome)]
async fn main_above() -> Result<u8, String> {
    tokio::task::yield_now().await;
    Err("x".into())
}
#[tokio::main(flavor = "current_thread")]
#[logd::accumulated("main.sum")]
async fn main_sum() {
    logd::accumulate!("main.sum", tokio::task::yield_now().await)
}
#[test]
fn mains() {
    let (values, events) = recorded(|| (main_below(), main_above(), main_sum()));
    assert_eq!(values, (1, Err("x".into()), ()));
    assert_eq!(events, ["timed main", "timed main.err", "timed main.sum"]);
}

mod tests_below {
    #[logd::timed]
    #[test]
    fn test_below() {}
    #[test]
    #[logd::timed(outcome)]
    fn test_above() -> Result<(), String> {
        Ok(())
    }
    #[logd::counted]
    #[test]
    #[should_panic(expected = "on purpose")]
    fn panics_below() {
        panic!("on purpose")
    }
    #[test]
    #[should_panic]
    #[logd::accumulated]
    fn panics_above() {
        panic!()
    }
    #[logd::timed]
    #[tokio::test]
    async fn tokio_below() {
        tokio::task::yield_now().await;
    }
    #[tokio::test]
    #[logd::timed(outcome)]
    async fn tokio_above() -> Result<(), std::io::Error> {
        tokio::task::yield_now().await;
        Ok(())
    }
    #[tokio::test(flavor = "multi_thread")]
    #[logd::accumulated]
    async fn tokio_sum() {
        tokio::spawn(async { 1 }).await.unwrap();
    }
    #[test]
    #[ignore = "only to compile"]
    #[logd::timed]
    fn test_ignored() {
        unreachable!()
    }
}

mod blocks {
    use support::*;
    pub trait Shape {
        const SIDES: usize;
        type Unit;
        fn area(&self) -> f64;
        fn sides(&self) -> usize {
            Self::SIDES
        }
        fn unit() -> Self::Unit
        where
            Self: Sized;
    }
    pub struct Square<T>(pub T);
    #[logd::timed("shape")]
    impl<T: Copy + Into<f64>> Shape for Square<T>
    where
        T: Default,
    {
        const SIDES: usize = {
            const fn four() -> usize {
                4
            }
            four()
        };
        type Unit = T;
        #[inline]
        fn area(&self) -> f64 {
            macro_rules! square {
                ($e:expr) => {
                    $e * $e
                };
            }
            square!(self.0.into())
        }
        fn unit() -> T {
            T::default()
        }
    }
    #[logd::counted]
    impl<T> Square<T> {
        //! Documentation inside.
        #![allow(dead_code)]
        pub const fn new(t: T) -> Self {
            Square(t)
        }
        pub(in crate::hostile_stacks) fn into_inner(self) -> T {
            self.0
        }
        pub(crate) async fn wait(&self) -> &T {
            pause().await;
            &self.0
        }
        #[logd::counted(skip)]
        pub fn skipped(&self) {}
        #[cfg(any())]
        pub fn gone(&self) -> Missing {}
        #[counted("own.{n}")]
        pub fn named(&self, n: u8) {}
        #[doc(hidden)]
        pub unsafe extern "C" fn foreign(n: u8) -> u8 {
            n
        }
    }
    #[logd::timed("m", rate = 1)]
    pub mod nested {
        //! Documentation inside.
        use std::fmt::{self as format, *};
        macro_rules! made {
            ($n:ident) => {
                pub fn $n() -> u8 {
                    9
                }
            };
        }
        made!(by_macro);
        pub const K: fn() -> u8 = free;
        pub static S: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| free() + 1);
        pub fn free() -> u8 {
            1
        }
        pub struct Own(pub u8);
        impl Own {
            pub fn get(&self) -> u8 {
                self.0
            }
        }
        impl Debug for Own {
            fn fmt(&self, f: &mut Formatter<'_>) -> format::Result {
                f.write_str("own")
            }
        }
        pub trait Speak {
            fn speak(&self) -> u8 {
                3
            }
            fn silent(&self);
        }
        impl Speak for Own {
            fn silent(&self) {}
        }
        pub mod deeper {
            pub(super) fn low() -> u8 {
                1
            }
            pub(in crate::hostile_stacks) fn high() -> u8 {
                low()
            }
            #[timed(skip)]
            pub mod skipped {
                pub fn quiet() {}
            }
        }
        pub enum E {
            A = {
                const fn a() -> isize {
                    1
                }
                a()
            },
        }
        unsafe extern "C" {
            pub fn abs(n: i32) -> i32;
        }
        pub type F = fn(u8) -> u8;
        #[cfg(any())]
        pub fn gone() -> Missing {}
        pub fn tail() -> F {
            fn inner(n: u8) -> u8 {
                n
            }
            inner
        }
    }
}
#[test]
fn blocks_hold_everything() {
    use blocks::{
        nested::{self, Speak as _},
        Shape as _, Square,
    };
    let (values, events) = recorded(|| {
        let square = Square::new(2.0);
        square.skipped();
        square.named(7);
        (
            square.area(),
            square.sides(),
            Square::<f32>::unit(),
            *block_on(square.wait()),
            unsafe { Square::<u8>::foreign(1) },
            square.into_inner(),
        )
    });
    assert_eq!(values, (4.0, 4, 0.0, 2.0, 1, 2.0));
    let at = "counted shapes.hostile_stacks.blocks.Square";
    assert_eq!(
        events,
        [
            "counted own.7".to_owned(),
            format!("{at}.foreign"),
            format!("{at}.into_inner"),
            format!("{at}.wait"),
            "timed shape.Square.area".into(),
            "timed shape.Square.unit".into()
        ]
        .map(|e| e.replace("shape.Square.", "shape."))
    );
    let (values, events) = recorded(|| {
        (
            nested::by_macro(),
            (nested::K)(),
            *nested::S,
            nested::Own(3).get(),
            format!("{:?}", nested::Own(1)),
            nested::Own(1).speak(),
            nested::Own(1).silent(),
            nested::deeper::high(),
            nested::deeper::skipped::quiet(),
            nested::tail()(4),
            unsafe { nested::abs(-3) },
        )
    });
    assert_eq!(values, (9, 1, 2, 3, "own".into(), 3, (), 1, (), 4, 3));
    assert_eq!(
        events,
        [
            "timed m.Own.fmt",
            "timed m.Own.get",
            "timed m.Own.silent",
            "timed m.Speak.speak",
            "timed m.deeper.high",
            "timed m.deeper.low",
            "timed m.free",
            "timed m.free",
            "timed m.tail"
        ]
    );
}
