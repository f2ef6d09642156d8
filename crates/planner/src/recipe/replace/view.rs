//! A view is made again in one transaction, together with those that read it or that it reads where
//! they change too: none can stand on another's old shape. Must not know how its query is read.

use crate::change::{Asked, What};
use crate::condition::Condition;
use crate::name::QName;
use crate::op::Op;
use crate::op::object::{change, make, view_again};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Object, ObjectId, View};

/// A view that is dropped and made again: as it will be, with what is said of it then.
#[derive(Clone, Copy)]
struct Again<'a> {
    name: &'a QName,
    after: &'a View,
    with: &'a [(ObjectId, Object)],
}

impl Again<'_> {
    /// Whether it only stood in the way of something.
    fn stays(&self, context: &Context<'_>) -> bool {
        self.with.is_empty() && self.reads_same(context)
    }

    /// Whether whoever reads it finds the same after it.
    fn reads_same(&self, context: &Context<'_>) -> bool {
        let star = self.after.identifiers.iter().any(|i| i == "*");
        let before = context.source.views.get(self.name);
        !star && before.is_some_and(|view| view.says_same(self.after))
    }
}

/// What becomes of a view.
enum Way {
    /// It is made again with the others of its family.
    Together,
    /// The step that it stands in the way of moves it.
    Stays,
    /// Only what is said of it changes.
    Said,
    /// It alone is made again.
    Anew,
}

fn way(context: &Context<'_>, family: &[Again<'_>], again: &Again<'_>) -> Way {
    let changed = family.iter().filter(|member| !member.stays(context));
    if family.len() > 1 && changed.count() > 1 {
        Way::Together
    } else if again.stays(context) {
        Way::Stays
    } else if again.reads_same(context) {
        Way::Said
    } else {
        Way::Anew
    }
}

/// Whether a view is dropped and made anew, or a table in its place, with all that is to be said of it.
pub(in crate::recipe) fn is_made_anew(context: &Context<'_>, view: &QName) -> bool {
    let becomes_table = |asked: &Asked| {
        matches!(&asked.what, What::Replace { create, .. }
            if matches!(&**create, Op::CreateTable { table, .. } if table == view))
    };
    if context.source.views.contains_key(view) && context.asked.iter().any(becomes_table) {
        return true;
    }
    let family = family(context, view);
    let Some(again) = family.iter().find(|member| member.name == view) else { return false };
    match way(context, &family, again) {
        Way::Together => !again.stays(context),
        Way::Anew => true,
        Way::Stays | Way::Said => false,
    }
}

/// Where the view changes, or stands in one's way that does.
pub(super) fn plan(
    context: &Context<'_>,
    view: &QName,
    (after, with): (&View, &[(ObjectId, Object)]),
) -> Recipe {
    let mut recipe = Recipe::default();
    if !context.source.views.contains_key(view) {
        return recipe;
    }
    let again = Again { name: view, after, with };
    let family = family(context, view);
    match way(context, &family, &again) {
        Way::Together => {
            if family.first().is_some_and(|first| first.name == view) {
                recipe.drafts.push(together(context, &family));
            }
        }
        Way::Stays => {}
        Way::Said => recipe.drafts.push(said_of_view(context, view, with)),
        Way::Anew => {
            recipe.assumptions.push(format!(
                "both releases find what they read in {view}, as it is and as it will be"
            ));
            recipe.drafts.push(together(context, &[again]));
        }
    }
    recipe
}

/// The views that are made again and are connected with this one by what they read, in the order in
/// which they are made.
fn family<'a>(context: &Context<'a>, view: &QName) -> Vec<Again<'a>> {
    let all: Vec<Again<'a>> = context
        .asked
        .iter()
        .filter_map(|asked| {
            let What::Replace { drop, create, with } = &asked.what else { return None };
            let (Op::DropView { .. }, Op::CreateView { view, definition }) = (&**drop, &**create)
            else {
                return None;
            };
            context.source.views.contains_key(view).then_some(Again {
                name: view,
                after: definition,
                with,
            })
        })
        .collect();
    let reads = |a: &Again<'_>, b: &Again<'_>| {
        let before = context.source.views.get(a.name);
        a.after.reads.contains(b.name) || before.is_some_and(|v| v.reads.contains(b.name))
    };
    let mut found = vec![view.clone()];
    loop {
        let more: Vec<QName> = all
            .iter()
            .filter(|one| !found.contains(one.name))
            .filter(|one| {
                let known = all.iter().filter(|other| found.contains(other.name));
                known.into_iter().any(|other| reads(one, other) || reads(other, one))
            })
            .map(|one| one.name.clone())
            .collect();
        if more.is_empty() {
            return all.into_iter().filter(|one| found.contains(one.name)).collect();
        }
        found.extend(more);
    }
}

/// All of them dropped and made again.
fn together(context: &Context<'_>, family: &[Again<'_>]) -> Draft {
    let source = context.source;
    let names: Vec<QName> = family.iter().map(|member| member.name.clone()).collect();
    let drop = |name: &QName, view: &View| Op::DropView {
        view: name.clone(),
        materialized: view.materialized,
    };
    let ordered = source.with_dependents(names.clone());
    let ordered: Vec<&QName> = ordered.iter().filter(|name| names.contains(name)).collect();
    let mut forward: Vec<Op> = ordered.iter().rev().map(|name| source.drop_view(name)).collect();
    for member in family {
        if member.stays(context) {
            forward.extend(view_again(source, member.name));
            continue;
        }
        let (view, definition) = (member.name.clone(), member.after.clone());
        forward.push(Op::CreateView { view, definition });
        forward.extend(said(context, member).flat_map(|(id, object)| make(id, object)));
    }
    let mut back: Vec<Op> =
        family.iter().rev().map(|member| drop(member.name, member.after)).collect();
    for name in ordered {
        let Some(definition) = source.views.get(name).cloned() else { continue };
        back.push(Op::CreateView { view: name.clone(), definition });
        back.extend(source.objects_of(name).flat_map(|(id, object)| make(id, object)));
    }
    let list: Vec<String> = names.iter().map(QName::to_string).collect();
    let noun = if list.len() > 1 { "views" } else { "view" };
    let title = format!("replace {noun} {}", list.join(", "));
    let mut draft = Draft::atomic(context, Slot::Tighten, title, forward)
        .back_atomic(context, back)
        .why("one transaction: a query finds the old view or the new one, never none");
    for view in names {
        let there = Condition::Relation { relation: view, present: true };
        draft = draft.done_when("the view is there", there);
    }
    draft
}

/// What is to be said of a view that is made again: where its text stays, what is said of it today, too,
/// but for what changes or goes.
fn said<'a>(
    context: &Context<'a>,
    member: &Again<'a>,
) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
    let before = context.source.views.get(member.name);
    let stays = before.is_some_and(|view| view.says_same(member.after));
    let goes = |id: &ObjectId| {
        let is = |a: &Asked| matches!(&a.what, What::Object { id: other, .. } if other == id);
        context.asked.iter().any(is) || member.with.iter().any(|(other, _)| other == id)
    };
    let today = context.source.objects_of(member.name).filter(|_| stays);
    let today: Vec<_> = today.filter(|(id, _)| !goes(id)).collect();
    today.into_iter().chain(member.with.iter().map(|(id, object)| (id, object)))
}

/// What is said of a view that stays changes.
fn said_of_view(context: &Context<'_>, view: &QName, with: &[(ObjectId, Object)]) -> Draft {
    // What has no statement back was refused when the view was read.
    let turn = |id: &ObjectId, from: Option<&Object>, to: Option<&Object>| {
        change(id, from, to).unwrap_or_default()
    };
    let today = |id: &ObjectId| context.source.objects.get(id);
    let forward = with.iter().flat_map(|(id, object)| turn(id, today(id), Some(object)));
    let back = with.iter().rev().flat_map(|(id, object)| turn(id, Some(object), today(id)));
    let title = format!("what is said of view {view} changes");
    Draft::atomic(context, Slot::Tighten, title, forward.collect())
        .back_atomic(context, back.collect())
        .why("only the catalogue changes")
}
