//! The most verbose level of each target: that of the longest one which it is or is below.

use log::LevelFilter;

#[derive(Debug)]
pub(super) struct Levels {
    pub(super) default: LevelFilter,
    /// The longest targets first.
    targets: Vec<(String, LevelFilter)>,
}

impl Default for Levels {
    fn default() -> Self {
        Levels {
            default: LevelFilter::Info,
            targets: Vec::new(),
        }
    }
}

impl Levels {
    pub(super) fn set(&mut self, target: String, level: LevelFilter) {
        self.targets.retain(|(other, _)| *other != target);
        let longer = |(other, _): &(String, LevelFilter)| other.len() > target.len();
        let place = self.targets.partition_point(longer);
        self.targets.insert(place, (target, level));
    }

    pub(super) fn of(&self, target: &str) -> LevelFilter {
        let is_below = |above: &str| {
            target
                .strip_prefix(above)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let found = self.targets.iter().find(|(above, _)| is_below(above));
        found.map_or(self.default, |(_, level)| *level)
    }

    pub(super) fn most(&self) -> LevelFilter {
        let targets = self.targets.iter().map(|(_, level)| *level);
        targets.fold(self.default, Ord::max)
    }
}
