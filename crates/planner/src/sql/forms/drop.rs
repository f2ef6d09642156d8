//! DROP of anything. Must not know facts.

use std::sync::Arc;

use super::{Found, Known, Stop, sequence};
use crate::engine::postgres::{Form, Role, Subject};
use crate::name::QName;
use crate::schema::{Column, ObjectKind, Table};
use crate::sql::cursor::{Cursor, PlacedName};

/// Reads from after DROP.
pub(super) fn read(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    for (words, form) in [
        ("TABLE", Form::DropTable),
        ("FOREIGN TABLE", Form::DropTable),
        ("VIEW", Form::DropView),
        ("MATERIALIZED VIEW", Form::DropView),
        ("SEQUENCE", Form::DropSequence),
        ("TYPE", Form::DropType),
        ("DOMAIN", Form::DropType),
        ("SCHEMA", Form::DropSchema),
        ("STATISTICS", Form::CreateStatistics),
    ] {
        if cursor.eat(words) {
            let if_exists = cursor.eat("IF EXISTS");
            let names = cursor.names("a name")?;
            let cascade = cursor.eat("CASCADE");
            let one = |name: PlacedName| named(known, form, (name, if_exists, cascade));
            return names.into_iter().map(one).collect();
        }
    }
    if cursor.eat("INDEX") {
        return index(cursor, known);
    }
    for (words, form) in
        [("TRIGGER", Form::DropTrigger), ("POLICY", Form::Policy), ("RULE", Form::Rule)]
    {
        if cursor.eat(words) {
            cursor.eat("IF EXISTS");
            cursor.ident("a name")?;
            cursor.expect("ON")?;
            let table = known.relation(cursor.name("a table name")?)?;
            return Ok(vec![Subject::new(form, Some(table)).only(&[Role::Reads])]);
        }
    }
    if cursor.is_any(0, &["FUNCTION", "PROCEDURE", "ROUTINE"]) {
        return routine(cursor, known);
    }
    if cursor.eat("PUBLICATION") {
        return Ok(vec![Subject::new(Form::PublicationOther, None)]);
    }
    if cursor.is_any(0, &["ROLE", "USER", "GROUP"]) {
        return Ok(vec![Subject::new(Form::Container, None)]);
    }
    Ok(Vec::new())
}

fn named(
    known: &mut Known<'_>,
    form: Form,
    (name, if_exists, cascade): (PlacedName, bool, bool),
) -> Result<Subject, Stop> {
    let plain = name.name.clone();
    #[expect(clippy::wildcard_enum_match_arm, reason = "the forms that `read` names, no others")]
    Ok(match form {
        Form::DropTable => table(known, known_name(known, name, if_exists)?, cascade),
        Form::DropView => {
            let view = known_name(known, name, if_exists)?;
            let over = if cascade {
                known.views_over(std::slice::from_ref(&view), None)
            } else {
                Vec::new()
            };
            let subject = Subject::new(form, Some(view)).with(Role::Views, over);
            if cascade { subject } else { subject.only(&[Role::Views]) }
        }
        Form::DropSequence => {
            let draws = |table: &QName, column: &Column| {
                let default = column.default.as_ref();
                default.and_then(|d| crate::schema::sequence::nextval_of(d, table)).as_ref()
                    == Some(&plain)
            };
            users(known, (form, Some(plain.clone())), cascade, &draws)
        }
        Form::DropType => {
            let is = |_: &QName, column: &Column| type_name(column) == Some(plain.clone());
            users(known, (form, None), cascade, &is)
        }
        Form::DropSchema => {
            let inside = known.schema.tables.keys().chain(known.schema.views.keys());
            let inside: Vec<QName> = inside.filter(|t| t.schema == plain.name).cloned().collect();
            let subject = Subject::new(form, None);
            if cascade { subject.with(Role::Users, inside) } else { subject.only(&[Role::Users]) }
        }
        _ => {
            known.note("the table is the one that the statistics are about");
            Subject::new(form, None)
        }
    })
}

fn known_name(known: &Known<'_>, name: PlacedName, if_exists: bool) -> Result<QName, Stop> {
    if if_exists { Ok(name.name) } else { known.relation(name) }
}

/// The type of a column as a name, where it is a user's.
pub(super) fn type_name(column: &Column) -> Option<QName> {
    column.ty.element().parse().ok()
}

/// Tables with a column that uses what is dropped; only CASCADE touches them.
fn users(
    known: &Known<'_>,
    (form, target): (Form, Option<QName>),
    cascade: bool,
    uses: &dyn Fn(&QName, &Column) -> bool,
) -> Subject {
    let subject = Subject::new(form, target);
    if !cascade {
        return subject.only(&[Role::Users]);
    }
    let using = |(name, table): &(&QName, &Arc<Table>)| table.columns.iter().any(|c| uses(name, c));
    subject
        .with(Role::Users, known.schema.tables.iter().filter(using).map(|(name, _)| name.clone()))
}

fn table(known: &mut Known<'_>, table: QName, cascade: bool) -> Subject {
    let partitions = crate::engine::postgres::partitions_of(&table, known.schema);
    let mut all = vec![table.clone()];
    all.extend(partitions);
    let parents = super::alter_table::parents(known, &table);
    let (children, views) = if cascade {
        (known.children(&table), known.views_over(&all, None))
    } else {
        (Vec::new(), Vec::new())
    };
    let sequences = sequence::of_column(known, &table, None);
    let subject = Subject::new(Form::DropTable, Some(table))
        .with(Role::Parents, parents)
        .with(Role::Children, children)
        .with(Role::Sequences, sequences)
        .with(Role::Views, views);
    if cascade { subject } else { subject.only(&[Role::Children, Role::Views]) }
}

fn index(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let concurrently = cursor.eat("CONCURRENTLY");
    let if_exists = cursor.eat("IF EXISTS");
    let form = if concurrently { Form::DropIndexConcurrently } else { Form::DropIndex };
    let mut subjects = Vec::new();
    for name in cursor.names("an index name")? {
        let subject = known.on_index(form, name.name.clone());
        if subject.target.is_none() && known.given && !if_exists {
            let message = format!("index `{}` does not exist in the schema", name.name);
            return Err(known.refuse(
                "unknown-index",
                name.span,
                message,
                "check its name, or leave --schema out",
            ));
        }
        subjects.push(subject);
    }
    Ok(subjects)
}

fn routine(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    cursor.at += 1;
    cursor.eat("IF EXISTS");
    let name = cursor.name("a function's name")?.name;
    let cascade =
        (cursor.at..cursor.tokens.len()).any(|at| Cursor { at, ..*cursor }.is(0, "CASCADE"));
    if !cascade {
        return Ok(vec![Subject::new(Form::Routine, None)]);
    }
    let triggers = known.schema.objects.iter().filter(|(id, _)| id.kind == ObjectKind::Trigger);
    let run = triggers.filter(|(_, object)| object.mentions(&name.name));
    let tables: Vec<QName> =
        run.filter_map(|(_, object)| object.of.as_ref()?.relation().cloned()).collect();
    Ok(vec![Subject::new(Form::DropRoutineCascade, None).with(Role::Users, tables)])
}
