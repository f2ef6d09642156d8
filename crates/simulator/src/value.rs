//! Values a row can hold, and a table that gives each value a small number. Must not know SQL text.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A typed value. What a function of unknown meaning gives is a `Term`: equal arguments, equal term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Value {
    /// NULL.
    Null,
    /// `boolean`.
    Bool(bool),
    /// Whole numbers of any width.
    Int(i64),
    /// Text, and types that are only compared: dates, uuids, json.
    Text(String),
    /// An uninterpreted function of its arguments.
    Term(String, Vec<Value>),
}

impl Value {
    /// The text a cast to `text` gives; `None` for NULL and for terms.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Null | Self::Term(..) => None,
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Text(text) => Some(text.clone()),
        }
    }

    /// Whether two values are the same data, whatever the type they are read in: 5 and '5'.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (a, b) => a == b || (a.text().is_some() && a.text() == b.text()),
        }
    }
}

/// Functions that give another value every time, as far as a unique key cares.
const GENERATORS: &[&str] =
    &["nextval", "gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v4", "random"];

impl Value {
    /// Whether the value was made by a generator: no other one equals it.
    pub(crate) fn is_generated(&self) -> bool {
        match self {
            Self::Term(name, args) => {
                let bare = name.rsplit('.').next().unwrap_or(name);
                GENERATORS.contains(&bare) || args.iter().any(Self::is_generated)
            }
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Text(_) => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Term(name, args) => {
                let args: Vec<String> = args.iter().map(Self::to_string).collect();
                write!(f, "{name}({})", args.join(", "))
            }
        }
    }
}

/// Gives equal things equal numbers, in the order they are met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner<T: Ord + Clone> {
    numbers: BTreeMap<T, u16>,
    things: Vec<T>,
}

impl<T: Ord + Clone> Interner<T> {
    pub(crate) fn new() -> Self {
        Self { numbers: BTreeMap::new(), things: Vec::new() }
    }

    /// The thing's number; `None` when there are more than 65,535 things.
    pub(crate) fn number(&mut self, thing: T) -> Option<u16> {
        if let Some(&number) = self.numbers.get(&thing) {
            return Some(number);
        }
        let number = u16::try_from(self.things.len()).ok()?;
        self.numbers.insert(thing.clone(), number);
        self.things.push(thing);
        Some(number)
    }

    /// The thing of a number that `number` gave.
    pub(crate) fn get(&self, number: u16) -> &T {
        &self.things[usize::from(number)]
    }
}
