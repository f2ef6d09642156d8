//! What a plan is called, and what its releases use. Must not know recipes' steps.

use crate::change::{Asked, Numbering, Numbers, What};
use crate::name::{QName, literal};
use crate::op::{self, Op};
use crate::plan::{ColumnRef, LabelRef, Model, Release, Strategy};
use crate::recipe::Recipe;
use crate::schema::Schema;

/// R0 uses every column of the touched tables as they are; R1, where there is one, as they will be.
pub(super) fn releases(model: &Model, touched: &[QName], recipes: &[Recipe]) -> Vec<Release> {
    let columns = |schema: &Schema, all: bool| -> Vec<ColumnRef> {
        let relations = schema
            .tables
            .iter()
            .filter(|(name, _)| touched.contains(name) || !model.source.tables.contains_key(name))
            // The app knows the table that new partitions are of.
            .filter(|(name, t)| !t.is_partition() || model.source.tables.contains_key(name));
        relations
            .flat_map(|(name, table)| {
                table
                    .columns
                    .iter()
                    .filter(move |c| {
                        all || (c.generated.is_none() && c.identity.as_deref() != Some("always"))
                    })
                    .map(|c| ColumnRef { relation: name.clone(), column: c.name.clone() })
            })
            .collect()
    };
    let mut releases = vec![Release {
        id: "R0".to_owned(),
        title: "the running release".to_owned(),
        reads: columns(&model.source, true),
        writes: columns(&model.source, false),
        change: String::new(),
        labels: labels(&model.source, &model.target),
        keeps: Vec::new(),
    }];
    if recipes.iter().any(|r| r.needs_release) {
        let changes: Vec<&str> = recipes
            .iter()
            .map(|r| r.release_change.as_str())
            .filter(|change| !change.is_empty())
            .collect();
        releases.push(Release {
            id: "R1".to_owned(),
            title: "the release that wants the change".to_owned(),
            reads: columns(&model.target, true),
            writes: columns(&model.target, false)
                .into_iter()
                .filter(|c| !recipes.iter().any(|r| r.constant.contains(&c.relation)))
                .collect(),
            change: changes.join("; "),
            labels: new_labels(model),
            keeps: recipes.iter().flat_map(|r| r.keeps.clone()).collect(),
        });
    }
    releases
}

/// Labels of the enums that are others in another schema.
fn labels(schema: &Schema, other: &Schema) -> Vec<LabelRef> {
    let differs = |(ty, labels): &(&QName, &Vec<String>)| {
        other.enums.get(*ty).is_some_and(|others| others != *labels)
    };
    let changed = schema.enums.iter().filter(differs);
    let all = changed.flat_map(|(ty, labels)| labels.iter().map(move |label| (ty, label)));
    all.map(|(ty, label)| LabelRef { ty: ty.clone(), label: label.clone() }).collect()
}

/// Labels that the new release says: where one gets another name, it says the one that is there.
fn new_labels(model: &Model) -> Vec<LabelRef> {
    let renamed = |label: &LabelRef| {
        model.asked.iter().any(|op| {
            matches!(op, Op::RenameLabel { ty, to, .. } if *ty == label.ty && *to == label.label)
        })
    };
    labels(&model.target, &model.source).into_iter().filter(|label| !renamed(label)).collect()
}

/// The ways that each recipe weighed, with the change that they are ways of.
pub(super) fn strategies(asked: &[Asked], recipes: &[Recipe]) -> Vec<Strategy> {
    let all = asked.iter().zip(recipes).flat_map(|(asked, recipe)| {
        let change = describe(&asked.what);
        recipe.strategies.iter().map(move |s| Strategy { change: change.clone(), ..s.clone() })
    });
    all.collect()
}

pub(super) fn title(asked: &[Asked]) -> String {
    const SHOWN: usize = 3;
    let wanted = || asked.iter().filter(|a| !matches!(a.what, What::Lifted(_)));
    let mut parts: Vec<String> = wanted().take(SHOWN).map(|a| describe(&a.what)).collect();
    if wanted().count() > SHOWN {
        parts.push(format!("and {} more", wanted().count() - SHOWN));
    }
    parts.join("; ")
}

pub(super) fn describe(what: &What) -> String {
    match what {
        What::Reshape(reshape) => reshape.title(),
        What::Extract(extract) => extract.title(),
        What::Spread(spread) => spread.title(),
        What::Move(moved) => moved.title(),
        What::Merge(merge) => merge.title(),
        What::Partition(partition) => partition.title(),
        What::Lifted(_) => String::new(),
        What::Numbering(Numbering { table, column, after, .. }) => match after {
            Numbers::Identity { kind, .. } => {
                format!("make {table}.{column} an identity, generated {kind}")
            }
            Numbers::Default { value, .. } => {
                format!("make {table}.{column} a column with the default {}", value.sql())
            }
        },
        What::Retype(retype) => retype.ops().iter().map(describe_op).collect::<Vec<_>>().join("; "),
        What::Replace { create, .. } => format!("replace: {}", describe_op(create)),
        What::Object { id, after: Some(_) } => format!("{} {}", id.kind.noun(), id.name),
        What::Object { id, after: None } => format!("drop {} {}", id.kind.noun(), id.name),
        What::Statement(Op::RenameColumn { table, column, to }) => {
            format!("rename {table}.{column} to {to}")
        }
        What::Statement(Op::RenameLabel { ty, label, to }) => {
            format!("rename the label {} of {ty} to {}", literal(label), literal(to))
        }
        What::Statement(op) => describe_op(op),
    }
}

fn describe_op(op: &Op) -> String {
    let text = op::sql::render(op);
    let line = text.lines().next().unwrap_or_default();
    let mut cut: String = line.chars().take(80).collect();
    if cut.len() < text.len() {
        cut += " …";
    }
    cut
}
