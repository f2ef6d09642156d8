//! What a move to a table that is there comes to, and what is refused, as text.

use super::check_change;

const SCHEMA: &str = "CREATE TABLE users (id int PRIMARY KEY, name text, bio text, code text UNIQUE, age int CHECK (age > 0), score int);
CREATE UNIQUE INDEX of_score ON users (score); CREATE INDEX of_bio ON users (lower(bio)) WHERE bio IS NOT NULL; CREATE INDEX both ON users (name, bio);
CREATE TABLE profiles (id serial PRIMARY KEY, user_id int NOT NULL UNIQUE REFERENCES users, bio2 text, name text);
CREATE TABLE many (user_id int NOT NULL REFERENCES users, phone text);
CREATE TABLE a (id int PRIMARY KEY, x text); CREATE TABLE b (id int PRIMARY KEY REFERENCES a, y text);
ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES b;
CREATE TABLE tree (id int PRIMARY KEY REFERENCES tree, z text);
CREATE TABLE codes (code text UNIQUE, note text); CREATE TABLE labels (code text PRIMARY KEY REFERENCES codes (code), label text);";

#[test]
fn a_column_moves_to_the_rows_that_are_there() {
    check_change(
        SCHEMA,
        "-- concertina: move users.bio to profiles
-- concertina: move profiles.bio2 to users",
        "move public.users.bio to public.profiles
ALTER TABLE public.profiles ADD COLUMN bio text
CREATE INDEX profiles_bio_idx ON public.profiles USING btree (lower(bio)) WHERE bio IS NOT NULL
ALTER TABLE public.users DROP COLUMN bio
move public.profiles.bio2 to public.users
ALTER TABLE public.users ADD COLUMN bio2 text
ALTER TABLE public.profiles DROP COLUMN bio2",
    );
}

#[test]
fn what_has_no_place_of_its_own_does_not_move() {
    check_change(
        SCHEMA,
        "-- concertina: move users.bio to nope
-- concertina: move users.nope to profiles
-- concertina: move users.name to profiles
-- concertina: move users.code to profiles
-- concertina: move users.age to profiles
-- concertina: move users.score to profiles
-- concertina: move users.id to profiles
-- concertina: move profiles.user_id to users
-- concertina: move users.bio to many
-- concertina: move a.x to b
-- concertina: move tree.z to tree
-- concertina: move labels.label to codes
-- concertina: move users.bio, users.bio to profiles
-- concertina: move users.bio to profiles (user_id, bio)",
        "error unknown-table at 1:34 `nope`: table `public.nope` does not exist in the schema / the schema has `public.a`, `public.b`, `public.codes`, `public.labels`, `public.many`, `public.profiles`, …; for a table that the move makes, its reference and its columns are named: `move public.users.bio to public.nope (…_id, bio)`
error unknown-column at 2:27 `nope`: column `nope` of table `public.users` does not exist / did you mean `code`?
error not-supported at 3:35 `profiles`: `public.profiles` has a column `name` already / rename one of them first, as a change of its own; where that column is meant, let the app write both for a while
error not-supported at 4:27 `code`: constraint `users_code_key` of `public.users` holds for columns that go, and while both releases run neither knows all rows that it would hold for / drop it first, as a change of its own, and say it of `public.profiles` afterwards
error not-supported at 5:27 `age`: constraint `users_age_check` of `public.users` holds for columns that go, and while both releases run neither knows all rows that it would hold for / drop it first, as a change of its own, and say it of `public.profiles` afterwards
error not-supported at 6:27 `score`: unique index `of_score` of `public.users` holds for columns that go, and while both releases run neither knows all rows that it would hold for / drop it first, as a change of its own, and say it of `public.profiles` afterwards
error not-supported at 7:33 `profiles`: `public.profiles` has a column `id` already / rename one of them first, as a change of its own; where that column is meant, let the app write both for a while
error not-supported at 8:30 `user_id`: `user_id` says which row of `public.profiles` belongs to which / leave it where it is
error not-supported at 9:34 `many`: no validated foreign key of one column, unique and NOT NULL, to one that is NOT NULL, says which row of `public.many` belongs to which of `public.users` / add one first, as a change of its own; where several rows of the one belong to one of the other, a value has no one place to go to
error not-supported at 10:28 `b`: rows of `public.a` and of `public.b` refer to each other / let the app write both columns for a while instead: which rows belong together is not said by one reference
error not-supported at 11:31 `tree`: `public.tree` is the table that the column stands in / name another one
error not-supported at 12:37 `codes`: no validated foreign key of one column, unique and NOT NULL, to one that is NOT NULL, says which row of `public.codes` belongs to which of `public.labels` / add one first, as a change of its own; where several rows of the one belong to one of the other, a value has no one place to go to
error bad-hint at 13:38 `bio`: `bio` is named twice / hints are `rename users.name to full_name`, `rename table users to people`, `rename value mood 'sad' to 'blue'`, `split users.name into first_name text := split_part(name, ' ', 1), last_name text := split_part(name, ' ', 2) back first_name || ' ' || last_name`, `merge users.first, users.last into full_name text := first || ' ' || last back first := split_part(full_name, ' ', 1), last := split_part(full_name, ' ', 2)`, `merge table profiles into users`, `merge table profiles (bio, picture) into users`, `fill users.score := 0`, `extract orders.status into statuses (id bigint, name text) as status_id`, `move users.bio, users.picture to profiles (user_id, bio, picture)` for a new table, `move users.bio to profiles` for one that is there, `spread users.phone to phones (user_id, number)`
error not-supported at 14:34 `profiles`: `public.profiles` is there already: its rows have other columns, and come and go for reasons of their own / name a new table; or leave out the parentheses, to move the column to the rows that are there: `move … to …`",
    );
}
