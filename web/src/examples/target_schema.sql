-- title: Give the wanted schema instead of statements
-- engine: postgres:18
-- table: bookings rows=12000000 reads=800 writes=200 longest=12
-- file: schema.sql
CREATE TABLE bookings (
    id     bigint PRIMARY KEY,
    seats  integer,
    room   text NOT NULL
);
-- file: target.sql
-- concertina: rename bookings.room to venue
CREATE TABLE bookings (
    id     bigint PRIMARY KEY,
    seats  integer NOT NULL DEFAULT 1,
    venue  text NOT NULL,
    note   text
);
CREATE INDEX bookings_venue_idx ON bookings (venue);
