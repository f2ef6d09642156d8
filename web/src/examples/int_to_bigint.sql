-- title: int to bigint before it overflows
-- engine: postgres:14
-- table: payments rows=190000000 reads=300 writes=400 longest=30
-- file: schema.sql
CREATE TABLE payments (
    id            bigint PRIMARY KEY,
    reference     text NOT NULL,
    amount_cents  integer NOT NULL,
    paid_at       timestamptz NOT NULL DEFAULT now()
);
-- file: change.sql
ALTER TABLE payments ALTER COLUMN amount_cents TYPE bigint;
