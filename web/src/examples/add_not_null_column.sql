-- title: Add a NOT NULL column
-- engine: postgres:15
-- table: invoices rows=48000000 reads=600 writes=80 longest=10
-- file: schema.sql
CREATE TABLE invoices (
    id         bigint PRIMARY KEY,
    number     text NOT NULL,
    net_cents  bigint NOT NULL,
    sent_at    timestamptz
);
-- file: change.sql
-- concertina: fill invoices.currency := 'EUR'
ALTER TABLE invoices ADD COLUMN currency text NOT NULL;
