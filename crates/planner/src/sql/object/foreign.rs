//! Foreign-data wrappers, servers and user mappings: their options are read one by one, so that one
//! that changes is altered where it stands, with everything that hangs on it.

use super::{Said, bare};
use crate::schema::{Object, ObjectId, ObjectKind};
use crate::sql::cursor::{Cursor, Read};

/// Reads from after `CREATE FOREIGN DATA WRAPPER` or `CREATE SERVER`.
pub(super) fn create(cursor: &mut Cursor<'_>, words: &str) -> Read<Vec<Said>> {
    cursor.eat("IF NOT EXISTS");
    let name = format!("{words} {}", bare(cursor, "a name")?);
    made(cursor, name)
}

/// Reads from after `CREATE USER MAPPING`.
pub(super) fn user_mapping(cursor: &mut Cursor<'_>) -> Read<Vec<Said>> {
    let name = mapping(cursor)?;
    made(cursor, name)
}

/// Reads from after `DROP USER MAPPING`.
pub(super) fn drop_mapping(cursor: &mut Cursor<'_>) -> Read<Vec<Said>> {
    let if_exists = cursor.eat("IF EXISTS");
    let ids = vec![ObjectId::new(ObjectKind::Foreign, mapping(cursor)?)];
    Ok(vec![Said::Gone { ids, if_exists }])
}

/// `USER MAPPING FOR role SERVER name`.
fn mapping(cursor: &mut Cursor<'_>) -> Read<String> {
    cursor.eat("IF NOT EXISTS");
    cursor.expect("FOR")?;
    let known = ["CURRENT_USER", "CURRENT_ROLE", "SESSION_USER", "USER", "PUBLIC"];
    let role = match known.into_iter().find(|word| cursor.eat(word)) {
        Some(word) => word.to_owned(),
        None => bare(cursor, "a role")?,
    };
    cursor.expect("SERVER")?;
    Ok(format!("USER MAPPING FOR {role} SERVER {}", bare(cursor, "a server")?))
}

fn made(cursor: &mut Cursor<'_>, name: String) -> Read<Vec<Said>> {
    let start = cursor.at;
    cursor.skip_until(|c| c.is(0, "OPTIONS") && c.is_symbol(1, b'('));
    let head = cursor.flat(start, cursor.at);
    let mut parts = vec![("HEAD".to_owned(), head)];
    if cursor.eat("OPTIONS") {
        let (from, to) = cursor.parens()?;
        let mut inner = cursor.part(from, to);
        while !inner.done() {
            let key = bare(&mut inner, "an option")?;
            let (from, to) = inner.skip_to_comma();
            parts.push((format!("OPTION {key}"), inner.flat(from, to)));
            inner.eat_symbol(b',');
        }
    }
    let after = cursor.flat(cursor.at, cursor.tokens.len());
    if !after.is_empty() {
        return Err(cursor.expected("the end of the statement"));
    }
    let object = Object {
        make: vec![create_sql(&name, &parts)],
        unmake: Some(format!("DROP {name}")),
        of: None,
        parts,
    };
    Ok(vec![Said::Made(ObjectId::new(ObjectKind::Foreign, name), object)])
}

fn create_sql(name: &str, parts: &[(String, String)]) -> String {
    let mut text = format!("CREATE {name}");
    let mut options = Vec::new();
    for (key, value) in parts {
        match key.strip_prefix("OPTION ") {
            Some(option) => options.push(format!("{option} {value}")),
            None if value.is_empty() => {}
            None => text += &format!(" {value}"),
        }
    }
    if !options.is_empty() {
        text += &format!(" OPTIONS ({})", options.join(", "));
    }
    text
}
