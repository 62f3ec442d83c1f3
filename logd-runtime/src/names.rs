//! Numbers by name, in groups: the one kind of map that there is in this crate. Each other type of
//! key or value would have std's map compiled once more, in the build of everybody who links it.

use std::collections::HashMap;
use std::sync::Arc;

/// What names of one meaning have in common; what the numbers say is the owner's business.
pub(crate) type Group = (u64, u64);

#[derive(Debug, Default)]
pub(crate) struct Names {
    /// There are few: a look along them takes less than a hash.
    groups: Vec<(Group, HashMap<Arc<str>, u64>)>,
}

impl Names {
    pub(crate) fn get(&self, group: Group, name: &str) -> Option<u64> {
        let (_, numbers) = self.groups.iter().find(|(known, _)| *known == group)?;
        numbers.get(name).copied()
    }

    pub(crate) fn get_mut(&mut self, group: Group, name: &str) -> Option<&mut u64> {
        let (_, numbers) = self.groups.iter_mut().find(|(known, _)| *known == group)?;
        numbers.get_mut(name)
    }

    /// Gives a name its number, in the place of one that it has.
    pub(crate) fn insert(&mut self, group: Group, name: Arc<str>, number: u64) {
        let place = self.groups.iter().position(|(known, _)| *known == group);
        let place = place.unwrap_or_else(|| {
            self.groups.push((group, HashMap::new()));
            self.groups.len() - 1
        });
        self.groups[place].1.insert(name, number);
    }

    pub(crate) fn remove(&mut self, group: Group, name: &str) -> Option<u64> {
        let place = self.groups.iter().position(|(known, _)| *known == group)?;
        let numbers = &mut self.groups[place].1;
        let number = numbers.remove(name);
        if numbers.is_empty() {
            self.groups.swap_remove(place);
        }
        number
    }

    /// Forgets the groups that are not to be kept.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(Group) -> bool) {
        self.groups.retain(|(group, _)| keep(*group));
    }

    /// Forgets all names of this number.
    pub(crate) fn forget(&mut self, number: u64) {
        for (_, numbers) in &mut self.groups {
            numbers.retain(|_, known| *known != number);
        }
        self.groups.retain(|(_, numbers)| !numbers.is_empty());
    }

    pub(crate) fn len(&self) -> usize {
        self.count(|_| true)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many names there are in the groups that count.
    pub(crate) fn count(&self, mut counts: impl FnMut(Group) -> bool) -> usize {
        let mut count = 0;
        for (group, numbers) in &self.groups {
            if counts(*group) {
                count += numbers.len();
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_number_in_each_group() {
        let mut names = Names::default();
        names.insert((1, 0), "a".into(), 10);
        names.insert((2, 0), "a".into(), 20);
        names.insert((2, 0), "b".into(), 21);
        names.insert((2, 0), "b".into(), 22);
        assert_eq!(names.get((1, 0), "a"), Some(10));
        assert_eq!(names.get((2, 0), "a"), Some(20));
        assert_eq!(names.get((2, 0), "b"), Some(22));
        assert_eq!(names.get((3, 0), "a"), None);
        assert_eq!(names.count(|group| group.0 == 2), 2);
        assert_eq!(names.remove((1, 0), "a"), Some(10));
        assert_eq!(names.remove((1, 0), "a"), None);
        *names.get_mut((2, 0), "a").expect("it is there") = 22;
        names.insert((2, 0), "c".into(), 23);
        names.forget(22);
        assert_eq!(names.len(), 1);
        assert_eq!(names.get((2, 0), "c"), Some(23));
        names.retain(|group| group != (2, 0));
        assert_eq!(names.get((2, 0), "c"), None);
    }
}
