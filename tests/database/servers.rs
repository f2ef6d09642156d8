//! The servers of a test run: at most one of each version, started when first asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal::server::{Installation, installations};
use rehearsal::{Failure, Server};

/// What is installed and what is running.
#[derive(Debug)]
pub(crate) struct Servers {
    installed: Vec<Installation>,
    running: Mutex<BTreeMap<u16, Arc<Server>>>,
}

impl Servers {
    /// Looks what is installed; starts nothing.
    pub(crate) fn new() -> Self {
        Self { installed: installations(), running: Mutex::new(BTreeMap::new()) }
    }

    /// A server of this major version; unless it must be exactly that, else the next newer one.
    pub(crate) fn get(&self, version: u16, exact: bool) -> Result<Option<Arc<Server>>, Failure> {
        let fits = |i: &&Installation| i.version == version || (!exact && i.version > version);
        let Some(installation) = self.installed.iter().find(fits) else { return Ok(None) };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = running.get(&installation.version) {
            return Ok(Some(Arc::clone(server)));
        }
        let server = Arc::new(Server::start(installation)?);
        running.insert(installation.version, Arc::clone(&server));
        Ok(Some(server))
    }
}
