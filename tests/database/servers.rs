//! The servers of a test run: at most two of each version, started when first asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal::server::{Installation, installations};
use rehearsal::{Failure, Server};

/// Which server a trial needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Major version.
    pub(crate) version: u16,
    /// Exactly that; else the next newer one will do.
    pub(crate) exact: bool,
    /// One that no other kind of trial uses: it sends requests under the releases' names.
    pub(crate) alone: bool,
}

/// What is installed and what is running.
#[derive(Debug)]
pub(crate) struct Servers {
    installed: Vec<Installation>,
    running: Mutex<BTreeMap<(u16, bool), Arc<Server>>>,
}

impl Servers {
    /// Looks what is installed; starts nothing.
    pub(crate) fn new() -> Self {
        Self { installed: installations(), running: Mutex::new(BTreeMap::new()) }
    }

    /// The versions that are here beside these, oldest first: what is not here shows as ignored.
    pub(crate) fn versions(&self, wanted: &[u16]) -> Vec<u16> {
        let mut versions: Vec<u16> = wanted.to_vec();
        versions.extend(self.installed.iter().map(|installation| installation.version));
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    /// A server of a version, with settings, that no other trial uses.
    pub(crate) fn own(&self, version: u16, settings: &[&str]) -> Result<Option<Server>, Failure> {
        let fits = |i: &&Installation| i.version == version;
        let Some(installation) = self.installed.iter().find(fits) else { return Ok(None) };
        Server::start_with(installation, settings).map(Some)
    }

    /// A server as wanted.
    pub(crate) fn get(&self, wanted: Wanted) -> Result<Option<Arc<Server>>, Failure> {
        let Wanted { version, exact, alone } = wanted;
        let fits = |i: &&Installation| i.version == version || (!exact && i.version > version);
        let Some(installation) = self.installed.iter().find(fits) else { return Ok(None) };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = running.get(&(installation.version, alone)) {
            return Ok(Some(Arc::clone(server)));
        }
        let server = Arc::new(Server::start(installation)?);
        running.insert((installation.version, alone), Arc::clone(&server));
        Ok(Some(server))
    }
}
