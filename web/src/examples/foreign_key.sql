-- title: Add a foreign key between big tables
-- engine: postgres:15
-- table: shipments rows=90000000 reads=400 writes=150 longest=15
-- table: warehouses rows=1200 reads=900 writes=1 longest=2
-- file: schema.sql
CREATE TABLE warehouses (
    id    bigint PRIMARY KEY,
    city  text NOT NULL
);

CREATE TABLE shipments (
    id            bigint PRIMARY KEY,
    warehouse_id  bigint,
    weight_grams  integer NOT NULL
);
-- file: change.sql
ALTER TABLE shipments
    ADD CONSTRAINT shipments_warehouse_fk FOREIGN KEY (warehouse_id) REFERENCES warehouses (id);
CREATE INDEX shipments_warehouse_idx ON shipments (warehouse_id);
