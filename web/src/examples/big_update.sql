-- title: UPDATE every row of a big table
-- engine: postgres:15
-- table: products rows=35000000 reads=1500 writes=90 longest=6
-- file: schema.sql
CREATE TABLE products (
    id      bigint PRIMARY KEY,
    sku     text NOT NULL,
    status  text,
    cents   bigint NOT NULL
);
-- file: change.sql
UPDATE products SET status = 'active' WHERE status IS NULL;
