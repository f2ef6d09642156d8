-- title: Rename a column
-- engine: postgres:15
-- table: customers rows=24000000 reads=1800 writes=120 longest=8
-- table: orders rows=160000000 reads=900 writes=240 longest=20
-- file: schema.sql
CREATE TABLE customers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    email       text NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint NOT NULL REFERENCES customers (id),
    total_cents  bigint NOT NULL
);
-- file: change.sql
ALTER TABLE customers RENAME COLUMN name TO full_name;
