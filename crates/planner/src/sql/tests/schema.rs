//! Whole schemas.

use super::{check_schema, read_schema};
use crate::diagnostic::Severity;

#[test]
fn column_constraints_become_table_constraints_with_postgresqls_names() {
    check_schema(
        "CREATE TABLE t (
  id bigserial PRIMARY KEY,
  a int UNIQUE CHECK (a > 0) REFERENCES t ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  b text DEFAULT 'x' NOT NULL COLLATE \"C\",
  \"Mixed\" timestamptz DEFAULT now(),
  UNIQUE (a, b), CHECK (a > 1 OR b IS NULL), CONSTRAINT named CHECK (b <> ''));",
        "CREATE TABLE public.t (
  id bigint DEFAULT nextval(CAST('public.t_id_seq' AS regclass)) NOT NULL,
  a integer,
  b text COLLATE \"C\" DEFAULT 'x' NOT NULL,
  \"Mixed\" timestamp with time zone DEFAULT now(),
  CONSTRAINT named CHECK (b <> ''),
  CONSTRAINT t_a_b_key UNIQUE (a, b),
  CONSTRAINT t_a_check CHECK (a > 0),
  CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES public.t ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT t_a_key UNIQUE (a),
  CONSTRAINT t_check CHECK ((a > 1) OR (b IS NULL)),
  CONSTRAINT t_pkey PRIMARY KEY (id)
)
sequence public.t_id_seq of public.t.id
  CREATE SEQUENCE public.t_id_seq
  - DROP SEQUENCE public.t_id_seq
owner column of sequence public.t_id_seq of public.t.id
  ALTER SEQUENCE public.t_id_seq OWNED BY public.t.id
  - ALTER SEQUENCE public.t_id_seq OWNED BY NONE",
    );
}

#[test]
fn what_is_not_a_plain_key_is_verbatim() {
    check_schema(
        "CREATE TABLE t (a int, b int, r tsrange,
  UNIQUE NULLS NOT DISTINCT (a), CONSTRAINT d PRIMARY KEY (b) DEFERRABLE,
  EXCLUDE USING gist (r WITH &&) WHERE (a > 0), CHECK (a > 0) NO INHERIT, UNIQUE (b) INCLUDE (a));
ALTER TABLE ONLY t ADD CONSTRAINT c CHECK (a > 5) NOT VALID;",
        "CREATE TABLE public.t (
  a integer,
  b integer NOT NULL,
  r tsrange,
  CONSTRAINT c CHECK (a > 5) NOT VALID,
  CONSTRAINT d PRIMARY KEY (b) DEFERRABLE,
  CONSTRAINT t_a_check CHECK (a > 0) NO INHERIT,
  CONSTRAINT t_a_key UNIQUE NULLS NOT DISTINCT (a),
  CONSTRAINT t_b_key UNIQUE (b) INCLUDE (a),
  CONSTRAINT t_r_excl EXCLUDE USING gist (r WITH &&) WHERE (a > 0)
)",
    );
}

#[test]
fn a_dump_is_read_in_its_own_spelling() {
    check_schema(
        "SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.t (id integer NOT NULL, n character varying(20) DEFAULT 'x'::character varying);
ALTER TABLE public.t OWNER TO me;
ALTER TABLE public.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.t_id_seq
    START WITH 10
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.t ALTER COLUMN n SET STATISTICS 100;
ALTER TABLE ONLY public.t ALTER COLUMN n SET DEFAULT 'y'::character varying;
ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.t REPLICA IDENTITY FULL;
ALTER TABLE public.t CLUSTER ON t_pkey;
CREATE INDEX i ON ONLY public.t USING btree (lower((n)::text) text_pattern_ops DESC, id) INCLUDE (n) WITH (fillfactor='70') WHERE (id > 3);
COMMENT ON COLUMN public.t.n IS 'x';
GRANT SELECT ON TABLE public.t TO you;",
        "CREATE TABLE public.t (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  n character varying(20) DEFAULT CAST('y' AS character varying),
  CONSTRAINT t_pkey PRIMARY KEY (id)
)
CREATE INDEX i ON public.t USING btree (lower(CAST(n AS text)) text_pattern_ops DESC, id) INCLUDE (n) WITH (fillfactor='70') WHERE id > 3
setting public.t CLUSTER of public.t
  ALTER TABLE public.t CLUSTER ON t_pkey
  - ALTER TABLE public.t SET WITHOUT CLUSTER
setting public.t REPLICA IDENTITY of public.t
  ALTER TABLE public.t REPLICA IDENTITY FULL
  - ALTER TABLE public.t REPLICA IDENTITY DEFAULT
setting public.t id IDENTITY OPTIONS of public.t.id
  ALTER TABLE public.t ALTER COLUMN id SET INCREMENT BY 1 SET NO MINVALUE SET NO MAXVALUE SET START WITH 10 SET CACHE 1 SET NO CYCLE RESTART
  - ALTER TABLE public.t ALTER COLUMN id SET INCREMENT BY 1 SET NO MINVALUE SET NO MAXVALUE SET START WITH 1 SET CACHE 1 SET NO CYCLE
setting public.t n STATISTICS of public.t.n
  ALTER TABLE public.t ALTER COLUMN n SET STATISTICS 100
  - ALTER TABLE public.t ALTER COLUMN n SET STATISTICS -1
privilege TABLE public.t TO you of public.t
  GRANT SELECT ON TABLE public.t TO you
  - REVOKE ALL ON TABLE public.t FROM you
owner TABLE public.t of public.t
  ALTER TABLE public.t OWNER TO me
  - ALTER TABLE public.t OWNER TO CURRENT_USER
comment COLUMN public.t.n of public.t.n
  COMMENT ON COLUMN public.t.n IS 'x'
  - COMMENT ON COLUMN public.t.n IS NULL",
    );
}

#[test]
fn partitions_heirs_and_templates_have_their_columns() {
    check_schema(
        "CREATE TABLE p (id int NOT NULL, at date, CHECK (id > 0)) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE p2 (id int NOT NULL, at date, CONSTRAINT p_id_check CHECK (id > 0));
ALTER TABLE ONLY p ATTACH PARTITION p2 DEFAULT;
CREATE TABLE l (LIKE p);
CREATE TABLE h (at date DEFAULT now(), z int) INHERITS (l);",
        "CREATE TABLE public.h (
  at date DEFAULT now(),
  z integer
) INHERITS (public.l)
CREATE TABLE public.l (
  id integer NOT NULL,
  at date
)
CREATE TABLE public.p (
  id integer NOT NULL,
  at date,
  CONSTRAINT p_id_check CHECK (id > 0)
) PARTITION BY RANGE (at)
CREATE TABLE public.p1 (
  id integer NOT NULL,
  at date
) PARTITION OF public.p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')
CREATE TABLE public.p2 (
  id integer NOT NULL,
  at date
) PARTITION OF public.p DEFAULT",
    );
}

#[test]
fn views_types_triggers_and_policies() {
    check_schema(
        "CREATE TYPE mood AS ENUM ('sad', 'it''s ok'); ALTER TYPE mood ADD VALUE 'new' BEFORE 'it''s ok';
CREATE DOMAIN pos AS int CHECK (VALUE > 0);
CREATE TABLE t (m mood, ms mood[], p pos, at date);
CREATE VIEW v AS SELECT x.m, count(*) FROM (t AS x LEFT JOIN other.u ON true), t2 WHERE at > now();
CREATE MATERIALIZED VIEW w (q) AS SELECT * FROM v WITH NO DATA;
CREATE TRIGGER g BEFORE UPDATE OF m ON public.t FOR EACH ROW EXECUTE FUNCTION f();
CREATE POLICY y ON t USING (true);
CREATE FUNCTION f() RETURNS trigger AS $$ begin; end $$ LANGUAGE plpgsql;",
        "enum public.mood: sad new it's ok
domain public.pos: integer constrained=true
CREATE TABLE public.t (
  m public.mood,
  ms public.mood[],
  p public.pos,
  at date
)
CREATE VIEW public.v AS SELECT x.m, count(*) FROM (t AS x LEFT JOIN other.u ON true), t2 WHERE at > now()
  reads public.t other.u; at count m now other t t2 u x
CREATE MATERIALIZED VIEW public.w (q) AS SELECT * FROM v
  reads public.v; * q v
enum public.mood
  CREATE TYPE public.mood AS ENUM ('sad', 'new', 'it''s ok')
  - DROP TYPE public.mood
domain public.pos
  CREATE DOMAIN public.pos AS integer CONSTRAINT pos_check CHECK (VALUE > 0)
  - DROP DOMAIN public.pos
routine public.f()
  CREATE FUNCTION public.f() RETURNS trigger AS $$ begin; end $$ LANGUAGE plpgsql
  - DROP FUNCTION public.f()
trigger g ON public.t of public.t
  CREATE TRIGGER g BEFORE UPDATE OF m ON public.t FOR EACH ROW EXECUTE FUNCTION f()
  - DROP TRIGGER g ON public.t
policy y ON public.t of public.t
  CREATE POLICY y ON public.t USING (true)
  - DROP POLICY y ON public.t
not analysed: CREATE TRIGGER g BEFORE UPDATE OF m ON public.t FOR EACH ROW EXECUTE FUNCTION f() (a trigger's function may name columns; it was not looked into)
not analysed: CREATE POLICY y ON t USING (true) (a policy's condition may name columns; it was not looked into)
not analysed: CREATE FUNCTION f() RETURNS trigger AS $$ begin; end $$ LANGUAGE plpgsql (a routine's body may name tables and columns; it was not looked into)",
    );
}

#[test]
fn nameless_indexes_are_named_after_their_keys() {
    let read = read_schema(
        "CREATE TABLE t (a int, b text); CREATE INDEX ON t (a); CREATE INDEX ON t (a);
CREATE INDEX ON t (lower(b), (a + 1)) INCLUDE (b); CREATE UNIQUE INDEX ON t ((a::text)); CREATE INDEX ON t ((1 + a), (2 + a));",
    );
    let names: Vec<&String> = read.schema.tables.values().flat_map(|t| t.indexes.keys()).collect();
    assert_eq!(
        names,
        ["t_a_idx", "t_a_idx1", "t_a_idx2", "t_expr_expr1_idx", "t_lower_expr_b_idx"]
    );
}

#[test]
fn the_search_path_is_followed() {
    check_schema(
        "SET search_path TO \"$user\", app, public; CREATE TABLE t (a int); SET search_path = other; CREATE TABLE t (b int);",
        "CREATE TABLE app.t (
  a integer
)
CREATE TABLE other.t (
  b integer
)",
    );
}

#[test]
fn what_is_not_understood_is_carried_and_listed() {
    check_schema(
        "CREATE TABLE t (a int); CREATE TABLE u (a int,,b int); WHAT is this; ALTER TABLE nope ADD x int; ALTER TABLE t ADD COLUMN b int;",
        "CREATE TABLE public.t (
  a integer,
  b integer
)
statement ALTER TABLE nope ADD x int
  ALTER TABLE nope ADD x int
statement CREATE TABLE u (a int,,b int)
  CREATE TABLE u (a int,,b int)
statement WHAT is this
  WHAT is this
not analysed: CREATE TABLE u (a int,,b int) (not understood (expected a column name, found `,`); it was carried as it is)
not analysed: WHAT is this (not understood; it was carried as it is)
not analysed: ALTER TABLE nope ADD x int (its table is not in the schema)",
    );
}

#[test]
fn bad_texts_are_told_apart() {
    for (text, expected) in [
        ("", "empty-schema at 0"),
        ("-- nothing\n", "empty-schema at 0"),
        ("CREATE TABLE t (a int DEFAULT 'x);", "unterminated-string at 30"),
        ("SELECT 1; /* x", "unterminated-comment at 10"),
        ("CREATE FUNCTION f() AS $a$ x", "unterminated-dollar-quote at 23"),
        ("CREATE TABLE \"t (a int)", "unterminated-name at 13"),
        ("\u{0}\u{1}PGDMP", "not-text at 0"),
        ("Dear all, here is the schema; have fun", "not-sql at 0"),
        ("{\"tables\": []}", "not-sql at 0"),
        ("CREATE TABLE `t` (`id` int)", "mysql-syntax at 13"),
        ("CREATE TABLE t (id int UNSIGNED)", "mysql-syntax at 23"),
        ("CREATE TABLE t (id int AUTO_INCREMENT)", "mysql-syntax at 23"),
        ("CREATE TABLE t (id int) ENGINE=InnoDB", "mysql-syntax at 24"),
        ("CREATE TABLE t (id int); INSERT INTO `t` VALUES ('it\\'s')", "mysql-syntax at 37"),
    ] {
        let read = read_schema(text);
        let errors: Vec<String> = read
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .map(|d| format!("{} at {}", d.code, d.span.0))
            .collect();
        assert_eq!(errors, [expected], "{text}");
        assert!(read.diagnostics.iter().all(|d| !d.help.is_empty()));
    }
}

#[test]
fn hostile_texts_are_survived() {
    for text in [
        "(".repeat(300_000),
        "CREATE TABLE t (a int CHECK (".to_owned() + &"(".repeat(100_000),
        format!("CREATE TABLE t (a int CHECK ({}1{}))", "(".repeat(20_000), ")".repeat(20_000)),
        "a;".repeat(100_000),
        "CREATE VIEW v AS SELECT ".to_owned() + &"(SELECT ".repeat(20_000),
        "ALTER TABLE ;".repeat(20_000),
        "é\u{a0}\u{3000}".repeat(10_000),
        "CREATE TABLE t (".to_owned() + &"a int,".repeat(50_000),
    ] {
        let read = read_schema(&text);
        assert!(read.not_analysed.len() <= 100_000);
        let _change = super::read_change(&text, &read.schema);
    }
}
