//! Rename a table with both names live: an updatable view under the new name carries the new
//! release over; at the end, in one transaction, the view goes and the table takes its name.

use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::{QName, quote};
use crate::op::Op;
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{ObjectKind, View};

pub(super) fn plan(context: &Context<'_>, from: &QName, to: &str) -> Result<Recipe, Diagnostic> {
    let table = context.table(from)?;
    if context.schema.has_row_security(from) {
        return Err(context.unsupported(
            &format!("renaming `{from}`, which has row security,"),
            "a view would need security_invoker and the policies' say: rename in a maintenance window",
        ));
    }
    let new = from.sibling(to);
    let columns: Vec<String> = table.columns.iter().map(|c| quote(&c.name)).collect();
    let view = View {
        columns: Vec::new(),
        query: format!("SELECT {} FROM {from}", columns.join(", ")),
        materialized: false,
        reads: vec![from.clone()],
        identifiers: table.columns.iter().map(|c| c.name.clone()).collect(),
        alias_of: Some(from.clone()),
        unfilled: false,
        over_unfilled: false,
        found: Vec::new(),
    };
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!("uses {new} where it used {from}"),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("every statement of the running release on {from} fails with 42P01 from the moment of the rename; the new release fails until then"),
        "keep both names until no running release uses the old one",
    ));
    let mut create = vec![Op::CreateView { view: new.clone(), definition: view }];
    create.extend(grants(context, from, &new));
    recipe.drafts.push(
        Draft::atomic(
            context,
            Slot::Expand,
            format!("create the updatable view {new} over {from}"),
            create.clone(),
        )
        .back(context, vec![Op::DropView { view: new.clone(), materialized: false }])
        .why("the new release finds its name, the old one keeps its own; the table is not touched")
        .instead_of("RENAME TO: instant, but one of the two releases breaks at once")
        .done_when(
            "the view is there",
            Condition::Relation { relation: new.clone(), present: true },
        ),
    );
    let mut back = vec![Op::RenameTable { table: new.clone(), to: from.name.clone() }];
    back.extend(create);
    recipe.drafts.push(
        Draft::atomic(
            context,
            Slot::Swap,
            format!("drop the view and rename {from} to {to}, in one transaction"),
            vec![
                Op::DropView { view: new.clone(), materialized: false },
                Op::RenameTable { table: from.clone(), to: to.to_owned() },
            ],
        )
        .back_atomic(context, back)
        .why("the new release sees the same name before and after; sequences, keys and views follow the table")
        .done_when(
            "the old name is gone",
            Condition::Relation { relation: from.clone(), present: false },
        ),
    );
    recipe.assumptions.push(format!(
        "until the table has its new name, the new release neither runs TRUNCATE or COPY FROM on {new}, nor names a constraint in ON CONFLICT, nor asks for its serial sequence: a view cannot answer"
    ));
    Ok(recipe)
}

/// The table's grants, said of the view.
fn grants(context: &Context<'_>, from: &QName, to: &QName) -> Vec<Op> {
    let (old, new) = (format!("TABLE {from}"), format!("TABLE {to}"));
    let objects = context.schema.objects_of(from);
    objects
        .filter(|(id, object)| {
            id.kind == ObjectKind::Privilege
                && object.make.iter().all(|sql| sql.starts_with("GRANT"))
        })
        .flat_map(|(_, object)| &object.make)
        .map(|sql| Op::Verbatim { sql: sql.replace(&old, &new), relation: Some(to.clone()) })
        .collect()
}
