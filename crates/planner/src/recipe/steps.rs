//! Draft steps that more than one recipe takes. Must not know any one recipe.

use crate::condition::Condition;
use crate::expr::Expr;
use crate::name::{QName, clip, derived};
use crate::op::Op;
use crate::plan::{Check, Statement, StepKind};
use crate::recipe::partitioned::{self, Named};
use crate::recipe::{Context, Draft, Recipe, Slot};
use crate::schema::{Constraint, ConstraintKind, Index, Key};

pub(crate) use super::batches::{backfill_of, run_backfill};
pub(crate) use super::sync::install_sync;

impl Draft {
    /// A step of statements, each in autocommit, under the request's lock budget.
    pub(crate) fn ddl(context: &Context<'_>, slot: Slot, operation: String, ops: Vec<Op>) -> Self {
        Self::new(slot, StepKind::Ddl, operation, script(context, ops, None))
    }

    /// A step whose statements share one transaction.
    pub(crate) fn atomic(
        context: &Context<'_>,
        slot: Slot,
        operation: String,
        ops: Vec<Op>,
    ) -> Self {
        Self::new(slot, StepKind::Ddl, operation, script(context, ops, Some("a")))
    }

    /// A step that waits for conditions.
    pub(crate) fn gate(slot: Slot, operation: String, checks: Vec<Check>) -> Self {
        Self { checks, ..Self::new(slot, StepKind::Gate, operation, Vec::new()) }
    }

    pub(crate) fn new(
        slot: Slot,
        kind: StepKind,
        operation: String,
        script: Vec<Statement>,
    ) -> Self {
        Self {
            slot,
            stage: 0,
            change: None,
            kind,
            operation,
            script,
            rollback: Some(Vec::new()),
            loses: "nothing".to_owned(),
            alternative: String::new(),
            commands: Vec::new(),
            why: String::new(),
            checks: Vec::new(),
            back_checks: Vec::new(),
            destructive: false,
            backfill: None,
            deploy: None,
        }
    }

    /// With a rollback, each statement in autocommit.
    pub(crate) fn back(mut self, context: &Context<'_>, ops: Vec<Op>) -> Self {
        self.rollback = Some(script(context, ops, None));
        self
    }

    /// With a rollback in one transaction.
    pub(crate) fn back_atomic(mut self, context: &Context<'_>, ops: Vec<Op>) -> Self {
        self.rollback = Some(script(context, ops, Some("a")));
        self
    }

    /// Without a way back.
    pub(crate) fn irreversible(mut self, loses: &str) -> Self {
        self.rollback = None;
        loses.clone_into(&mut self.loses);
        self
    }

    pub(crate) fn loses(mut self, loses: &str) -> Self {
        loses.clone_into(&mut self.loses);
        self
    }

    pub(crate) fn why(mut self, why: &str) -> Self {
        why.clone_into(&mut self.why);
        self
    }

    pub(crate) fn instead_of(mut self, alternative: &str) -> Self {
        alternative.clone_into(&mut self.alternative);
        self
    }

    pub(crate) fn done_when(mut self, name: &str, condition: Condition) -> Self {
        self.checks.push(Check::new(name, condition));
        self
    }

    pub(crate) fn undone_when(mut self, name: &str, condition: Condition) -> Self {
        self.back_checks.push(Check::new(name, condition));
        self
    }
}

/// Another default of a column, or none.
pub(crate) fn set_default(table: &QName, column: &str, default: Option<Expr>) -> Op {
    Op::SetDefault { table: table.clone(), column: column.to_owned(), default }
}

/// Statements as a script. What limits they run under is decided in `order`, where the schema that
/// they meet is known.
pub(crate) fn script(_: &Context<'_>, ops: Vec<Op>, transaction: Option<&str>) -> Vec<Statement> {
    let mut script = Vec::new();
    for op in ops {
        // A trigger of ours has to fire for rows that replication brings, too.
        let always = if let Op::CreateSyncTrigger { rule } = &op {
            Some(Op::EnableSyncTrigger { rule: rule.clone() })
        } else {
            None
        };
        script.extend([Some(op), always].into_iter().flatten().map(|op| match transaction {
            Some(name) => Statement::within(op, name),
            None => Statement::new(op),
        }));
    }
    script
}

/// The statement that undoes `op` on the context's schema, where one statement does.
pub(crate) fn inverse(context: &Context<'_>, op: &Op) -> Option<Op> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "recipes ask only for these")]
    match op {
        Op::SetDefault { table, column, .. } => Some(Op::SetDefault {
            table: table.clone(),
            column: column.clone(),
            default: context
                .schema
                .table(table)
                .and_then(|t| t.column(column))
                .and_then(|c| c.default.clone()),
        }),
        Op::AddColumn { table, column } => {
            Some(Op::DropColumn { table: table.clone(), column: column.name.clone() })
        }
        Op::RenameColumn { table, column, to } => {
            Some(Op::RenameColumn { table: table.clone(), column: to.clone(), to: column.clone() })
        }
        Op::RenameIndex { table, name, to } => {
            Some(Op::RenameIndex { table: table.clone(), name: to.clone(), to: name.clone() })
        }
        Op::RenameConstraint { table, name, to } => {
            Some(Op::RenameConstraint { table: table.clone(), name: to.clone(), to: name.clone() })
        }
        Op::CreateView { view, definition } => {
            Some(Op::DropView { view: view.clone(), materialized: definition.materialized })
        }
        Op::SetNotNull { table, column, not_null } => Some(Op::SetNotNull {
            table: table.clone(),
            column: column.clone(),
            not_null: !not_null,
        }),
        Op::AddConstraint { table, name, .. } | Op::AddConstraintUsingIndex { table, name, .. } => {
            Some(Op::DropConstraint { table: table.clone(), name: name.clone() })
        }
        Op::CreateIndex { table, name, .. } => Some(Op::DropIndex {
            table: table.clone(),
            name: name.clone(),
            concurrently: false,
            if_exists: true,
        }),
        Op::AttachPartition { table, child, .. } => Some(Op::DetachPartition {
            table: table.clone(),
            child: child.clone(),
            concurrently: false,
        }),
        _ => None,
    }
}

/// CREATE INDEX CONCURRENTLY, after removing what an earlier attempt may have left.
pub(crate) fn build_index(
    context: &Context<'_>,
    slot: Slot,
    table: &QName,
    (name, index): (&str, &Index),
) -> Draft {
    if context.schema.table(table).is_some_and(crate::schema::Table::is_partitioned) {
        return partitioned::at_a_stretch(context, slot, table, &Named::index(name, index));
    }
    let drop = |if_exists| Op::DropIndex {
        table: table.clone(),
        name: name.to_owned(),
        concurrently: true,
        if_exists,
    };
    let create = Op::CreateIndex {
        table: table.clone(),
        name: name.to_owned(),
        index: index.clone(),
        concurrently: true,
    };
    let unique = if index.unique { "unique " } else { "" };
    Draft::ddl(context, slot, format!("build {unique}index {name} on {table} concurrently"), vec![drop(true), create])
        .back(context, vec![drop(true)])
        .why("reads and writes go on during the build; a failed build leaves an invalid index, which the step removes when it is run again")
        .instead_of("CREATE INDEX without CONCURRENTLY: SHARE lock, no write to the table during the build")
        .done_when(
            "the index is there and valid",
            Condition::Index { table: table.clone(), name: name.to_owned(), present: true },
        )
}

/// An index that is there becomes a key.
pub(crate) fn take_index(table: &QName, (name, index): (&str, &str), key: &Key) -> Op {
    Op::AddConstraintUsingIndex {
        table: table.clone(),
        name: name.to_owned(),
        index: index.to_owned(),
        primary: key.primary,
        deferral: key.deferral.clone(),
    }
}

/// NOT NULL without a scan under ACCESS EXCLUSIVE.
pub(crate) fn enforce_not_null(
    context: &Context<'_>,
    slot: Slot,
    table: &QName,
    column: &str,
) -> Vec<Draft> {
    if context.engine.version >= 18 {
        not_null_18(context, slot, table, (column, &not_null_name(table, column)))
    } else {
        not_null_17(context, slot, table, column)
    }
}

/// The name that the server gives to a column's NOT NULL.
pub(crate) fn not_null_name(table: &QName, column: &str) -> String {
    derived::choose(&table.name, column, "not_null", |_| false)
}

/// The next one, for a column that takes another's place.
pub(crate) fn not_null_of_twin(table: &QName, stands_for: &str) -> String {
    derived::choose(&table.name, stands_for, "not_null1", |_| false)
}

/// The same on a column that takes another's place, and cannot have the name of its NOT NULL: the
/// next one that the server would choose.
pub(crate) fn enforce_not_null_twin(
    context: &Context<'_>,
    slot: Slot,
    table: &QName,
    (column, stands_for): (&str, &str),
) -> Vec<Draft> {
    if context.engine.version >= 18 {
        not_null_18(context, slot, table, (column, &not_null_of_twin(table, stands_for)))
    } else {
        not_null_17(context, slot, table, column)
    }
}

/// 18 and later: the NOT NULL constraint itself can be NOT VALID. Its name is one that SET NOT NULL
/// would give.
fn not_null_18(
    context: &Context<'_>,
    slot: Slot,
    table: &QName,
    (column, name): (&str, &str),
) -> Vec<Draft> {
    let name = name.to_owned();
    let add = Op::AddNotNullNotValid {
        table: table.clone(),
        name: name.clone(),
        column: column.to_owned(),
    };
    let drop = Op::DropConstraint { table: table.clone(), name: name.clone() };
    let validate = Op::ValidateConstraint { table: table.clone(), name: name.clone() };
    let off = Op::SetNotNull { table: table.clone(), column: column.to_owned(), not_null: false };
    vec![
        Draft::ddl(
            context,
            slot,
            format!("add NOT NULL on {table}.{column} as NOT VALID"),
            vec![add.clone()],
        )
        .back(context, vec![drop])
        .why("new writes are held to it at once; existing rows are checked by the next step")
        .instead_of("SET NOT NULL: reads every row under ACCESS EXCLUSIVE")
        .done_when(
            "the constraint is there",
            Condition::Constraint { table: table.clone(), name, validated: Some(false) },
        ),
        Draft::ddl(context, slot, format!("validate NOT NULL on {table}.{column}"), vec![validate])
            .back(context, vec![off, add])
            .why("reads every row, while reads and writes go on")
            .done_when("the column is NOT NULL", not_null(table, column)),
    ]
}

/// Up to 17: a validated CHECK proves it, so that SET NOT NULL need not look.
fn not_null_17(context: &Context<'_>, slot: Slot, table: &QName, column: &str) -> Vec<Draft> {
    let name = clip(&format!("concertina_{}_{column}_not_null", table.name));
    let set =
        |not_null| Op::SetNotNull { table: table.clone(), column: column.to_owned(), not_null };
    let check = Constraint {
        kind: ConstraintKind::Check(Expr::column(column).is_not_null()),
        validated: false,
    };
    let mut drafts = enforce_constraint(context, slot, table, (&name, &check));
    let proof = Condition::Constraint { table: table.clone(), name: name.clone(), validated: None };
    drafts.push(
        Draft::ddl(context, slot, format!("set NOT NULL on {table}.{column}"), vec![set(true)])
            .back(context, vec![set(false)])
            .why("the validated CHECK proves it: no scan")
            .instead_of("SET NOT NULL without the CHECK: reads every row under ACCESS EXCLUSIVE")
            .done_when("the column is NOT NULL", not_null(table, column)),
    );
    drafts.push(
        Draft::ddl(
            context,
            slot,
            format!("drop the CHECK that proved {table}.{column} NOT NULL"),
            vec![Op::DropConstraint { table: table.clone(), name: name.clone() }],
        )
        .back(
            context,
            vec![
                Op::AddConstraint { table: table.clone(), name: name.clone(), constraint: check },
                Op::ValidateConstraint { table: table.clone(), name },
            ],
        )
        .why("NOT NULL says the same; dropped in the same statement it would not have been proof")
        .done_when("the CHECK is gone", proof),
    );
    drafts
}

fn not_null(table: &QName, column: &str) -> Condition {
    Condition::NotNull { table: table.clone(), column: column.to_owned(), present: true }
}

/// A CHECK or FOREIGN KEY: NOT VALID first, then validated while traffic goes on.
pub(crate) fn enforce_constraint(
    context: &Context<'_>,
    slot: Slot,
    table: &QName,
    (name, constraint): (&str, &Constraint),
) -> Vec<Draft> {
    let unvalidated = Constraint { validated: false, ..constraint.clone() };
    let add =
        Op::AddConstraint { table: table.clone(), name: name.to_owned(), constraint: unvalidated };
    let drop = Op::DropConstraint { table: table.clone(), name: name.to_owned() };
    let state = |validated| Condition::Constraint {
        table: table.clone(),
        name: name.to_owned(),
        validated: Some(validated),
    };
    let validate = Op::ValidateConstraint { table: table.clone(), name: name.to_owned() };
    vec![
        Draft::ddl(context, slot, format!("add {name} to {table} as NOT VALID"), vec![add.clone()])
            .back(context, vec![drop.clone()])
            .why("new writes are held to it at once; existing rows are checked by the next step")
            .instead_of("ADD CONSTRAINT without NOT VALID: reads every row under the lock")
            .done_when("the constraint is there", state(false)),
        Draft::ddl(context, slot, format!("validate {name} on {table}"), vec![validate])
            .back(context, vec![drop, add])
            .why("reads every row, while reads and writes go on")
            .instead_of(
                "validating in the transaction that adds it: the scan under the stronger lock",
            )
            .done_when("the constraint is validated", state(true)),
    ]
}

/// Why an index of a partitioned table is built under a lock.
pub(crate) const NO_CONCURRENT_INDEX: &str = "an index of a partitioned table cannot be built concurrently; build it on each partition concurrently first, and this finds them and is brief";

/// Statements for which there is no way beside traffic: one transaction, under its locks to its end.
/// The plan says so, and its proof refutes it where the table is big.
pub(crate) fn under_lock(
    context: &Context<'_>,
    (title, reason): (String, &str),
    ops: Vec<Op>,
    back: Option<Vec<Op>>,
) -> Recipe {
    let mut recipe = Recipe::default();
    recipe.hazards.push(context.hazard(
        "no-online-way",
        format!("{title}: {reason}"),
        "run the step in a quiet hour: its estimate says for how long reads or writes wait",
    ));
    let draft = Draft::atomic(context, Slot::Swap, title, ops).why(reason);
    recipe.drafts.push(match back {
        Some(back) => draft.back_atomic(context, back),
        None => draft.irreversible("nothing"),
    });
    recipe
}
