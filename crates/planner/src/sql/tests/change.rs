//! Changes, hints and targets.

use super::{check_change, check_target};

const SCHEMA: &str = "CREATE TABLE users (id int PRIMARY KEY, name text, email text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, amount int);
CREATE INDEX orders_user ON orders (user_id);
CREATE VIEW names AS SELECT name FROM users;";

fn check(text: &str, expected: &str) {
    check_change(SCHEMA, text, expected);
}

#[test]
fn actions_become_operations_one_by_one() {
    check(
        "BEGIN;
ALTER TABLE users ADD COLUMN age int NOT NULL DEFAULT 0 CHECK (age >= 0), ADD nick text UNIQUE, ALTER email SET NOT NULL,
  ALTER COLUMN id TYPE bigint USING id::bigint, ALTER email SET DEFAULT lower('X'), ALTER email DROP DEFAULT;
ALTER TABLE orders RENAME COLUMN amount TO total; ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO pk; ALTER TABLE orders RENAME TO sales;
ALTER TABLE sales ADD CONSTRAINT c CHECK (total > 0) NOT VALID; ALTER TABLE sales VALIDATE CONSTRAINT c; ALTER TABLE sales DROP CONSTRAINT c;
CREATE UNIQUE INDEX CONCURRENTLY i ON sales (total); ALTER TABLE sales ADD CONSTRAINT u UNIQUE USING INDEX i;
DROP INDEX CONCURRENTLY orders_user; DROP VIEW names; UPDATE users u SET name = upper(u.name), age = 1 WHERE age IS DISTINCT FROM 1;
DELETE FROM sales WHERE total < 0; CREATE TABLE t (a int); DROP TABLE t;
COMMIT;",
        "ALTER TABLE public.users ADD COLUMN age integer DEFAULT 0 NOT NULL
ALTER TABLE public.users ADD CONSTRAINT users_age_check CHECK (age >= 0)
ALTER TABLE public.users ADD COLUMN nick text
ALTER TABLE public.users ADD CONSTRAINT users_nick_key UNIQUE (nick)
ALTER TABLE public.users ALTER COLUMN email SET NOT NULL
ALTER TABLE public.users ALTER COLUMN id TYPE bigint USING CAST(id AS bigint)
ALTER TABLE public.users ALTER COLUMN email SET DEFAULT lower('X')
ALTER TABLE public.users ALTER COLUMN email DROP DEFAULT
ALTER TABLE public.orders RENAME COLUMN amount TO total
ALTER TABLE public.orders RENAME CONSTRAINT orders_pkey TO pk
ALTER TABLE public.orders RENAME TO sales
ALTER TABLE public.sales ADD CONSTRAINT c CHECK (total > 0) NOT VALID
ALTER TABLE public.sales VALIDATE CONSTRAINT c
ALTER TABLE public.sales DROP CONSTRAINT c
CREATE UNIQUE INDEX CONCURRENTLY i ON public.sales USING btree (total)
ALTER TABLE public.sales ADD CONSTRAINT u UNIQUE USING INDEX i
DROP INDEX CONCURRENTLY public.orders_user
DROP VIEW public.names
UPDATE public.users SET name = upper(name), age = 1 WHERE age IS DISTINCT FROM 1
DELETE FROM public.sales WHERE total < 0
CREATE TABLE public.t (
  a integer
)
DROP TABLE public.t
warning transaction-not-kept at 1:1 `BEGIN`: the plan does not run the change in one transaction: every lock would be held to its end / each step commits what belongs together, and has its own way back",
    );
}

#[test]
fn what_is_rolled_back_is_not_asked_for() {
    check(
        "BEGIN; SAVEPOINT s; ALTER TABLE users ADD COLUMN age int; ROLLBACK TO s;",
        "ALTER TABLE public.users ADD COLUMN age integer
warning transaction-not-kept at 1:1 `BEGIN`: the plan does not run the change in one transaction: every lock would be held to its end / each step commits what belongs together, and has its own way back
error rolled-back at 1:59 `ROLLBACK TO s`: statements before it are undone: it cannot be told what is asked for / take it out, or the statements that it undoes",
    );
}

#[test]
fn unknown_names_are_errors_at_their_place() {
    check(
        "ALTER TABLE usres ADD x int;
ALTER TABLE users DROP COLUMN emial;
ALTER TABLE users ADD CHECK (nmae <> '');
ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES customers;
ALTER TABLE orders DROP CONSTRAINT orders_pky;
DROP INDEX orders_usr;
CREATE INDEX ON users (nam);
UPDATE users SET nam = 1;
ALTER TABLE users ADD UNIQUE (zzz);",
        "error unknown-table at 1:13 `usres`: table `public.usres` does not exist in the schema / did you mean `public.users`?
error unknown-column at 2:31 `emial`: column `emial` of table `public.users` does not exist / did you mean `email`?
error unknown-column at 3:30 `nmae`: column `nmae` of table `public.users` does not exist / did you mean `name`?
error unknown-table at 4:57 `customers`: table `public.customers` does not exist in the schema / the schema has `public.orders`, `public.users`
error unknown-constraint at 5:36 `orders_pky`: constraint `orders_pky` does not exist / did you mean `orders_pkey`?
error unknown-index at 6:12 `orders_usr`: index `orders_usr` does not exist / did you mean `orders_user`?
error unknown-column at 7:24 `nam`: column `nam` of table `public.users` does not exist / did you mean `name`?
error unknown-column at 8:18 `nam`: column `nam` of table `public.users` does not exist / did you mean `name`?
error unknown-column at 9:31 `zzz`: column `zzz` of table `public.users` does not exist / the table has `id`, `name`, `email`",
    );
}

#[test]
fn what_postgresql_refuses_is_refused_with_its_sqlstate() {
    let help = "change the statement, or the order of statements, so that it applies to the schema as it is then";
    check(
        "ALTER TABLE users ADD COLUMN name text;",
        &format!(
            "error refused at 1:1 `ALTER TABLE users ADD COLUMN name text`: PostgreSQL would refuse this: column \"name\" of relation \"users\" already exists (SQLSTATE 42701) / {help}"
        ),
    );
    check(
        "ALTER TABLE users DROP COLUMN name, ADD x int;",
        &format!(
            "error refused at 1:19 `DROP COLUMN name`: PostgreSQL would refuse this: cannot drop column name of table public.users because other objects depend on it: view public.names (SQLSTATE 2BP01) / {help}"
        ),
    );
}

#[test]
fn cascade_is_written_out() {
    check(
        "DROP TABLE users CASCADE;",
        "DROP VIEW public.names
ALTER TABLE public.orders DROP CONSTRAINT orders_user_id_fkey
DROP TABLE public.users
warning cascade at 1:1 `DROP TABLE users CASCADE`: CASCADE also means `DROP VIEW public.names` / write the statement out if it is wanted, and leave CASCADE away
warning cascade at 1:1 `DROP TABLE users CASCADE`: CASCADE also means `ALTER TABLE public.orders DROP CONSTRAINT orders_user_id_fkey` / write the statement out if it is wanted, and leave CASCADE away",
    );
}

#[test]
fn if_exists_is_held_against_the_schema() {
    let (leave, name) = (
        "leave the statement out, or check the schema it was written for",
        "leave the statement out, or check the name",
    );
    check(
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text, DROP COLUMN IF EXISTS x, DROP COLUMN IF EXISTS email;
DROP TABLE IF EXISTS nope; CREATE TABLE IF NOT EXISTS users (a int); ALTER TABLE IF EXISTS nope ADD x int;",
        &format!("ALTER TABLE public.users DROP COLUMN email
warning nothing-to-do at 1:19 `ADD COLUMN IF NOT EXISTS name text`: this does nothing: column `name` exists already / {leave}
warning nothing-to-do at 1:77 `x`: this does nothing: column `x` does not exist / {name}
warning nothing-to-do at 2:22 `nope`: this does nothing: `public.nope` does not exist / {name}
warning nothing-to-do at 2:28 `CREATE TABLE IF NOT EXISTS users (a int)`: this does nothing: table `public.users` exists already / {leave}
warning nothing-to-do at 2:92 `nope`: this does nothing: table `public.nope` does not exist / {name}"),
    );
}

#[test]
fn objects_are_read_and_the_rest_runs_as_it_is() {
    let note = "(not analysed: it runs as it is, in its place)";
    check(
        "GRANT SELECT ON users TO me; INSERT INTO orders SELECT 1, 2, 3; ALTER TABLE users SET (fillfactor = 70), ADD x int;
UPDATE users SET name = o.id FROM orders o; UPDATE users SET name[1] = 'a', age.x = 1; SET lock_timeout = '1s'; CREATE TYPE mood AS ENUM ('a'); ALTER TABLE users ADD m mood;",
        &format!("privilege TABLE public.users TO me: GRANT SELECT ON TABLE public.users TO me
INSERT INTO orders SELECT 1, 2, 3
setting public.users OPTIONS: ALTER TABLE public.users SET (fillfactor = 70)
ALTER TABLE public.users ADD COLUMN x integer
UPDATE users SET name = o.id FROM orders o
UPDATE users SET name[1] = 'a', age.x = 1
enum public.mood: CREATE TYPE public.mood AS ENUM ('a')
ALTER TABLE public.users ADD COLUMN m public.mood
warning setting-ignored at 2:88 `SET lock_timeout = '1s'`: a session setting is not part of the plan / the plan sets what its own steps need, such as lock_timeout
not analysed: INSERT INTO orders SELECT 1, 2, 3 {note}
not analysed: UPDATE users SET name = o.id FROM orders o {note}
not analysed: UPDATE users SET name[1] = 'a', age.x = 1 {note}"),
    );
}

#[test]
fn a_serial_column_brings_its_sequence() {
    check(
        "ALTER TABLE users ADD COLUMN n serial;",
        "sequence public.users_n_seq: CREATE SEQUENCE public.users_n_seq AS integer
ALTER TABLE public.users ADD COLUMN n integer DEFAULT nextval(CAST('public.users_n_seq' AS regclass)) NOT NULL
owner column of sequence public.users_n_seq: ALTER SEQUENCE public.users_n_seq OWNED BY public.users.n",
    );
}

#[test]
fn broken_statements_say_where() {
    let help = "correct the statement; this is where it stops being PostgreSQL's SQL";
    for (text, expected) in [
        ("ALTER TABLE users ADD COLUM x int;", "1:31 `int`: expected a constraint, found `int`"),
        (
            "ALTER TABLE users\n  DORP COLUMN x;",
            "2:3 `DORP`: expected an action such as ADD COLUMN, DROP COLUMN, ALTER COLUMN or RENAME, found `DORP`",
        ),
        (
            "ALTER TABEL users ADD x int;",
            "1:7 `TABEL`: expected TABLE, INDEX, VIEW or another kind of object, found `TABEL`",
        ),
        ("CREATE TABLE t (a int", "1:16 `(`: this parenthesis is never closed"),
        (
            "DROP TABLE users; ALTR TABLE x ADD y int",
            "1:19 `ALTR`: expected a statement such as ALTER TABLE, CREATE INDEX or UPDATE, found `ALTR`",
        ),
        ("ALTER TABLE users ADD", "1:22 ``: expected a column name, found the end"),
    ] {
        let schema = "CREATE TABLE users (id int);";
        let read = super::read_change(text, &super::read_schema(schema).schema);
        let found: Vec<String> = read.diagnostics.iter().map(|d| super::finding(text, d)).collect();
        assert_eq!(found, [format!("error syntax at {expected} / {help}")]);
    }
}

#[test]
fn bad_texts_are_told_apart() {
    for (text, code) in [
        ("", "empty-change"),
        ("-- nothing", "empty-change"),
        ("please add a column", "not-sql"),
        ("ALTER TABLE users ADD x text DEFAULT 'a", "unterminated-string"),
        ("ALTER TABLE `users` ADD x int", "mysql-syntax"),
        ("ALTER TABLE users DROP PRIMARY KEY", "syntax"),
        ("ALTER TABLE users CHANGE id id bigint", "syntax"),
        ("CREATE TABLE t (a int) ENGINE = InnoDB", "mysql-syntax"),
        ("DELETE FROM users LIMIT 5", "syntax"),
        ("\u{0}", "not-text"),
    ] {
        let schema = super::read_schema("CREATE TABLE users (id int);").schema;
        let read = super::read_change(text, &schema);
        let codes: Vec<&str> = read.diagnostics.iter().map(|d| d.code.as_str()).collect();
        assert_eq!(codes, [code], "{text}");
    }
}

#[test]
fn hints_are_changes_or_stay_hints() {
    check(
        "-- concertina: rename users.email to mail
-- This comment is no part of it.
ALTER TABLE users ADD score int NOT NULL;
-- concertina: fill users.score := 0
-- CONCERTINA: rename table orders to sales
DROP VIEW names;
-- concertina: split users.name into first text := split_part(name, ' ', 1),
--   last text not null := coalesce(nullif(split_part(name, ' ', 2), ''), 'a, back')
--   back first || ' ' || last
ALTER TABLE users ADD CHECK (last <> '');",
        "ALTER TABLE public.users RENAME COLUMN email TO mail
ALTER TABLE public.users ADD COLUMN score integer NOT NULL
ALTER TABLE public.orders RENAME TO sales
DROP VIEW public.names
reshape public.users.name into first text := split_part(name, ' ', 1), last text NOT NULL := coalesce(nullif(split_part(name, ' ', 2), ''), 'a, back') back name := (first || ' ') || last
ALTER TABLE public.users ADD CONSTRAINT users_last_check CHECK (last <> '')
hint: public.users.score := 0",
    );
}

#[test]
fn a_merge_tells_its_way_back_where_the_way_there_does() {
    let merge = |into: &str, wanted: &str| {
        let text =
            format!("DROP VIEW names;\n-- concertina: merge users.name, users.email into {into}");
        let wanted = format!(
            "DROP VIEW public.names\nreshape public.users.name, public.users.email into {wanted} (guessed)"
        );
        check(&text, &wanted);
    };
    merge(
        "label text := name || ' / ' || email",
        "label text := (name || ' / ') || email back name := split_part(label, ' / ', 1), email := substr(label, strpos(label || ' / ', ' / ') + 3)",
    );
    merge(
        "label jsonb := jsonb_build_object('n', name, 'e', email)",
        "label jsonb := jsonb_build_object('n', name, 'e', email) back name := label ->> 'n', email := label ->> 'e'",
    );
}

#[test]
fn an_extract_reads_its_values_from_the_check() {
    let schema = |check: &str| {
        format!("CREATE TABLE o (id int PRIMARY KEY, s varchar(9) NOT NULL, CHECK ({check}));")
    };
    for check in [
        "s IN ('a', 'b''c')",
        "((s)::text = ANY ((ARRAY['a'::character varying, 'b''c'::character varying])::text[]))",
        "s = 'a' OR s = 'b''c'",
    ] {
        check_change(
            &schema(check),
            "-- concertina: extract o.s into k (id smallint, name text) as s_id",
            "extract public.o.s into public.k, as s_id: a, b'c",
        );
    }
    for check in ["s IN ('a', id::text)", "s <> 'a'", "s = 'a' OR id > 1", "lower(s) IN ('a')"] {
        let read = super::read_change(
            "-- concertina: extract o.s into k (id smallint, name text) as s_id",
            &super::read_schema(&schema(check)).schema,
        );
        assert_eq!(read.diagnostics.len(), 1, "{check}: {:?}", read.asked);
    }
}

#[test]
fn a_column_moves_to_a_new_table_only() {
    check(
        "-- concertina: move users.email to mails (user_id, email)",
        "move public.users.email to public.mails (user_id, email)",
    );
    check_change(
        "CREATE TABLE users (id int PRIMARY KEY, name text, email text);",
        "-- concertina: move users.email, users.name to people (user_id, mail, name)",
        "move public.users.email, public.users.name to public.people (user_id, mail, name)",
    );
    for (hint, place, message) in [
        (
            "spread users.email, users.name to people (user_id, email, name)",
            41,
            "`spread` takes one column: rows of which each has several values are nobody's in particular",
        ),
        ("move users.email, users.name to people (user_id, email)", 69, "expected `,`, found `)`"),
        ("move users.email to people (user_id, email, name)", 57, "expected `)`, found `,`"),
        (
            "move users.email, orders.amount to people (user_id, email, amount)",
            33,
            "`public.orders` is of another table than `public.users`",
        ),
    ] {
        let schema = super::read_schema(SCHEMA).schema;
        let read = super::read_change(&format!("-- concertina: {hint}"), &schema);
        let found: Vec<_> =
            read.diagnostics.iter().map(|d| (d.span.0, d.message.as_str())).collect();
        assert_eq!(found, [(place, message)], "{hint}");
    }
    let schema = super::read_schema(SCHEMA).schema;
    let read = super::read_change("-- concertina: spread users.email to orders (a, b)", &schema);
    let found: Vec<&str> = read.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        found,
        [
            "`public.orders` is there already: its rows have other columns, and come and go for reasons of their own"
        ]
    );
}

#[test]
fn bad_hints_say_what_hints_there_are() {
    let schema = super::read_schema(SCHEMA).schema;
    for (text, expected) in [
        (
            "-- concertina: renmae users.name to x",
            "bad-hint at 15 expected `rename`, `split`, `merge`, `extract`, `move`, `spread` or `fill`, found `renmae`",
        ),
        (
            "-- concertina: rename users to x",
            "bad-hint at 28 expected `.` and a column name, found `to`",
        ),
        (
            "-- concertina: rename user_s.name to x",
            "unknown-table at 22 table `public.user_s` does not exist in the schema",
        ),
        (
            "-- concertina: rename users.nmae to x",
            "unknown-column at 28 column `nmae` of table `public.users` does not exist",
        ),
        (
            "-- concertina: fill users.nmae := 1",
            "unknown-column at 26 column `nmae` of table `public.users` does not exist",
        ),
        ("-- concertina: fill users.name = 1", "bad-hint at 31 expected `:=`, found `=`"),
        (
            "-- concertina: fill users.name := 1 +",
            "bad-hint at 34 this is not an expression: Expected: an expression, found: EOF",
        ),
        (
            "-- concertina: split users.name into a text := nam",
            "unknown-column at 27 column `nam` of table `public.users` does not exist",
        ),
        (
            "-- concertina: merge users.name, orders.id into a text := name",
            "bad-hint at 33 `public.orders` is of another table than `public.users`",
        ),
        (
            "-- concertina: merge users.name, users.email into a text := lower(name || email)",
            "no-way-back at 27 Concertina cannot tell what `name` is over the new columns, and while both releases run the old one reads it of rows that the new one wrote",
        ),
    ] {
        let read = super::read_change(text, &schema);
        let found: Vec<String> = read
            .diagnostics
            .iter()
            .map(|d| format!("{} at {} {}", d.code, d.span.0, d.message))
            .collect();
        assert_eq!(found, [expected], "{text}");
    }
}

#[test]
fn a_targets_hints_go_by_the_sources_names() {
    check_target(
        SCHEMA,
        "-- concertina: rename table users to people
-- concertina: rename users.email to mail
-- concertina: split users.name into a text := name
-- concertina: rename orders.amount to nope
-- concertina: fill people.score := 0
CREATE TABLE people (id int, mail text, a text, score int); CREATE TABLE orders (id int);",
        "reshape public.users.name into a text := name back name := nullif(concat_ws(' ', a), '') (guessed)
hint: public.users -> people
hint: public.users.email -> mail
hint: public.people.score := 0
error unknown-column at 4:40 `nope`: column `nope` of table `public.orders` does not exist / the table has `id`",
    );
}

#[test]
fn a_table_is_merged_by_what_the_schema_says_of_it() {
    let schema = "CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE images (id int PRIMARY KEY);
CREATE TABLE profiles (id serial PRIMARY KEY, user_id int NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
  bio text UNIQUE, name text, image_id int REFERENCES images ON DELETE CASCADE, score int CHECK (score > 0));
CREATE INDEX ON profiles (image_id); CREATE INDEX ON profiles (bio, score); CREATE UNIQUE INDEX of_name ON profiles (name, score);
CREATE TABLE notes (user_id int PRIMARY KEY REFERENCES users, note text);
CREATE TABLE bare (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE);
CREATE TABLE many (user_id int NOT NULL REFERENCES users ON DELETE CASCADE, phone text);
CREATE TABLE trees (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE, up int REFERENCES trees, leaf text);
CREATE TABLE seen (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE, at date); CREATE VIEW last AS SELECT * FROM seen;
CREATE TABLE codes (code text UNIQUE, id int PRIMARY KEY);
CREATE TABLE labels (code text PRIMARY KEY REFERENCES codes (code) ON DELETE CASCADE, label text);
CREATE TABLE slugs (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE, slug text);
CREATE UNIQUE INDEX no_two ON slugs ((coalesce(slug, '')), slug);";
    check_change(
        schema,
        "-- concertina: merge table profiles (bio, image_id) into users
-- concertina: merge table profiles into users
-- concertina: merge table profiles (score) into users
-- concertina: merge table profiles (user_id) into users
-- concertina: merge table profiles (nope) into users
-- concertina: merge table notes into users
-- concertina: merge table bare into users
-- concertina: merge table many into users
-- concertina: merge table nope into users
-- concertina: merge table trees (leaf) into users
-- concertina: merge table seen into users
-- concertina: merge table labels into codes
-- concertina: merge table slugs into users
-- concertina: merge table profiles (bio, bio) into users
-- concertina: merge table users",
        "error not-supported at 1:28 `profiles`: constraint `profiles_image_id_fkey` of `public.profiles` holds for columns that go over, and cannot go with them / drop it first, as a change of its own, and say it of `public.users` afterwards
error not-supported at 2:42 `users`: `public.users` has a column `name` already / rename one of them first, as a change of its own; or leave it out: `merge table … (the others) into …`
error not-supported at 3:28 `profiles`: constraint `profiles_score_check` of `public.profiles` holds for columns that go over, and cannot go with them / drop it first, as a change of its own, and say it of `public.users` afterwards
error not-supported at 4:38 `user_id`: `user_id` says which row of `public.users` it belongs to / leave it out: it goes with the table
error unknown-column at 5:38 `nope`: column `nope` of table `public.profiles` does not exist / did you mean `name`?
error not-supported at 6:28 `notes`: rows of `public.notes` do not go with their row of `public.users`: the new release, which does not know them, could not delete it (23503) / give the foreign key on user_id ON DELETE CASCADE first, as a change of its own
error not-supported at 7:28 `bare`: `public.bare` has no column but its keys / where it says something that a row is there, add a boolean to `public.users` and let the app write both for a while; drop the table then
error not-supported at 8:28 `many`: no validated foreign key of one column, unique and NOT NULL, says which row of `public.users` a row of `public.many` belongs to / add one first, as a change of its own; rows of which several belong to one cannot be merged into it
error unknown-table at 9:28 `nope`: table `public.nope` does not exist in the schema / did you mean `public.notes`?
error not-supported at 10:28 `trees`: `public.trees` refers to `public.trees` / drop that reference first, as a change of its own
error not-supported at 11:28 `seen`: view `public.last` reads `public.seen` / drop the view first, as a change of its own, and make it over the other table afterwards
error not-supported at 12:40 `codes`: `code` of `public.codes` may be NULL: a row without it could not have what the columns say / set it NOT NULL first, as a change of its own; or let the foreign key refer to the primary key
error not-supported at 13:28 `slugs`: unique index `no_two` of `public.slugs` holds for columns that go over, and cannot go with them / drop it first, as a change of its own, and say it of `public.users` afterwards
error bad-hint at 14:43 `bio`: `bio` is named twice / hints are `rename users.name to full_name`, `rename table users to people`, `rename value mood 'sad' to 'blue'`, `split users.name into first_name text := split_part(name, ' ', 1), last_name text := split_part(name, ' ', 2) back first_name || ' ' || last_name`, `merge users.first, users.last into full_name text := first || ' ' || last back first := split_part(full_name, ' ', 1), last := split_part(full_name, ' ', 2)`, `merge table profiles into users`, `merge table profiles (bio, picture) into users`, `fill users.score := 0`, `extract orders.status into statuses (id bigint, name text) as status_id`, `move users.bio, users.picture to profiles (user_id, bio, picture)` for a new table, `move users.bio to profiles` for one that is there, `spread users.phone to phones (user_id, number)`
error bad-hint at 15:33 ``: expected INTO, found the end / hints are `rename users.name to full_name`, `rename table users to people`, `rename value mood 'sad' to 'blue'`, `split users.name into first_name text := split_part(name, ' ', 1), last_name text := split_part(name, ' ', 2) back first_name || ' ' || last_name`, `merge users.first, users.last into full_name text := first || ' ' || last back first := split_part(full_name, ' ', 1), last := split_part(full_name, ' ', 2)`, `merge table profiles into users`, `merge table profiles (bio, picture) into users`, `fill users.score := 0`, `extract orders.status into statuses (id bigint, name text) as status_id`, `move users.bio, users.picture to profiles (user_id, bio, picture)` for a new table, `move users.bio to profiles` for one that is there, `spread users.phone to phones (user_id, number)`",
    );
    check_change(
        schema,
        "-- concertina: merge table profiles (bio) into users",
        "merge public.profiles (bio) into public.users
ALTER TABLE public.users ADD COLUMN bio text
ALTER TABLE public.users ADD CONSTRAINT users_bio_key UNIQUE (bio)
DROP TABLE public.profiles",
    );
    check_change(
        schema,
        "-- concertina: merge table profiles (image_id) into users",
        "merge public.profiles (image_id) into public.users
ALTER TABLE public.users ADD COLUMN image_id integer
CREATE INDEX users_image_id_idx ON public.users USING btree (image_id)
ALTER TABLE public.users ADD CONSTRAINT users_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.images (id) ON DELETE SET NULL
DROP TABLE public.profiles",
    );
}
