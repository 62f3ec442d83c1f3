//! Models that both checkers run: what they are about is small enough for every schedule.

mod cells;
mod sums;

type Model = fn();

pub(crate) fn all() -> impl Iterator<Item = &'static (&'static str, Model)> {
    sums::ALL.iter().chain(cells::ALL)
}
