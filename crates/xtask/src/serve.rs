//! Builds the page, serves it on this machine only, and rebuilds it when a source changes.
//!
//! It is one process on purpose: ending it, in whatever way, leaves no server behind. It must not
//! know what the page contains.

mod site;
mod watch;

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

use crate::page::{self, Profile};
use crate::setup::{self, Need};
use crate::workspace;
use site::Site;

/// So many ports after the wished one are tried.
const PORTS_TRIED: u16 = 20;
/// How often the sources are looked at.
const LOOK: Duration = Duration::from_millis(700);

/// Serves until it is ended.
pub(crate) fn run(port: u16, release: bool) -> Result<(), String> {
    // First of all: nobody should wait for a build to learn that no port is free.
    let listener = listen(port)?;
    setup::require(Need::Page)?;
    let profile = if release { Profile::Release } else { Profile::Quick };
    println!("building the page (the first time takes a few minutes) …");
    let stamp = watch::stamp();
    let outcome = page::build(profile)?;
    println!("built in {} s", outcome.elapsed.as_secs());
    let site = Arc::new(RwLock::new(Site::load(&workspace::dist())?));
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let served = Arc::clone(&site);
    thread::spawn(move || accept(&listener, &served));
    println!("Concertina is at http://{address}/ (Ctrl-C stops)");
    rebuild_on_change(profile, stamp, &site)
}

fn listen(port: u16) -> Result<TcpListener, String> {
    let mut candidate = port;
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)) {
            Ok(listener) => return Ok(listener),
            Err(error)
                if error.kind() == ErrorKind::AddrInUse
                    && candidate < u16::MAX
                    && candidate - port < PORTS_TRIED =>
            {
                println!("port {candidate} is in use, trying {}", candidate + 1);
                candidate += 1;
            }
            Err(error) => return Err(format!("port {candidate} cannot be used: {error}")),
        }
    }
}

fn accept(listener: &TcpListener, site: &Arc<RwLock<Site>>) {
    for stream in listener.incoming() {
        // A visitor who went away before being served is no reason to stop.
        let Ok(mut stream) = stream else { continue };
        let site = Arc::clone(site);
        thread::spawn(move || -> io::Result<()> {
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            let request = site::read_request(&mut stream)?;
            // A poisoned lock still holds a whole site: it is replaced in one assignment.
            let site = site.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            site.answer(&request, &mut stream)
        });
    }
}

fn rebuild_on_change(
    profile: Profile,
    mut built: watch::Stamp,
    site: &RwLock<Site>,
) -> Result<(), String> {
    loop {
        thread::sleep(LOOK);
        let seen = watch::stamp();
        if seen == built {
            continue;
        }
        built = seen;
        println!("a source changed, building …");
        let rebuilt = page::build(profile)
            .and_then(|outcome| Ok((outcome.elapsed, Site::load(&workspace::dist())?)));
        match rebuilt {
            Ok((elapsed, fresh)) => {
                *site.write().unwrap_or_else(std::sync::PoisonError::into_inner) = fresh;
                println!("built in {} s: reload the page", elapsed.as_secs());
            }
            Err(reason) => eprintln!("{reason}\nThe page from before is still served."),
        }
    }
}
