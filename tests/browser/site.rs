//! A static file server for one folder, on this machine only, for as long as the value lives.
//! Knows nothing of what it serves.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::spawn;

use libtest_mimic::Failed;

/// A running server.
#[derive(Debug)]
pub(super) struct Site {
    folder: PathBuf,
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Site {
    /// Serves a folder that holds an `index.html`. The thread ends with the process.
    pub(super) fn serve(folder: &Path) -> Result<Self, Failed> {
        Self::serve_with(folder, |_| Vec::new(), "")
    }

    /// Serves further pages beside the folder, made from the server's port; and sends a header line
    /// with everything.
    pub(super) fn serve_with(
        folder: &Path,
        further: impl FnOnce(u16) -> Vec<(&'static str, String)>,
        header: &'static str,
    ) -> Result<Self, Failed> {
        // The tests run in their package's folder; a relative name is meant from the root.
        let folder = match Path::new(env!("CARGO_MANIFEST_DIR")).parent() {
            Some(root) => root.join(folder),
            None => folder.to_owned(),
        };
        if !folder.join("index.html").is_file() {
            return Err(format!("{} holds no index.html: build the page", folder.display()).into());
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let further = Arc::new(further(address.port()));
        let stopped = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stopped);
        let served = folder.clone();
        spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_stopped.load(Ordering::SeqCst) {
                    continue;
                }
                let (folder, further) = (served.clone(), Arc::clone(&further));
                // A browser that hangs up is no fault of the page's.
                spawn(move || drop(answer(stream, &folder, (&further, header))));
            }
        });
        Ok(Self { folder, address, stopped })
    }

    /// Answers nobody any more: who connects is hung up on.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Where a file of the folder is on the disk.
    pub(super) fn address_of_file(&self, name: &str) -> Result<String, Failed> {
        let file = fs::canonicalize(self.folder.join(name))?;
        Ok(format!("file://{}", file.display()))
    }

    /// Where it is.
    pub(super) fn address(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn answer(
    mut stream: TcpStream,
    folder: &Path,
    (further, header): (&[(&'static str, String)], &str),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or("/").trim_start_matches('/');
    let path: PathBuf = if path.is_empty() { "index.html".into() } else { path.into() };
    let inside = !path.components().any(|part| part.as_os_str() == "..");
    let page = further.iter().find(|(name, _)| path == Path::new(name));
    let body = match page {
        Some((_, text)) => Some(text.clone().into_bytes()),
        None if inside => fs::read(folder.join(&path)).ok(),
        None => None,
    };
    let (status, body) = body.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{header}Connection: close\r\n\r\n",
        media_type(&path),
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
