-- title: Split a column in two
-- engine: postgres:16
-- table: members rows=6000000 reads=700 writes=40 longest=5
-- file: schema.sql
CREATE TABLE members (
    id      bigint PRIMARY KEY,
    name    text NOT NULL,
    joined  date NOT NULL DEFAULT current_date
);
-- file: change.sql
-- concertina: split members.name into
--   first_name text NOT NULL := split_part(name, ' ', 1),
--   last_name text NOT NULL := split_part(name, ' ', 2)
--   back trim(first_name || ' ' || last_name)
