//! Our file as it comes about, with what is to be said of it.

use std::path::{Path as FilePath, PathBuf, absolute};

use indexmap::IndexMap;

use super::report::Report;
use crate::config::file::{File, Listener};
use crate::config::tree::Path;
use crate::config::units::Address;

/// A file without anything in it yet, and what is said.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) file: File,
    pub(super) report: Report,
    pub(super) folders: Folders,
}

impl Draft {
    pub(super) fn new(folders: Folders) -> Draft {
        let empty = (IndexMap::new(), IndexMap::new());
        let file = File { listeners: empty.0, realms: empty.1, ..File::default() };
        Draft { file, report: Report::default(), folders }
    }

    /// This address, or one with a later port, if another listener has it.
    pub(super) fn free_address(&self, mut address: Address) -> Address {
        let others = self.file.listeners.values().filter(|other| other.unix.is_none());
        let others: Vec<Address> = others.map(|other| other.address).collect();
        // There are fewer listeners than ports: a file is not long enough for more.
        while others.iter().any(|other| address.meets(*other)) {
            address.0.set_port(address.0.port().wrapping_add(1).max(1));
        }
        address
    }

    /// Puts in a listener, under this name or one that is like it; says which.
    pub(super) fn add_listener(&mut self, wish: &str, listener: Listener) -> String {
        let is_free = |name: &String| !self.file.listeners.contains_key(name);
        let numbered = (2..).map(|number| format!("{wish}{number}"));
        let mut names = [wish.to_owned()].into_iter().chain(numbered);
        // There are more numbers than listeners.
        let name = names.find(is_free).unwrap_or_default();
        self.file.listeners.insert(name.clone(), listener);
        name
    }
}

pub(super) fn path_of_listener(name: &str) -> Path {
    Path::of(&["listeners", name])
}

pub(super) fn path_of_realm(name: &str) -> Path {
    Path::of(&["realms", name])
}

/// Where relative paths begin.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    theirs: PathBuf,
    ours: PathBuf,
}

impl Folders {
    /// Of their file, and of ours, which is to be in the current folder if nobody says.
    pub(super) fn of(theirs: &FilePath, ours: Option<&FilePath>) -> Folders {
        let folder = |path: &FilePath| path.parent().map(FilePath::to_owned).unwrap_or_default();
        Folders { theirs: folder(theirs), ours: ours.map(folder).unwrap_or_default() }
    }

    /// A path that stands in their file, as it is to stand in ours.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        let path = FilePath::new(path);
        if self.theirs == self.ours || path.is_absolute() {
            return path.to_owned();
        }
        let found = self.theirs.join(path);
        if self.ours.as_os_str().is_empty() {
            return found;
        }
        absolute(&found).unwrap_or(found)
    }
}
