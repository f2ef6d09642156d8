//! What of a plan can matter: its tables in groups that touch each other, and of each table the
//! columns that some statement, condition or conversion mentions. The rest never changes, so
//! leaving it out loses nothing. Must not know states.

mod cuts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use planner::backfill::{Backfill, Todo, Work};
use planner::condition::Condition;
use planner::expr::{Expr, Lookup};
use planner::name::QName;
use planner::op::Op;
use planner::plan::{Conversion, Plan};
use planner::schema::{ConstraintKind, Schema, Table, bounds};
use planner::sync::{Relay, SyncRule};

pub(crate) use cuts::{Cut, cuts};

/// Columns to keep, by every name that a table has during the plan.
pub(crate) type Kept = BTreeMap<QName, BTreeSet<String>>;

/// Every operation of the plan, forward and back.
pub(crate) fn ops(plan: &Plan) -> impl Iterator<Item = &Op> {
    plan.steps().flat_map(|s| s.script.iter().chain(&s.rollback.script)).map(|s| &s.op)
}

/// Groups of tables (by their names before, or for new ones after) that foreign keys connect.
/// Rows of one group never depend on rows of another, so each is searched on its own. More than two
/// tables are searched reference by reference: children of one parent meet only there. Tables that
/// no release touches never change, and keys that the plan does not mention neither: both are
/// left out.
pub(crate) fn components(plan: &Plan) -> Vec<BTreeSet<QName>> {
    let renamed = renames(plan);
    let mentioned = Cut::whole(plan, &BTreeSet::new());
    let original = |name: &QName| renamed.get(name).unwrap_or(name).clone();
    let used: BTreeSet<QName> = plan
        .releases
        .iter()
        .flat_map(|r| r.reads.iter().chain(&r.writes))
        .map(|c| original(&c.relation))
        .collect();
    let mut groups: Vec<BTreeSet<QName>> =
        used.iter().map(|t| BTreeSet::from([t.clone()])).collect();
    let mut pairs: BTreeSet<BTreeSet<QName>> = BTreeSet::new();
    for schema in [&plan.model.source, &plan.model.target] {
        for (name, table) in &schema.tables {
            let mut table = table.clone();
            mentioned.cut_table(name, Arc::make_mut(&mut table));
            for parent in parents(&table) {
                let (child, parent) = (original(name), original(parent));
                join(&mut groups, &child, &parent);
                pairs.insert(BTreeSet::from([child, parent]));
            }
        }
    }
    // Rows that come from other tables depend on all of them at once.
    let mut whole: BTreeSet<QName> = BTreeSet::new();
    for conversion in &plan.model.conversions {
        for lookup in looked_up(conversion) {
            let (from, into) = (original(&conversion.old_relation), original(&lookup.table));
            join(&mut groups, &from, &into);
            whole.extend([from, into]);
        }
    }
    for op in ops(plan) {
        if let Some((from, into)) = copies(op) {
            let (from, into) = (original(from), original(into));
            join(&mut groups, &from, &into);
            whole.extend([from, into]);
        }
    }
    let is_whole = |group: &BTreeSet<QName>| group.len() <= 2 || !group.is_disjoint(&whole);
    let of_big = pairs
        .into_iter()
        .filter(|pair| pair.len() == 2 && groups.iter().any(|g| !is_whole(g) && pair.is_subset(g)));
    let kept_whole = groups.iter().filter(|group| is_whole(group)).cloned();
    let mut all: Vec<BTreeSet<QName>> = kept_whole.chain(of_big).collect();
    all.sort();
    all
}

/// The same, with one empty group where no release touches any table.
pub(crate) fn groups(plan: &Plan) -> Vec<BTreeSet<QName>> {
    let mut groups = components(plan);
    if groups.is_empty() {
        groups.push(BTreeSet::new());
    }
    groups
}

/// Foreign keys, by table and by every name that they have, whose parent is not among the tables: what
/// a plan does with them is another group's business.
pub(crate) fn outside(plan: &Plan, names: &BTreeSet<QName>) -> BTreeSet<(QName, String)> {
    let mut found = BTreeSet::new();
    for schema in [&plan.model.source, &plan.model.target] {
        for (table, definition) in &schema.tables {
            let keys = definition.constraints.iter().filter(|(_, c)| leads_out(&c.kind, names));
            found.extend(keys.map(|(name, _)| (table.clone(), name.clone())));
        }
    }
    for op in ops(plan) {
        if let Op::AddConstraint { table, name, constraint } = op
            && leads_out(&constraint.kind, names)
        {
            found.insert((table.clone(), name.clone()));
        }
    }
    found
}

fn leads_out(kind: &ConstraintKind, names: &BTreeSet<QName>) -> bool {
    kind.foreign_key().is_some_and(|key| !names.contains(&key.parent))
}

/// What a conversion looks up in other tables.
fn looked_up(conversion: &Conversion) -> Vec<&Lookup> {
    let sides = conversion.up.iter().chain(&conversion.down);
    sides.flat_map(|(_, value)| value.lookups()).collect()
}

/// A column and what its value is made of.
fn named((column, value): &(String, Expr)) -> impl Iterator<Item = String> {
    value.columns().into_iter().chain([column.clone()])
}

/// Tables of which one gets rows from the other.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these copy rows")]
fn copies(op: &Op) -> Option<(&QName, &QName)> {
    match op {
        Op::InsertSelect { table, from, .. } => Some((from, table)),
        Op::RunBackfill { backfill } => Some((&backfill.table, backfill.written())),
        _ => None,
    }
}

/// Makes one group of the two that hold `a` and `b`.
fn join(groups: &mut Vec<BTreeSet<QName>>, a: &QName, b: &QName) {
    let find = |groups: &[BTreeSet<QName>], name| groups.iter().position(|g| g.contains(name));
    let (Some(i), Some(j)) = (find(groups, a), find(groups, b)) else { return };
    if i != j {
        let moved = groups.remove(i.max(j));
        groups[i.min(j)].extend(moved);
    }
}

/// New names of tables, with the names they had.
#[expect(clippy::wildcard_enum_match_arm, reason = "only this renames a table")]
pub(crate) fn renames(plan: &Plan) -> BTreeMap<QName, QName> {
    plan.steps()
        .flat_map(|s| &s.script)
        .filter_map(|s| match &s.op {
            // What takes a name that goes on being used is another table's name to the app.
            Op::RenameTable { table, to } if !stays(plan, table) => {
                Some((table.sibling(to), table.clone()))
            }
            _ => None,
        })
        .collect()
}

/// Whether the app goes on using a name.
fn stays(plan: &Plan, table: &QName) -> bool {
    let there = |schema: &Schema| schema.tables.contains_key(table);
    there(&plan.model.source) && there(&plan.model.target)
}

/// The tables with all that is below them, before or after: their rows stand with those of the parent.
pub(crate) fn with_partitions(plan: &Plan, names: &BTreeSet<QName>) -> BTreeSet<QName> {
    let mut all = names.clone();
    for schema in [&plan.model.source, &plan.model.target] {
        all.extend(names.iter().flat_map(|name| schema.descendants(name)));
    }
    all
}

/// Whether rows only change partitions, with all that they hold.
fn moves_within_family(plan: &Plan, op: &Op) -> bool {
    let Op::InsertSelect { table, from, .. } = op else { return false };
    plan.model.target.descendants(from).contains(table)
}

/// Partitions have the columns of their parents.
fn level(plan: &Plan, kept: &mut Kept) {
    for schema in [&plan.model.source, &plan.model.target] {
        for (name, table) in schema.tables.iter().filter(|(_, table)| table.is_partitioned()) {
            let mut family = schema.descendants(name);
            family.push(name.clone());
            let known = family.iter().filter_map(|name| kept.get(name)).flatten().cloned();
            let mut all: BTreeSet<String> = known.collect();
            all.extend(bounds::key_columns(table).unwrap_or_default());
            for name in family {
                kept.insert(name, all.clone());
            }
        }
    }
}

fn parents(table: &Table) -> impl Iterator<Item = &QName> {
    table.constraints.values().filter_map(|c| c.kind.foreign_key()).map(|key| &key.parent)
}

/// Columns that the plan mentions, for every table, and something to write.
pub(crate) fn kept(plan: &Plan) -> Kept {
    let mut kept = mentioned(plan);
    fill_up(plan, &mut kept);
    level(plan, &mut kept);
    kept
}

/// Columns that the plan mentions, by every name that a table has.
fn mentioned(plan: &Plan) -> Kept {
    let mut kept = Kept::new();
    let mut keep = |table: &QName, columns: Vec<String>| {
        kept.entry(table.clone()).or_default().extend(columns);
    };
    let asked = plan.model.asked.iter();
    for op in ops(plan).chain(asked).filter(|op| !moves_within_family(plan, op)) {
        mention(op, &mut keep);
    }
    for conversion in &plan.model.conversions {
        let columns: Vec<String> =
            conversion.up.iter().chain(&conversion.down).flat_map(named).collect();
        for lookup in looked_up(conversion) {
            let keys = lookup.key.iter().map(|(c, _)| c.clone());
            keep(&lookup.table, keys.chain([lookup.value.clone()]).collect());
        }
        keep(&conversion.old_relation, columns.clone());
        keep(&conversion.new_relation, columns);
    }
    let conditions = plan
        .releases
        .iter()
        .flat_map(|r| &r.keeps)
        .chain(plan.steps().flat_map(|s| s.checks.iter().map(|c| &c.condition)));
    for condition in conditions {
        mention_condition(condition, &mut keep);
    }
    for schema in [&plan.model.source, &plan.model.target] {
        for (name, table) in &schema.tables {
            keep(name, keys(table));
        }
    }
    let new_names = renames(plan);
    for (name, table) in &plan.model.source.tables {
        let stays = plan.model.target.tables.contains_key(name)
            || new_names.values().any(|old| old == name);
        if !stays {
            // What it refers to knows it until it goes.
            let keys = table.constraints.values().filter(|c| c.kind.foreign_key().is_some());
            keep(name, keys.flat_map(|c| c.kind.columns()).collect());
        }
    }
    for (name, after) in &plan.model.target.tables {
        let before_name = new_names.get(name).unwrap_or(name).clone();
        if let Some(before) = plan.model.source.tables.get(&before_name) {
            keep(name, differing(before, after));
            keep(&before_name, differing(before, after));
        }
    }
    for (new, old) in renames(plan) {
        let both: BTreeSet<String> = [&new, &old]
            .into_iter()
            .flat_map(|name| kept.get(name).into_iter().flatten().cloned())
            .collect();
        kept.insert(new, both.clone());
        kept.insert(old, both);
    }
    kept
}

/// Columns that are not the same after the plan as before, or in what hangs on them.
fn differing(before: &Table, after: &Table) -> Vec<String> {
    let mut columns = Vec::new();
    for (a, b) in [(before, after), (after, before)] {
        let changed = |c: &&planner::schema::Column| b.column(&c.name) != Some(*c);
        columns.extend(a.columns.iter().filter(changed).map(|c| c.name.clone()));
        let changed = a.constraints.iter().filter(|(n, c)| b.constraints.get(*n) != Some(*c));
        columns.extend(changed.flat_map(|(_, c)| c.kind.columns()));
        let changed = a.indexes.iter().filter(|(n, i)| b.indexes.get(*n) != Some(*i));
        columns.extend(changed.flat_map(|(_, i)| i.columns.clone()));
    }
    columns
}

/// The primary key tells rows apart.
fn keys(table: &Table) -> Vec<String> {
    table.primary_key().unwrap_or_default().to_vec()
}

/// A table of which only the key is mentioned still needs something to write.
fn fill_up(plan: &Plan, kept: &mut Kept) {
    for schema in [&plan.model.source, &plan.model.target] {
        for (name, table) in &schema.tables {
            let columns = kept.entry(name.clone()).or_default();
            let key = table.primary_key().unwrap_or_default();
            let plain =
                |c: &&planner::schema::Column| !key.contains(&c.name) && c.generated.is_none();
            let has_plain = table.columns.iter().filter(plain).any(|c| columns.contains(&c.name));
            if !has_plain {
                columns.extend(table.columns.iter().filter(plain).take(1).map(|c| c.name.clone()));
            }
        }
    }
}

type Keep<'a> = dyn FnMut(&QName, Vec<String>) + 'a;

#[expect(clippy::too_many_lines, reason = "an arm for each kind")]
fn mention(op: &Op, keep: &mut Keep<'_>) {
    match op {
        Op::AddColumn { table, column } => keep(table, vec![column.name.clone()]),
        Op::DropColumn { table, column }
        | Op::DropColumnOnly { table, column }
        | Op::AlterType { table, column, .. }
        | Op::SetDefault { table, column, .. }
        | Op::SetNotNull { table, column, .. }
        | Op::DropExpression { table, column }
        | Op::SetIdentity { table, column, .. }
        | Op::RenameNotNull { table, column, .. }
        | Op::AddNotNullNotValid { table, column, .. } => keep(table, vec![column.clone()]),
        Op::RenameColumn { table, column, to } => keep(table, vec![column.clone(), to.clone()]),
        Op::AddConstraint { table, constraint, .. }
        | Op::AddConstraintOnly { table, constraint, .. } => {
            mention_constraint(table, &constraint.kind, keep);
        }
        Op::CreateIndex { table, index, .. } | Op::CreateIndexOnly { table, index, .. } => {
            keep(table, index.columns.clone());
        }
        Op::CreateTable { table, definition } => {
            let all = definition.constraints.values().flat_map(|c| c.kind.columns());
            keep(table, all.chain(keys(definition)).collect());
        }
        Op::Update { table, set, filter } => {
            let read = filter.iter().flat_map(Expr::columns);
            keep(table, set.iter().flat_map(named).chain(read).collect());
        }
        Op::InsertRows { table, columns, .. } => keep(table, columns.clone()),
        Op::InsertSelect { table, set, from, filter } => {
            keep(table, set.iter().map(|(c, _)| c.clone()).collect());
            let read = set.iter().map(|(_, value)| value).chain(filter);
            keep(from, read.flat_map(Expr::columns).collect());
        }
        Op::Delete { table, filter } => {
            keep(table, filter.iter().flat_map(Expr::columns).collect());
        }
        Op::CreateSyncTrigger { rule }
        | Op::EnableSyncTrigger { rule }
        | Op::DropSyncTrigger { rule } => mention_rule(rule, keep),
        Op::CreateRelayTrigger { relay, .. } | Op::DropRelayTrigger { relay, .. } => {
            mention_relay(relay, keep);
        }
        Op::RunBackfill { backfill } | Op::RunUndo { backfill } => mention_backfill(backfill, keep),
        Op::SetLockTimeout { .. }
        | Op::SetStatementTimeout { .. }
        | Op::SkipBodyChecks
        | Op::DropTable { .. }
        | Op::RenameTable { .. }
        | Op::RenameLabel { .. }
        | Op::AddConstraintUsingIndex { .. }
        | Op::ValidateConstraint { .. }
        | Op::DropConstraint { .. }
        | Op::DropConstraintIfExists { .. }
        | Op::RenameConstraint { .. }
        | Op::DropIndex { .. }
        | Op::DropIndexCascade { .. }
        | Op::RenameIndex { .. }
        | Op::CreateView { .. }
        | Op::ReplaceView { .. }
        | Op::DropView { .. }
        | Op::CreateHelpers
        | Op::CreateProgress
        | Op::CreateThrottle
        | Op::DropHelpers
        | Op::CreateSyncFunction { .. }
        | Op::CreateRelayFunction { .. }
        | Op::DropRelayFunction { .. }
        | Op::DropSyncFunction { .. }
        | Op::CreateUndoTable { .. }
        | Op::CreateBackfill { .. }
        | Op::CreateUndo { .. }
        | Op::KeepPosition { .. }
        | Op::AdvanceSequence { .. }
        | Op::AttachPartition { .. }
        | Op::DetachPartition { .. }
        | Op::AttachIndex { .. }
        | Op::Inherit { .. }
        | Op::NoInherit { .. }
        | Op::Object { .. }
        | Op::Verbatim { .. } => {}
    }
}

fn mention_constraint(table: &QName, kind: &ConstraintKind, keep: &mut Keep<'_>) {
    keep(table, kind.columns());
    if let ConstraintKind::ForeignKey(key) = kind {
        keep(&key.parent, key.parent_columns.clone());
    }
}

fn mention_relay(relay: &Relay, keep: &mut Keep<'_>) {
    for end in [&relay.old, &relay.new] {
        let mut columns = end.values.clone();
        columns.push(end.key.clone());
        keep(&end.table, columns);
    }
}

fn mention_rule(rule: &SyncRule, keep: &mut Keep<'_>) {
    let sides = rule.up.iter().chain(&rule.down);
    let columns = sides.flat_map(|a| a.value.columns().into_iter().chain([a.column.clone()]));
    keep(&rule.table, columns.collect());
}

fn mention_backfill(backfill: &Backfill, keep: &mut Keep<'_>) {
    let read = backfill.set.iter().flat_map(|(_, value)| value.columns());
    let mut columns: Vec<String> = read.chain(backfill.key_names()).collect();
    keep(backfill.written(), backfill.set.iter().map(|(c, _)| c.clone()).collect());
    if let Work::Insert { into, key } = &backfill.work {
        keep(into, key.clone());
    }
    match &backfill.todo {
        Todo::Disagree(rule) => mention_rule(rule, keep),
        Todo::Where(condition) => columns.extend(condition.columns()),
        Todo::EveryRow => {}
    }
    keep(&backfill.table, columns);
}

fn mention_condition(condition: &Condition, keep: &mut Keep<'_>) {
    match condition {
        Condition::Parity { rule } | Condition::Agreement { rule } => mention_rule(rule, keep),
        Condition::Relayed { relay } => mention_relay(relay, keep),
        Condition::NoNulls { table, column }
        | Condition::Column { table, column, .. }
        | Condition::Type { table, column, .. }
        | Condition::Default { table, column, .. }
        | Condition::NotNull { table, column, .. } => keep(table, vec![column.clone()]),
        Condition::NoDuplicates { table, columns } => keep(table, columns.clone()),
        Condition::NoOrphans { table, columns, parent, parent_columns } => {
            keep(table, columns.clone());
            keep(parent, parent_columns.clone());
        }
        Condition::NoViolations { table, check } => {
            keep(table, check.columns().into_iter().collect());
        }
        Condition::BackfillComplete { table, todo: Todo::Where(filter) } => {
            keep(table, filter.columns().into_iter().collect());
        }
        Condition::BackfillComplete { .. }
        | Condition::Relation { .. }
        | Condition::Label { .. }
        | Condition::Constraint { .. }
        | Condition::Index { .. }
        | Condition::Trigger { .. }
        | Condition::ViewReads { .. }
        | Condition::Helpers { .. }
        | Condition::Helper { .. }
        | Condition::BackfillFinished { .. }
        | Condition::Drained { .. }
        | Condition::CaughtUp { .. }
        | Condition::BackupRestorable => {}
    }
}

/// The schema as a search has it, of the tables of `names`.
pub(crate) fn cut(schema: &Schema, names: &BTreeSet<QName>, of: &Cut) -> Schema {
    let mut cut = schema.clone();
    cut.tables.retain(|name, _| names.contains(name));
    for (name, table) in &mut cut.tables {
        cut_to_group(name, Arc::make_mut(table), (names, of));
    }
    cut.objects = Arc::default();
    cut
}

/// The table as a search has it, without the keys that lead out of its tables.
pub(crate) fn cut_to_group(name: &QName, table: &mut Table, (names, of): (&BTreeSet<QName>, &Cut)) {
    of.cut_table(name, table);
    table.constraints.retain(|_, c| !leads_out(&c.kind, names));
}
