CREATE TYPE mood AS ENUM ('sad','ok');
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(10) NOT NULL, age int, score numeric(5,2) DEFAULT 0, created_at timestamp NOT NULL DEFAULT now(), m mood, data json, active boolean NOT NULL DEFAULT true);
CREATE TABLE teams (id serial PRIMARY KEY, name text NOT NULL UNIQUE, owner_id bigint REFERENCES users(id));
CREATE TABLE members (user_id bigint NOT NULL REFERENCES users(id) ON DELETE CASCADE, team_id int NOT NULL REFERENCES teams(id), role text NOT NULL DEFAULT 'm', PRIMARY KEY (user_id, team_id));
CREATE INDEX users_age ON users (age);
CREATE VIEW active_users AS SELECT id, email FROM users WHERE active;
