//! A static file server for one folder, on this machine only, for as long as the value lives.
//! Knows nothing of what it serves.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::spawn;

use super::Result;

/// A running server.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    served: Arc<Served>,
}

/// What every connection's thread looks at.
#[derive(Debug)]
struct Served {
    folder: PathBuf,
    further: Vec<(&'static str, String)>,
    header: &'static str,
    stopped: AtomicBool,
    /// How often the body of a file went out.
    sent: Mutex<BTreeMap<String, usize>>,
}

impl Site {
    /// Serves a folder that holds an `index.html`. The thread ends with the process.
    ///
    /// # Errors
    /// Where there is no such folder, or no port to be had.
    pub fn serve(folder: &Path) -> Result<Self> {
        Self::serve_with(folder, |_| Vec::new(), "")
    }

    /// Serves further pages beside the folder, made from the server's port; and sends header lines
    /// with everything.
    ///
    /// # Errors
    /// As [`Site::serve`].
    pub fn serve_with(
        folder: &Path,
        further: impl FnOnce(u16) -> Vec<(&'static str, String)>,
        header: &'static str,
    ) -> Result<Self> {
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
        let served = Arc::new(Served {
            folder,
            further: further(address.port()),
            header,
            stopped: AtomicBool::new(false),
            sent: Mutex::default(),
        });
        let shared = Arc::clone(&served);
        spawn(move || {
            for stream in listener.incoming().flatten() {
                if !shared.stopped.load(Ordering::SeqCst) {
                    let served = Arc::clone(&shared);
                    // A browser that hangs up is no fault of the page's.
                    spawn(move || drop(served.answer(stream)));
                }
            }
        });
        Ok(Self { address, served })
    }

    /// Answers nobody any more: who connects is hung up on.
    pub fn stop(&self) {
        self.served.stopped.store(true, Ordering::SeqCst);
    }

    /// How often the body of a file went out; a browser that has it asks in vain.
    #[must_use]
    pub fn n_sent(&self, name: &str) -> usize {
        let sent = self.served.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(name).copied().unwrap_or(0)
    }

    /// Where a file of the folder is on the disk.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn address_of_file(&self, name: &str) -> Result<String> {
        let file = fs::canonicalize(self.served.folder.join(name))?;
        Ok(format!("file://{}", file.display()))
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Served {
    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut known = None;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 2 {
            if let Some((name, tag)) = line.split_once(':')
                && name.eq_ignore_ascii_case("if-none-match")
            {
                known = Some(tag.trim().to_owned());
            }
            line.clear();
        }
        let path = first.split(' ').nth(1).unwrap_or("/");
        let name = path.split(['?', '#']).next().unwrap_or("/").trim_start_matches('/');
        let Some((name, body)) = self.file(name) else {
            return write!(
                stream,
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        };
        let tag = tag(&body);
        let is_known = known.is_some_and(|known| known == tag);
        let status = if is_known { "304 Not Modified" } else { "200 OK" };
        let body = if is_known { Vec::new() } else { body };
        // Kept, and asked after each time: as static hosts commonly have it.
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\nETag: {tag}\r\n\
             Cache-Control: no-cache\r\n{}Connection: close\r\n\r\n",
            media_type(Path::new(&name)),
            body.len(),
            self.header,
        );
        if !is_known {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            *sent.entry(name).or_default() += 1;
        }
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)
    }

    /// The file that an address names, with its name; of a folder, its index.
    fn file(&self, name: &str) -> Option<(String, Vec<u8>)> {
        if let Some((_, text)) = self.further.iter().find(|(further, _)| *further == name) {
            return Some((name.to_owned(), text.clone().into_bytes()));
        }
        if Path::new(name).components().any(|part| part.as_os_str() == "..") {
            return None;
        }
        let is_folder = self.folder.join(name).is_dir();
        let name = match name.trim_end_matches('/') {
            "" => "index.html".to_owned(),
            folder if is_folder => format!("{folder}/index.html"),
            file => file.to_owned(),
        };
        let body = fs::read(self.folder.join(&name)).ok()?;
        Some((name, body))
    }
}

/// Another one for each content.
fn tag(body: &[u8]) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    format!("\"{:016x}\"", body.iter().fold(OFFSET, mix))
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
