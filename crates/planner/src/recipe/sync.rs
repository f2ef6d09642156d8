//! The steps that keep two shapes equal, and what a table's own triggers mean for them. Must not
//! know any one recipe.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::recipe::steps::inverse;
use crate::recipe::{Context, Draft, Slot};
use crate::schema::ObjectKind;
use crate::sync::{Assignment, SYNC_TRIGGER, SyncRule};

/// The sync function and its trigger, in one transaction.
pub(crate) fn install_sync(context: &Context<'_>, rule: &SyncRule, extra: Vec<Op>) -> Draft {
    let mut ops = extra.clone();
    ops.push(Op::CreateSyncFunction { rule: rule.clone() });
    ops.push(Op::CreateSyncTrigger { rule: rule.clone() });
    let mut back = vec![
        Op::DropSyncTrigger { rule: rule.clone() },
        Op::DropSyncFunction { rule: rule.clone() },
    ];
    back.extend(extra.into_iter().rev().filter_map(|op| inverse(context, &op)));
    let columns = rule.new_columns().join(", ");
    Draft::atomic(
        context,
        Slot::Expand,
        format!("keep {columns} in step by trigger on {}", rule.table),
        ops,
    )
    .back_atomic(context, back)
    .why("from now on every write, by either version, reaches both shapes")
    .instead_of("dual writes in the app: every writer has to be changed and deployed first")
    .done_when(
        "the sync trigger is there",
        Condition::Trigger { table: rule.table.clone(), name: rule.trigger_name(), present: true },
    )
}

/// Why a table's rows cannot be kept in two shapes by a trigger: its heirs' rows do not fire it, or
/// a trigger of its own would change one side after it.
///
/// # Errors
/// The refusal.
pub(super) fn can_sync(context: &Context<'_>, table: &QName) -> Result<(), Diagnostic> {
    if !context.schema.descendants(table).is_empty() {
        return Err(context.unsupported(
            &format!("keeping two shapes of `{table}` equal, which has heirs: a trigger of the parent does not fire for their rows,"),
            "change the heirs in a maintenance window, or take them out of the family first (NO INHERIT)",
        ));
    }
    let late = context.schema.objects_of(table).find(|(id, object)| {
        let name = id.name.split(" ON ").next().unwrap_or_default().trim_matches('"');
        let sql = object.make.first().map(|sql| sql.to_uppercase()).unwrap_or_default();
        id.kind == ObjectKind::Trigger && sql.contains(" BEFORE ") && name > SYNC_TRIGGER
    });
    let Some((id, _)) = late else { return Ok(()) };
    Err(context.refuse(
        "late-trigger",
        format!("trigger `{}` would run after the sync trigger: what it changes reaches one of the two shapes only", id.name),
        "give it a name that comes before `zz_concertina` in the alphabet: ALTER TRIGGER … RENAME TO …",
    ))
}

/// The new columns' defaults while the rule lives, by which an INSERT of the old release is told.
pub(super) fn set_defaults(rule: &SyncRule) -> Vec<Op> {
    defaults(rule, |a| a.default.clone())
}

/// The same taken away.
pub(super) fn drop_defaults(rule: &SyncRule) -> Vec<Op> {
    defaults(rule, |_| None)
}

fn defaults(rule: &SyncRule, default: fn(&Assignment) -> Option<Expr>) -> Vec<Op> {
    let set = |a: &Assignment| Op::SetDefault {
        table: rule.table.clone(),
        column: a.column.clone(),
        default: default(a),
    };
    rule.up.iter().filter(|a| a.default.is_some()).map(set).collect()
}
