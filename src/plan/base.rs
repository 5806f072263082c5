//! Who moved: the manifests since the base, the tenant, or both.

use crate::kinds::kind_of;
use crate::model::{Address, Declared, Desired, Remote};

/// Who moved since the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// The declaration; the tenant is as the base has it.
    Declaration,
    /// The tenant; the declaration is the base's.
    Tenant,
    /// Both.
    Both,
}

/// Who moved, where `declared` and the tenant's `remote` differ. Only leaves that are declared now
/// count: what is not managed any more changes nothing. What the base says nothing of is new.
pub(super) fn moved(
    base: &Desired,
    address: &Address,
    declared: &Declared,
    remote: Option<&Remote>,
) -> Moved {
    let Some(before) = base.get(address) else { return Moved::Declaration };
    let was = match declared.absent {
        true => before.document.clone(),
        false => before.document.project(&declared.document),
    };
    let says_the_same = before.absent == declared.absent
        && (declared.absent || (was == declared.document && before.recurs == declared.recurs));
    if says_the_same {
        return Moved::Tenant;
    }
    let agreed = match remote {
        None => before.absent,
        Some(_) if before.absent => false,
        Some(remote) => {
            let is = || remote.document.project(&before.document);
            remote.document.covers(&was)
                || kind_of(address).is_some_and(|kind| kind.is_due(before, &is()))
        }
    };
    if agreed { Moved::Declaration } else { Moved::Both }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Moved, moved};
    use crate::model::{Address, Declared, Desired, Document, Links, Place, Remote};

    /// What is declared; `false` is declared absent.
    fn declared(fields: &Value) -> Declared {
        let absent = *fields == Value::Bool(false);
        Declared {
            document: if absent { Document::of(&json!({})) } else { Document::of(fields) },
            on_create: None,
            absent,
            place: Place::default(),
            links: Links::new(),
            recurs: None,
        }
    }

    #[test]
    fn who_moved_is_told_by_base_head_and_tenant() {
        let address = Address::new("queue", &["main"]);
        let check = |base: Value, head: Value, tenant: Value, expect: Moved| {
            let mut desired = Desired::default();
            if !base.is_null() {
                desired.put(&address, declared(&base), |_, _| false);
            }
            let remote = (!tenant.is_null()).then(|| Remote {
                id: None,
                document: Document::of(&tenant),
                raw: None,
                links: Links::new(),
            });
            let found = moved(&desired, &address, &declared(&head), remote.as_ref());
            assert_eq!(found, expect, "{base} {head} {tenant}");
        };
        let (one, two, three) = (json!({"c": 1}), json!({"c": 2}), json!({"c": 3}));
        let (none, absent) = (Value::Null, Value::Bool(false));
        check(one.clone(), two.clone(), one.clone(), Moved::Declaration);
        check(two.clone(), two.clone(), one.clone(), Moved::Tenant);
        check(one.clone(), two.clone(), three.clone(), Moved::Both);
        // Not there yet, or gone by hand.
        check(none.clone(), two.clone(), none.clone(), Moved::Declaration);
        check(none.clone(), two.clone(), one.clone(), Moved::Declaration);
        check(two.clone(), two.clone(), none.clone(), Moved::Tenant);
        check(one.clone(), two.clone(), none.clone(), Moved::Both);
        // Declared absent.
        check(one.clone(), absent.clone(), one.clone(), Moved::Declaration);
        check(one.clone(), absent.clone(), three.clone(), Moved::Both);
        check(absent.clone(), absent.clone(), one.clone(), Moved::Tenant);
        check(absent.clone(), one.clone(), none.clone(), Moved::Declaration);
        check(absent, one.clone(), two.clone(), Moved::Both);
        // Leaf by leaf: only what is declared now counts.
        let both = |c: i32, p: i32| json!({"c": c, "p": p});
        check(one.clone(), both(1, 5), both(1, 4), Moved::Declaration);
        check(both(1, 5), one.clone(), both(2, 5), Moved::Tenant);
        check(both(1, 5), two, both(1, 4), Moved::Declaration);
        check(both(1, 5), both(2, 5), both(1, 4), Moved::Both);
    }
}
