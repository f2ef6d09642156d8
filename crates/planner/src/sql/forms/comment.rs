//! COMMENT, GRANT and REVOKE. Must not know facts.

use super::{Found, Known, any_name};
use crate::engine::postgres::{Form, Role, Subject};
use crate::name::QName;
use crate::sql::cursor::{Cursor, Read};

/// Reads from after COMMENT ON.
pub(super) fn comment(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let words = ["TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"];
    if words.iter().any(|words| cursor.eat(words)) {
        let table = known.relation(cursor.name("a table name")?)?;
        return Ok(vec![Subject::new(Form::CommentOnTable, Some(table))]);
    }
    if cursor.eat("SEQUENCE") {
        let sequence = any_name(cursor, "a sequence name")?;
        return Ok(vec![Subject::new(Form::CommentOnTable, Some(sequence))]);
    }
    if cursor.eat("COLUMN") {
        let table = column_of(cursor)?;
        return Ok(vec![Subject::new(Form::CommentOnTable, Some(table))]);
    }
    if cursor.eat("INDEX") {
        let index = any_name(cursor, "an index name")?;
        return Ok(vec![Subject::new(Form::CommentOnIndex, None).with(Role::OwnIndex, [index])]);
    }
    if cursor.is_any(0, &["CONSTRAINT", "TRIGGER", "POLICY", "RULE"]) {
        cursor.at += 1;
        cursor.ident("a name")?;
        cursor.expect("ON")?;
        if cursor.eat("DOMAIN") {
            return Ok(vec![Subject::new(Form::CommentOther, None)]);
        }
        let table = known.relation(cursor.name("a table name")?)?;
        return Ok(vec![Subject::new(Form::CommentOnPart, Some(table))]);
    }
    if cursor.done() {
        return Err(cursor.expected("what the comment is on").into());
    }
    Ok(vec![Subject::new(Form::CommentOther, None)])
}

/// The table of `schema.table.column`.
fn column_of(cursor: &mut Cursor<'_>) -> Read<QName> {
    let mut parts = vec![cursor.ident("a column name")?.name];
    while cursor.eat_symbol(b'.') {
        parts.push(cursor.ident("a column name")?.name);
    }
    parts.pop();
    let Some(table) = parts.pop() else { return Err(cursor.expected("`.` and a column name")) };
    Ok(QName::new(parts.pop().unwrap_or_else(|| cursor.path.to_owned()), table))
}

/// GRANT and REVOKE.
pub(super) fn privilege(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    let other = [
        "ALL",
        "DATABASE",
        "DOMAIN",
        "FOREIGN",
        "FUNCTION",
        "LANGUAGE",
        "LARGE",
        "PARAMETER",
        "PROCEDURE",
        "ROUTINE",
        "SCHEMA",
        "SEQUENCE",
        "TABLESPACE",
        "TYPE",
    ];
    cursor.skip_until(|c| c.is(0, "ON") || c.is_any(0, &["TO", "FROM"]));
    if !cursor.eat("ON") || cursor.is_any(0, &other) {
        return Ok(vec![Subject::new(Form::GrantOther, None)]);
    }
    cursor.eat("TABLE");
    let mut subjects = Vec::new();
    for name in cursor.names("a table name")? {
        subjects.push(Subject::new(Form::GrantTable, Some(known.relation(name)?)));
    }
    Ok(subjects)
}
