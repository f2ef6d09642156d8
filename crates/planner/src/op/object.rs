//! What turns one state of an object into another, as statements: nothing, an ALTER of the parts
//! that differ, CREATE OR REPLACE, or taking away and making again. Backwards it is the rollback.
//! Must not know when a plan runs them.

use crate::name::{QName, literal};
use crate::op::Op;
use crate::schema::object::{OPTIONS, SCHEMA, SEQUENCE_NAME, UNLOGGED, is_domain_constraint};
use crate::schema::{Object, ObjectId, ObjectKind, Schema, Subject};

/// Why no statement leads from one state to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoWay(pub String);

/// The operations that make `before` into `after`.
///
/// # Errors
/// Where PostgreSQL has no statement for it.
pub fn change(
    id: &ObjectId,
    before: Option<&Object>,
    after: Option<&Object>,
) -> Result<Vec<Op>, NoWay> {
    let statements = match (before, after) {
        (None, None) => Vec::new(),
        (None, Some(after)) => after.make.clone(),
        (Some(before), None) => vec![unmake(id, before)?],
        (Some(before), Some(after)) if before.make == after.make => Vec::new(),
        (Some(before), Some(after)) => alter(id, before, after)?,
    };
    let last = statements.len().saturating_sub(1);
    let step = |(at, sql): (usize, String)| Op::Object {
        sql,
        id: id.clone(),
        // Between the statements of one change nothing else happens: only the last one counts.
        becomes: if at == last { after.cloned() } else { before.or(after).cloned() },
    };
    Ok(statements.into_iter().enumerate().map(step).collect())
}

/// The statements that make an object.
pub fn make(id: &ObjectId, object: &Object) -> Vec<Op> {
    change(id, None, Some(object)).unwrap_or_default()
}

/// The statements that make a view again, with its indexes and all that is said of it and them.
pub fn view_again(schema: &Schema, view: &QName) -> Vec<Op> {
    let Some(definition) = schema.views.get(view).cloned() else { return Vec::new() };
    let mut ops = vec![Op::CreateView { view: view.clone(), definition }];
    for (id, object) in schema.objects_of(view) {
        ops.extend(make(id, object));
        ops.extend(said_of(schema, id));
    }
    ops.extend(not_given(schema, schema.given_to_relation(view)));
    ops
}

/// The statements that take back what something that is made again is given by default, and has not now.
pub(crate) fn not_given(schema: &Schema, given: Vec<(ObjectId, Object)>) -> Vec<Op> {
    let extra = given.into_iter().filter(|(id, _)| !schema.objects.contains_key(id));
    extra.flat_map(|(id, object)| change(&id, Some(&object), None).unwrap_or_default()).collect()
}

/// The statements that make again what is said of an object, and goes with it.
pub fn said_of(schema: &Schema, id: &ObjectId) -> Vec<Op> {
    // A comment on an enum knows it as a type.
    let plain = ObjectId::new(ObjectKind::Type, id.name.clone());
    let is_of = |of: &Subject| match of {
        Subject::Object(other) => other == id || (id.kind == ObjectKind::Enum && *other == plain),
        Subject::Index(name) => id.kind == ObjectKind::ViewIndex && name.to_string() == id.name,
        Subject::Relation(name) | Subject::Column(name, _) => {
            id.kind == ObjectKind::ForeignTable && name.to_string() == id.name
        }
        Subject::Constraint(..) => false,
    };
    let found = schema.objects.iter().filter(|(_, object)| object.of.as_ref().is_some_and(is_of));
    found.flat_map(|(id, object)| make(id, object)).collect()
}

fn unmake(id: &ObjectId, object: &Object) -> Result<String, NoWay> {
    object.unmake.clone().ok_or_else(|| {
        NoWay(format!("PostgreSQL has no statement that undoes `{}`", first(id, object)))
    })
}

fn first(id: &ObjectId, object: &Object) -> String {
    object.make.first().cloned().unwrap_or_else(|| id.name.clone())
}

fn alter(id: &ObjectId, before: &Object, after: &Object) -> Result<Vec<String>, NoWay> {
    if id.kind == ObjectKind::Property && id.name.ends_with(OPTIONS) && !after.parts.is_empty() {
        return Ok(storage(before, after));
    }
    if id.kind.is_setting() && !id.name.ends_with(SEQUENCE_NAME) {
        // An identity that is there goes on where it is, if its new bounds let it.
        let was = before.make.first().map_or("", String::as_str);
        let set = |sql: &String| {
            let goes_on = clauses_reach(sql, was);
            if goes_on { sql.trim_end_matches(" RESTART").to_owned() } else { sql.clone() }
        };
        return Ok(after.make.iter().map(set).collect());
    }
    if let (ObjectKind::Extension, Some(place)) = (id.kind, after.part(SCHEMA)) {
        return if STAYS.contains(&id.name.as_str()) {
            Err(NoWay(format!("the extension `{}` cannot move to another schema", id.name)))
        } else {
            Ok(vec![format!("ALTER EXTENSION {} SET SCHEMA {place}", id.name)])
        };
    }
    if after.make.starts_with(&before.make) {
        return Ok(after.make.get(before.make.len()..).unwrap_or_default().to_vec());
    }
    if let Some(altered) = match id.kind {
        ObjectKind::Sequence => Some(sequence(id, before, after)),
        ObjectKind::Enum => Some(labels(id, before, after)?),
        ObjectKind::Domain => domain(id, before, after),
        ObjectKind::Type => attributes(id, before, after),
        ObjectKind::Routine => replace(before, after),
        ObjectKind::Foreign => options(id, before, after),
        ObjectKind::Privilege | ObjectKind::DefaultPrivilege => grants(before, after),
        ObjectKind::Schema
        | ObjectKind::Extension
        | ObjectKind::Language
        | ObjectKind::Plain
        | ObjectKind::Aggregate
        | ObjectKind::Operator
        | ObjectKind::ForeignTable
        | ObjectKind::Ownership
        | ObjectKind::Statistics
        | ObjectKind::ViewIndex
        | ObjectKind::Rule
        | ObjectKind::Trigger
        | ObjectKind::EventTrigger
        | ObjectKind::Policy
        | ObjectKind::Property
        | ObjectKind::Replication
        | ObjectKind::Owner
        | ObjectKind::Comment
        | ObjectKind::Unknown => None,
    } {
        return Ok(altered);
    }
    let mut statements = vec![unmake(id, before)?];
    statements.extend(after.make.iter().cloned());
    Ok(statements)
}

/// Extensions that say of themselves that they are not relocatable.
const STAYS: &[&str] =
    &["xml2", "adminpack", "postgis", "postgis_topology", "pg_cron", "timescaledb", "pgrouting"];

/// Storage options that differ, so that all come to stand in the order wanted: what is set goes to the
/// end of those that stay.
fn storage(before: &Object, after: &Object) -> Vec<String> {
    let Some((alter, _)) = after.make.first().and_then(|sql| sql.split_once(" SET (")) else {
        return Vec::new();
    };
    let list = |parts: Vec<&str>| parts.join(", ");
    let gone: Vec<&str> = before
        .parts
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| after.part(key).is_none())
        .collect();
    let mut rest = before.parts.iter();
    let n_kept = after.parts.iter().take_while(|part| rest.any(|kept| kept == *part)).count();
    let set: Vec<&str> = after.parts.iter().skip(n_kept).map(|(_, text)| text.as_str()).collect();
    let mut statements = Vec::new();
    if !gone.is_empty() {
        statements.push(format!("{alter} RESET ({})", list(gone)));
    }
    if !set.is_empty() {
        statements.push(format!("{alter} SET ({})", list(set)));
    }
    statements
}

/// Options that differ, as one ALTER SEQUENCE. An option that is not given has its default.
fn sequence(id: &ObjectId, before: &Object, after: &Object) -> Vec<String> {
    const DEFAULTS: &[(&str, &str)] = &[
        ("AS", "bigint"),
        ("INCREMENT BY", "1"),
        ("MINVALUE", "NO MINVALUE"),
        ("MAXVALUE", "NO MAXVALUE"),
        ("START WITH", "1"),
        ("CACHE", "1"),
        ("CYCLE", "NO CYCLE"),
    ];
    let of = |object: &Object, key: &str, default: &str| {
        let first = if key == "START WITH" { first_number(object) } else { None };
        object.part(key).map(str::to_owned).or(first).unwrap_or_else(|| default.to_owned())
    };
    let changed: Vec<String> = DEFAULTS
        .iter()
        .filter(|(key, default)| of(before, key, default) != of(after, key, default))
        .map(|(key, default)| {
            let value = of(after, key, default);
            if value.starts_with("NO ") || value == *key { value } else { format!("{key} {value}") }
        })
        .collect();
    let mut statements = Vec::new();
    if !changed.is_empty() {
        let mut changed = changed.join(" ");
        if !reaches(after, before) {
            // Where it stands may be outside its new bounds: it begins again.
            changed += " RESTART";
        }
        statements.push(format!("ALTER SEQUENCE {} {changed}", id.name));
    }
    if before.part(UNLOGGED) != after.part(UNLOGGED) {
        let word = if after.part(UNLOGGED).is_some() { UNLOGGED } else { "LOGGED" };
        statements.push(format!("ALTER SEQUENCE {} SET {word}", id.name));
    }
    statements
}

/// Where a sequence begins that is not told where: at its lowest number, or counting down its highest.
fn first_number(object: &Object) -> Option<String> {
    let down = object.part("INCREMENT BY").is_some_and(|step| step.starts_with('-'));
    let bound = if down { "MAXVALUE" } else { "MINVALUE" };
    object.part(bound).map(str::to_owned).or(down.then(|| "-1".to_owned()))
}

/// Whether a sequence can give every number that another one can.
fn reaches(wide: &Object, narrow: &Object) -> bool {
    let number = |object: &Object, key| object.part(key).and_then(|text| text.parse::<i128>().ok());
    let bounds = |object: &Object| (number(object, "MINVALUE"), number(object, "MAXVALUE"));
    covers(bounds(wide), bounds(narrow))
}

/// The same of the options of identities, as `SET MINVALUE n` and its like say them.
pub(crate) fn clauses_reach(wide: &str, narrow: &str) -> bool {
    let number = |text: &str, key: &str| {
        let (_, rest) = text.split_once(&format!("SET {key} "))?;
        rest.split(' ').next()?.parse::<i128>().ok()
    };
    let bounds = |text| (number(text, "MINVALUE"), number(text, "MAXVALUE"));
    covers(bounds(wide), bounds(narrow))
}

/// Lowest and highest number; none for PostgreSQL's own.
type Bounds = (Option<i128>, Option<i128>);

fn covers((low, high): Bounds, (narrow_low, narrow_high): Bounds) -> bool {
    let high = match (high, narrow_high) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => wide >= narrow,
    };
    low.unwrap_or(1) <= narrow_low.unwrap_or(1) && high
}

/// New labels, each in its place. PostgreSQL takes none away.
fn labels(id: &ObjectId, before: &Object, after: &Object) -> Result<Vec<String>, NoWay> {
    let had = |label: &str| before.parts.iter().any(|(l, _)| l == label);
    let kept = after.parts.iter().filter(|(label, _)| had(label));
    if kept.ne(before.parts.iter()) {
        return Err(NoWay(format!(
            "labels of enum `{}` go or change places; PostgreSQL cannot do that to a type",
            id.name
        )));
    }
    let mut statements = Vec::new();
    for (at, (label, _)) in after.parts.iter().enumerate() {
        if had(label) {
            continue;
        }
        let last = after.parts.iter().skip(at).all(|(l, _)| !had(l));
        let before_it = at.checked_sub(1).and_then(|at| after.parts.get(at));
        let place = match (last, before_it) {
            (true, _) => String::new(),
            (false, Some((neighbour, _))) => format!(" AFTER {}", literal(neighbour)),
            (false, None) => before
                .parts
                .first()
                .map_or(String::new(), |(first, _)| format!(" BEFORE {}", literal(first))),
        };
        statements.push(format!("ALTER TYPE {} ADD VALUE {}{place}", id.name, literal(label)));
    }
    Ok(statements)
}

/// More privileges are granted; fewer are taken away and granted anew.
fn grants(before: &Object, after: &Object) -> Option<Vec<String>> {
    let more = !before.parts.is_empty() && before.parts.iter().all(|p| after.parts.contains(p));
    more.then(|| after.make.clone())
}

/// Constraints and the default of a domain, where its base type stays.
fn domain(id: &ObjectId, before: &Object, after: &Object) -> Option<Vec<String>> {
    if before.part("AS") != after.part("AS") || before.part("COLLATE") != after.part("COLLATE") {
        return None;
    }
    let name = &id.name;
    let mut statements = Vec::new();
    let is_validated = |key: &str, value: &str| {
        let open = value.strip_suffix(" NOT VALID");
        open.is_some() && open == after.part(key)
    };
    for (key, value) in before.parts.iter().filter(|(key, _)| is_domain_constraint(key)) {
        if after.part(key) == Some(value) {
            continue;
        }
        if is_validated(key, value) {
            let constraint = key.trim_start_matches("CONSTRAINT ");
            statements.push(format!("ALTER DOMAIN {name} VALIDATE CONSTRAINT {constraint}"));
            continue;
        }
        let what = key.strip_prefix("CONSTRAINT ");
        statements.push(match what {
            Some(constraint) => format!("ALTER DOMAIN {name} DROP CONSTRAINT {constraint}"),
            None => format!("ALTER DOMAIN {name} DROP NOT NULL"),
        });
    }
    match (before.part("DEFAULT"), after.part("DEFAULT")) {
        (had, wanted) if had == wanted => {}
        (_, Some(wanted)) => statements.push(format!("ALTER DOMAIN {name} SET DEFAULT {wanted}")),
        (_, None) => statements.push(format!("ALTER DOMAIN {name} DROP DEFAULT")),
    }
    for (key, value) in after.parts.iter().filter(|(key, _)| is_domain_constraint(key)) {
        let known = before.part(key);
        if known == Some(value) || known.is_some_and(|before| is_validated(key, before)) {
            continue;
        }
        statements.push(if key.starts_with("CONSTRAINT ") {
            format!("ALTER DOMAIN {name} ADD {key} {value}")
        } else {
            format!("ALTER DOMAIN {name} SET NOT NULL")
        });
    }
    Some(statements)
}

/// Attributes of a composite type. New ones can only come last.
fn attributes(id: &ObjectId, before: &Object, after: &Object) -> Option<Vec<String>> {
    if before.parts.is_empty() || after.parts.is_empty() {
        return None;
    }
    let name = &id.name;
    let had = |key: &str| before.part(key);
    let kept: Vec<&String> =
        before.parts.iter().map(|(k, _)| k).filter(|k| after.part(k).is_some()).collect();
    let wanted: Vec<&String> = after.parts.iter().map(|(key, _)| key).collect();
    if wanted.get(..kept.len()) != Some(kept.as_slice()) {
        return None;
    }
    let mut actions = Vec::new();
    for (key, _) in before.parts.iter().filter(|(key, _)| after.part(key).is_none()) {
        actions.push(format!("DROP ATTRIBUTE {key}"));
    }
    for (key, value) in &after.parts {
        match had(key) {
            Some(same) if same == value => {}
            Some(_) => actions.push(format!("ALTER ATTRIBUTE {key} TYPE {value}")),
            None => actions.push(format!("ADD ATTRIBUTE {key} {value}")),
        }
    }
    Some(vec![format!("ALTER TYPE {name} {}", actions.join(", "))])
}

/// A routine over the old one, where its head (names of arguments, defaults, result) allows it.
fn replace(before: &Object, after: &Object) -> Option<Vec<String>> {
    let head = |object: &Object| object.part("HEAD").map(str::to_owned);
    if head(before).is_none() || head(before) != head(after) {
        return None;
    }
    let (first, rest) = after.make.split_first()?;
    let create = first.strip_prefix("CREATE ")?;
    let mut statements = vec![format!("CREATE OR REPLACE {create}")];
    statements.extend(rest.iter().cloned());
    Some(statements)
}

/// Options of a server, wrapper or user mapping, where all else stays.
fn options(id: &ObjectId, before: &Object, after: &Object) -> Option<Vec<String>> {
    if before.part("HEAD") != after.part("HEAD") || before.make.len() != 1 || after.make.len() != 1
    {
        return None;
    }
    let mut actions = Vec::new();
    for (key, value) in &before.parts {
        let Some(option) = key.strip_prefix("OPTION ") else { continue };
        match after.part(key) {
            None => actions.push(format!("DROP {option}")),
            Some(now) if now != value => actions.push(format!("SET {option} {now}")),
            Some(_) => {}
        }
    }
    for (key, value) in after.parts.iter().filter(|(key, _)| before.part(key).is_none()) {
        if let Some(option) = key.strip_prefix("OPTION ") {
            actions.push(format!("ADD {option} {value}"));
        }
    }
    Some(vec![format!("ALTER {} OPTIONS ({})", id.name, actions.join(", "))])
}
