//! The built page in memory, and the little HTTP that it takes to hand it out.
//!
//! It must not touch the file system while it answers: a page that is being rebuilt is never
//! served by halves, and no request can name a file outside.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

/// More than any request a browser makes for the page.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// Every file of the built page, by its path below the root.
#[derive(Debug, Default)]
pub(super) struct Site {
    files: BTreeMap<String, Vec<u8>>,
}

impl Site {
    /// Reads a folder with all that is below.
    pub(super) fn load(folder: &Path) -> Result<Self, String> {
        let mut site = Self::default();
        site.add(folder, "").map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(site)
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.add(&entry.path(), &format!("{name}/"))?;
            } else {
                self.files.insert(name, fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    /// Answers one request; the connection ends with it.
    pub(super) fn answer(&self, request: &str, to: &mut impl Write) -> io::Result<()> {
        let mut words = request.split(' ');
        let method = words.next().unwrap_or_default();
        let address = words.next().unwrap_or_default();
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let name = match path.trim_start_matches('/') {
            "" => "index.html",
            name => name,
        };
        let (status, kind, body) = match (method, self.files.get(name)) {
            ("GET" | "HEAD", Some(body)) => ("200 OK", media_type(name), body.as_slice()),
            ("GET" | "HEAD", None) => ("404 Not Found", "text/plain", b"not found\n".as_slice()),
            _ => ("405 Method Not Allowed", "text/plain", b"only GET\n".as_slice()),
        };
        // Never kept: the worker's files keep their names from build to build.
        write!(
            to,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n",
            body.len()
        )?;
        if method != "HEAD" {
            to.write_all(body)?;
        }
        to.flush()
    }
}

/// Reads up to the empty line that ends a request's head.
pub(super) fn read_request(from: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let count = from.read(&mut buffer)?;
        if count == 0 || head.len() + count > REQUEST_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(&buffer[..count]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Browsers insist on the types of scripts, styles and WebAssembly.
fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" | "md" | "sql" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: &str, expected_start: &str, expected_end: &str) {
        let files = [("index.html", "<p>"), ("a/b.wasm", "\0asm")];
        let files = files.map(|(name, body)| (name.to_owned(), body.as_bytes().to_vec())).into();
        let mut answer = Vec::new();
        Site { files }.answer(request, &mut answer).expect("a vector takes everything");
        let answer = String::from_utf8(answer).expect("text");
        assert!(answer.starts_with(expected_start), "{request}: {answer}");
        assert!(answer.ends_with(expected_end), "{request}: {answer}");
    }

    #[test]
    fn requests_get_files_and_nothing_else() {
        check("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/html", "<p>");
        check("GET /?seed=1 HTTP/1.1\r\n\r\n", "HTTP/1.1 200", "<p>");
        check("HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200", "\r\n\r\n");
        let wasm = "HTTP/1.1 200 OK\r\nContent-Type: application/wasm\r\n";
        check("GET /a/b.wasm HTTP/1.1\r\n\r\n", wasm, "\0asm");
        check("GET /../Cargo.toml HTTP/1.1\r\n\r\n", "HTTP/1.1 404", "not found\n");
        check("POST / HTTP/1.1\r\n\r\n", "HTTP/1.1 405", "only GET\n");
        check("", "HTTP/1.1 405", "only GET\n");
    }

    #[test]
    fn a_request_without_an_end_is_refused() {
        assert!(read_request(&mut "GET / HTTP/1.1\r\n".as_bytes()).is_err());
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_eq!(read_request(&mut request.as_bytes()).expect("a whole request"), request);
    }
}
