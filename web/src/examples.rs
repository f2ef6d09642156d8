//! Worked examples: a file each, with facts, schema and change. Reads them; knows no page.
//!
//! A file starts with `-- title: …`, `-- engine: …` and `-- table: name rows=… reads=… writes=…
//! longest=…` lines; then `-- file: schema.sql` and `-- file: change.sql` each start a text.

use std::rc::Rc;

use planner::name::QName;
use planner::request::{Change, TableFacts};

use crate::state::input::Input;

/// Names, as an address has them, and files, in the menu's order.
const FILES: [(&str, &str); 8] = [
    ("rename_column", include_str!("examples/rename_column.sql")),
    ("split_column", include_str!("examples/split_column.sql")),
    ("int_to_bigint", include_str!("examples/int_to_bigint.sql")),
    ("add_not_null_column", include_str!("examples/add_not_null_column.sql")),
    ("drop_column", include_str!("examples/drop_column.sql")),
    ("foreign_key", include_str!("examples/foreign_key.sql")),
    ("big_update", include_str!("examples/big_update.sql")),
    ("target_schema", include_str!("examples/target_schema.sql")),
];

/// Titles in the menu's order.
pub(crate) fn titles() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(_, file)| field(file, "title").unwrap_or("untitled"))
}

/// The example of that index.
pub(crate) fn load(at: usize) -> Option<Rc<Input>> {
    FILES.get(at).map(|(_, file)| Rc::new(read(file)))
}

/// The example of that name, or which names there are.
pub(crate) fn named(name: &str) -> Result<Input, String> {
    let found = FILES.iter().find(|(known, _)| *known == name);
    found.map(|(_, file)| read(file)).ok_or_else(|| {
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        format!("There is no example `{name}`. There are: {}.", names.join(", "))
    })
}

/// The one a first visit opens with.
pub(crate) fn first() -> Input {
    read(FILES[0].1)
}

fn field<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let head = file.split("-- file:").next()?;
    head.lines().find_map(|line| line.strip_prefix("-- ")?.strip_prefix(name)?.strip_prefix(": "))
}

fn part<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let part = file.split("-- file: ").skip(1).find_map(|part| part.strip_prefix(name))?;
    Some(part.trim())
}

fn read(file: &str) -> Input {
    let mut input = Input::default();
    let request = &mut input.request;
    if let Some(engine) = field(file, "engine") {
        request.engine = engine.to_owned();
    }
    request.schema = part(file, "schema.sql").unwrap_or_default().to_owned() + "\n";
    request.change = match (part(file, "change.sql"), part(file, "target.sql")) {
        (Some(text), _) => Change::Statements(format!("{text}\n")),
        (None, text) => Change::Target(format!("{}\n", text.unwrap_or_default())),
    };
    let tables = file.lines().filter_map(|line| line.strip_prefix("-- table: "));
    request.tables = tables.filter_map(facts).collect();
    input
}

fn facts(line: &str) -> Option<(QName, TableFacts)> {
    let mut words = line.split_whitespace();
    let name = words.next()?.parse().ok()?;
    let mut facts = TableFacts::default();
    for word in words {
        let (what, number) = word.split_once('=')?;
        match what {
            "rows" => facts.rows = number.parse().ok()?,
            "reads" => facts.reads_per_s = number.parse().ok()?,
            "writes" => facts.writes_per_s = number.parse().ok()?,
            "longest" => facts.longest_transaction_s = number.parse().ok()?,
            _ => return None,
        }
    }
    Some((name, facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_all_its_parts() {
        for (_, file) in FILES {
            let input = read(file);
            let title = field(file, "title").expect("a title");
            assert!(field(file, "engine").is_some(), "{title}");
            assert!(input.request.schema.contains("CREATE TABLE"), "{title}");
            assert!(web::view::change_text(&input.request.change).len() > 10, "{title}");
            let lines = file.lines().filter(|line| line.starts_with("-- table: ")).count();
            assert_eq!((input.request.tables.len(), lines > 0), (lines, true), "{title}");
        }
    }
}
