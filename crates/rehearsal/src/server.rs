//! A throwaway PostgreSQL: its own folder, a Unix socket and no network, gone with the value.
//! Must not know plans.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

use crate::failure::Failure;

/// Programs that initialise and run one major version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Installation {
    /// Major version.
    pub version: u16,
    /// Folder of `initdb` and `postgres`.
    pub bin: PathBuf,
}

/// A running server. Stops, and deletes its folder, when dropped, or when this process dies.
#[derive(Debug)]
pub struct Server {
    version: u16,
    folder: PathBuf,
    /// Who it runs as, where not as we do.
    user: Option<(u32, u32)>,
    keeper: Child,
    n_databases: AtomicU32,
}

/// A database of a server, dropped with the value.
#[derive(Debug)]
pub struct Database<'a> {
    server: &'a Server,
    name: String,
}

/// Starts the server given as arguments and stops it when standard input ends: when the server is
/// dropped, and also when this process was killed.
const KEEPER: &str = r#"
"$@" >"$FOLDER/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$FOLDER"
"#;

/// Every installation on this machine, oldest first: the folders in `CONCERTINA_PG_BIN`, else those
/// where Debian puts them, else the one on `PATH`.
pub fn installations() -> Vec<Installation> {
    let mut folders: Vec<PathBuf> = match env::var_os("CONCERTINA_PG_BIN") {
        Some(list) if !list.is_empty() => env::split_paths(&list).map(bin_folder).collect(),
        _ => packaged(),
    };
    if folders.is_empty() {
        let path = env::var_os("PATH").unwrap_or_default();
        folders = env::split_paths(&path).filter(|f| f.join("initdb").is_file()).take(1).collect();
    }
    let mut found: Vec<Installation> = folders.into_iter().filter_map(installation).collect();
    found.sort();
    found
}

/// The variable may name a program of the folder, too.
fn bin_folder(path: PathBuf) -> PathBuf {
    match path.parent() {
        Some(folder) if path.is_file() => folder.to_owned(),
        _ => path,
    }
}

fn packaged() -> Vec<PathBuf> {
    let Ok(versions) = fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect()
}

/// Asks `postgres --version`: "postgres (PostgreSQL) 15.18 (Debian …)".
fn installation(bin: PathBuf) -> Option<Installation> {
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split(") ").nth(1)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    Some(Installation { version: digits.parse().ok()?, bin })
}

impl Server {
    /// Initialises and starts a server.
    ///
    /// # Errors
    /// Where a program fails, with what it said.
    pub fn start(installation: &Installation) -> Result<Self, Failure> {
        Self::start_with(installation, &[])
    }

    /// The same, with settings (`name=value`) that win over ours.
    ///
    /// # Errors
    /// Where a program fails, with what it said.
    pub fn start_with(installation: &Installation, settings: &[&str]) -> Result<Self, Failure> {
        let folder = new_folder()?;
        let user = other_user(&folder)?;
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).map_err(|e| Failure::new("chown", e))?;
        }
        let bin = programs(&installation.bin, user, &folder)?;
        let data = folder.join("data");
        let mut initdb = as_user(Command::new(bin.join("initdb")), user);
        initdb.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]);
        initdb.args(["--no-locale", "--pgdata"]).arg(&data).current_dir(&folder);
        let output = initdb.output().map_err(|e| Failure::new("initdb", e))?;
        if !output.status.success() {
            return Err(Failure::new("initdb", String::from_utf8_lossy(&output.stderr)));
        }
        let mut keeper = as_user(Command::new("sh"), user);
        keeper.arg("-c").arg(KEEPER).arg("keeper").arg(bin.join("postgres"));
        keeper.arg("-D").arg(&data).arg("-k").arg(&folder);
        for setting in SETTINGS.iter().chain(settings) {
            keeper.args(["-c", setting]);
        }
        keeper.env("FOLDER", &folder).current_dir(&folder).process_group(0);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = keeper.spawn().map_err(|e| Failure::new("postgres", e))?;
        let version = installation.version;
        let server = Self { version, folder, user, keeper, n_databases: AtomicU32::new(0) };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Major version.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// Creates an empty database.
    ///
    /// # Errors
    /// What the server said.
    pub fn database(&self) -> Result<Database<'_>, Failure> {
        self.database_from("template0")
    }

    /// Creates a database that holds what another one holds; nobody may be connected to that.
    ///
    /// # Errors
    /// What the server said.
    pub fn copy(&self, database: &Database<'_>) -> Result<Database<'_>, Failure> {
        self.database_from(&database.name)
    }

    fn database_from(&self, template: &str) -> Result<Database<'_>, Failure> {
        let name = format!("trial_{}", self.n_databases.fetch_add(1, Ordering::Relaxed));
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        let mut client = self.connect("postgres", "concertina")?;
        client.batch_execute(&sql).map_err(|e| Failure::of_statement(&sql, &e))?;
        Ok(Database { server: self, name })
    }

    fn connect(&self, database: &str, application: &str) -> Result<Client, Failure> {
        postgres::Config::new()
            .host_path(&self.folder)
            .user("postgres")
            .dbname(database)
            .application_name(application)
            .connect(NoTls)
            .map_err(|e| Failure::of_statement("connect", &e))
    }

    fn wait_until_ready(&self) -> Result<(), Failure> {
        let started = Instant::now();
        loop {
            match self.connect("postgres", "concertina") {
                Ok(_) => return Ok(()),
                Err(failure) if started.elapsed() > Duration::from_secs(60) => {
                    let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                    return Err(Failure::new("postgres", format!("{failure}\n{log}")));
                }
                Err(_) => sleep(Duration::from_millis(50)),
            }
        }
    }
}

/// Nothing here outlives a crash, so nothing needs to reach the disk.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=64MB",
    "max_connections=80",
    "log_min_messages=fatal",
];

impl Drop for Server {
    fn drop(&mut self) {
        // Closing its input stops the keeper; it deletes the folder.
        drop(self.keeper.stdin.take());
        // Nobody is left to tell that it could not be waited for.
        drop(self.keeper.wait());
    }
}

impl<'a> Database<'a> {
    /// A new connection.
    ///
    /// # Errors
    /// What the server said.
    pub fn connect(&self) -> Result<Client, Failure> {
        self.connect_as("concertina")
    }

    /// A new connection under an application name: `app-R0` for an instance of release R0.
    ///
    /// # Errors
    /// What the server said.
    pub fn connect_as(&self, application: &str) -> Result<Client, Failure> {
        self.server.connect(&self.name, application)
    }

    /// A client program, `psql` or `pg_dump`, that will find this database, as the server's user:
    /// what it reads may say that it is to run programs.
    pub fn client(&self, program: &Path) -> Command {
        let mut command = as_user(Command::new(program), self.server.user);
        command.env("PGHOST", &self.server.folder).env("PGUSER", "postgres");
        command.env("PGDATABASE", &self.name).env("PGCLIENTENCODING", "UTF8").env("LC_ALL", "C");
        command.current_dir(&self.server.folder);
        command
    }

    /// The server.
    pub fn server(&self) -> &'a Server {
        self.server
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        if let Ok(mut client) = self.server.connect("postgres", "concertina") {
            // A database that stays goes with its server.
            drop(client.batch_execute(&sql));
        }
    }
}

/// A new folder with a path short enough for a socket (107 bytes).
fn new_folder() -> Result<PathBuf, Failure> {
    static N_FOLDERS: AtomicU32 = AtomicU32::new(0);
    let n = N_FOLDERS.fetch_add(1, Ordering::Relaxed);
    let name = format!("concertina-pg-{}-{n}", std::process::id());
    let mut folder = env::temp_dir().join(&name);
    if folder.as_os_str().len() > 80 {
        folder = Path::new("/tmp").join(name);
    }
    let failed = |e: std::io::Error| Failure::new(format!("make {}", folder.display()), e);
    fs::create_dir(&folder).map_err(failed)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    Ok(folder)
}

/// PostgreSQL refuses to run as root: who it runs as when we are.
fn other_user(ours: &Path) -> Result<Option<(u32, u32)>, Failure> {
    let owner = fs::metadata(ours).map_err(|e| Failure::new("read a folder's owner", e))?.uid();
    if owner != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |wanted: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let mut ids = line.split(':').skip(2);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    };
    match find("postgres").or_else(|| find("nobody")) {
        Some(ids) => Ok(Some(ids)),
        None => Err(Failure::new("run PostgreSQL as root", "no user `postgres` or `nobody`")),
    }
}

/// The folder of the programs, as the server's user can run them: an installation below a home
/// folder that others may not enter is linked, or copied, into the server's own.
fn programs(bin: &Path, user: Option<(u32, u32)>, folder: &Path) -> Result<PathBuf, Failure> {
    let mut probe = as_user(Command::new(bin.join("postgres")), user);
    probe.arg("--version").current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
    let (Some(user), Some(root), Some(name)) = (user, bin.parent(), bin.file_name()) else {
        return Ok(bin.to_owned());
    };
    if probe.status().is_ok_and(|status| status.success()) {
        return Ok(bin.to_owned());
    }
    let copy = folder.join("programs");
    link_all(root, &copy, user)
        .map_err(|e| Failure::new(format!("copy {} for the server's user", root.display()), e))?;
    Ok(copy.join(name))
}

/// The same tree of files: hard links where both are on one disk, else copies.
fn link_all(from: &Path, to: &Path, (uid, gid): (u32, u32)) -> std::io::Result<()> {
    fs::create_dir(to)?;
    // The folder's owner deletes it.
    chown(to, Some(uid), Some(gid))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            link_all(&source, &target, (uid, gid))?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if fs::hard_link(&source, &target).is_err() {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

fn as_user(mut command: Command, user: Option<(u32, u32)>) -> Command {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
