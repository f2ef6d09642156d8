//! Backfills on a real server, beside those of the cases: walked by every kind of key and by none,
//! killed at several points, throttled by every signal, sized by the clock. Knows which trials
//! there are; each group has its file.

mod interrupted;
mod rig;
mod signals;
mod sized;
mod walks;

use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use rehearsal::Server;

use super::NEWEST;
use super::servers::{Servers, Wanted};

/// What a trial does with a server.
type Work = fn(&Server) -> Result<(), Failed>;

/// A trial and what it needs.
struct Row {
    name: &'static str,
    work: Work,
    /// Settings of a server that no other trial uses; none: any server will do.
    settings: Option<&'static [&'static str]>,
}

const fn row(name: &'static str, work: Work) -> Row {
    Row { name, work, settings: None }
}

const ROWS: [Row; 12] = [
    row("every kind of key is walked, from session to session", walks::keys),
    row("a table without a key is walked page by page", walks::pages),
    row("heirs of a table without a key are walked with it", walks::heirs),
    row("the table's own triggers fire, unless they say otherwise", walks::own_triggers),
    row("two callers share the work", walks::two_callers),
    row("killed in the middle of a batch it goes on where it was", interrupted::in_a_batch),
    row("killed while it waits it goes on where it was", interrupted::while_waiting),
    row("killed between its last batch and its end it ends", interrupted::before_the_end),
    Row {
        name: "kill -9 and the crash of the server",
        work: interrupted::crash,
        settings: Some(&[]),
    },
    row("a lock and a deadlock are tried again", interrupted::locked),
    row("progress and the time left are right", sized::progress),
    row("batches take as long as they may", sized::tuner),
];

const SIGNALS: [Row; 2] = [
    Row {
        name: "every signal makes it wait, and says why",
        work: signals::each,
        settings: Some(&["archive_mode=on", "archive_command=false"]),
    },
    row("what cannot be read stops it", signals::blind),
];

/// The trials, each on what everybody has and on the newest.
pub(crate) fn trials(servers: &Arc<Servers>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for row in ROWS.iter().chain(&SIGNALS) {
        for version in [15, NEWEST] {
            let servers = Arc::clone(servers);
            trials.push(Trial::ignorable_test(
                format!("backfill::{}@{version}", row.name),
                move || perform(row, version, &servers),
            ));
        }
    }
    trials
}

fn perform(row: &Row, version: u16, servers: &Servers) -> Result<Completion, Failed> {
    let ignored = || Completion::ignored_with(format!("no PostgreSQL {version} here"));
    if let Some(settings) = row.settings {
        let Some(server) = servers.own(version, settings)? else { return Ok(ignored()) };
        (row.work)(&server)?;
    } else {
        let wanted = Wanted { version, exact: true, alone: false };
        let Some(server) = servers.get(wanted)? else { return Ok(ignored()) };
        (row.work)(&server)?;
    }
    Ok(Completion::Completed)
}
