//! Storage options of relations, columns and indexes. What has options has one object that says them
//! all, in the order in which the catalogue keeps them. Must not know which options there are.

use super::Said;
use crate::name::{QName, quote};
use crate::schema::object::OPTIONS;
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Subject};
use crate::sql::cursor::{Cursor, Read};

/// What a statement does to the options of one thing.
#[derive(Clone, Debug)]
pub(in crate::sql) struct Options {
    /// `ALTER TABLE public.t`, or `… ALTER COLUMN c`.
    alter: String,
    /// Names the object: `public.t`, `public.t c`.
    name: String,
    of: Subject,
    /// Set, each key with its text.
    set: Vec<(String, String)>,
    /// Taken back.
    reset: Vec<String>,
}

impl Options {
    /// The object after this; none where no option is left.
    pub(super) fn settle(&self, schema: &Schema) -> (ObjectId, Option<Object>) {
        let id = ObjectId::new(ObjectKind::Property, format!("{}{OPTIONS}", self.name));
        let known = schema.objects.get(&id);
        let mut parts = known.map(|object| object.parts.clone()).unwrap_or_default();
        // As the server keeps them: what is set again goes to the end.
        let is_said =
            |key: &String| self.reset.contains(key) || self.set.iter().any(|s| s.0 == *key);
        parts.retain(|(key, _)| !is_said(key));
        parts.extend(self.set.iter().cloned());
        if parts.is_empty() {
            return (id, None);
        }
        let list = |part: fn(&(String, String)) -> &str| {
            parts.iter().map(part).collect::<Vec<_>>().join(", ")
        };
        let object = Object {
            make: vec![format!("{} SET ({})", self.alter, list(|(_, text)| text))],
            unmake: Some(format!("{} RESET ({})", self.alter, list(|(key, _)| key))),
            of: super::subject(schema, self.of.clone()),
            parts,
        };
        (id, Some(object))
    }
}

/// `(fillfactor = 70, …)` at the cursor: options of a relation.
pub(in crate::sql) fn set(
    cursor: &mut Cursor<'_>,
    (words, name): (&str, &QName),
    of: &Subject,
) -> Read<Said> {
    let set = list(cursor)?;
    Ok(said((words, name), of, (set, Vec::new())))
}

/// `(fillfactor, …)` at the cursor, after RESET.
pub(super) fn reset(
    cursor: &mut Cursor<'_>,
    (words, name): (&str, &QName),
    of: &Subject,
) -> Read<Said> {
    let reset = list(cursor)?.into_iter().map(|(key, _)| key).collect();
    Ok(said((words, name), of, (Vec::new(), reset)))
}

/// Options of what is known by now.
pub(in crate::sql) fn said(
    (words, name): (&str, &QName),
    of: &Subject,
    (set, reset): (Vec<(String, String)>, Vec<String>),
) -> Said {
    let alter = format!("ALTER {words} {name}");
    Said::Options(Options { alter, name: name.to_string(), of: of.clone(), set, reset })
}

/// `SET (n_distinct = 5)` or `RESET (n_distinct)` of a column; none where it is something else.
pub(super) fn of_column(
    cursor: &mut Cursor<'_>,
    (words, name): (&str, &QName),
    column: &str,
) -> Read<Option<Said>> {
    let start = cursor.at;
    let sets = cursor.eat("SET");
    if !(sets || cursor.eat("RESET")) || !cursor.is_symbol(0, b'(') {
        cursor.at = start;
        return Ok(None);
    }
    let all = list(cursor)?;
    let (set, reset) =
        if sets { (all, Vec::new()) } else { (Vec::new(), all.into_iter().map(|o| o.0).collect()) };
    Ok(Some(Said::Options(Options {
        alter: format!("ALTER {words} {name} ALTER COLUMN {}", quote(column)),
        name: format!("{name} {}", quote(column)),
        of: Subject::Column(name.clone(), column.to_owned()),
        set,
        reset,
    })))
}

/// `(key = value, …)`: each key with its text, spelled one way.
pub(in crate::sql) fn list(cursor: &mut Cursor<'_>) -> Read<Vec<(String, String)>> {
    let (from, to) = cursor.parens()?;
    let mut inner = cursor.part(from, to);
    let mut found: Vec<(String, String)> = Vec::new();
    while !inner.done() {
        let (from, to) =
            inner.skip_until(|c| c.is_symbol(0, b',') || c.peek(0).is_some_and(|t| c.of(t) == "="));
        let key = inner.flat(from, to);
        let key = if key.contains('"') { key } else { key.to_lowercase() };
        inner.skip_to_comma();
        let value = inner.flat(to, inner.at);
        let value = value.trim_start_matches('=').trim();
        let bare = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\''));
        let plain = |v: &&str| {
            !v.is_empty() && v.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
        };
        let value = bare.filter(plain).unwrap_or(value);
        let text = format!("{key} = {}", if value.is_empty() { "true" } else { value });
        found.push((key, text));
        inner.eat_symbol(b',');
    }
    Ok(found)
}
