//! Who moved, from the three sides: declared, left by the last known applies, there.

use super::report::{Class, Moved};
use crate::model::Document;
use crate::plan::PathChange;

/// What the last known applies left of one resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Left {
    /// Nobody knows: no apply is known, or not what it was made from.
    Unknown,
    /// Nothing, as far as the manifests of that time say.
    Absent,
    /// These fields at least.
    There(Document),
}

impl Left {
    /// What a resource is that is declared and not there.
    pub(super) fn of_missing(&self) -> Class {
        match self {
            Self::Unknown | Self::There(_) => Class::Missing,
            Self::Absent => Class::Pending,
        }
    }

    /// What a resource is that is declared absent and there.
    pub(super) fn of_unwanted(&self) -> Class {
        match self {
            Self::Unknown | Self::Absent => Class::Changed,
            Self::There(_) => Class::Pending,
        }
    }
}

/// The leaves that differ, each with who moved.
pub(super) fn of_paths(left: &Left, paths: &[PathChange]) -> Vec<Moved> {
    let left = match left {
        Left::Unknown => None,
        Left::Absent => Some(serde_json::Value::Null),
        Left::There(document) => Some(document.value()),
    };
    let moved = |path: &PathChange| {
        let class = match left.as_ref().map(|left| left.pointer(&path.path)) {
            // It is managed since.
            Some(None) => Class::Pending,
            Some(Some(left)) if *left == path.before && *left != path.after => Class::Pending,
            None | Some(Some(_)) => Class::Changed,
        };
        let (declared, live) = (path.after.clone(), path.before.clone());
        Moved { path: path.path.clone(), declared, live, class }
    };
    paths.iter().map(moved).collect()
}

/// What a resource is of which these leaves differ.
pub(super) fn worst(paths: &[Moved]) -> Class {
    let has = |class: Class| paths.iter().any(|moved| moved.class == class);
    match () {
        () if has(Class::Changed) => Class::Changed,
        () if has(Class::Pending) => Class::Pending,
        () if has(Class::Due) => Class::Due,
        () => Class::Changed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Class, Left, of_paths, worst};
    use crate::model::Document;
    use crate::plan::PathChange;

    #[test]
    fn who_moved_is_told_leaf_by_leaf() {
        let there = |left: Value| Left::There(Document::of(&left));
        let check = |left: &Left, declared: Value, live: Value, expect: Class| {
            let path = PathChange { path: "/c".to_owned(), before: live, after: declared };
            let paths = of_paths(left, &[path]);
            assert_eq!(paths[0].class, expect, "{left:?}");
            assert_eq!(worst(&paths), expect, "{left:?}");
        };
        // Declared, left, there.
        check(&there(json!({"c": 1})), json!(1), json!(2), Class::Changed);
        check(&there(json!({"c": 1})), json!(2), json!(1), Class::Pending);
        check(&there(json!({"c": 1})), json!(2), json!(3), Class::Changed);
        check(&there(json!({"d": 1})), json!(2), json!(1), Class::Pending);
        check(&there(json!({"c": null})), json!("a"), Value::Null, Class::Pending);
        check(&there(json!({"c": "a"})), json!("a"), Value::Null, Class::Changed);
        check(&Left::Absent, json!(2), json!(1), Class::Pending);
        check(&Left::Unknown, json!(2), json!(1), Class::Changed);
    }

    #[test]
    fn a_hand_made_change_counts_more_than_what_waits() {
        let path = |path: &str, declared: i32, live: i32| PathChange {
            path: path.to_owned(),
            before: json!(live),
            after: json!(declared),
        };
        let left = Left::There(Document::of(&json!({"a": 1, "b": 1})));
        let paths = of_paths(&left, &[path("/a", 2, 1), path("/b", 1, 5)]);
        assert_eq!(
            paths.iter().map(|p| p.class).collect::<Vec<_>>(),
            [Class::Pending, Class::Changed]
        );
        assert_eq!(worst(&paths), Class::Changed);
    }

    #[test]
    fn what_is_not_there_or_should_not_be() {
        let there = Left::There(Document::of(&json!({})));
        let check = |left: &Left, missing: Class, unwanted: Class| {
            assert_eq!((left.of_missing(), left.of_unwanted()), (missing, unwanted), "{left:?}");
        };
        check(&there, Class::Missing, Class::Pending);
        check(&Left::Absent, Class::Pending, Class::Changed);
        check(&Left::Unknown, Class::Missing, Class::Changed);
    }
}
