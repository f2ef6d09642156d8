//! Differences as SQL text, and the property that they lead from any small schema to any other.

use super::diff;
use crate::change::What;
use crate::diagnostic::Severity;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::sql::render;
use crate::schema::{Column, Constraint, ConstraintKind, Schema, Table};
use crate::sql::{read_schema, read_target};
use crate::sql_type::SqlType;

fn statements(asked: &[crate::change::Asked]) -> String {
    let lines: Vec<String> = asked
        .iter()
        .map(|a| match &a.what {
            What::Statement(op) => render(op),
            What::Reshape(reshape) => reshape.title(),
            What::Extract(extract) => extract.title(),
            What::Spread(spread) => spread.title(),
            What::Move(moved) => moved.title(),
            What::Merge(merge) => merge.title(),
            What::Partition(partition) => partition.title(),
            What::Replace { create, .. } => format!("replace: {}", render(create)),
            What::Retype(retype) => format!("retype {}", retype.table),
            What::Numbering(one) => format!("number {}.{}", one.table, one.column),
            What::Lifted(op) => format!("lifted: {}", render(op)),
            What::Object { id, after: Some(object) } => {
                format!("{} {}: {}", id.kind.noun(), id.name, object.make.join("; "))
            }
            What::Object { id, after: None } => format!("drop {} {}", id.kind.noun(), id.name),
        })
        .collect();
    lines.join("\n")
}

fn check(before: &str, after: &str, expected: &str) {
    let source = read_schema(before);
    assert_eq!(source.diagnostics, [], "{before}");
    let target = read_target(after, &source.schema);
    assert_eq!(target.diagnostics, [], "{after}");
    let (asked, diagnostics) =
        super::diff_reshaped(&source.schema, &target.schema, &target.hints, &target.reshapes);
    let mut found = statements(&asked);
    for diagnostic in &diagnostics {
        found += &format!("\n{}: {}", diagnostic.code, diagnostic.message);
    }
    assert_eq!(found.trim(), expected.trim());
}

#[test]
fn columns_are_added_changed_and_dropped() {
    check(
        "CREATE TABLE t (a int, b text DEFAULT 'x', c int NOT NULL);",
        "CREATE TABLE t (a bigint NOT NULL, b text DEFAULT 'y', d date);",
        "ALTER TABLE public.t ALTER COLUMN a TYPE bigint
ALTER TABLE public.t ALTER COLUMN a SET NOT NULL
ALTER TABLE public.t ALTER COLUMN b SET DEFAULT 'y'
ALTER TABLE public.t ADD COLUMN d date
ALTER TABLE public.t DROP COLUMN c",
    );
}

/// What looks like a rename, with what speaks for it.
fn check_suspects(before: &str, after: &str, expected: &[&str]) {
    let (source, target) = (read_schema(before).schema, read_schema(after).schema);
    let found: Vec<String> = super::suspects(&source, &target)
        .into_iter()
        .map(|q| format!("{} / {}", q.question, q.answer_with))
        .collect();
    assert_eq!(found, expected, "{before} → {after}");
}

#[test]
fn what_looks_like_a_rename_is_asked_with_its_evidence() {
    check_suspects(
        "CREATE TABLE users (id int PRIMARY KEY, name text, mail text NOT NULL UNIQUE, born date);
CREATE INDEX by_mail ON users (mail, id); COMMENT ON COLUMN users.born IS 'of the passport';",
        "CREATE TABLE users (id int PRIMARY KEY, full_name text, since date, contact text NOT NULL UNIQUE);
CREATE INDEX by_contact ON users (contact, id); COMMENT ON COLUMN users.since IS 'of the passport';",
        &[
            "Is public.users.full_name what public.users.name was, under another name? For it speaks: both are text; the names share `name`; they stand in the same place / -- concertina: rename users.name to full_name",
            "Is public.users.contact what public.users.mail was, under another name? For it speaks: both are text; NOT NULL and default are the same; constraint users_contact_key is the same but for the name; index by_contact is the same but for the name / -- concertina: rename users.mail to contact",
            "Is public.users.since what public.users.born was, under another name? For it speaks: both are date; they have the same comment, 'of the passport' / -- concertina: rename users.born to since",
        ],
    );
    check_suspects(
        "CREATE TABLE orders (id int PRIMARY KEY, total int, note text); CREATE TABLE x (a int);",
        "CREATE TABLE sales (id int PRIMARY KEY, total int, note text, at date); CREATE TABLE y (b int);",
        &[
            "Is public.sales what public.orders was, under another name? For it speaks: 3 of 4 columns are the same; the primary key is the same / -- concertina: rename table orders to sales",
        ],
    );
}

#[test]
fn what_merely_has_the_same_type_is_no_rename() {
    check_suspects(
        "CREATE TABLE t (id int, weight int, note text, size int);",
        "CREATE TABLE t (id int, note text, blob bytea, price int);",
        &[],
    );
}

#[test]
fn a_rename_needs_a_hint() {
    let before = "CREATE TABLE users (id int PRIMARY KEY, name text);";
    check(
        before,
        "CREATE TABLE users (id int PRIMARY KEY, full_name text);",
        "ALTER TABLE public.users ADD COLUMN full_name text
ALTER TABLE public.users DROP COLUMN name",
    );
    check(
        before,
        "-- concertina: rename users.name to full_name
CREATE TABLE users (id int PRIMARY KEY, full_name text);",
        "ALTER TABLE public.users RENAME COLUMN name TO full_name",
    );
    check(
        before,
        "-- concertina: rename table users to people
CREATE TABLE people (id int CONSTRAINT users_pkey PRIMARY KEY, name text);",
        "ALTER TABLE public.users RENAME TO people",
    );
}

#[test]
fn tables_come_before_their_keys_and_keys_go_before_their_tables() {
    check(
        "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;",
        "CREATE TABLE c (id int PRIMARY KEY, d int); CREATE TABLE d (id int PRIMARY KEY, c int REFERENCES c);
ALTER TABLE c ADD FOREIGN KEY (d) REFERENCES d;",
        "ALTER TABLE public.b DROP CONSTRAINT b_a_fkey
DROP TABLE public.a
DROP TABLE public.b
CREATE TABLE public.c (
  id integer NOT NULL,
  d integer,
  CONSTRAINT c_pkey PRIMARY KEY (id)
)
CREATE TABLE public.d (
  id integer NOT NULL,
  c integer,
  CONSTRAINT d_pkey PRIMARY KEY (id)
)
ALTER TABLE public.c ADD CONSTRAINT c_d_fkey FOREIGN KEY (d) REFERENCES public.d
ALTER TABLE public.d ADD CONSTRAINT d_c_fkey FOREIGN KEY (c) REFERENCES public.c",
    );
}

#[test]
fn constraints_and_indexes_change_by_name() {
    check(
        "CREATE TABLE t (a int CHECK (a > 0), b int UNIQUE); CREATE INDEX i ON t (a); CREATE INDEX j ON t (b);",
        "CREATE TABLE t (a int CHECK (a > 1), b int, CONSTRAINT u UNIQUE (b)); CREATE INDEX i ON t (a DESC); CREATE INDEX k ON t (b);",
        "ALTER TABLE public.t DROP CONSTRAINT t_a_check
ALTER TABLE public.t RENAME CONSTRAINT t_b_key TO u
DROP INDEX public.i
ALTER INDEX public.j RENAME TO k
ALTER TABLE public.t ADD CONSTRAINT t_a_check CHECK (a > 1)
CREATE INDEX i ON public.t USING btree (a DESC)",
    );
    check(
        "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0));",
        "ALTER TABLE public.t VALIDATE CONSTRAINT c",
    );
    // A dropped column takes its index along.
    check(
        "CREATE TABLE t (a int, b text); CREATE INDEX i ON t (b);",
        "CREATE TABLE t (a int);",
        "ALTER TABLE public.t DROP COLUMN b",
    );
}

#[test]
fn a_new_key_behind_a_foreign_key_takes_it_down_and_up() {
    check(
        "CREATE TABLE p (a int PRIMARY KEY, b int UNIQUE); CREATE TABLE c (x int REFERENCES p);",
        "CREATE TABLE p (a int, b int PRIMARY KEY); CREATE TABLE c (x int REFERENCES p (b));",
        "ALTER TABLE public.c DROP CONSTRAINT c_x_fkey
ALTER TABLE public.p DROP CONSTRAINT p_b_key
ALTER TABLE public.p DROP CONSTRAINT p_pkey
ALTER TABLE public.p ALTER COLUMN a DROP NOT NULL
ALTER TABLE public.p ADD CONSTRAINT p_pkey PRIMARY KEY (b)
ALTER TABLE public.c ADD CONSTRAINT c_x_fkey FOREIGN KEY (x) REFERENCES public.p (b)",
    );
}

#[test]
fn views_go_first_and_come_back_last() {
    check(
        "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v;",
        "CREATE TABLE t (a bigint, b int); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v;",
        "DROP VIEW public.w
DROP VIEW public.v
ALTER TABLE public.t ALTER COLUMN a TYPE bigint
CREATE VIEW public.v AS SELECT a FROM t
CREATE VIEW public.w AS SELECT a FROM v",
    );
}

#[test]
fn what_is_carried_is_added_and_never_dropped() {
    check(
        "CREATE TABLE t (a int); CREATE EXTENSION x; CREATE TYPE mood AS ENUM ('a', 'c');",
        "CREATE TABLE t (a int); COMMENT ON TABLE t IS 'x'; CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd');
CREATE FUNCTION f() RETURNS int AS 'select 1' LANGUAGE sql; CREATE TYPE u AS ENUM ('x');
CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();",
        "enum public.mood: CREATE TYPE public.mood AS ENUM ('a', 'b', 'c', 'd')
enum public.u: CREATE TYPE public.u AS ENUM ('x')
routine public.f(): CREATE FUNCTION public.f() RETURNS int AS 'select 1' LANGUAGE sql
trigger g ON public.t: CREATE TRIGGER g BEFORE INSERT ON public.t EXECUTE FUNCTION f()
comment TABLE public.t: COMMENT ON TABLE public.t IS 'x'
drop extension x",
    );
}

#[test]
fn a_split_explains_its_columns() {
    check(
        "CREATE TABLE u (id int, name text); CREATE VIEW v AS SELECT name FROM u;",
        "-- concertina: split u.name into first text := split_part(name, ' ', 1),
--   last text := split_part(name, ' ', 2)
CREATE TABLE u (id int, first text, last text);",
        "DROP VIEW public.v
split public.u.name into first, last",
    );
}

/// One table of at most two columns: types × NOT NULL × default, and a key over none or some.
fn small_schemas() -> Vec<Schema> {
    let mut columns: Vec<Option<Column>> = vec![None];
    for ty in ["integer", "text"] {
        for not_null in [false, true] {
            for default in [None, Some(Expr::Text("1".to_owned()))] {
                let ty = SqlType::new(ty);
                columns.push(Some(Column { not_null, default, ..Column::nullable("", ty) }));
            }
        }
    }
    let named = |column: &Option<Column>, name: &str| {
        column.clone().map(|c| Column { name: name.to_owned(), ..c })
    };
    let mut schemas = vec![Schema::default()];
    for a in &columns {
        for b in &columns {
            let columns: Vec<Column> = named(a, "a").into_iter().chain(named(b, "b")).collect();
            let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
            let mut kinds = vec![None];
            if !names.is_empty() {
                kinds.push(Some(ConstraintKind::Unique(names.clone())));
                kinds.push(Some(ConstraintKind::Unique(names[..1].to_vec())));
            }
            if columns.iter().all(|c| c.not_null) && !names.is_empty() {
                kinds.push(Some(ConstraintKind::PrimaryKey(names)));
            }
            for kind in kinds {
                let mut table = Table { columns: columns.clone(), ..Table::empty() };
                if let Some(kind) = kind {
                    table.constraints.insert("k".to_owned(), Constraint { kind, validated: true });
                }
                let mut schema = Schema::default();
                schema.tables.insert(QName::new("public", "t"), table.into());
                schemas.push(schema);
            }
        }
    }
    schemas
}

#[test]
fn every_small_schema_becomes_every_other() {
    let schemas = small_schemas();
    let mut pairs = 0;
    for source in &schemas {
        for target in &schemas {
            let (asked, diagnostics) = diff(source, target, &[]);
            assert!(diagnostics.iter().all(|d| d.severity == Severity::Warning));
            let mut work = source.clone();
            for asked in &asked {
                let What::Statement(op) = &asked.what else { panic!("a split from nowhere") };
                work.apply(op).unwrap();
            }
            assert_eq!(work.unordered(), target.unordered(), "{}", statements(&asked));
            assert_eq!(asked.is_empty(), source == target);
            pairs += 1;
        }
    }
    assert_eq!(pairs, 70_756);
}
