//! ALTER of anything but a table. Must not know facts.

use super::drop::type_name;
use super::{Found, Known, any_name, create};
use crate::engine::postgres::{Form, Role, Subject};
use crate::name::QName;
use crate::schema::{Subject as Belongs, Table};
use crate::sql::cursor::Cursor;
use crate::sql::token::tokens;

/// Reads from after ALTER.
pub(super) fn read(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    if cursor.eat("INDEX") {
        index(cursor, known)
    } else if cursor.eat("VIEW") {
        cursor.eat("IF EXISTS");
        let view = known.relation(cursor.name("a view name")?)?;
        Ok(vec![Subject::new(Form::AlterView, Some(view))])
    } else if cursor.eat("MATERIALIZED VIEW") {
        cursor.eat("IF EXISTS");
        let view = known.relation(cursor.name("a view name")?)?;
        let option = (cursor.is_any(0, &["SET", "RESET"]) && cursor.is_symbol(1, b'('))
            || cursor.sees("CLUSTER ON");
        let form = if option { Form::SetMaterializedViewOption } else { Form::AlterView };
        Ok(vec![Subject::new(form, Some(view))])
    } else if cursor.eat("SEQUENCE") {
        sequence(cursor, known)
    } else if cursor.eat("TYPE") {
        composite_or_enum(cursor, known)
    } else if cursor.eat("DOMAIN") {
        domain(cursor, known)
    } else if cursor.eat("TRIGGER") {
        cursor.ident("a trigger name")?;
        create::on_table(cursor, known, Form::RenameTrigger)
    } else if cursor.eat("POLICY") {
        cursor.ident("a policy name")?;
        let found = create::on_table(cursor, known, Form::Policy)?;
        let reads = known.reads(&create::queried(cursor));
        let with = |s: Subject| s.with(Role::Reads, reads.clone()).only(&[Role::Reads]);
        Ok(found.into_iter().map(with).collect())
    } else if cursor.eat("RULE") {
        cursor.ident("a rule name")?;
        create::on_table(cursor, known, Form::Rule)
    } else if cursor.eat("PUBLICATION") {
        cursor.ident("a publication name")?;
        create::published(cursor, known)
    } else {
        other(cursor)
    }
}

/// What locks no relation.
fn other(cursor: &mut Cursor<'_>) -> Found {
    for (words, form) in [
        (&["FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"][..], Form::Routine),
        (&["STATISTICS"], Form::AlterStatistics),
        (&["SCHEMA", "EXTENSION", "ROLE", "USER", "GROUP", "DATABASE"], Form::Container),
    ] {
        if cursor.is_any(0, words) {
            return Ok(vec![Subject::new(form, None)]);
        }
    }
    let form = Form::GrantOther;
    Ok(if cursor.eat("DEFAULT PRIVILEGES") { vec![Subject::new(form, None)] } else { Vec::new() })
}

fn index(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    cursor.eat("IF EXISTS");
    let name = any_name(cursor, "an index name")?;
    let form = if cursor.eat("RENAME TO") {
        Form::RenameIndex
    } else if cursor.eat("SET TABLESPACE") {
        Form::SetIndexTablespace
    } else if cursor.eat("ATTACH PARTITION") {
        let attached = any_name(cursor, "an index name")?;
        let subject = known.on_index(Form::AttachIndex, name);
        let table = known.table_of_index(&attached);
        return Ok(vec![subject.with(Role::Attached, [attached]).with(Role::Partitions, table)]);
    } else if cursor.is_any(0, &["SET", "RESET", "ALTER"]) {
        Form::SetIndexOption
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![known.on_index(form, name)])
}

fn sequence(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    cursor.eat("IF EXISTS");
    let name = any_name(cursor, "a sequence name")?;
    let whole = ["RENAME", "OWNER"];
    let moved = cursor.is_any(0, &whole)
        || ["SET SCHEMA", "SET LOGGED", "SET UNLOGGED"].iter().any(|words| cursor.sees(words));
    if moved {
        return Ok(vec![Subject::new(Form::RenameSequence, Some(name))]);
    }
    let owner = create::owner(cursor, known)?;
    let subject = Subject::new(Form::AlterSequence, Some(name)).with(Role::OwnerTable, owner);
    Ok(vec![subject.only(&[Role::OwnerTable])])
}

fn composite_or_enum(cursor: &mut Cursor<'_>, known: &Known<'_>) -> Found {
    let name = any_name(cursor, "a type name")?;
    if cursor.sees("ADD VALUE") {
        return Ok(vec![Subject::new(Form::AddEnumValue, None)]);
    }
    if cursor.sees("RENAME VALUE") {
        return Ok(vec![Subject::new(Form::RenameEnumValue, None)]);
    }
    if !cursor.is(1, "ATTRIBUTE") {
        return Ok(vec![Subject::new(Form::AlterType, None)]);
    }
    let cascade =
        (cursor.at..cursor.tokens.len()).any(|at| Cursor { at, ..*cursor }.is(0, "CASCADE"));
    let typed = typed_tables(known, &name);
    let subject = Subject::new(Form::AlterComposite, Some(name));
    Ok(vec![if cascade { subject.with(Role::Users, typed) } else { subject.only(&[Role::Users]) }])
}

/// Tables made by `CREATE TABLE t OF type`, which a schema carries as statements.
fn typed_tables(known: &Known<'_>, ty: &QName) -> Vec<QName> {
    let is_of = |sql: &str| {
        let Some(tokens) = tokens(sql) else { return false };
        let mut cursor = Cursor::new(sql, &tokens, "public");
        cursor.eat("ALTER TABLE")
            && cursor.name("a table name").is_ok()
            && cursor.eat("OF")
            && cursor.name("a type name").is_ok_and(|name| name.name == *ty)
    };
    let typed = known.schema.objects.iter();
    let typed = typed.filter(|(_, object)| object.make.iter().any(|sql| is_of(sql)));
    typed
        .filter_map(|(_, object)| object.of.as_ref().and_then(Belongs::relation).cloned())
        .collect()
}

fn domain(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let name = any_name(cursor, "a domain name")?;
    let has = |cursor: &Cursor<'_>, words: &str| {
        (cursor.at..cursor.tokens.len()).any(|at| Cursor { at, ..*cursor }.sees(words))
    };
    let form = if cursor.is(0, "ADD") && has(cursor, "NOT VALID") {
        Form::AddDomainConstraintNotValid
    } else if cursor.is(0, "ADD") || cursor.sees("SET NOT NULL") {
        Form::AddDomainConstraint
    } else if cursor.sees("VALIDATE CONSTRAINT") {
        Form::ValidateDomainConstraint
    } else {
        Form::AlterDomain
    };
    let uses = |table: &Table| table.columns.iter().any(|c| type_name(c).as_ref() == Some(&name));
    let users = known.schema.tables.iter().filter(|(_, table)| uses(table));
    let users: Vec<QName> = users.map(|(name, _)| name.clone()).collect();
    Ok(vec![Subject::new(form, None).with(Role::Users, users)])
}
