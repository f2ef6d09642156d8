-- title: Give the wanted schema instead of statements
-- engine: postgres:18
-- table: bookings rows=12000000 reads=800 writes=200 longest=12
-- file: schema.sql
CREATE TABLE bookings (
    id         bigint PRIMARY KEY,
    room       text NOT NULL,
    starts_on  date NOT NULL
);
-- file: target.sql
-- concertina: rename bookings.room to venue
CREATE TABLE bookings (
    id         bigint PRIMARY KEY,
    venue      text NOT NULL,
    starts_on  date NOT NULL,
    note       text
);
CREATE INDEX bookings_starts_on_idx ON bookings (starts_on);
