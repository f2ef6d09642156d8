//! Remembers what was worked out before: what the app can do, and whether it reads well, depends on
//! schema and rows alone, and many states share both. Must not know what is remembered.

use std::hash::{BuildHasherDefault, Hash};
use std::sync::Arc;

use crate::search::Spread;

/// Answers by question.
#[expect(clippy::disallowed_types, reason = "looked up only, never iterated; the hasher is fixed")]
pub(crate) struct Memo<K, V>(std::collections::HashMap<K, Arc<V>, BuildHasherDefault<Spread>>);

impl<K: Hash + Eq, V> Memo<K, V> {
    pub(crate) fn new() -> Self {
        Self(Default::default())
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.get(key).cloned()
    }

    pub(crate) fn put(&mut self, key: K, value: V) -> Arc<V> {
        let value = Arc::new(value);
        self.0.insert(key, Arc::clone(&value));
        value
    }
}
