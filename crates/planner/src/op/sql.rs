//! Operations and definitions as PostgreSQL text. Must not judge them.

use crate::backfill::throttle;
use crate::expr::Expr;
use crate::name::{QName, literal, quote, quote_list};
use crate::op::Op;
use crate::schema::{Column, Constraint, ConstraintKind, Index, Table, View};

/// The statement, without a final semicolon.
#[expect(clippy::too_many_lines, reason = "an arm for each kind")]
pub fn render(op: &Op) -> String {
    match op {
        Op::SetStatementTimeout { ms, local } => {
            format!("SET {}statement_timeout = '{ms}ms'", if *local { "LOCAL " } else { "" })
        }
        Op::SetLockTimeout { ms, local } => {
            format!("SET {}lock_timeout = '{ms}ms'", if *local { "LOCAL " } else { "" })
        }
        Op::SkipBodyChecks => "SET check_function_bodies = off".to_owned(),
        Op::CreateTable { table, definition } => create_table(table, definition),
        Op::DropTable { table } => format!("DROP TABLE {table}"),
        Op::RenameTable { table, to } => format!("ALTER TABLE {table} RENAME TO {}", quote(to)),
        Op::RenameLabel { ty, label, to } => {
            format!("ALTER TYPE {ty} RENAME VALUE {} TO {}", literal(label), literal(to))
        }
        Op::AddColumn { .. }
        | Op::DropColumn { .. }
        | Op::DropColumnOnly { .. }
        | Op::RenameColumn { .. }
        | Op::AlterType { .. }
        | Op::SetDefault { .. }
        | Op::SetNotNull { .. }
        | Op::DropExpression { .. }
        | Op::SetIdentity { .. } => column_op(op),
        Op::KeepPosition { .. } | Op::AdvanceSequence { .. } => sequence_op(op),
        Op::AttachPartition { .. }
        | Op::DetachPartition { .. }
        | Op::AttachIndex { .. }
        | Op::Inherit { .. }
        | Op::NoInherit { .. } => partition_op(op),
        Op::AddConstraint { .. }
        | Op::AddConstraintUsingIndex { .. }
        | Op::AddNotNullNotValid { .. }
        | Op::ValidateConstraint { .. }
        | Op::DropConstraint { .. }
        | Op::DropConstraintIfExists { .. }
        | Op::AddConstraintOnly { .. }
        | Op::RenameNotNull { .. }
        | Op::RenameConstraint { .. } => constraint_op(op),
        Op::CreateIndex { .. }
        | Op::CreateIndexOnly { .. }
        | Op::DropIndex { .. }
        | Op::DropIndexCascade { .. }
        | Op::RenameIndex { .. } => index_op(op),
        Op::CreateView { .. } | Op::ReplaceView { .. } | Op::DropView { .. } => view_op(op),
        Op::Update { table, set, filter } => {
            let set: Vec<String> =
                set.iter().map(|(c, value)| format!("{} = {}", quote(c), value.sql())).collect();
            format!("UPDATE {table} SET {}{}", set.join(", "), where_clause(filter.as_ref()))
        }
        Op::InsertRows { .. } | Op::InsertSelect { .. } => insert(op),
        Op::Delete { table, filter } => {
            format!("DELETE FROM {table}{}", where_clause(filter.as_ref()))
        }
        Op::CreateHelpers
        | Op::CreateProgress
        | Op::CreateThrottle
        | Op::DropHelpers
        | Op::CreateSyncFunction { .. }
        | Op::CreateSyncTrigger { .. }
        | Op::EnableSyncTrigger { .. }
        | Op::DropSyncTrigger { .. }
        | Op::DropSyncFunction { .. }
        | Op::CreateRelayFunction { .. }
        | Op::CreateRelayTrigger { .. }
        | Op::DropRelayTrigger { .. }
        | Op::DropRelayFunction { .. }
        | Op::CreateUndoTable { .. }
        | Op::CreateBackfill { .. }
        | Op::RunBackfill { .. }
        | Op::CreateUndo { .. }
        | Op::RunUndo { .. } => helper_op(op),
        Op::Verbatim { sql, .. } | Op::Object { sql, .. } => sql.clone(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`render` sends only index operations here")]
fn index_op(op: &Op) -> String {
    match op {
        Op::CreateIndex { table, name, index, concurrently } => {
            create_index(table, name, index, *concurrently)
        }
        Op::DropIndex { table, name, concurrently, if_exists } => format!(
            "DROP INDEX {}{}{}",
            if *concurrently { "CONCURRENTLY " } else { "" },
            if *if_exists { "IF EXISTS " } else { "" },
            table.sibling(name)
        ),
        Op::DropIndexCascade { table, name } => {
            format!("DROP INDEX IF EXISTS {} CASCADE", table.sibling(name))
        }
        Op::CreateIndexOnly { table, name, index } => {
            let whole = create_index(table, name, index, false);
            whole.replacen(&format!(" ON {table} "), &format!(" ON ONLY {table} "), 1)
        }
        Op::RenameIndex { table, name, to } => {
            format!("ALTER INDEX {} RENAME TO {}", table.sibling(name), quote(to))
        }
        _ => String::new(),
    }
}

/// The names that a view gives to its columns.
fn named(view: &View) -> String {
    let names = &view.columns;
    if names.is_empty() { String::new() } else { format!(" ({})", quote_list(names)) }
}

/// A materialized view over others that may be empty still: PostgreSQL refuses to read those (55000), so
/// then it stays empty, too.
fn filled(create: &str) -> String {
    let tag = (0..).map(|n| format!("$fill{n}$")).find(|tag| !create.contains(tag.as_str()));
    let tag = tag.unwrap_or_default();
    format!(
        "DO {tag}\nBEGIN\n  {create};\nEXCEPTION WHEN object_not_in_prerequisite_state THEN\n  \
         -- One that it reads has not been filled yet.\n  {create}\n  WITH NO DATA;\nEND\n{tag}"
    )
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`render` sends only view operations here")]
fn view_op(op: &Op) -> String {
    match op {
        Op::CreateView { view, definition } => {
            let word = if definition.materialized { "MATERIALIZED " } else { "" };
            let (names, query) = (named(definition), definition.query.trim_end());
            let create = format!("CREATE {word}VIEW {view}{names} AS {query}");
            let waits = definition.materialized && definition.over_unfilled;
            if waits && !query.ends_with("WITH NO DATA") { filled(&create) } else { create }
        }
        Op::ReplaceView { view, definition } => {
            format!("CREATE OR REPLACE VIEW {view}{} AS {}", named(definition), definition.query)
        }
        Op::DropView { view, materialized } => {
            format!("DROP {}VIEW {view}", if *materialized { "MATERIALIZED " } else { "" })
        }
        _ => String::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`render` sends only column operations here")]
fn column_op(op: &Op) -> String {
    match op {
        Op::AddColumn { table, column } => {
            format!("ALTER TABLE {table} ADD COLUMN {}", column_definition(column))
        }
        Op::DropColumn { table, column } => {
            format!("ALTER TABLE {table} DROP COLUMN {}", quote(column))
        }
        Op::DropColumnOnly { table, column } => {
            format!("ALTER TABLE ONLY {table} DROP COLUMN {}", quote(column))
        }
        Op::RenameColumn { table, column, to } => {
            format!("ALTER TABLE {table} RENAME COLUMN {} TO {}", quote(column), quote(to))
        }
        Op::AlterType { table, column, ty, collation, using } => format!(
            "ALTER TABLE {table} ALTER COLUMN {} TYPE {ty}{}{}",
            quote(column),
            collation.as_ref().map_or(String::new(), |c| format!(" COLLATE {c}")),
            using.as_ref().map_or(String::new(), |e| format!(" USING {}", e.sql()))
        ),
        Op::SetDefault { table, column, default } => format!(
            "ALTER TABLE {table} ALTER COLUMN {} {}",
            quote(column),
            default
                .as_ref()
                .map_or("DROP DEFAULT".to_owned(), |e| format!("SET DEFAULT {}", e.sql()))
        ),
        Op::SetNotNull { table, column, not_null } => format!(
            "ALTER TABLE {table} ALTER COLUMN {} {} NOT NULL",
            quote(column),
            if *not_null { "SET" } else { "DROP" }
        ),
        Op::DropExpression { table, column } => {
            format!("ALTER TABLE {table} ALTER COLUMN {} DROP EXPRESSION", quote(column))
        }
        Op::SetIdentity { table, column, identity, was } => format!(
            "ALTER TABLE {table} ALTER COLUMN {} {}",
            quote(column),
            match identity {
                None => "DROP IDENTITY".to_owned(),
                Some(kind) if *was => format!("SET GENERATED {}", kind.to_uppercase()),
                Some(kind) => format!("ADD GENERATED {} AS IDENTITY", kind.to_uppercase()),
            }
        ),
        other => unreachable!("not a column operation: {other:?}"),
    }
}

/// The setting of a transaction that holds where a sequence stands.
const POSITION: &str = "concertina.position";

#[expect(clippy::wildcard_enum_match_arm, reason = "`render` sends only these here")]
fn sequence_op(op: &Op) -> String {
    let named = |table: &QName, column: &str, sequence: Option<&QName>| match sequence {
        Some(name) => literal(&name.to_string()),
        None => {
            format!("pg_get_serial_sequence({}, {})", literal(&table.to_string()), literal(column))
        }
    };
    match op {
        Op::KeepPosition { table, column, sequence } => format!(
            "SELECT set_config('{POSITION}', coalesce(pg_sequence_last_value({}::regclass)::text, ''), true)",
            named(table, column, sequence.as_ref())
        ),
        Op::AdvanceSequence { table, column, sequence, kept: true } => format!(
            "SELECT setval({}, nullif(current_setting('{POSITION}'), '')::bigint)",
            named(table, column, sequence.as_ref())
        ),
        Op::AdvanceSequence { table, column, sequence, kept: false } => format!(
            "SELECT setval({}, coalesce((SELECT max({}) FROM {table}), 0) + 1, false)",
            named(table, column, sequence.as_ref()),
            quote(column)
        ),
        other => unreachable!("not about a sequence: {other:?}"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`render` sends only these here")]
fn partition_op(op: &Op) -> String {
    match op {
        Op::AttachPartition { table, child, bounds } => {
            format!("ALTER TABLE {table} ATTACH PARTITION {child} {bounds}")
        }
        Op::DetachPartition { table, child, concurrently } => format!(
            "ALTER TABLE {table} DETACH PARTITION {child}{}",
            if *concurrently { " CONCURRENTLY" } else { "" }
        ),
        Op::AttachIndex { table, name, parent, index } => format!(
            "ALTER INDEX {} ATTACH PARTITION {}",
            parent.sibling(index),
            table.sibling(name)
        ),
        Op::Inherit { table, parent } => format!("ALTER TABLE {table} INHERIT {parent}"),
        Op::NoInherit { table, parent } => format!("ALTER TABLE {table} NO INHERIT {parent}"),
        other => unreachable!("not about partitions or sequences: {other:?}"),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "`render` sends only constraint operations here"
)]
fn constraint_op(op: &Op) -> String {
    match op {
        Op::AddConstraint { table, name, constraint } => {
            format!(
                "ALTER TABLE {table} ADD CONSTRAINT {} {}",
                quote(name),
                constraint_sql(constraint)
            )
        }
        Op::AddConstraintOnly { table, name, constraint } => format!(
            "ALTER TABLE ONLY {table} ADD CONSTRAINT {} {}",
            quote(name),
            constraint_sql(constraint)
        ),
        Op::AddConstraintUsingIndex { table, name, index, primary, deferral } => format!(
            "ALTER TABLE {table} ADD CONSTRAINT {} {} USING INDEX {}{deferral}",
            quote(name),
            if *primary { "PRIMARY KEY" } else { "UNIQUE" },
            quote(index)
        ),
        Op::AddNotNullNotValid { table, name, column } => format!(
            "ALTER TABLE {table} ADD CONSTRAINT {} NOT NULL {} NOT VALID",
            quote(name),
            quote(column)
        ),
        Op::ValidateConstraint { table, name } => {
            format!("ALTER TABLE {table} VALIDATE CONSTRAINT {}", quote(name))
        }
        Op::DropConstraint { table, name } => {
            format!("ALTER TABLE {table} DROP CONSTRAINT {}", quote(name))
        }
        Op::DropConstraintIfExists { table, name } => {
            format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {}", quote(name))
        }
        Op::RenameConstraint { table, name, to } | Op::RenameNotNull { table, name, to, .. } => {
            format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", quote(name), quote(to))
        }
        other => unreachable!("not a constraint operation: {other:?}"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`render` sends only helper operations here")]
fn helper_op(op: &Op) -> String {
    match op {
        Op::CreateHelpers => "CREATE SCHEMA IF NOT EXISTS concertina".to_owned(),
        Op::CreateProgress => throttle::PROGRESS.to_owned(),
        Op::CreateThrottle => throttle::WHY_WAIT.to_owned(),
        Op::DropHelpers => "DROP SCHEMA IF EXISTS concertina CASCADE".to_owned(),
        Op::CreateSyncFunction { rule } => rule.function_sql(),
        Op::CreateSyncTrigger { rule } => rule.trigger_sql(),
        Op::EnableSyncTrigger { rule } => rule.always_sql(),
        Op::DropSyncTrigger { rule } => {
            format!("DROP TRIGGER {} ON {}", quote(&rule.trigger_name()), rule.table)
        }
        Op::CreateRelayFunction { relay, side } => relay.function_sql(*side),
        Op::CreateRelayTrigger { relay, side } => relay.trigger_sql(*side),
        Op::DropRelayTrigger { relay, side } => {
            format!(
                "DROP TRIGGER {} ON {}",
                quote(&relay.trigger_name(*side)),
                relay.end(*side).table
            )
        }
        Op::DropRelayFunction { relay, side } => {
            format!("DROP FUNCTION {}()", relay.function_name(*side))
        }
        Op::DropSyncFunction { rule } => format!("DROP FUNCTION {}()", rule.function_name()),
        Op::CreateUndoTable { backfill } => backfill.undo_table_sql().unwrap_or_default(),
        Op::CreateBackfill { backfill } => backfill.procedure_sql(),
        Op::RunBackfill { backfill } => format!("CALL {}()", backfill.procedure()),
        Op::CreateUndo { backfill } => backfill.undo_procedure_sql().unwrap_or_default(),
        Op::RunUndo { backfill } => format!("CALL {}()", backfill.undo_procedure()),
        other => unreachable!("not a helper operation: {other:?}"),
    }
}

fn where_clause(filter: Option<&Expr>) -> String {
    filter.map_or(String::new(), |e| format!(" WHERE {}", e.sql()))
}

/// `name type COLLATE … DEFAULT … NOT NULL`, as in CREATE TABLE and ADD COLUMN.
pub fn column_definition(column: &Column) -> String {
    let mut text = format!("{} {}", quote(&column.name), column.ty);
    if let Some(collation) = &column.collation {
        text += &format!(" COLLATE {collation}");
    }
    if let Some(default) = &column.default {
        text += &format!(" DEFAULT {}", default.sql());
    }
    if let Some(expression) = &column.generated {
        text += &format!(" GENERATED ALWAYS AS ({expression}) STORED");
    }
    if let Some(identity) = &column.identity {
        text += &format!(" GENERATED {} AS IDENTITY", identity.to_uppercase());
    }
    if column.not_null {
        text += " NOT NULL";
    }
    text
}

/// A constraint without its name: `CHECK (…) NOT VALID`.
pub fn constraint_sql(constraint: &Constraint) -> String {
    let text = match &constraint.kind {
        ConstraintKind::PrimaryKey(columns) => format!("PRIMARY KEY ({})", quote_list(columns)),
        ConstraintKind::Unique(columns) => format!("UNIQUE ({})", quote_list(columns)),
        ConstraintKind::Check(expr) => format!("CHECK ({})", expr.sql()),
        ConstraintKind::ForeignKey(key) => {
            let parent_columns = if key.parent_columns.is_empty() {
                String::new()
            } else {
                format!(" ({})", quote_list(&key.parent_columns))
            };
            let actions =
                if key.actions.is_empty() { String::new() } else { format!(" {}", key.actions) };
            format!(
                "FOREIGN KEY ({}) REFERENCES {}{parent_columns}{actions}",
                quote_list(&key.columns),
                key.parent
            )
        }
        ConstraintKind::NotNull(column) => format!("NOT NULL {}", quote(column)),
        ConstraintKind::Other(definition, _) => definition.clone(),
    };
    if constraint.validated { text } else { text + " NOT VALID" }
}

fn create_table(name: &QName, table: &Table) -> String {
    // What comes from a parent is not said again: it would be the table's own then.
    let (columns, constraints) = (table.columns.iter(), table.constraints.iter());
    let columns =
        columns.filter(|c| !table.inherited.columns.contains(&c.name)).map(column_definition);
    let constraints = constraints
        .filter(|(name, _)| !table.inherited.constraints.contains_key(*name))
        .map(|(name, c)| format!("CONSTRAINT {} {}", quote(name), constraint_sql(c)));
    let items: Vec<String> = columns.chain(constraints).collect();
    let partitioning = table.partitioning.as_ref().map_or(String::new(), |text| format!(" {text}"));
    format!("CREATE TABLE {name} (\n  {}\n){partitioning}", items.join(",\n  "))
}

/// CREATE INDEX.
pub(crate) fn create_index(table: &QName, name: &str, index: &Index, concurrently: bool) -> String {
    format!(
        "CREATE {}INDEX {}{} ON {table} USING {} ({}){}{}",
        if index.unique { "UNIQUE " } else { "" },
        if concurrently { "CONCURRENTLY " } else { "" },
        quote(name),
        index.method,
        index.keys.join(", "),
        index.suffix,
        where_clause(index.predicate.as_ref())
    )
}

/// INSERT of rows that are given, or read from another table.
#[expect(clippy::wildcard_enum_match_arm, reason = "`render` sends only INSERT here")]
fn insert(op: &Op) -> String {
    match op {
        Op::InsertRows { table, columns, rows } => {
            let row = |row: &Vec<Expr>| {
                let values: Vec<String> = row.iter().map(Expr::sql).collect();
                format!("({})", values.join(", "))
            };
            let rows: Vec<String> = rows.iter().map(row).collect();
            format!(
                "INSERT INTO {table} ({}) VALUES {} ON CONFLICT DO NOTHING",
                quote_list(columns),
                rows.join(", ")
            )
        }
        Op::InsertSelect { table, set, from, filter } => {
            let (columns, values): (Vec<String>, Vec<String>) =
                set.iter().map(|(c, value)| (quote(c), value.sql())).unzip();
            let filter = filter.as_ref().map_or(String::new(), |f| format!(" WHERE {}", f.sql()));
            format!(
                "INSERT INTO {table} ({}) SELECT {} FROM {from}{filter}",
                columns.join(", "),
                values.join(", ")
            )
        }
        other => unreachable!("not an INSERT: {other:?}"),
    }
}
