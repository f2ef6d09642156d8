//! ALTER TABLE, an action at a time. Must not know facts.

use super::{Found, Known, Stop, partition, sequence};
use crate::engine::postgres::{
    Form, Role, Subject, add_column, change_type, drop_constraint, key_form, keys_of_column,
    parents_of, using_index, validate,
};
use crate::name::QName;
use crate::schema::{Constraint, ConstraintKind};
use crate::sql::alter::{self, Action};
use crate::sql::constraint::{Body, NewConstraint};
use crate::sql::cursor::Cursor;
use crate::sql::table::NewColumn;
use crate::sql::{resolve, types};
use crate::sql_type::SqlType;

/// Reads from after ALTER TABLE.
pub(super) fn read(cursor: &mut Cursor<'_>, known: &mut Known<'_>) -> Found {
    if cursor.sees("ALL IN TABLESPACE") {
        let span = cursor.span(0, cursor.tokens.len());
        let message = "this moves many tables, one after the other".to_owned();
        return Err(known.refuse(
            "no-facts",
            span,
            message,
            "ask about ALTER TABLE … SET TABLESPACE of one",
        ));
    }
    let mut ahead = *cursor;
    ahead.eat("IF EXISTS");
    let only = ahead.eat("ONLY");
    let named = ahead.name("a table name")?;
    if let Some(subjects) = on_index(&mut ahead, known, &named.name)? {
        return Ok(subjects);
    }
    let written = alter::read(cursor)?;
    let table = known.relation_if(written.table.clone(), written.if_exists)?;
    let mut subjects = Vec::new();
    for (action, (from, to)) in &written.actions {
        let mut tokens = cursor.part(*from, *to);
        for subject in one(known, &table, action, &mut tokens)? {
            subjects.push(if only { alone(known, &table, subject) } else { subject });
        }
    }
    Ok(subjects)
}

/// The same of ONLY the table.
fn alone(known: &Known<'_>, table: &QName, mut subject: Subject) -> Subject {
    let partitioned = known.is_partitioned(table) || !known.given;
    if partitioned && subject.form == Form::AddUnique {
        subject.form = Form::AddUniqueOnly;
    }
    subject.only(&[Role::Partitions])
}

/// ALTER TABLE of an index, which PostgreSQL takes too.
fn on_index(
    cursor: &mut Cursor<'_>,
    known: &mut Known<'_>,
    name: &QName,
) -> Result<Option<Vec<Subject>>, Stop> {
    let is_index = known.table(name).is_none() && known.table_of_index(name).is_some();
    if !is_index || !cursor.eat("RENAME TO") {
        return Ok(None);
    }
    Ok(Some(vec![known.on_index(Form::RenameIndexAsTable, name.clone())]))
}

fn one(known: &mut Known<'_>, table: &QName, action: &Action, tokens: &mut Cursor<'_>) -> Found {
    let on = |form: Form| Subject::new(form, Some(table.clone()));
    Ok(vec![match action {
        Action::AddColumn { column, .. } => return Ok(added(known, table, column)),
        Action::DropColumn { column, cascade, .. } => dropped(known, table, &column.name, *cascade),
        Action::AlterType { column, ty, collation, using } => {
            let to = resolve::qualified(ty, table, known.schema);
            let form = change_type(known.schema, (table, &column.name), &to, using.as_ref());
            let recollated = form == Form::AlterTypeInPlace && collation.is_some();
            let form = if recollated { Form::AlterTypeReindex } else { form };
            retyped(known, table, &column.name, form)
        }
        Action::SetDefault { .. } => on(Form::SetDefault),
        Action::SetNotNull { not_null: false, .. } => on(Form::DropNotNull),
        Action::SetNotNull { column, not_null: true } => on(not_null(known, table, &column.name)),
        Action::Identity { identity: Some(_), .. } => on(Form::AddIdentity),
        Action::Identity { column, identity: None, .. } => {
            let sequences = sequence::of_column(known, table, Some(&column.name));
            on(Form::DropIdentity).with(Role::Sequences, sequences)
        }
        Action::AddConstraint(written) => constraint(known, table, written),
        Action::Validate(name) => {
            let kind = known.schema.constraint_kind(table, &name.name);
            let form = if known.given { validate(kind) } else { Form::ValidateForeignKey };
            known.assume("the constraint is taken to be a foreign key: a CHECK or NOT NULL locks no other table");
            on(form).with(Role::Parents, kind.and_then(ConstraintKind::parent).cloned())
        }
        Action::DropConstraint { name, cascade, .. } => {
            let kind = known.schema.constraint_kind(table, &name.name);
            unconstrained(known, table, (kind, *cascade))
        }
        Action::RenameColumn { .. } => on(Form::RenameColumn),
        Action::RenameConstraint { .. } => on(Form::RenameConstraint),
        Action::RenameTable { .. } => on(Form::RenameTable),
        Action::SetSchema { .. } => {
            on(Form::SetSchema).with(Role::Sequences, sequence::of_column(known, table, None))
        }
        Action::Attach { child, bounds } => partition::attach(known, table, child, bounds)?,
        Action::Settings(_) if tokens.sees("OWNER TO") => {
            on(Form::SetOwner).with(Role::Sequences, sequence::of_column(known, table, None))
        }
        Action::Inherit(parent) => {
            on(Form::Inherit).with(Role::Inherited, [known.relation(parent.clone())?])
        }
        Action::NoInherit(parent) => {
            on(Form::NoInherit).with(Role::Inherited, [known.relation(parent.clone())?])
        }
        Action::Detach { .. } | Action::Defer { .. } | Action::Settings(_) | Action::Carried => {
            return carried(known, table, tokens);
        }
    }])
}

/// ADD COLUMN: what the column does, and what each of its constraints does.
fn added(known: &mut Known<'_>, table: &QName, column: &NewColumn) -> Vec<Subject> {
    let mut definition = column.column.clone();
    definition.ty = resolve::qualified(&definition.ty, table, known.schema);
    let on = |form: Form| Subject::new(form, Some(table.clone()));
    let mut form = add_column(&definition, known.schema);
    if column.serial {
        form = Form::AddColumnSequence;
    } else if form == Form::AddColumnStored && column.virtual_column {
        form = Form::AddColumnVirtual;
    }
    if !is_built_in(&definition.ty) {
        known.assume(&format!(
            "type {} is not known: a domain with a constraint rewrites the table",
            definition.ty
        ));
    }
    let defaulted = definition.default.is_some() || form == Form::AddColumnSequence;
    let mut subjects = Vec::new();
    for written in &column.constraints {
        let Body::Kind(kind) = &written.body else { continue };
        let form = match kind {
            ConstraintKind::ForeignKey(_) if defaulted => Form::AddColumnReferencesDefault,
            ConstraintKind::ForeignKey(_) => Form::AddColumnReferences,
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) => Form::AddColumnUnique,
            ConstraintKind::Check(_) | ConstraintKind::NotNull(_) | ConstraintKind::Other(..) => {
                Form::AddColumnCheck
            }
        };
        let parents = kind.parent().filter(|parent| *parent != table).cloned();
        subjects.push(on(form).with(Role::Parents, parents).only(&[Role::Parents]));
    }
    if form != Form::AddColumn || subjects.is_empty() {
        subjects.insert(0, on(form));
    }
    subjects
}

/// Whether a type comes with the server, as far as its name tells.
fn is_built_in(ty: &SqlType) -> bool {
    const NAMES: &[&str] = &[
        "bigint",
        "bit",
        "bit varying",
        "boolean",
        "box",
        "bytea",
        "character",
        "character varying",
        "cidr",
        "circle",
        "date",
        "double precision",
        "inet",
        "int4range",
        "int8range",
        "integer",
        "interval",
        "json",
        "jsonb",
        "line",
        "lseg",
        "macaddr",
        "macaddr8",
        "money",
        "name",
        "numeric",
        "numrange",
        "oid",
        "path",
        "pg_lsn",
        "point",
        "polygon",
        "real",
        "regclass",
        "smallint",
        "text",
        "time with time zone",
        "time without time zone",
        "timestamp with time zone",
        "timestamp without time zone",
        "tsquery",
        "tsrange",
        "tstzrange",
        "daterange",
        "tsvector",
        "uuid",
        "xml",
        "bpchar",
    ];
    let base = ty.base();
    NAMES.contains(&base.trim_end_matches("[]"))
}

fn dropped(known: &mut Known<'_>, table: &QName, column: &str, cascade: bool) -> Subject {
    let (parents, children) = keys_of_column(known.schema, table, column);
    let subject = Subject::new(Form::DropColumn, Some(table.clone()))
        .with(Role::Parents, parents)
        .with(Role::Sequences, sequence::of_column(known, table, Some(column)));
    if cascade {
        let views = known.views_over(std::slice::from_ref(table), Some(column));
        subject.with(Role::Children, children).with(Role::Views, views)
    } else {
        subject.only(&[Role::Children, Role::Views])
    }
}

fn retyped(known: &mut Known<'_>, table: &QName, column: &str, form: Form) -> Subject {
    known.assume(
        "the column's type, its CHECKs and its indexes are not known: a rewrite is assumed",
    );
    if form == Form::AlterTypeTimeZone {
        known.note("the session's TimeZone is taken not to be UTC");
    }
    let (parents, children) = keys_of_column(known.schema, table, column);
    let identity = known.table(table).and_then(|t| t.column(column)?.identity.clone());
    if identity.is_some() {
        known.note("the sequence of its identity is locked SHARE ROW EXCLUSIVE too");
    }
    Subject::new(form, Some(table.clone()))
        .with(Role::Parents, parents)
        .with(Role::Children, children)
}

fn not_null(known: &mut Known<'_>, table: &QName, column: &str) -> Form {
    known.assume("no validated CHECK is taken to prove it: one would spare the scan");
    let proved = known.schema.proves_not_null(table, column);
    if proved { Form::SetNotNullProved } else { Form::SetNotNull }
}

/// ADD CONSTRAINT as written.
fn constraint(known: &mut Known<'_>, table: &QName, written: &NewConstraint) -> Subject {
    let on = |form: Form| Subject::new(form, Some(table.clone()));
    let parents = written.parent.as_ref().map(|p| p.name.clone()).filter(|p| p != table);
    match &written.body {
        Body::NotNull(column) if written.validated => {
            let proved = known.schema.proves_not_null(table, &column.name);
            known.assume("no validated CHECK is taken to prove it: one would spare the scan");
            on(if proved { Form::AddNotNullNotValid } else { Form::AddNotNull })
        }
        Body::NotNull(_) => on(Form::AddNotNullNotValid),
        Body::UsingIndex(index) => {
            if written.primary {
                known.assume("its columns are taken to be nullable: NOT NULL ones spare the scan");
            }
            on(using_index(known.schema, (table, &index.name), written.primary))
        }
        Body::Kind(kind) => {
            let constraint = Constraint { kind: kind.clone(), validated: written.validated };
            on(key_form(known.schema, table, &constraint))
                .with(Role::Parents, parents)
                .only(&[Role::Parents])
        }
    }
}

fn unconstrained(
    known: &mut Known<'_>,
    table: &QName,
    (kind, cascade): (Option<&ConstraintKind>, bool),
) -> Subject {
    let form = if known.given { drop_constraint(kind) } else { Form::DropForeignKey };
    known.assume("the constraint is taken to be a foreign key: any other locks only the tables whose keys rest on it");
    let subject = Subject::new(form, Some(table.clone())).with(
        Role::Parents,
        kind.and_then(ConstraintKind::parent).cloned().filter(|parent| parent != table),
    );
    let Some(ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns)) = kind else {
        return subject;
    };
    if !cascade {
        return subject.only(&[Role::Children]);
    }
    let primary = matches!(kind, Some(ConstraintKind::PrimaryKey(_)));
    let rests = known
        .schema
        .referencing(table)
        .filter(|(_, _, key)| {
            key.parent_columns == *columns || (key.parent_columns.is_empty() && primary)
        })
        .map(|(child, ..)| child.clone());
    let rests: Vec<QName> = rests.filter(|child| child != table).collect();
    subject.with(Role::Children, rests)
}

/// Actions that are not modelled elsewhere.
fn carried(known: &mut Known<'_>, table: &QName, cursor: &mut Cursor<'_>) -> Found {
    let on = |form: Form| Subject::new(form, Some(table.clone()));
    if cursor.eat("ALTER CONSTRAINT") {
        return Ok(vec![altered(known, table, cursor)?]);
    }
    if cursor.eat("ALTER") {
        cursor.eat("COLUMN");
        let column = cursor.ident("a column name")?.name;
        return Ok(vec![column_option(known, table, &column, cursor)?]);
    }
    if cursor.eat("DETACH PARTITION") {
        return Ok(vec![partition::detach(known, table, cursor)?]);
    }
    if cursor.sees("ENABLE ROW")
        || cursor.sees("DISABLE ROW")
        || cursor.is(0, "FORCE")
        || cursor.sees("NO FORCE")
    {
        return Ok(vec![on(Form::RowSecurity)]);
    }
    if cursor.eat("REPLICA IDENTITY") {
        return Ok(vec![on(Form::ReplicaIdentity)]);
    }
    if cursor.eat("SET TABLESPACE") {
        return Ok(vec![on(Form::SetTablespace)]);
    }
    if cursor.eat("SET LOGGED") || cursor.eat("SET UNLOGGED") {
        let sequences = sequence::of_column(known, table, None);
        return Ok(vec![on(Form::SetLogged).with(Role::Sequences, sequences)]);
    }
    Ok(vec![on(table_option(cursor)?)])
}

/// Settings of a whole table.
fn table_option(cursor: &mut Cursor<'_>) -> Result<Form, Stop> {
    let catalog = |cursor: &Cursor<'_>| {
        (cursor.at..cursor.tokens.len())
            .any(|at| Cursor { at, ..*cursor }.is(0, "user_catalog_table"))
    };
    if (cursor.is(0, "SET") || cursor.is(0, "RESET")) && cursor.is_symbol(1, b'(') {
        let is_catalog = catalog(cursor);
        return Ok(if is_catalog { Form::SetCatalogOption } else { Form::SetTableOption });
    }
    if cursor.is_any(0, &["ENABLE", "DISABLE"]) {
        let mut ahead = Cursor { at: cursor.at + 1, ..*cursor };
        if !ahead.eat("REPLICA") {
            ahead.eat("ALWAYS");
        }
        return match () {
            () if ahead.is(0, "TRIGGER") => Ok(Form::EnableTrigger),
            () if ahead.is(0, "RULE") => Ok(Form::Rule),
            () => Err(ahead.expected("TRIGGER, RULE or ROW LEVEL SECURITY").into()),
        };
    }
    for (words, form) in [
        ("CLUSTER ON", Form::ClusterOn),
        ("SET WITHOUT CLUSTER", Form::ClusterOn),
        ("SET ACCESS METHOD", Form::SetAccessMethod),
        ("OF", Form::OfType),
        ("NOT OF", Form::OfType),
    ] {
        if cursor.eat(words) {
            return Ok(form);
        }
    }
    Err(cursor.expected("an action that there are facts about").into())
}

/// ALTER CONSTRAINT, from after these words.
fn altered(known: &mut Known<'_>, table: &QName, cursor: &mut Cursor<'_>) -> Result<Subject, Stop> {
    let name = cursor.ident("a constraint name")?;
    let kind = known.schema.constraint_kind(table, &name.name);
    let has = |words: &str| {
        (cursor.at..cursor.tokens.len()).any(|at| Cursor { at, ..*cursor }.sees(words))
    };
    let form = if has("NOT ENFORCED") {
        Form::AlterConstraintNotEnforced
    } else if has("ENFORCED") {
        Form::AlterConstraintEnforced
    } else {
        Form::AlterConstraint
    };
    Ok(Subject::new(form, Some(table.clone()))
        .with(Role::Parents, kind.and_then(ConstraintKind::parent).cloned()))
}

/// ALTER COLUMN, from after the column's name.
fn column_option(
    known: &mut Known<'_>,
    table: &QName,
    column: &str,
    cursor: &mut Cursor<'_>,
) -> Result<Subject, Stop> {
    let on = |form: Form| Subject::new(form, Some(table.clone()));
    if cursor.eat("TYPE") || cursor.eat("SET DATA TYPE") {
        let to: SqlType = types::read(cursor)?.ty;
        let to = resolve::qualified(&to, table, known.schema);
        let mut form = change_type(known.schema, (table, column), &to, None);
        if form != Form::AlterTypeRewrite && is_indexed(known, table, column) {
            form = collated(form);
        }
        let form = if known.given { form } else { Form::AlterTypeReindex };
        return Ok(retyped(known, table, column, form));
    }
    for (words, form) in [
        ("SET STATISTICS", Form::SetStatistics),
        ("SET STORAGE", Form::SetStorage),
        ("SET COMPRESSION", Form::SetCompression),
        ("DROP EXPRESSION", Form::DropExpression),
    ] {
        if cursor.eat(words) {
            return Ok(on(form));
        }
    }
    if cursor.eat("SET EXPRESSION") {
        known.note("the column is taken to be a stored one: of a virtual one it only changes the catalogue");
        return Ok(on(Form::SetExpressionStored));
    }
    if cursor.is_any(0, &["SET", "RESET"]) && cursor.is_symbol(1, b'(') {
        return Ok(on(Form::SetColumnOption));
    }
    if cursor.is_any(0, &["SET", "RESTART"]) {
        let sequences = sequence::of_column(known, table, Some(column));
        return Ok(on(Form::AlterIdentity).with(Role::Sequences, sequences));
    }
    Err(cursor.expected("an option of a column").into())
}

/// A new collation makes every index on the column anew, on top of what the type costs.
fn collated(form: Form) -> Form {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only two forms of type changes cost less")]
    match form {
        Form::AlterTypeInPlace | Form::AlterTypeRecheck => Form::AlterTypeReindex,
        other => other,
    }
}

fn is_indexed(known: &Known<'_>, table: &QName, column: &str) -> bool {
    known.table(table).is_some_and(|t| {
        t.indexes.values().any(|index| index.columns.iter().any(|c| c == column))
            || t.constraints
                .values()
                .any(|c| c.kind.is_key() && c.kind.columns().iter().any(|k| k == column))
    })
}

/// Parents of all of a table's foreign keys, itself left out.
pub(super) fn parents(known: &Known<'_>, table: &QName) -> Vec<QName> {
    let found = known.table(table).map(|t| parents_of(t, |_| true)).unwrap_or_default();
    found.into_iter().filter(|parent| parent != table).collect()
}
