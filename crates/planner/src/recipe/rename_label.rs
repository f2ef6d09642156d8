//! A label of an enum under another name. The statement is instant and locks no table, but a type has one
//! name for a label: so the release that runs meanwhile takes both, and writes the one that is there.

use crate::assemble::naive_ops;
use crate::change::What;
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::name::{QName, literal};
use crate::op::{Op, sql};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{ConstraintKind, ObjectId, ObjectKind};

/// The plan for `ALTER TYPE ty RENAME VALUE from TO to`.
pub(super) fn plan(
    context: &Context<'_>,
    ty: &QName,
    (from, to): (&str, &str),
) -> Result<Recipe, Diagnostic> {
    let (old, new) = (literal(from), literal(to));
    alone(context, ty, [&old, &new])?;
    not_as_text(context, ty, from)?;
    let mut recipe = Recipe {
        needs_release: true,
        release_change: format!(
            "reads {old} and {new} of {ty} as the same, and writes the one that the type has: where it is refused with 22P02, the other"
        ),
        ..Recipe::default()
    };
    recipe.hazards.push(context.hazard(
        "breaks-old-app",
        format!("every statement of the running release that says {old} of {ty} fails with 22P02 from the moment of the rename, and it reads {new}, which it does not know; the new release fails until then"),
        "a release that takes both labels goes first, and no other runs when the label gets its new name",
    ));
    let rename = |label: &str, to: &str| Op::RenameLabel {
        ty: ty.clone(),
        label: label.to_owned(),
        to: to.to_owned(),
    };
    let has =
        |label: &str| Condition::Label { ty: ty.clone(), label: label.to_owned(), present: true };
    recipe.drafts.push(
        Draft::ddl(
            context,
            Slot::Swap,
            format!("the label {old} of {ty} gets the name {new}"),
            vec![rename(from, to)],
        )
        .back(context, vec![rename(to, from)])
        .why("rows, defaults, indexes and constraints hold the label, not its name, and follow; no row is written")
        .instead_of("a new label, every row updated, and a new type without the old label: every row is written twice, the second time under ACCESS EXCLUSIVE")
        .done_when("the new label is there", has(to)),
    );
    recipe.assumptions.push(format!(
        "functions and jobs that say {old} of {ty} in a text of their own take both labels, too: PostgreSQL does not look into them"
    ));
    Ok(recipe)
}

/// What else is asked may neither change the enum nor say one of the names: it would come before the rename,
/// and the type has one of them at a time.
fn alone(context: &Context<'_>, ty: &QName, names: [&String; 2]) -> Result<(), Diagnostic> {
    let id = ObjectId::new(ObjectKind::Enum, ty.to_string());
    let is_this = |op: &Op| {
        matches!(op, Op::RenameLabel { ty: of, label, to }
            if of == ty && [literal(label), literal(to)].each_ref() == names)
    };
    for asked in context.asked {
        let ops = naive_ops(&asked.what, context.source);
        let changes = matches!(&asked.what, What::Object { id: of, .. } if *of == id);
        let says = |op: &&Op| {
            let other = matches!(op, Op::RenameLabel { ty: of, .. } if of == ty) && !is_this(op);
            let text = sql::render(op);
            other || (!is_this(op) && names.iter().any(|name| text.contains(name.as_str())))
        };
        let Some(said) =
            ops.iter().find(says).map(sql::render).or(changes.then(|| id.name.clone()))
        else {
            continue;
        };
        let line = said.lines().next().unwrap_or_default();
        return Err(context.refuse(
            "label-renamed-with-others",
            format!("the label {} of `{ty}` gets another name, and the same change says it or changes the enum: {line}", names[0]),
            "ask for the new name in a change of its own, and for the rest after it",
        ));
    }
    Ok(())
}

/// A text that is compared with the label as text does not follow: rows that hold the label would be refused.
fn not_as_text(context: &Context<'_>, ty: &QName, from: &str) -> Result<(), Diagnostic> {
    // What follows has no name then: what still says the old one does not.
    let mut after = context.schema.clone();
    after.say_label(ty, from, "");
    let old = literal(from);
    for (name, table) in after.tables.iter().filter(|(_, t)| t.has_type(&ty.to_string())) {
        let checks = table.constraints.iter().filter_map(|(key, constraint)| {
            let sql = match &constraint.kind {
                ConstraintKind::Check(check) => check.sql(),
                ConstraintKind::Other(text, _) => text.clone(),
                ConstraintKind::PrimaryKey(_)
                | ConstraintKind::Unique(_)
                | ConstraintKind::ForeignKey(_)
                | ConstraintKind::NotNull(_) => return None,
            };
            Some((format!("the constraint `{key}`"), sql))
        });
        let computed = table.columns.iter().filter_map(|column| {
            let sql = column.generated.clone()?;
            Some((format!("the computed column `{}`", column.name), sql))
        });
        for (what, sql) in checks.chain(computed) {
            if sql.contains(&old) {
                return Err(context.refuse(
                    "label-said-as-text",
                    format!("{what} of `{name}` says {old}, and may compare it as text: then it would not follow to the new name, and refuse rows that hold the label"),
                    "let it compare values of the enum, in a change of its own that comes first",
                ));
            }
        }
    }
    Ok(())
}
