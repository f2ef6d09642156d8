//! Settings of relations, columns and indexes: row security, storage, options, states of triggers. Each
//! is an object with the action that makes it and the one that takes it back.

use super::{Said, options};
use crate::name::{QName, derived, quote};
use crate::op::object::clauses_reach;
use crate::schema::object::{IDENTITY, ROW_SECURITY, SEQUENCE_NAME};
use crate::schema::{Object, ObjectId, ObjectKind, Subject};
use crate::sql::cursor::{Cursor, Read};

/// The name of an identity's sequence as a setting.
pub(in crate::sql) fn sequence_name(name: &QName) -> ColumnSetting {
    (SEQUENCE_NAME.to_owned(), name.to_string(), String::new())
}

/// An identity whose sequence has another name than PostgreSQL would give it.
fn named_sequence(table: &QName, column: &str, name: &str) -> Said {
    let usual = table.sibling(derived::choose(&table.name, column, "seq", |_| false));
    let id =
        ObjectId::new(ObjectKind::Property, format!("{table} {} {SEQUENCE_NAME}", quote(column)));
    let given = name.parse::<QName>().ok().filter(|g| *g != usual && g.schema == usual.schema);
    let Some(given) = given else { return Said::Gone { ids: vec![id], if_exists: true } };
    let rename =
        |from: &QName, to: &QName| format!("ALTER SEQUENCE {from} RENAME TO {}", quote(&to.name));
    let object = Object::one(rename(&usual, &given), Some(rename(&given, &usual)));
    Said::Made(id, object.of(Subject::Column(table.clone(), column.to_owned())))
}

/// Reads from after ALTER: settings of views, indexes and foreign tables.
pub(super) fn relation_setting(cursor: &mut Cursor<'_>) -> Read<Option<Vec<Said>>> {
    for words in ["MATERIALIZED VIEW", "VIEW", "INDEX"] {
        if !cursor.eat(words) {
            continue;
        }
        cursor.eat("IF EXISTS");
        let name = cursor.name("a name")?.name;
        let subject = if words == "INDEX" {
            Subject::Index(name.clone())
        } else {
            Subject::Relation(name.clone())
        };
        let said = property(cursor, (words, &name), &subject)?;
        return Ok((!said.is_empty()).then_some(said));
    }
    Ok(None)
}

/// A setting of a relation: its key, the action that makes it and the one that takes it back.
pub(in crate::sql) fn setting(
    (words, name): (&str, &QName),
    (key, make, unmake): (&str, &str, &str),
    of: Subject,
) -> Said {
    let alter = |action: &str| format!("ALTER {words} {name} {action}");
    let id = ObjectId::new(ObjectKind::Property, format!("{name} {key}"));
    Said::Made(id, Object::one(alter(make), Some(alter(unmake))).of(of))
}

/// The way a table or materialized view is stored. `heap`, too, is said: it may not be the default.
pub(in crate::sql) fn access_method((words, name): (&str, &QName), method: &str) -> Said {
    let set = format!("SET ACCESS METHOD {}", quote(method));
    let setting = ("ACCESS METHOD", set.as_str(), HEAP);
    self::setting((words, name), setting, Subject::Relation(name.clone()))
}

/// Whether it says the way that a server's own default is.
pub(in crate::sql) fn is_heap(object: &Object) -> bool {
    object.make.iter().any(|sql| sql.ends_with(HEAP))
}

const HEAP: &str = "SET ACCESS METHOD heap";

/// Key, action and the action that takes it back, of a column.
pub(in crate::sql) type ColumnSetting = (String, String, String);

/// A setting of a column.
pub(in crate::sql) fn column_setting(
    relation: (&str, &QName),
    column: &str,
    (key, make, unmake): &ColumnSetting,
    of: &Subject,
) -> Said {
    if key == SEQUENCE_NAME {
        return named_sequence(relation.1, column, make);
    }
    let of = match of {
        Subject::Relation(name) => Subject::Column(name.clone(), column.to_owned()),
        Subject::Column(..) | Subject::Constraint(..) | Subject::Index(_) | Subject::Object(_) => {
            of.clone()
        }
    };
    let column = quote(column);
    let action = |text: &str| format!("ALTER COLUMN {column} {text}");
    let key = format!("{column} {key}");
    setting(relation, (&key, &action(make), &action(unmake)), of)
}

/// Settings that one action of `ALTER words name` makes; empty where it is none.
pub(in crate::sql) fn property(
    cursor: &mut Cursor<'_>,
    (words, name): (&str, &QName),
    subject: &Subject,
) -> Read<Vec<Said>> {
    let start = cursor.at;
    let alter = |action: &str| format!("ALTER {words} {name} {action}");
    let set = |key: &str, make: &str, unmake: &str| {
        setting((words, name), (key, make, unmake), subject.clone())
    };
    let unset = |key: &str| {
        let id = ObjectId::new(ObjectKind::Property, format!("{name} {key}"));
        Said::Gone { ids: vec![id], if_exists: true }
    };
    if let Some(said) = column_property(cursor, (words, name), subject)? {
        return Ok(said);
    }
    for (action, key, unmake) in [
        ("ENABLE ROW LEVEL SECURITY", ROW_SECURITY.trim(), "DISABLE ROW LEVEL SECURITY"),
        ("FORCE ROW LEVEL SECURITY", "FORCE ROW SECURITY", "NO FORCE ROW LEVEL SECURITY"),
        ("SET UNLOGGED", "UNLOGGED", "SET LOGGED"),
    ] {
        if cursor.eat(action) {
            return Ok(vec![set(key, action, unmake)]);
        }
        if cursor.eat(unmake) {
            return Ok(vec![unset(key)]);
        }
    }
    if cursor.eat("NOT OF") {
        return Ok(vec![unset("OF")]);
    }
    if cursor.eat("REPLICA IDENTITY DEFAULT") {
        return Ok(vec![unset("REPLICA IDENTITY")]);
    }
    if cursor.eat("SET WITHOUT CLUSTER") {
        return Ok(vec![unset("CLUSTER")]);
    }
    for (action, key, unmake) in [
        ("REPLICA IDENTITY", "REPLICA IDENTITY", "REPLICA IDENTITY DEFAULT"),
        ("CLUSTER ON", "CLUSTER", "SET WITHOUT CLUSTER"),
        ("OF", "OF", "NOT OF"),
        ("SET TABLESPACE", "TABLESPACE", "SET TABLESPACE pg_default"),
        ("SET ACCESS METHOD", "ACCESS METHOD", HEAP),
    ] {
        if cursor.eat(action) {
            cursor.skip_to_comma();
            let text = cursor.flat(start, cursor.at);
            return Ok(vec![set(key, &text, unmake)]);
        }
    }
    if let Some(said) = trigger_state(cursor, name, alter)? {
        return Ok(vec![said]);
    }
    if cursor.eat("SET") && cursor.is_symbol(0, b'(') {
        return Ok(vec![options::set(cursor, (words, name), subject)?]);
    }
    if cursor.eat("RESET") && cursor.is_symbol(0, b'(') {
        return Ok(vec![options::reset(cursor, (words, name), subject)?]);
    }
    cursor.at = start;
    Ok(Vec::new())
}

/// Settings of a column, where the action is about one; empty where it sets none.
fn column_property(
    cursor: &mut Cursor<'_>,
    (words, name): (&str, &QName),
    subject: &Subject,
) -> Read<Option<Vec<Said>>> {
    let mut ahead = *cursor;
    if !ahead.eat("ALTER COLUMN") && !ahead.eat("ALTER") {
        return Ok(None);
    }
    let Ok(placed) = ahead.ident("a column") else { return Ok(Some(Vec::new())) };
    if let Some(said) = options::of_column(&mut ahead, (words, name), &placed.name)? {
        cursor.at = ahead.at;
        return Ok(Some(vec![said]));
    }
    let settings = column_settings(&mut ahead)?;
    if !settings.is_empty() {
        cursor.at = ahead.at;
    }
    let all = settings.iter();
    Ok(Some(all.map(|s| column_setting((words, name), &placed.name, s, subject)).collect()))
}

/// ENABLE or DISABLE of a trigger or rule.
fn trigger_state(
    cursor: &mut Cursor<'_>,
    table: &QName,
    alter: impl Fn(&str) -> String,
) -> Read<Option<Said>> {
    let start = cursor.at;
    for (action, is_default) in
        [("ENABLE", true), ("DISABLE", false), ("ENABLE REPLICA", false), ("ENABLE ALWAYS", false)]
    {
        for (word, kind) in [("TRIGGER", ObjectKind::Trigger), ("RULE", ObjectKind::Rule)] {
            if !cursor.eat(&format!("{action} {word}")) {
                continue;
            }
            if cursor.is_any(0, &["ALL", "USER"]) {
                cursor.at = start;
                return Ok(None);
            }
            let name = quote(&cursor.ident("a name")?.name);
            let id = ObjectId::new(ObjectKind::Property, format!("{table} {word} {name} STATE"));
            if is_default {
                return Ok(Some(Said::Gone { ids: vec![id], if_exists: true }));
            }
            let of = Subject::Object(ObjectId::new(kind, format!("{name} ON {table}")));
            let object = Object::one(
                alter(&format!("{action} {word} {name}")),
                Some(alter(&format!("ENABLE {word} {name}"))),
            );
            return Ok(Some(Said::Made(id, object.of(of))));
        }
    }
    Ok(None)
}

/// Options of an identity's sequence, each with its default.
const IDENTITY_OPTIONS: &[(&str, &str)] = &[
    ("INCREMENT", "INCREMENT BY 1"),
    ("MINVALUE", "NO MINVALUE"),
    ("MAXVALUE", "NO MAXVALUE"),
    ("START", "START WITH 1"),
    ("CACHE", "CACHE 1"),
    ("CYCLE", "NO CYCLE"),
];

/// The options of an identity's sequence as one setting that says them all: PostgreSQL checks them
/// together.
pub(in crate::sql) fn identity_options(given: &[String]) -> ColumnSetting {
    let word = |text: &str| {
        let first = text.split_whitespace().find(|w| !w.eq_ignore_ascii_case("NO"));
        first.unwrap_or_default().to_ascii_uppercase()
    };
    let value = |(key, default): &(&str, &str)| {
        let said = given.iter().find(|text| word(text) == *key);
        said.map_or_else(|| (*default).to_owned(), |text| text.to_ascii_uppercase())
    };
    let list = |texts: Vec<String>| {
        texts.into_iter().map(|text| format!("SET {text}")).collect::<Vec<_>>().join(" ")
    };
    let mut all: Vec<String> = IDENTITY_OPTIONS.iter().map(value).collect();
    if !given.iter().any(|text| word(text) == "START") {
        // Where it begins that is not told where.
        let down = all.iter().any(|text| text.starts_with("INCREMENT BY -"));
        let bound = if down { "MAXVALUE " } else { "MINVALUE " };
        let first = all.iter().find_map(|text| text.strip_prefix(bound).map(str::to_owned));
        let first = first.or(down.then(|| "-1".to_owned()));
        for start in all.iter_mut().filter(|text| text.starts_with("START")) {
            *start = format!("START WITH {}", first.as_deref().unwrap_or("1"));
        }
    }
    let set = list(all);
    let mut reset =
        list(IDENTITY_OPTIONS.iter().map(|(_, default)| (*default).to_owned()).collect());
    if !clauses_reach(&reset, &set) {
        reset += " RESTART";
    }
    (IDENTITY.to_owned(), format!("{set} RESTART"), reset)
}

/// Key, action and the action that takes it back, for a column.
fn column_settings(cursor: &mut Cursor<'_>) -> Read<Vec<ColumnSetting>> {
    let one =
        |key: &str, make: String, unmake: &str| Ok(vec![(key.to_owned(), make, unmake.to_owned())]);
    let start = cursor.at;
    for (word, back) in [
        ("SET STORAGE", "SET STORAGE EXTENDED"),
        ("SET COMPRESSION", "SET COMPRESSION DEFAULT"),
        ("SET STATISTICS", "SET STATISTICS -1"),
    ] {
        if cursor.eat(word) {
            cursor.skip_to_comma();
            let key = word.trim_start_matches("SET ");
            return one(key, cursor.flat(start, cursor.at), back);
        }
    }
    let mut identity = Vec::new();
    loop {
        let at = cursor.at;
        let is_option = cursor.eat("SET") && {
            cursor.eat("NO");
            IDENTITY_OPTIONS.iter().any(|(word, _)| cursor.is(0, word))
        };
        if !is_option {
            cursor.at = at;
            break;
        }
        cursor.skip_until(|c| c.is_symbol(0, b',') || c.is_any(0, &["SET", "RESTART"]));
        identity.push(cursor.flat(at + 1, cursor.at));
    }
    if !identity.is_empty() {
        return Ok(vec![identity_options(&identity)]);
    }
    cursor.at = start;
    Ok(Vec::new())
}
