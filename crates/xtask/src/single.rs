//! Writes the built page into one HTML file, which works without a server and without a network.
//!
//! It must not know what the page does: only which of its files are loaded how.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace;

/// The file's name beside the built page.
const NAME: &str = "concertina.html";

/// Marks the beginning of what Trunk's `pattern_script` wrote.
const START: &str = "<script src=\"./start.js\"";

/// The command: writes the file and says where.
pub(crate) fn run() -> Result<(), String> {
    println!("{}", write()?.display());
    Ok(())
}

/// Writes the file, and gives its path.
pub(crate) fn write() -> Result<PathBuf, String> {
    let folder = workspace::dist();
    let page = text(&folder.join("index.html"))?;
    let unpack = text(&workspace::root().join("web/unpack.js"))?;
    let path = folder.join(NAME);
    let whole = whole(&folder, &page, &unpack)?;
    fs::write(&path, whole).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

fn whole(folder: &Path, page: &str, unpack: &str) -> Result<String, String> {
    let start = tag(page, START, "</script>")?;
    let named = |attribute: &str| {
        let value = value(start, attribute).ok_or_else(|| format!("index.html: no {attribute}"))?;
        Ok::<_, String>(folder.join(value.trim_start_matches("./")))
    };
    let (shell, wasm) = (text(&named("data-shell")?)?, packed(&named("data-wasm")?)?);
    let worker = text(&folder.join("worker.js"))?;
    let worker_wasm = packed(&folder.join("worker_bg.wasm"))?;
    let style = value(tag(page, "<link rel=\"stylesheet\"", ">")?, "href").unwrap_or_default();
    let style = text(&folder.join(style.trim_start_matches("./")))?;
    let body = tag(page, "<body>", "</body>")?;
    // What is a file of its own is left out, or stands below.
    let is_kept =
        |line: &&str| ["<meta ", "<title>"].iter().any(|tag| line.trim_start().starts_with(tag));
    let head: Vec<&str> = page.lines().filter(is_kept).collect();
    // A worker made of a blob is a classic script: it brings its own WebAssembly.
    let worker = format!(
        "{worker}\n{unpack}\nunpack(\"{worker_wasm}\").then((bytes) => wasm_bindgen({{ module_or_path: bytes }}))\n\
         .catch((error) => setTimeout(() => {{ throw error; }}));\n"
    );
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n{}\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>\n{style}</style>\n</head>\n{}\n\
         <script type=\"text/plain\" id=\"worker-source\">{}</script>\n\
         <script type=\"module\">\n{}\n{unpack}\n\
         const source = document.getElementById(\"worker-source\").textContent;\n\
         const worker = URL.createObjectURL(new Blob([source], {{ type: \"text/javascript\" }}));\n\
         document.documentElement.dataset.worker = worker;\n\
         __wbg_init({{ module_or_path: await unpack(\"{wasm}\") }});\n</script>\n</body>\n</html>\n",
        head.join("\n"),
        body.trim_end_matches("</body>").trim_end(),
        inert(&worker),
        inert(&shell),
    ))
}

/// A script's text, that it does not end the element in which it stands.
fn inert(script: &str) -> String {
    script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
}

/// From the beginning of a tag to its end.
fn tag<'a>(page: &'a str, from: &str, to: &str) -> Result<&'a str, String> {
    let missing = || format!("index.html: no `{from}`");
    let start = page.find(from).ok_or_else(missing)?;
    let end = page[start..].find(to).ok_or_else(missing)?;
    Ok(&page[start..start + end + to.len()])
}

/// The value of an attribute.
fn value<'a>(tag: &'a str, attribute: &str) -> Option<&'a str> {
    tag.split_once(&format!("{attribute}=\""))?.1.split('"').next()
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A file, gzipped and in base64.
fn packed(path: &Path) -> Result<String, String> {
    let output = Command::new("gzip").args(["-9", "-c"]).arg(path).output();
    match output {
        Ok(output) if output.status.success() => Ok(base64(&output.stdout)),
        Ok(_) | Err(_) => Err(format!("{} could not be gzipped", path.display())),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at > three.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_base64() {
        for (bytes, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn tags_and_attributes_are_found() {
        let page = "<head><link rel=\"stylesheet\" href=\"./a.css\"/></head>";
        let found = tag(page, "<link rel=\"stylesheet\"", ">").expect("it is there");
        assert_eq!(value(found, "href"), Some("./a.css"));
        assert!(tag(page, "<body>", "</html>").is_err());
    }

    #[test]
    fn a_script_does_not_end_its_element() {
        assert_eq!(inert("a = '</script>'"), "a = '<\\/script>'");
    }
}
