//! Columns move to a table that is there: both places are kept equal by triggers on either, existing values
//! are carried over in batches, the app moves, then the old place goes. Rows of either table come and go as
//! before: none is made for a value, and none goes for the lack of one.

use crate::assemble::beside::{bare, routine};
use crate::change::Move;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::QName;
use crate::op::Op;
use crate::recipe::helpers::check_keys;
use crate::recipe::merge::{carry_over, domain_says, fires_too, install, said_of_columns};
use crate::recipe::steps::build_index;
use crate::recipe::{Context, Draft, Recipe, Slot, spread};
use crate::schema::{Column, ObjectKind, Table};
use crate::sync::{Relay, Side};

pub(super) fn plan(context: &Context<'_>, moved: &Move) -> Result<Recipe, Diagnostic> {
    check(context, moved)?;
    let Move { table, into, .. } = moved;
    let (relay, names, from) = (
        moved.relay(
            context.helper_name(table, &moved.names().join("__")),
            context.schemas([table, into]),
        ),
        moved.names().join(", "),
        moved.from(),
    );
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads and writes {names} of {into} where it used {from}{}",
            meaning(context, moved)
        ),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("the running release still reads and writes {from}: every such statement fails with 42703 once it is dropped"),
        "keep both shapes equal until no running release uses the old one",
    ));
    recipe.hazards.push(spread::deadlock(context, &relay));
    said(context, moved, &mut recipe);
    recipe.relays.push(relay.clone());
    let operation = format!(
        "add {names} to {into}, and carry writes between it and {table} by triggers on both"
    );
    recipe.drafts.push(install(context, &relay, (operation, moved.add())));
    recipe.drafts.push(carry_over(context, &relay));
    let indexes = moved.indexes.iter();
    let indexes =
        indexes.map(|(name, index)| build_index(context, Slot::Constrain, into, (name, index)));
    recipe.drafts.extend(indexes);
    for (slot, still, why) in [
        (Slot::Verify, "", "parity before anything depends on it"),
        (Slot::Confirm, "still ", "parity before the old column goes"),
    ] {
        let operation =
            format!("{names} of {table} and of {into} {still}agree for every {}", moved.at);
        recipe.drafts.push(
            Draft::gate(slot, operation, Vec::new()).why(why).done_when(
                "rows for which they differ",
                Condition::Relayed { relay: relay.clone() },
            ),
        );
    }
    recipe.drafts.push(drop_old(context, moved, &relay));
    Ok(recipe)
}

/// What a row of the one table says of the other's while both shapes live: what it said to the old release.
fn meaning(context: &Context<'_>, moved: &Move) -> String {
    let (child, link) = moved.child();
    let (parent, _) = moved.parent();
    let names = moved.names().join(", ");
    let rest = match moved.child {
        Side::Old => format!(
            "a row of {child} that goes, or whose {link} changes, takes {names} of {parent} along, as it does for the release before it"
        ),
        Side::New => format!(
            "one whose {link} changes gets {names} of the row of {parent} that it then belongs to, and one that goes leaves {names} there, as for the release before it, which does not know of {names} in {child}"
        ),
    };
    if context.request.stops() {
        return String::new();
    }
    format!(
        ". While both releases run, a row of {child} that is inserted without {names} has what {parent} says; and {rest}"
    )
}

/// Triggers and columns go in one transaction: between them, every write would fail or be lost.
fn drop_old(context: &Context<'_>, moved: &Move, relay: &Relay) -> Draft {
    let table = &moved.table;
    let gone = |side| Op::DropRelayTrigger { relay: relay.clone(), side };
    let mut ops = vec![gone(Side::New), gone(Side::Old)];
    ops.extend(moved.drop());
    let names = moved.names();
    let noun = if names.len() == 1 { "column" } else { "columns" };
    let mut draft = Draft::atomic(
        context,
        Slot::Drop,
        format!("drop the triggers and {noun} {} of {table}", names.join(", ")),
        ops,
    )
    .irreversible(&format!("what {} held: only the backup has it", moved.from()))
    .why("in one transaction: a trigger that names a dropped column would fail every write");
    for column in names {
        draft = draft.done_when(
            "the old column is gone",
            Condition::Column { table: table.clone(), column, present: false },
        );
    }
    draft.destructive = true;
    draft
}

/// What the reader has to know, or to do beside the plan.
fn said(context: &Context<'_>, moved: &Move, recipe: &mut Recipe) {
    let Move { table, into, .. } = moved;
    let (child, link) = moved.child();
    let (parent, key) = moved.parent();
    let names = moved.names();
    recipe
        .assumptions
        .push(format!("{parent}.{key} of a row does not change while both shapes live"));
    recipe.assumptions.push(match moved.child {
        Side::New => {
            let some = names.iter().map(|c| format!("{c} IS NOT NULL"));
            let some = some.collect::<Vec<_>>().join(" OR ");
            format!(
                "every row of {parent} that says {} has a row of {child}, which the app inserts: where there is none, the new release has no value to read. SELECT {key} FROM {parent} AS p WHERE ({some}) AND NOT EXISTS (SELECT FROM {child} WHERE {link} = p.{key}); finds them, and the plan does not go on while there are any. Where the new release has taken a row away, the value is still there for the old one: UPDATE {parent} SET {} with the same condition clears it, once no instance of the old one is left",
                names.join(", "),
                names.iter().map(|c| format!("{c} = NULL")).collect::<Vec<_>>().join(", ")
            )
        }
        Side::Old => format!(
            "until {} of {child} is gone, the new release gives {} only to rows of {parent} that have a row of {child}: the old one has no other place for it, and after a rollback it would be lost",
            names.join(", "),
            names.join(", ")
        ),
    });
    recipe.assumptions.push(format!("nobody truncates {table} or {into} while both shapes live: rows that go so are carried by no trigger"));
    let lost = said_of_columns(context, table, &names);
    if !lost.is_empty() {
        recipe.assumptions.push(format!(
            "what is said of the columns alone goes with them, and is said of {into} in the same change, after the hint, where it is needed: {}",
            lost.join(", ")
        ));
    }
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("once they are in {into}, too, {} without a table before it is ambiguous in a statement that joins {into} and {table} (42702), and a NATURAL JOIN of the two compares it, too", names.join(", ")),
        "let every such statement name the table (a view or a function, too), and release that first",
    ));
    recipe.hazards.extend(fires_too(context, into, table));
    for (name, index) in context.schema.table(table).into_iter().flat_map(|t| &t.indexes) {
        let goes = |c: &String| names.contains(c);
        if index.columns.iter().any(goes) && !index.columns.iter().all(goes) {
            recipe.hazards.push(spread::drops_index(context, table, name));
        }
    }
}

/// What is carried unseen, or would be missed.
fn check(context: &Context<'_>, moved: &Move) -> Result<(), Diagnostic> {
    let Move { table, into, .. } = moved;
    let refuse = |message: String, help: &str| Err(context.refuse("not-supported", message, help));
    for name in [table, into] {
        let in_family = context.table(name)?.partitioning.is_some()
            || !context.schema.descendants(name).is_empty()
            || !context.schema.known_parents(name).is_empty();
        if in_family {
            return refuse(
                format!(
                    "`{name}` has partitions or heirs, or is one: columns cannot move between it and another table yet"
                ),
                "do it in a maintenance window",
            );
        }
        if is_changed(context, moved, name) {
            return refuse(
                format!(
                    "the columns or the keys of `{name}` are changed by an earlier part of the change, which the plan would make last"
                ),
                "make that a change of its own, and move the column in the next",
            );
        }
        let mut objects = context.schema.objects_of(name);
        if let Some((id, _)) = objects
            .find(|(id, _)| id.kind == ObjectKind::Rule || id.name.ends_with("FORCE ROW SECURITY"))
        {
            return refuse(
                format!(
                    "{} `{}` may keep what is carried from the rows of `{name}`",
                    id.kind.noun(),
                    id.name
                ),
                "drop it first, as a change of its own",
            );
        }
    }
    check_keys(context, &[(table, &moved.at), (into, &moved.into_at)])?;
    check_triggers(context, (table, into))?;
    check_triggers(context, (into, table))?;
    for column in &moved.names() {
        check_column(context, moved, context.column(table, column)?)?;
    }
    Ok(())
}

/// Triggers of a table that stand in the way of what is carried: the server refuses a row that a BEFORE trigger
/// changed by the way, and a batch that writes what is there must not be left out.
fn check_triggers(
    context: &Context<'_>,
    (table, other): (&QName, &QName),
) -> Result<(), Diagnostic> {
    for (id, trigger) in context.schema.objects_of(table) {
        if id.kind != ObjectKind::Trigger {
            continue;
        }
        let routine = routine(context.schema, trigger);
        let says = |word: &str| trigger.mentions(word);
        let what = if says("suppress_redundant_updates_trigger") {
            "keeps rows from being written as they are, as the backfill does"
        } else if says("BEFORE") && routine.is_some_and(|routine| routine.mentions(&other.name)) {
            "runs before a row is written, and may write the other table, which then writes this row: the statement would be refused (27000), or go on until the stack is full (54001)"
        } else {
            continue;
        };
        return Err(context.refuse(
            "not-supported",
            format!("trigger `{}` of `{table}` {what}", bare(id)),
            "drop it first, as a change of its own; or let it be AFTER",
        ));
    }
    Ok(())
}

/// Whether what the move counts on is not there from the start.
fn is_changed(context: &Context<'_>, moved: &Move, name: &QName) -> bool {
    let (now, then) = (context.source.table(name), context.schema.table(name));
    let (Some(now), Some(then)) = (now, then) else { return true };
    let names = moved.names();
    let column = |t: &Table, c: &String| t.column(c).cloned();
    let own = |c: &String| name == &moved.table && column(now, c) != column(then, c);
    let ends = [(&moved.table, &moved.at), (&moved.into, &moved.into_at)];
    let ends = ends.into_iter().filter(|(table, _)| *table == name);
    now.constraints != then.constraints
        || names.iter().any(own)
        || ends.into_iter().any(|(_, c)| column(now, c) != column(then, c))
}

fn check_column(context: &Context<'_>, moved: &Move, old: &Column) -> Result<(), Diagnostic> {
    let (Move { table, into, .. }, name) = (moved, &old.name);
    let refuse = |message: String, help: &str| Err(context.refuse("not-supported", message, help));
    if domain_says(context, &old.ty) {
        return refuse(
            format!(
                "the domain of `{name}` has a default or constraints of its own: what is left out would not be NULL"
            ),
            "give the column the domain's own type first, as a change of its own",
        );
    }
    if old.identity.is_some() || old.generated.is_some() {
        return refuse(
            format!("`{name}` of `{table}` is given by the database itself"),
            "add a column of its kind to the other table, as a change of its own",
        );
    }
    if old.not_null || old.default.as_ref().is_some_and(|value| !value.always_null()) {
        return refuse(
            format!(
                "`{name}` of `{table}` is NOT NULL or has a default: while both releases run, rows of `{table}` and of `{into}` are inserted one after the other, and in between `{name}` would be missing, or not what is written"
            ),
            "drop NOT NULL and the default first, as a change of its own; the app then reads NULL as nothing",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::request::{Change, Request};

    fn refusals(schema: &str, change: &str) -> Vec<String> {
        let request = Request {
            engine: "postgres:15".to_owned(),
            schema: schema.to_owned(),
            change: Change::Statements(change.to_owned()),
            ..Request::default()
        };
        let found = crate::plan(&request).diagnostics;
        found.iter().map(|d| format!("{} / {}", d.message, d.help)).collect()
    }

    #[test]
    fn what_would_be_carried_unseen_or_missed_is_refused() {
        let tables = "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, bio text, age int DEFAULT 0, n int GENERATED ALWAYS AS (1) STORED, mail mail);
CREATE TABLE profiles (user_id int PRIMARY KEY REFERENCES users);";
        let mail = "CREATE DOMAIN mail AS text CHECK (value LIKE '%@%');";
        let mut lines = Vec::new();
        for (more, hint) in [
            ("", "users.name to profiles"),
            ("", "users.age to profiles"),
            ("", "users.n to profiles"),
            ("", "users.mail to profiles"),
            ("CREATE VIEW v AS SELECT bio FROM users;", "users.bio to profiles"),
            ("CREATE RULE r AS ON UPDATE TO profiles DO INSTEAD NOTHING;", "users.bio to profiles"),
            (
                "ALTER TABLE profiles ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
                "users.bio to profiles",
            ),
            ("CREATE TABLE heir () INHERITS (profiles);", "users.bio to profiles"),
        ] {
            let schema = format!("{mail}{tables}{more}");
            lines.extend(refusals(&schema, &format!("-- concertina: move {hint}")));
        }
        let change =
            "ALTER TABLE users ALTER bio TYPE varchar;\n-- concertina: move users.bio to profiles";
        lines.extend(refusals(&format!("{mail}{tables}"), change));
        assert_eq!(
            lines.join("\n"),
            "`name` of `public.users` is NOT NULL or has a default: while both releases run, rows of `public.users` and of `public.profiles` are inserted one after the other, and in between `name` would be missing, or not what is written / drop NOT NULL and the default first, as a change of its own; the app then reads NULL as nothing
`age` of `public.users` is NOT NULL or has a default: while both releases run, rows of `public.users` and of `public.profiles` are inserted one after the other, and in between `age` would be missing, or not what is written / drop NOT NULL and the default first, as a change of its own; the app then reads NULL as nothing
`n` of `public.users` is given by the database itself / add a column of its kind to the other table, as a change of its own
the domain of `mail` has a default or constraints of its own: what is left out would not be NULL / give the column the domain's own type first, as a change of its own
PostgreSQL would refuse this: cannot drop column bio of table public.users because other objects depend on it: view public.v (SQLSTATE 2BP01) / change the statement, or the order of statements, so that it applies to the schema as it is then
rule `r ON public.profiles` may keep what is carried from the rows of `public.profiles` / drop it first, as a change of its own
setting `public.profiles FORCE ROW SECURITY` may keep what is carried from the rows of `public.profiles` / drop it first, as a change of its own
`public.profiles` has partitions or heirs, or is one: columns cannot move between it and another table yet / do it in a maintenance window
the columns or the keys of `public.users` are changed by an earlier part of the change, which the plan would make last / make that a change of its own, and move the column in the next"
        );
    }
}
