//! Who may come in: tokens, service keys, login links and sessions, kept as SHA-256 only, in one file of mode 0600.
//! It does not decide what anybody may do; the engine does.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use tidegate_model::{Millis, PersonId, ServiceId, Timestamp};

use crate::clock;
use crate::secret::{self, NoRandomness};

/// How long a browser session lasts.
const SESSION_FOR: Millis = Millis(12 * 3_600_000);
/// How long a login link works.
const LOGIN_LINK_FOR: Millis = Millis(24 * 3_600_000);
/// Entries of one holder; the oldest session goes first.
const ENTRIES_PER_HOLDER_MAX: usize = 64;
/// A larger access file is not read.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What a service key is good for; nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Reading switches over OFREP.
    Switches,
    /// Noting a change of a side.
    Change,
    /// Reading metrics.
    Metrics,
}

/// A word that is no purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `switches`, `change` or `metrics`, found `{0}`")]
pub struct UnknownPurpose(String);

impl Purpose {
    /// Reads the word.
    ///
    /// # Errors
    /// [`UnknownPurpose`] for any other word.
    pub fn parse(word: &str) -> Result<Self, UnknownPurpose> {
        match word {
            "switches" => Ok(Self::Switches),
            "change" => Ok(Self::Change),
            "metrics" => Ok(Self::Metrics),
            other => Err(UnknownPurpose(other.to_owned())),
        }
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Switches => "switches",
            Self::Change => "change",
            Self::Metrics => "metrics",
        }
    }
}

/// Whose a token or key is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holder {
    /// A person of the estate.
    Person(PersonId),
    /// A program, for one purpose.
    Service(ServiceId, Purpose),
}

impl Holder {
    fn name(&self) -> &str {
        match self {
            Self::Person(id) => id.as_str(),
            Self::Service(id, _) => id.as_str(),
        }
    }
}

/// What an entry opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Token,
    Login,
    Session,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Login => "login link",
            Self::Session => "session",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    holder: Holder,
    kind: Kind,
    made: Timestamp,
    until: Option<Timestamp>,
}

/// Entries by the hash of their secret.
type Entries = BTreeMap<String, Entry>;

/// The file as it was when last read: its inode, size and time of change.
type Stamp = (u64, u64, i64, i64);

/// The access file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The file or its lock could not be read or written.
    #[error("the access file `{path}` cannot be {doing}")]
    File {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("the access file `{path}` is damaged; nobody is let in by it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// No secret could be made.
    #[error(transparent)]
    Chance(#[from] NoRandomness),
}

/// The access file. Several processes may share it: each reads it again when it has changed.
#[derive(Debug)]
pub struct Access {
    path: PathBuf,
    read: Mutex<(Option<Stamp>, Entries)>,
}

impl Access {
    /// Opens the file, or an empty one when there is none.
    ///
    /// # Errors
    /// [`AccessError`] when it exists and cannot be read.
    pub fn open(path: &Path) -> Result<Self, AccessError> {
        let access = Self {
            path: path.to_owned(),
            read: Mutex::new((None, Entries::new())),
        };
        drop(access.current()?);
        Ok(access)
    }

    /// Makes a token for a person or a key for a program. It is shown once; only its hash is kept.
    ///
    /// # Errors
    /// [`AccessError`]; nothing was issued.
    pub fn issue(&self, holder: Holder) -> Result<String, AccessError> {
        self.add(holder, Kind::Token, None)
    }

    /// Makes the secret of a login link for a person: `/login?login=SECRET`, good once, for a day.
    ///
    /// # Errors
    /// [`AccessError`]; nothing was issued.
    pub fn issue_login(&self, person: PersonId) -> Result<String, AccessError> {
        self.add(
            Holder::Person(person),
            Kind::Login,
            Some(clock::now().after(LOGIN_LINK_FOR)),
        )
    }

    /// Takes away everything that a person or program has, sessions included; says how many entries that were.
    ///
    /// # Errors
    /// [`AccessError`]; nothing was revoked.
    pub fn revoke(&self, holder: &str) -> Result<usize, AccessError> {
        self.change(|entries| {
            let before = entries.len();
            entries.retain(|_, entry| entry.holder.name() != holder);
            before - entries.len()
        })
    }

    /// One line per entry: holder, kind, purpose, since when; never a secret or its hash.
    ///
    /// # Errors
    /// [`AccessError`] when the file cannot be read.
    pub fn list(&self) -> Result<Vec<String>, AccessError> {
        let now = clock::now();
        let current = self.current()?;
        let mut entries: Vec<&Entry> = current.1.values().filter(|entry| is_valid(entry, now)).collect();
        entries.sort_by(|a, b| (&a.holder, a.kind, a.made).cmp(&(&b.holder, b.kind, b.made)));
        Ok(entries
            .into_iter()
            .map(|entry| {
                let until = entry.until.map(|until| format!(" until {until}")).unwrap_or_default();
                let purpose = match &entry.holder {
                    Holder::Person(_) => entry.kind.word().to_owned(),
                    Holder::Service(_, purpose) => format!("key for {}", purpose.word()),
                };
                format!("{} {purpose}, made {}{until}", entry.holder.name(), entry.made)
            })
            .collect())
    }

    /// Whose token or key this is.
    ///
    /// # Errors
    /// [`AccessError`] when the file cannot be read; nobody is let in then.
    pub fn token(&self, secret: &str) -> Result<Option<Holder>, AccessError> {
        self.find(secret, Kind::Token)
    }

    /// Whose session this is.
    pub(crate) fn session(&self, secret: &str) -> Result<Option<PersonId>, AccessError> {
        Ok(person(self.find(secret, Kind::Session)?))
    }

    /// Whose login link this is; looking does not use it up.
    pub(crate) fn login(&self, secret: &str) -> Result<Option<PersonId>, AccessError> {
        Ok(person(self.find(secret, Kind::Login)?))
    }

    /// Begins a session for the holder of a token, or of a login link, which is used up by it.
    pub(crate) fn begin_session(&self, credential: &str) -> Result<Option<(PersonId, String)>, AccessError> {
        let hash = secret::digest(&[credential]);
        let session = secret::make()?;
        let now = clock::now();
        let begun = self.change(|entries| {
            let entry = entries
                .get(&hash)
                .filter(|entry| is_valid(entry, now) && entry.kind != Kind::Session)?;
            let holder = person(Some(entry.holder.clone()))?;
            if entry.kind == Kind::Login {
                entries.remove(&hash);
            }
            let entry = Entry {
                holder: Holder::Person(holder.clone()),
                kind: Kind::Session,
                made: now,
                until: Some(now.after(SESSION_FOR)),
            };
            entries.insert(secret::digest(&[&session]), entry);
            Some(holder)
        })?;
        Ok(begun.map(|person| (person, session)))
    }

    /// Ends a session; another secret is none of its business.
    pub(crate) fn end_session(&self, secret: &str) -> Result<(), AccessError> {
        let hash = secret::digest(&[secret]);
        self.change(|entries| entries.retain(|known, entry| *known != hash || entry.kind != Kind::Session))
    }

    fn find(&self, secret: &str, kind: Kind) -> Result<Option<Holder>, AccessError> {
        let hash = secret::digest(&[secret]);
        let now = clock::now();
        let current = self.current()?;
        let entry = current
            .1
            .get(&hash)
            .filter(|entry| entry.kind == kind && is_valid(entry, now));
        Ok(entry.map(|entry| entry.holder.clone()))
    }

    fn add(&self, holder: Holder, kind: Kind, until: Option<Timestamp>) -> Result<String, AccessError> {
        let secret = secret::make()?;
        let entry = Entry {
            holder,
            kind,
            made: clock::now(),
            until,
        };
        self.change(|entries| entries.insert(secret::digest(&[&secret]), entry))?;
        Ok(secret)
    }

    fn current(&self) -> Result<MutexGuard<'_, (Option<Stamp>, Entries)>, AccessError> {
        let mut read = self.read.lock().expect("no code panics while it holds the access file");
        let stamp = match std::fs::metadata(&self.path) {
            Ok(meta) => Some((meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(self.file("read", source)),
        };
        if stamp != read.0 || stamp.is_none() {
            let entries = if stamp.is_some() { self.parse()? } else { Entries::new() };
            *read = (stamp, entries);
        }
        Ok(read)
    }

    fn parse(&self) -> Result<Entries, AccessError> {
        let length = std::fs::metadata(&self.path)
            .map_err(|source| self.file("read", source))?
            .len();
        if length > FILE_BYTES_MAX {
            return Err(self.file("read", std::io::Error::other(format!("it has {length} bytes"))));
        }
        let bytes = std::fs::read(&self.path).map_err(|source| self.file("read", source))?;
        serde_json::from_slice(&bytes).map_err(|source| AccessError::Damaged {
            path: self.path.clone(),
            source,
        })
    }

    /// Changes the file under its lock: read anew, change, write beside, replace. Readers see the old or the new one.
    fn change<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> Result<T, AccessError> {
        let written = |source| self.file("written", source);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.path.with_extension("lock"))
            .map_err(written)?;
        lock.lock().map_err(written)?;
        let mut entries = if self.path.exists() {
            self.parse()?
        } else {
            Entries::new()
        };
        let now = clock::now();
        let result = change(&mut entries);
        entries.retain(|_, entry| is_valid(entry, now));
        limit_sessions(&mut entries);
        let text = serde_json::to_vec_pretty(&entries).map_err(|source| AccessError::Damaged {
            path: self.path.clone(),
            source,
        })?;
        let beside = self.path.with_extension("new");
        let mut file: File = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&beside)
            .map_err(written)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(written)?;
        std::fs::rename(&beside, &self.path).map_err(written)?;
        Ok(result)
    }

    fn file(&self, doing: &'static str, source: std::io::Error) -> AccessError {
        AccessError::File {
            path: self.path.clone(),
            doing,
            source,
        }
    }
}

fn person(holder: Option<Holder>) -> Option<PersonId> {
    match holder? {
        Holder::Person(id) => Some(id),
        Holder::Service(..) => None,
    }
}

fn is_valid(entry: &Entry, now: Timestamp) -> bool {
    entry.until.is_none_or(|until| now < until)
}

fn limit_sessions(entries: &mut Entries) {
    let mut by_holder: BTreeMap<Holder, Vec<(Timestamp, String)>> = BTreeMap::new();
    for (hash, entry) in entries.iter().filter(|(_, entry)| entry.kind == Kind::Session) {
        by_holder
            .entry(entry.holder.clone())
            .or_default()
            .push((entry.made, hash.clone()));
    }
    for mut sessions in by_holder.into_values() {
        sessions.sort();
        let surplus = sessions.len().saturating_sub(ENTRIES_PER_HOLDER_MAX);
        for (_, hash) in sessions.drain(..surplus) {
            entries.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn open() -> (tempfile::TempDir, Access) {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::open(&folder.path().join("access.json")).unwrap();
        (folder, access)
    }

    fn ana() -> PersonId {
        PersonId::parse("ana").unwrap()
    }

    #[test]
    fn only_the_hash_is_kept_and_only_its_owner_reads_the_file() {
        let (folder, access) = open();
        let token = access.issue(Holder::Person(ana())).unwrap();
        let path = folder.path().join("access.json");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&token) && text.contains(&secret::digest(&[&token])));
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(access.token(&token).unwrap(), Some(Holder::Person(ana())));
        assert_eq!(access.token("something else").unwrap(), None);
    }

    #[test]
    fn a_change_by_another_process_is_seen() {
        let (folder, server) = open();
        let command_line = Access::open(&folder.path().join("access.json")).unwrap();
        let token = command_line.issue(Holder::Person(ana())).unwrap();
        assert!(server.token(&token).unwrap().is_some());
        assert_eq!(command_line.revoke("ana").unwrap(), 1);
        assert_eq!(server.token(&token).unwrap(), None);
    }

    #[test]
    fn a_login_link_is_good_once_and_revoking_ends_its_session() {
        let (_folder, access) = open();
        let link = access.issue_login(ana()).unwrap();
        assert_eq!(access.login(&link).unwrap(), Some(ana()));
        assert_eq!(access.token(&link).unwrap(), None, "a login link is no token");
        let (_, session) = access.begin_session(&link).unwrap().unwrap();
        assert_eq!(access.begin_session(&link).unwrap(), None);
        assert_eq!(access.session(&session).unwrap(), Some(ana()));
        assert_eq!(
            access.begin_session(&session).unwrap(),
            None,
            "a session begins no session"
        );
        access.revoke("ana").unwrap();
        assert_eq!(access.session(&session).unwrap(), None);
    }

    #[test]
    fn a_service_key_begins_no_session() {
        let (_folder, access) = open();
        let id = ServiceId::parse("shop").unwrap();
        let key = access.issue(Holder::Service(id, Purpose::Switches)).unwrap();
        assert_eq!(access.begin_session(&key).unwrap(), None);
    }

    #[test]
    fn a_damaged_file_lets_nobody_in() {
        let (folder, access) = open();
        let token = access.issue(Holder::Person(ana())).unwrap();
        std::fs::write(folder.path().join("access.json"), "{").unwrap();
        assert!(matches!(access.token(&token), Err(AccessError::Damaged { .. })));
    }

    #[test]
    fn sessions_of_one_holder_are_limited_and_tokens_stay() {
        let (_folder, access) = open();
        let token = access.issue(Holder::Person(ana())).unwrap();
        for _ in 0..ENTRIES_PER_HOLDER_MAX + 3 {
            access.begin_session(&token).unwrap().unwrap();
        }
        assert_eq!(access.list().unwrap().len(), ENTRIES_PER_HOLDER_MAX + 1);
        assert!(access.token(&token).unwrap().is_some());
    }
}
