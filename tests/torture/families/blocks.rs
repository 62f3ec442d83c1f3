//! The attribute on impl blocks, traits and modules.
use support::*;

struct Pool<T>(T);
#[logd::timed]
impl<T: Copy> Pool<T> {
    #![allow(dead_code)]
    const LIMIT: u8 = 3;
    pub const fn create(t: T) -> Self {
        Pool(t)
    }
    fn get(&self) -> T {
        self.0
    }
    async fn load(&self) -> T {
        pause().await;
        self.0
    }
    #[logd::timed(skip)]
    fn skipped(&self) -> u8 {
        1
    }
    #[logd::timed("own.key")]
    fn named(&self) -> u8 {
        2
    }
    #[inline]
    #[logd::timed(rate = 0.5)]
    #[must_use]
    fn rated(&self) -> u8 {
        3
    }
    #[logd::timed(outcome)]
    fn judged(&self) -> Option<u8> {
        None
    }
    fn braces(&self) -> [u8; { 1 + 1 }]
    where
        [u8; { 2 }]: Sized,
    {
        [0; 2]
    }
    fn angles(&self) -> Braced<{ 3 }> {
        Braced
    }
}
struct Braced<const N: usize>;

#[logd::timed("busy", adaptive)]
impl Pool<u16> {
    fn spin(&self) -> u16 {
        self.0
    }
    async fn spin_later(&self) -> u16 {
        std::future::ready(self.0).await
    }
    #[logd::timed("busy.judged", outcome)]
    fn judged_too(&self) -> Result<u16, u8> {
        Err(1)
    }
    #[logd::timed("busy.{name}")]
    fn named_too(&self, name: &str) -> usize {
        name.len()
    }
    #[logd::timed(rate = 1)]
    fn all(&self) -> u16 {
        self.0 + 1
    }
}

#[logd::counted("db", rate = 0.25)]
impl Pool<u8> {
    fn count_me(&self) -> u8 {
        1
    }
    #[logd::counted(rate = 1)]
    fn count_all(&self) -> u8 {
        1
    }
}

#[logd::timed("judge", outcome)]
impl Pool<u16> {
    fn result(&self) -> Result<u8, ()> {
        Ok(1)
    }
    fn io(&self) -> std::io::Result<()> {
        Err(std::io::Error::other("x"))
    }
    async fn option(&self) -> Option<u8> {
        pause().await;
        None
    }
    fn plain(&self) -> u8 {
        1
    }
    fn nothing(&self) {}
    fn future(&self) -> impl std::future::Future<Output = Option<u8>> + '_ {
        async move { Some(self.0 as u8) }
    }
}

#[logd::timed]
trait Shape {
    fn sides(&self) -> u8;
    fn double(&self) -> u8 {
        self.sides() * 2
    }
}
#[logd::timed]
impl Shape for &'static mut Pool<u32> {
    fn sides(&self) -> u8 {
        4
    }
}
#[logd::timed]
impl Shape for (u8, Vec<u16>) {
    fn sides(&self) -> u8 {
        5
    }
}
#[logd::timed]
impl Shape for [Box<dyn Fn(u8) -> u8>; 2] {
    fn sides(&self) -> u8 {
        6
    }
}
#[logd::timed]
impl Shape for Box<dyn std::fmt::Debug + Send> {
    fn sides(&self) -> u8 {
        7
    }
}
#[logd::timed]
impl Shape for Braced<{ 5 }> {
    fn sides(&self) -> u8 {
        8
    }
}
#[logd::timed]
impl<F> Shape for std::marker::PhantomData<F>
where
    F: for<'a> Fn(&'a u8) -> &'a u8,
{
    fn sides(&self) -> u8 {
        9
    }
}

#[logd::timed]
mod service {
    //! Inner doc.
    #![allow(dead_code)]
    use std::collections::HashMap;
    pub static TOTAL: u8 = 1;
    macro_rules! one {
        () => {
            1
        };
    }
    pub fn handle(n: u8) -> u8 {
        n + one!()
    }
    pub struct Cache {
        pub map: HashMap<u8, u8>,
    }
    impl Cache {
        pub fn get(&self) -> Option<u8> {
            self.map.get(&1).copied()
        }
        #[logd::timed(skip)]
        pub fn quiet(&self) -> u8 {
            1
        }
    }
    #[logd::timed(skip)]
    impl Clone for Cache {
        fn clone(&self) -> Self {
            Self {
                map: HashMap::new(),
            }
        }
    }
    #[logd::timed("deep")]
    pub mod inner {
        pub fn work() -> u8 {
            1
        }
        impl super::Cache {
            pub fn extra(&self) -> u8 {
                2
            }
        }
    }
    pub mod derived {
        pub async fn work() -> u8 {
            2
        }
    }
    #[logd::timed(skip)]
    pub fn never_timed() -> u8 {
        1
    }
    pub const fn constant() -> u8 {
        1
    }
    thread_local! { static X: u8 = 1; }
    pub enum E {
        A { x: u8 },
        B,
    }
    pub trait T {
        fn required(&self) -> u8;
        fn provided(&self) -> u8 {
            self.required()
        }
    }
    impl T for E {
        fn required(&self) -> u8 {
            1
        }
    }
    unsafe extern "C" {
        pub fn abs(a: i32) -> i32;
    }
}

#[logd::counted("svc")]
mod prefixed {
    pub fn a() {}
    pub mod r#mod {
        pub fn b() {}
    }
    pub struct S;
    impl S {
        pub fn c(&self) {}
    }
}

#[logd::timed]
#[logd::counted]
impl Braced<7> {
    fn both(&self) -> u8 {
        1
    }
    #[logd::timed(skip)]
    fn counted_only(&self) -> u8 {
        2
    }
}

#[test]
fn methods_are_named_with_their_type() {
    let pool = Pool::create(5u8);
    let (value, events) = recorded(|| {
        let _ = pool.angles();
        (
            pool.get(),
            block_on(pool.load()),
            pool.skipped(),
            pool.named(),
            pool.rated(),
            pool.judged(),
            pool.braces().len(),
        )
    });
    assert_eq!(value, (5, 5, 1, 2, 3, None, 2));
    assert_eq!(
        events,
        [
            "timed own.key",
            "timed shapes.blocks.Pool.angles",
            "timed shapes.blocks.Pool.braces",
            "timed shapes.blocks.Pool.get",
            "timed shapes.blocks.Pool.judged.err",
            "timed shapes.blocks.Pool.load",
            "timed shapes.blocks.Pool.rated"
        ]
    );
}

#[test]
fn an_adaptive_block_leaves_what_its_functions_say() {
    let pool = Pool(7u16);
    let (value, events) = recorded(|| {
        (
            pool.spin(),
            block_on(pool.spin_later()),
            pool.judged_too(),
            pool.named_too("name"),
            pool.all(),
        )
    });
    assert_eq!(value, (7, 7, Err(1), 4, 8));
    assert_eq!(
        events,
        [
            "timed busy.all",
            "timed busy.judged.err",
            "timed busy.name",
            "timed busy.spin",
            "timed busy.spin_later"
        ]
    );
}

#[test]
fn prefixes_and_options_are_inherited() {
    let pool = Pool(1u8);
    let (_, events) = recorded(|| (pool.count_me(), pool.count_all()));
    assert_eq!(events, ["counted db.count_all", "counted db.count_me"]);
    let pool = Pool(1u16);
    let (_, events) = recorded(|| {
        pool.nothing();
        (
            pool.result(),
            pool.io(),
            block_on(pool.option()),
            pool.plain(),
            block_on(pool.future()),
        )
    });
    assert_eq!(
        events,
        [
            "timed judge.future.ok",
            "timed judge.io.err",
            "timed judge.nothing",
            "timed judge.option.err",
            "timed judge.plain",
            "timed judge.result.ok"
        ]
    );
}

#[test]
fn traits_and_types() {
    let leaked: &'static mut Pool<u32> = Box::leak(Box::new(Pool(2)));
    let f: [Box<dyn Fn(u8) -> u8>; 2] = [Box::new(|n| n), Box::new(|n| n)];
    let (_, events) = recorded(|| {
        (
            leaked.double(),
            (1u8, vec![1u16]).sides(),
            f.sides(),
            (Box::new(1) as Box<dyn std::fmt::Debug + Send>).sides(),
            Braced::<5>.sides(),
            std::marker::PhantomData::<fn(&u8) -> &u8>.sides(),
        )
    });
    let events: Vec<_> = events
        .iter()
        .map(|event| event.strip_prefix("timed shapes.blocks.").unwrap())
        .collect();
    assert_eq!(
        events,
        [
            "Box.sides",
            "Box.sides",
            "Braced.sides",
            "PhantomData.sides",
            "Pool.sides",
            "Shape.double",
            "u8_Vec.sides"
        ]
    );
}

#[test]
fn modules() {
    use service::T;
    let cache = service::Cache {
        map: Default::default(),
    };
    let (_, events) = recorded(|| {
        (
            service::handle(1),
            cache.get(),
            cache.quiet(),
            cache.clone().map.len(),
            service::inner::work(),
            cache.extra(),
            block_on(service::derived::work()),
            service::never_timed(),
            service::constant(),
            service::E::B.provided(),
        )
    });
    assert_eq!(
        events,
        [
            "timed deep.Cache.extra",
            "timed deep.work",
            "timed shapes.blocks.service.Cache.get",
            "timed shapes.blocks.service.E.required",
            "timed shapes.blocks.service.T.provided",
            "timed shapes.blocks.service.derived.work",
            "timed shapes.blocks.service.handle"
        ]
    );
    let ((), events) = recorded(|| {
        prefixed::a();
        prefixed::r#mod::b();
        prefixed::S.c();
    });
    assert_eq!(
        events,
        ["counted svc.S.c", "counted svc.a", "counted svc.mod.b"]
    );
}

#[test]
fn two_attributes_on_one_block() {
    let (_, events) = recorded(|| (Braced::<7>.both(), Braced::<7>.counted_only()));
    assert_eq!(
        events,
        [
            "counted shapes.blocks.Braced.both",
            "counted shapes.blocks.Braced.counted_only",
            "timed shapes.blocks.Braced.both"
        ]
    );
}
