//! What stands beside a table and meets the plan's steps: its own triggers, and publications that
//! send it to others. Must not know any one recipe.

use crate::backfill::{Backfill, Work};
use crate::name::QName;
use crate::op::Op;
use crate::plan::Hazard;
use crate::recipe::{Context, Recipe};
use crate::request::Consumer;
use crate::schema::{Object, ObjectId, ObjectKind, Schema};

/// Hazards of a recipe's steps that come from what stands beside its tables.
pub(super) fn hazards(context: &Context<'_>, recipe: &Recipe) -> Vec<Hazard> {
    let mut found = Vec::new();
    for draft in &recipe.drafts {
        if let Some(backfill) = &draft.backfill {
            found.extend(fired(context, backfill));
        }
        for statement in &draft.script {
            #[expect(clippy::wildcard_enum_match_arm, reason = "only these two meet them")]
            match &statement.op {
                Op::AddColumn { table, column } => {
                    found.extend(published(context, table, &column.name));
                }
                Op::CreateSyncTrigger { rule } => {
                    found.extend(rule.old_columns().iter().filter_map(|column| {
                        one_sided(context, &rule.table, (column, &rule.new_columns()))
                    }));
                }
                _ => {}
            }
        }
    }
    found
}

/// The table's own triggers that fire for what the backfill does.
fn fired(context: &Context<'_>, backfill: &Backfill) -> Option<Hazard> {
    let table = backfill.written();
    let set: Vec<&str> = backfill.set.iter().map(|(c, _)| c.as_str()).collect();
    let does = match backfill.work {
        Work::Update => "updates every row of",
        Work::Delete => "deletes rows of",
        Work::Insert { .. } => "brings rows to",
    };
    let meets = |trigger: &Object| match backfill.work {
        Work::Update => fires(trigger, &set),
        Work::Delete => says(trigger, " DELETE"),
        Work::Insert { .. } => says(trigger, " INSERT"),
    };
    let names: Vec<&str> = own_triggers(context, table)
        .filter(|(_, trigger)| meets(trigger))
        .map(|(id, _)| bare(id))
        .collect();
    (!names.is_empty()).then(|| {
        context.hazard(
            "backfill-fires-triggers",
            format!(
                "the backfill {does} {table}, and its own triggers fire each time ({}): times of change move, audit rows and notifications are written for rows that nobody changed",
                names.join(", ")
            ),
            "let a trigger that must not see it say so: WHEN (coalesce(current_setting('concertina.backfill', true), '') = '')",
        )
    })
}

/// A trigger of the user's that reads or sets one name of a column that has two.
fn one_sided(
    context: &Context<'_>,
    table: &QName,
    (old, new): (&str, &[String]),
) -> Option<Hazard> {
    let names: Vec<&str> = own_triggers(context, table)
        .filter(|(_, trigger)| {
            routine(context.source, trigger).is_none_or(|routine| routine.mentions(old))
        })
        .map(|(id, _)| bare(id))
        .collect();
    (!names.is_empty()).then(|| {
        context.hazard(
            "trigger-sees-one-side",
            format!(
                "triggers of {table} know {old} and not {} ({}): a BEFORE trigger runs before the sync trigger, so it does not see in {old} what the new release writes",
                new.join(", "),
                names.join(", ")
            ),
            "let the trigger treat both names alike while both live, or move its rule into a CHECK",
        )
    })
}

/// Others that get the table's rows, and have no such column.
fn published(context: &Context<'_>, table: &QName, column: &str) -> Option<Hazard> {
    let sends = |(id, object): &(&ObjectId, &Object)| {
        id.kind == ObjectKind::Replication
            && object.make.iter().any(|sql| {
                let sql = sql.to_uppercase();
                sql.contains("PUBLICATION") && !sql.contains("SUBSCRIPTION")
            })
            && (object.mentions(&table.name) || object.mentions("ALL"))
    };
    let declared = context.request.constraints.consumers.contains(&Consumer::LogicalReplica);
    (declared || context.source.objects.iter().any(|one| sends(&one))).then(|| {
        context.hazard(
            "subscriber-lacks-column",
            format!(
                "{table} is published: a subscriber whose table has no {column} stops to apply with the first row that has it"
            ),
            "add the column on every subscriber first, or publish a list of columns; drop it there last",
        )
    })
}

/// The user's triggers on a table.
fn own_triggers<'a>(
    context: &'a Context<'_>,
    table: &'a QName,
) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
    context.source.objects_of(table).filter(|(id, _)| id.kind == ObjectKind::Trigger)
}

/// Whether its statement names the event before its table.
fn says(trigger: &Object, event: &str) -> bool {
    let sql = trigger.make.first().map(|sql| sql.to_uppercase()).unwrap_or_default();
    sql.split(" ON ").next().is_some_and(|events| events.contains(event))
}

/// Whether an UPDATE of these columns fires it.
fn fires(trigger: &Object, set: &[&str]) -> bool {
    let Some(sql) = trigger.make.first() else { return false };
    let upper = sql.to_uppercase();
    let Some(at) = upper.find(" UPDATE") else { return false };
    let rest = sql.get(at + " UPDATE".len()..).unwrap_or_default();
    let listed = rest.trim_start();
    if !listed.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("of ")) {
        return true;
    }
    let listed = listed.get(3..).unwrap_or_default();
    let end = [" ON ", " OR "].iter().filter_map(|w| listed.to_uppercase().find(w)).min();
    let listed = listed.get(..end.unwrap_or(listed.len())).unwrap_or_default();
    listed.split(',').any(|column| set.contains(&column.trim().trim_matches('"')))
}

/// The routine that a trigger runs, where the dump has it.
pub(crate) fn routine<'a>(schema: &'a Schema, trigger: &Object) -> Option<&'a Object> {
    let sql = trigger.make.first()?;
    let upper = sql.to_uppercase();
    let at = ["EXECUTE FUNCTION ", "EXECUTE PROCEDURE "]
        .iter()
        .find_map(|words| upper.find(words).map(|at| at + words.len()))?;
    let called = sql.get(at..)?.split('(').next()?.trim();
    let id = schema.objects.iter().find(|(id, _)| {
        id.kind == ObjectKind::Routine
            && id
                .name
                .split('(')
                .next()
                .is_some_and(|name| name == called || name.rsplit('.').next() == Some(called))
    });
    id.map(|(_, object)| object)
}

/// `touch ON public.t` → `touch`.
pub(crate) fn bare(id: &ObjectId) -> &str {
    id.name.split(" ON ").next().unwrap_or(&id.name)
}
