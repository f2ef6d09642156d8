//! What the server binds to a column or table that a statement takes away, and that the whole change leaves
//! there: it would refuse the drop, at the plan's last step. Names are looked for in the objects' own SQL, in
//! what is not a text within it. Must not know recipes.

use crate::change::Asked;
use crate::diagnostic::{Diagnostic, Source};
use crate::name::{QName, quote};
use crate::op::Op;
use crate::schema::{Object, ObjectId, ObjectKind, Schema};
use crate::sql::words;

/// The refusal, where something in the schema that the whole change leaves is bound to what goes.
pub(super) fn refusal(asked: &Asked, op: &Op, target: &Schema) -> Option<Diagnostic> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others take nothing away, or a part")]
    let (what, bound) = match op {
        Op::DropColumn { table, column } if is_left_without(target, table, column) => {
            (format!("column {column} of table {table}"), to_column(target, table, column))
        }
        Op::DropTable { table }
            if !target.tables.contains_key(table) && !target.views.contains_key(table) =>
        {
            (format!("table {table}"), to_table(target, table))
        }
        _ => return None,
    };
    (!bound.is_empty()).then(|| {
        Diagnostic::error(
            "refused",
            (Source::Change, asked.span),
            format!("PostgreSQL would refuse this: cannot drop {what} because other objects depend on it: {} (SQLSTATE 2BP01)", bound.join(", ")),
            "drop it in the same change, or make it again there so that it does without",
        )
    })
}

fn is_left_without(target: &Schema, table: &QName, column: &str) -> bool {
    target.table(table).is_some_and(|t| t.column(column).is_none())
}

fn to_column(target: &Schema, table: &QName, column: &str) -> Vec<String> {
    let is_bound = |id: &ObjectId, object: &Object| {
        let text = words(object.make.first().map_or("", String::as_str));
        let own = object.of.as_ref().and_then(|of| of.relation()) == Some(table);
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the others are bound to no column, or go with it"
        )]
        match id.kind {
            ObjectKind::Policy => own && says_column(target, &text, table, column),
            ObjectKind::Trigger => own && fires_by(&text, column),
            ObjectKind::Replication => publishes(&text, table, column),
            ObjectKind::Routine => {
                is_parsed(&text)
                    && names_table(&text, table)
                    && says_column(target, &text, table, column)
            }
            _ => false,
        }
    };
    listed(target, is_bound)
}

fn to_table(target: &Schema, table: &QName) -> Vec<String> {
    let is_bound = |id: &ObjectId, object: &Object| {
        let text = words(object.make.first().map_or("", String::as_str));
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the others are bound to no table, or go with it"
        )]
        match id.kind {
            ObjectKind::Policy => {
                object.of.as_ref().and_then(|of| of.relation()) != Some(table)
                    && names_table(&text, table)
            }
            ObjectKind::Routine => {
                object.takes_or_gives(id, table) || is_parsed(&text) && names_table(&text, table)
            }
            _ => false,
        }
    };
    let mut bound = listed(target, is_bound);
    // The type of a table's rows is called as it was written.
    let rows = [table.to_string(), quote(&table.name)];
    for (other, definition) in &target.tables {
        let columns =
            definition.columns.iter().filter(|c| rows.iter().any(|row| c.ty.element() == *row));
        bound.extend(columns.map(|c| format!("column {} of table {other}", c.name)));
    }
    bound
}

fn listed(target: &Schema, is_bound: impl Fn(&ObjectId, &Object) -> bool) -> Vec<String> {
    let bound = target.objects.iter().filter(|(id, object)| is_bound(id, object));
    let called = |id: &ObjectId| {
        // Of two kinds in one, its name says which.
        let says_itself = id.kind == ObjectKind::Replication;
        if says_itself { id.name.clone() } else { format!("{} {}", id.kind.noun(), id.name) }
    };
    bound.map(|(id, _)| called(id)).collect()
}

/// Whether a routine's body is SQL that the server has read, and not a text.
fn is_parsed(text: &[String]) -> bool {
    text.windows(2).any(|pair| pair == ["begin", "atomic"])
}

/// Whether a table is named, with its schema or none.
fn names_table(text: &[String], table: &QName) -> bool {
    let is_it = |at: usize| match at.checked_sub(2).map(|from| &text[from..at]) {
        Some([schema, dot]) if dot == "." => *schema == table.schema,
        _ => true,
    };
    (0..text.len()).any(|at| text[at] == table.name && is_it(at))
}

/// Whether the table's column is named: by the table's name, or by none where no other table that is named has
/// one that is called so.
fn says_column(target: &Schema, text: &[String], table: &QName, column: &str) -> bool {
    let mut others = target.tables.iter().filter(|(other, definition)| {
        *other != table && definition.column(column).is_some() && names_table(text, other)
    });
    let is_told = others.next().is_none();
    (0..text.len()).any(|at| {
        let is_call = text.get(at + 1).is_some_and(|next| next == "(");
        let qualifier = at.checked_sub(2).map(|from| &text[from..at]);
        text[at] == *column
            && !is_call
            && match qualifier {
                Some([qualifier, dot]) if dot == "." => *qualifier == table.name,
                _ => is_told,
            }
    })
}

/// Whether a trigger fires by a column, or looks at it: `UPDATE OF …`, `WHEN (OLD.…)`.
fn fires_by(text: &[String], column: &str) -> bool {
    let of_row = |triple: &[String]| matches!(triple, [row, dot, name] if (row == "old" || row == "new") && dot == "." && name == column);
    let mut listed = text.iter().skip_while(|word| *word != "of").take_while(|word| *word != "on");
    listed.any(|word| word == column) || text.windows(3).any(of_row)
}

/// Whether a publication lists the column of the table.
fn publishes(text: &[String], table: &QName, column: &str) -> bool {
    if !matches!(text, [create, publication, ..] if create == "create" && publication == "publication")
    {
        return false;
    }
    (0..text.len()).any(|at| {
        let mut list = text.iter().skip(at + 1).take_while(|word| *word != ")");
        text[at] == table.name
            && list.next().is_some_and(|word| word == "(")
            && list.any(|word| word == column)
    })
}

#[cfg(test)]
mod tests {
    use crate::request::{Change, Request};

    fn errors(schema: &str, change: &str) -> Vec<String> {
        let request = Request {
            engine: "postgres:15".to_owned(),
            schema: schema.to_owned(),
            change: Change::Statements(change.to_owned()),
            ..Request::default()
        };
        let found = crate::plan(&request).diagnostics.into_iter();
        found.filter(|d| d.code == "refused").map(|d| d.message).collect()
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn what_is_bound_to_what_goes_is_told_before_the_last_step() {
        let tables = "CREATE TABLE users (id bigint PRIMARY KEY, bio text, \"on\" text);
            CREATE TABLE posts (id bigint PRIMARY KEY, author bigint, bio text);
            CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;";
        let bio =
            "cannot drop column bio of table public.users because other objects depend on it: ";
        let users = "cannot drop table public.users because other objects depend on it: ";
        for (more, change, what, expected) in [
            (
                "CREATE POLICY p ON users USING (bio <> '')",
                "ALTER TABLE users DROP bio",
                bio,
                "policy p ON public.users",
            ),
            (
                "CREATE POLICY p ON users USING (id IN (SELECT author FROM posts WHERE posts.bio <> 'bio'))",
                "ALTER TABLE users DROP bio",
                bio,
                "",
            ),
            (
                "CREATE POLICY p ON users USING (bio <> '')",
                "DROP POLICY p ON users; ALTER TABLE users DROP bio",
                bio,
                "",
            ),
            (
                "CREATE TRIGGER t AFTER UPDATE OF id, bio ON users FOR EACH ROW EXECUTE FUNCTION t()",
                "ALTER TABLE users DROP bio",
                bio,
                "trigger t ON public.users",
            ),
            (
                "CREATE TRIGGER t AFTER UPDATE ON users FOR EACH ROW WHEN (OLD.bio IS DISTINCT FROM NEW.bio) EXECUTE FUNCTION t()",
                "ALTER TABLE users DROP bio",
                bio,
                "trigger t ON public.users",
            ),
            (
                "CREATE TRIGGER bio AFTER UPDATE OF id ON users FOR EACH ROW EXECUTE FUNCTION t()",
                "ALTER TABLE users DROP bio",
                bio,
                "",
            ),
            (
                "CREATE PUBLICATION p FOR TABLE posts (id, bio), users (id)",
                "ALTER TABLE users DROP bio",
                bio,
                "",
            ),
            (
                "CREATE PUBLICATION p FOR TABLE posts, users (id, bio)",
                "ALTER TABLE users DROP bio",
                bio,
                "PUBLICATION p",
            ),
            (
                "CREATE FUNCTION f() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT max(bio) FROM public.users; END",
                "ALTER TABLE users DROP bio",
                bio,
                "routine public.f()",
            ),
            (
                "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT max(bio) FROM public.users'",
                "ALTER TABLE users DROP bio",
                bio,
                "",
            ),
            (
                "CREATE FUNCTION f() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT max(bio) FROM public.users; END",
                "DROP TABLE users",
                users,
                "routine public.f()",
            ),
            (
                "CREATE FUNCTION f() RETURNS SETOF public.users LANGUAGE sql AS 'SELECT * FROM public.users'",
                "DROP TABLE users",
                users,
                "routine public.f()",
            ),
            (
                "CREATE POLICY p ON posts USING (author IN (SELECT id FROM users))",
                "DROP TABLE users",
                users,
                "policy p ON public.posts",
            ),
            (
                "CREATE TABLE log (was users[])",
                "DROP TABLE users",
                users,
                "column was of table public.log",
            ),
            ("CREATE TABLE log (was users[])", "DROP TABLE log; DROP TABLE users", users, ""),
        ] {
            let found = errors(&format!("{tables}{more};"), change);
            let wanted = (!expected.is_empty()).then(|| {
                format!("PostgreSQL would refuse this: {what}{expected} (SQLSTATE 2BP01)")
            });
            assert_eq!(found, wanted.into_iter().collect::<Vec<_>>(), "{more}: {change}");
        }
    }
}
