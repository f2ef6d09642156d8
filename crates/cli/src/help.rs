//! Help texts, from the tables of commands and flags. Knows nothing of what they do.

use crate::args::{COMMANDS, Command, FLAGS};

/// `concertina --help`.
pub(crate) fn overview() -> String {
    let mut text =
        "concertina: plans zero-downtime PostgreSQL migrations, and proves and plays the plan\n\n\
        usage: concertina COMMAND [flags]\n\n"
            .to_owned();
    for command in COMMANDS {
        text += &format!("  {:<10}{}\n", command.name(), summary(command));
    }
    text + "\n`concertina COMMAND --help` shows its flags and an example. A file named `-` is standard input.\n\
        Exit codes: 0 fine, 1 the change is unsafe or refuted, 2 bad input, 3 our fault.\n"
}

/// `concertina plan --help`.
pub(crate) fn of_command(command: Command) -> String {
    let mut text = format!("{}\n\n{}\n\n", summary(command), usage_line(command));
    for flag in FLAGS.iter().filter(|flag| flag.commands.contains(&command)) {
        let name = flag
            .value
            .map_or_else(|| format!("--{}", flag.name), |value| format!("--{} {value}", flag.name));
        let formats = command.formats();
        let help = match flag.name {
            "format" => format!("{} [{}]", formats.join(", "), formats[0]),
            _ => flag.help.to_owned(),
        };
        text += &format!("  {name:<20}{help}\n");
    }
    text + "\nexample:\n" + example(command)
}

/// `usage: concertina plan …`.
pub(crate) fn usage_line(command: Command) -> String {
    let file = match command {
        Command::Plan | Command::Check => "[REQUEST.toml]",
        Command::Prove | Command::Simulate => "[PLAN.json | REQUEST.toml]",
        Command::Facts => "[STATEMENT | -]",
    };
    format!("usage: concertina {} {file} [flags]", command.name())
}

fn summary(command: Command) -> &'static str {
    match command {
        Command::Plan => "makes a plan in phases, each step with its locks, checks and rollback",
        Command::Check => "lists the hazards of a change as asked; exit code 1 if there are any",
        Command::Prove => "searches every interleaving of a plan, or of a change as asked",
        Command::Simulate => "plays one run of a plan, chosen by a seed",
        Command::Facts => {
            "says what a statement locks and does, from what was measured; without one, all rows"
        }
    }
}

fn example(command: Command) -> &'static str {
    match command {
        Command::Plan => {
            "  $ echo 'CREATE TABLE users (id bigint PRIMARY KEY, name text);' > schema.sql\n  \
             $ echo 'ALTER TABLE users RENAME COLUMN name TO full_name;' | \\\n      \
             concertina plan --schema schema.sql --change - --format sql --out runbook\n"
        }
        Command::Check => {
            "  $ echo 'CREATE TABLE users (id int PRIMARY KEY);' > schema.sql\n  \
             $ echo 'ALTER TABLE users ALTER COLUMN id TYPE bigint;' | \\\n      \
             concertina check --schema schema.sql --change -\n"
        }
        Command::Prove => {
            "  $ concertina plan --schema schema.sql --change change.sql --format json > plan.json\n  \
             $ concertina prove plan.json --faults 2\n  \
             $ concertina prove plan.json --without 4.1 --matrix\n  \
             $ concertina prove plan.json --certificate proof.json\n  \
             $ concertina prove plan.json --check proof.json\n  \
             $ concertina prove --as-asked --schema schema.sql --change change.sql\n"
        }
        Command::Simulate => {
            "  $ concertina plan --schema schema.sql --change change.sql --format json > plan.json\n  \
             $ concertina simulate plan.json --seed 7 --faults 1\n  \
             $ concertina simulate plan.json --timed --connections 40\n"
        }
        Command::Facts => {
            "  $ concertina facts --engine postgres:17 'ALTER TABLE users ADD COLUMN age int CHECK (age > 0)'\n  \
             $ concertina facts --engine postgres:17 --schema schema.sql 'DROP TABLE users CASCADE'\n  \
             $ concertina facts --engine postgres:17\n"
        }
    }
}
