//! Measures the facts: every row with a probe, on every server that is there. What the product
//! answers for the probe's statement (locks on each relation, rewrite, scan, transaction block) is
//! compared with what the server does. Knows how to compare; `probes` says what is run.

mod alone;
mod observe;
mod probes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use planner::engine::postgres::{FactRow, Form, Role, row_for, rows};
use planner::engine::{Engine, Held, LockMode};
use planner::facts::{self, StatementFacts};
use rehearsal::{Client, Database};

use super::servers::{Servers, Wanted};
use probes::Probe;

/// Versions that are measured on every run; others where their server is there.
const VERSIONS: [u16; 5] = [14, 15, 16, 17, 18];

/// Strongest lock on each relation.
type Locks = BTreeMap<String, LockMode>;

/// What a statement was seen to do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    /// Locks on relations that were there before it, those of indexes left out that their table's
    /// own lock implies.
    locks: Locks,
    /// The longest work on them.
    work: Held,
    /// Whether it may run in a transaction block.
    in_transaction: bool,
}

/// The trials: one for each group of probes and version.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let mut trials = vec![Trial::test("facts::every probe is of its row", every_row)];
    for version in servers.versions(&VERSIONS) {
        for (group, probes) in probes::GROUPS {
            let servers = Arc::clone(servers);
            let name = format!("facts::{version}::{group}");
            let work = move || measure(probes, version, &servers);
            trials.push(Trial::ignorable_test(name, work));
        }
    }
    trials
}

/// Rows and probes fit each other, whatever servers there are.
fn every_row() -> Result<(), Failed> {
    let mut lines = Vec::new();
    for row in rows() {
        for version in row.since..=row.until {
            let probed = probes::of(row.form, version).next().is_some();
            match (probed, row.measured.contains(&version)) {
                (true, false) => lines.push(format!("{:?} is measured on {version}", row.form)),
                (false, true) => lines.push(format!("{:?} is not measured on {version}", row.form)),
                (true, true) | (false, false) => {}
            }
        }
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

fn measure(
    probes: &'static [Probe],
    version: u16,
    servers: &Servers,
) -> Result<Completion, Failed> {
    let wanted = Wanted { version, exact: true, alone: false };
    let Some(server) = servers.get(wanted)? else {
        let reason = format!("no PostgreSQL {version} here: `cargo xtask setup` installs it");
        return Ok(Completion::ignored_with(reason));
    };
    let database = server.database()?;
    let mut client = database.connect()?;
    let (mut lines, mut roles) = (Vec::new(), BTreeMap::<Form, BTreeSet<Role>>::new());
    for probe in probes.iter().filter(|probe| probe.is_for(version)) {
        let Some(row) = row_for(probe.form, version) else { continue };
        let seen = roles.entry(probe.form).or_default();
        match try_probe(row, version, probe, (&database, &mut client)) {
            Ok(found) => seen.extend(found),
            Err(reason) => lines.push(format!("{:?}: {}\n{reason}", row.form, probe.statement)),
        }
    }
    for (form, seen) in roles {
        for (role, mode) in row_for(form, version).map(|row| row.others).unwrap_or_default() {
            if !seen.contains(role) {
                let (words, mode) = (role.words(), mode.name());
                lines.push(format!("{form:?}: no probe has seen {words} locked {mode}"));
            }
        }
    }
    if lines.is_empty() { Ok(Completion::Completed) } else { Err(lines.join("\n").into()) }
}

/// Runs a probe and compares; gives the roles whose locks were seen.
fn try_probe(
    row: &'static FactRow,
    version: u16,
    probe: &'static Probe,
    (database, client): (&Database<'_>, &mut Client),
) -> Result<BTreeSet<Role>, String> {
    let said = said(row, version, probe)?;
    let seen = if said.in_transaction {
        observe::in_block(client, probe)
    } else {
        alone::outside(database, client, probe)
    };
    let seen = seen.map_err(|failure| failure.to_string())?;
    let mut lines = Vec::new();
    let expected = observe::without_implied(
        said.locks.iter().map(|l| (bare(&l.lock.relation), l.lock.mode)).collect(),
        &seen.indexes,
    );
    let relations: BTreeSet<&String> = expected.keys().chain(seen.seen.locks.keys()).collect();
    for relation in relations {
        let (says, is) = (expected.get(relation), seen.seen.locks.get(relation));
        if says != is {
            let name = |mode: Option<&LockMode>| mode.map_or("nothing", |mode| mode.name());
            lines.push(format!("  {relation}: locked {}, the row says {}", name(is), name(says)));
        }
    }
    if said.work != seen.seen.work {
        lines.push(format!("  work: {:?}, the row says {:?}", seen.seen.work, said.work));
    }
    if said.in_transaction != seen.seen.in_transaction {
        let is = if seen.seen.in_transaction { "runs" } else { "is refused" };
        lines.push(format!("  in a transaction block it {is}, the row says otherwise"));
    }
    if lines.is_empty() {
        return Ok(said.locks.iter().map(|lock| lock.role).collect());
    }
    Err(lines.join("\n"))
}

/// The product's answer, which has to rest on the row.
fn said(row: &FactRow, version: u16, probe: &Probe) -> Result<StatementFacts, String> {
    let setup = probe.setup.join(";\n");
    let answer = facts::answer(Engine { version }, probe.statement, Some(&setup));
    if let Some(diagnostic) = answer.diagnostics.first() {
        return Err(format!("{}: {}", diagnostic.code, diagnostic.message));
    }
    let [said] = answer.statements.as_slice() else {
        return Err("a probe is one statement".to_owned());
    };
    let forms: Vec<Form> = said.rows.iter().map(|row| row.form).collect();
    if !forms.contains(&row.form) {
        return Err(format!("it is taken for {forms:?}"));
    }
    if !said.possible.is_empty() {
        return Err(format!("with a schema, {:?} is still not named", said.possible));
    }
    Ok(said.clone())
}

/// Probes live in one schema: the bare name is enough.
fn bare(name: &planner::name::QName) -> String {
    name.name.clone()
}
