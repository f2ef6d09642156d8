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
use rehearsal::{Client, Database, Failure};

use super::servers::{Servers, Wanted};
use observe::Observed;
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
    let shared = Arc::clone(servers);
    let spoiled = move || wrong_claims(&shared);
    let mut trials = vec![
        Trial::test("facts::every probe is of its row", every_row),
        Trial::ignorable_test("facts::the measuring sees wrong claims", spoiled),
    ];
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
    let observed = watch(&said, probe, (database, client)).map_err(|f| f.to_string())?;
    let lines = differences(&said, &observed);
    if lines.is_empty() {
        return Ok(said.locks.iter().map(|lock| lock.role).collect());
    }
    Err(lines.join("\n"))
}

fn watch(
    said: &StatementFacts,
    probe: &'static Probe,
    (database, client): (&Database<'_>, &mut Client),
) -> Result<Observed, Failure> {
    if said.in_transaction {
        observe::in_block(client, probe)
    } else {
        alone::outside(database, client, probe)
    }
}

/// Where the answer and the server differ, a line each.
fn differences(said: &StatementFacts, observed: &Observed) -> Vec<String> {
    let (seen, mut lines) = (&observed.seen, Vec::new());
    let locks = said.locks.iter().map(|l| (l.lock.relation.name.clone(), l.lock.mode)).collect();
    let expected = observe::without_implied(locks, &observed.indexes);
    let relations: BTreeSet<&String> = expected.keys().chain(seen.locks.keys()).collect();
    for relation in relations {
        let (says, is) = (expected.get(relation), seen.locks.get(relation));
        if says != is {
            let name = |mode: Option<&LockMode>| mode.map_or("nothing", |mode| mode.name());
            lines.push(format!("  {relation}: locked {}, the row says {}", name(is), name(says)));
        }
    }
    if said.work != seen.work {
        lines.push(format!("  work: {:?}, the row says {:?}", seen.work, said.work));
    }
    if said.in_transaction != seen.in_transaction {
        let is = if seen.in_transaction { "runs" } else { "is refused" };
        lines.push(format!("  in a transaction block it {is}, the row says otherwise"));
    }
    lines
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

/// A claim that is wrong, made from one that is right.
type Spoil = fn(&mut StatementFacts);

/// The comparison has to see every kind of wrong claim.
fn wrong_claims(servers: &Servers) -> Result<Completion, Failed> {
    let spoils: [(&str, Spoil); 5] = [
        ("a weaker lock", |said| said.locks[0].lock.mode = LockMode::ShareUpdateExclusive),
        ("a lock that is not taken", |said| {
            let mut lock = said.locks[0].clone();
            lock.lock.relation = lock.lock.relation.sibling("c");
            said.locks.push(lock);
        }),
        ("no lock on the parent", |said| said.locks.retain(|l| l.role != Role::Parents)),
        ("no scan", |said| said.work = Held::Instant),
        ("a rewrite", |said| said.work = Held::Rewrite),
    ];
    let wanted = Wanted { version: VERSIONS[0], exact: false, alone: false };
    let Some(server) = servers.get(wanted)? else {
        return Ok(Completion::ignored_with("no PostgreSQL here"));
    };
    let version = server.version();
    let Some(probe) = probes::of(Form::AddForeignKey, version).next() else {
        return Err("ADD FOREIGN KEY has no probe".into());
    };
    let row = row_for(probe.form, version).ok_or("ADD FOREIGN KEY has no row")?;
    let database = server.database()?;
    let mut client = database.connect()?;
    let said = said(row, version, probe)?;
    let observed = watch(&said, probe, (&database, &mut client))?;
    let lines = differences(&said, &observed);
    if !lines.is_empty() {
        return Err(lines.join("\n").into());
    }
    for (what, spoil) in spoils {
        let mut wrong = said.clone();
        spoil(&mut wrong);
        if differences(&wrong, &observed).is_empty() {
            return Err(format!("it does not see {what}").into());
        }
    }
    block_claims(probe, (&database, &mut client), said)
}

/// A statement that runs in a block and is said not to, and the other way round.
fn block_claims(
    probe: &'static Probe,
    (database, client): (&Database<'_>, &mut Client),
    said: StatementFacts,
) -> Result<Completion, Failed> {
    let claimed = StatementFacts { in_transaction: false, ..said };
    let observed = watch(&claimed, probe, (database, client))?;
    if differences(&claimed, &observed).is_empty() {
        return Err("it does not see that a statement runs in a block".into());
    }
    let version = database.server().version();
    let refused = probes::of(Form::CreateIndexConcurrently, version).next();
    let refused = refused.ok_or("CREATE INDEX CONCURRENTLY has no probe")?;
    match observe::in_block(client, refused) {
        Err(failure) if failure.sqlstate.as_deref() == Some("25001") => Ok(Completion::Completed),
        Err(failure) => Err(failure.to_string().into()),
        Ok(_) => Err("it does not see that a statement is refused in a block".into()),
    }
}
