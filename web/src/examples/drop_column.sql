-- title: Drop a column that is still read
-- engine: postgres:17
-- table: accounts rows=3000000 reads=2500 writes=60 longest=4
-- file: schema.sql
CREATE TABLE accounts (
    id            bigint PRIMARY KEY,
    email         text NOT NULL,
    legacy_token  text,
    last_seen_at  timestamptz
);
CREATE INDEX accounts_legacy_token_idx ON accounts (legacy_token);
-- file: change.sql
ALTER TABLE accounts DROP COLUMN legacy_token;
