//! A DO block that makes what is not there yet, as hand-written schemas have it: it is read as what it
//! makes. Must not know what that is.

use super::cursor::Cursor;
use super::token;

/// What the block at the cursor makes, as statements; none where it does anything else.
pub(super) fn made(cursor: &Cursor<'_>) -> Option<String> {
    let mut outer = Cursor { at: 0, ..*cursor };
    if !outer.eat("DO") {
        return None;
    }
    let mut body = None;
    while !outer.done() {
        if !outer.eat("LANGUAGE") {
            body = Some(in_dollars(outer.of(outer.peek(0)?))?);
            outer.at += 1;
        } else if outer.eat("plpgsql") || outer.string().is_ok_and(|name| name == "plpgsql") {
            continue;
        } else {
            return None;
        }
    }
    let body = body?;
    let tokens = token::tokens(body)?;
    statements(&mut Cursor::new(body, &tokens, "public"))
}

/// What stands between `$tag$` and `$tag$`.
fn in_dollars(text: &str) -> Option<&str> {
    let end = text.strip_prefix('$')?.find('$')? + 2;
    let (tag, rest) = text.split_at_checked(end)?;
    rest.strip_suffix(tag)
}

fn statements(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut made = String::new();
    let (mut depth, mut blocks) = (0_usize, 1_usize);
    cursor.eat("BEGIN").then_some(())?;
    loop {
        if cursor.eat("BEGIN") {
            blocks += 1;
        } else if cursor.eat("IF") {
            let (from, to) = cursor.skip_until(|c| c.is(0, "THEN"));
            let guard = cursor.flat(from, to).to_ascii_uppercase();
            cursor.eat("THEN").then_some(())?;
            (guard.contains("NOT EXISTS") || guard.ends_with("IS NULL")).then_some(())?;
            depth += 1;
        } else if cursor.eat("END IF") {
            depth = depth.checked_sub(1)?;
            cursor.eat_symbol(b';');
        } else if cursor.eat("EXCEPTION") {
            already_there(cursor)?;
        } else if cursor.eat("END") {
            blocks -= 1;
            if blocks == 0 {
                return (depth == 0 && !made.is_empty()).then_some(made);
            }
            cursor.eat_symbol(b';');
        } else {
            let role = ["CREATE ROLE", "CREATE USER", "CREATE GROUP"];
            let makes =
                ["CREATE", "ALTER TABLE", "ALTER TYPE"].iter().any(|words| cursor.sees(words));
            (makes && !role.iter().any(|words| cursor.sees(words))).then_some(())?;
            let (from, to) = cursor.skip_until(|c| c.is_symbol(0, b';'));
            made += cursor.slice(from, to);
            made += ";\n";
            cursor.eat_symbol(b';').then_some(())?;
        }
    }
}

/// `WHEN duplicate_object THEN NULL;`, or a notice in place of nothing.
fn already_there(cursor: &mut Cursor<'_>) -> Option<()> {
    while cursor.eat("WHEN") {
        let (from, to) = cursor.skip_until(|c| c.is(0, "THEN"));
        let caught = cursor.flat(from, to).to_ascii_lowercase();
        // Of a label that has its new name already PostgreSQL says that the parameter is invalid.
        let known = |name: &str| {
            name.trim().starts_with("duplicate_") || name.trim() == "invalid_parameter_value"
        };
        (caught.split(" or ").all(known) && cursor.eat("THEN")).then_some(())?;
        (cursor.eat("NULL") || cursor.sees("RAISE NOTICE")).then_some(())?;
        cursor.skip_until(|c| c.is_symbol(0, b';'));
        cursor.eat_symbol(b';').then_some(())?;
    }
    Some(())
}
