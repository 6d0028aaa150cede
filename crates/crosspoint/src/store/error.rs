//! What can be wrong with a store, for the person who has to put it right.

use std::io;
use std::path::{Path, PathBuf};

use super::file::FORMAT;

/// What went wrong with a store: what, and where. [`hint`](StoreError::hint) says what to do about
/// it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file. End it, or choose another file.
    #[error("the store {} is in use by another process", path.display())]
    InUse {
        /// The store's file.
        path: PathBuf,
    },
    /// Somebody else's file. Choose another one; this has not been changed.
    #[error("{} is not a store of Crosspoint", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later Crosspoint has written it. Start that, or choose another file.
    #[error(
        "the store {} has format {format}, and this Crosspoint reads only {FORMAT}",
        path.display()
    )]
    Newer {
        /// The store's file.
        path: PathBuf,
        /// The format that it says it has.
        format: u64,
    },
    /// The file has been changed or cut off by something else. Restore it, or begin with a new one.
    #[error("the store {} is damaged: {what}", path.display())]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// Where the damage shows, for a report.
        what: String,
    },
    /// The operating system refused something: see its reason.
    #[error("cannot use the store {}: {error}", path.display())]
    Io {
        /// The store's file.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
    /// An earlier error has closed the file, and it is too soon to try again; or the store was
    /// [closed](super::EventStore::close).
    #[error("the store {} is closed", path.display())]
    Closed {
        /// The store's file.
        path: PathBuf,
    },
}

impl StoreError {
    /// What to do about it, in words for the command line; none where nobody can know.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            StoreError::InUse { .. } => {
                Some("another router has it; stop that one, or give each its own file")
            }
            StoreError::Foreign { .. } => {
                Some("it was left as it is; choose a file that does not exist yet")
            }
            StoreError::Newer { .. } => {
                Some("start the newer Crosspoint that wrote it, or choose another file")
            }
            StoreError::Damaged { .. } => {
                Some("restore it from a copy, or move it away to begin with an empty store")
            }
            StoreError::Io { error, .. } => hint_for(error.kind()),
            StoreError::Closed { .. } => None,
        }
    }

    pub(super) fn io(path: &Path, error: io::Error) -> StoreError {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::InvalidData => StoreError::Foreign { path },
            io::ErrorKind::UnexpectedEof => StoreError::Damaged { path, what: error.to_string() },
            _ => StoreError::Io { path, error },
        }
    }

    pub(super) fn database(path: &Path, error: impl Into<redb::Error>) -> StoreError {
        use redb::Error;
        let owned = path.to_owned();
        match error.into() {
            Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => {
                StoreError::InUse { path: owned }
            }
            Error::Io(error) => StoreError::io(path, error),
            Error::Corrupted(what) => StoreError::Damaged { path: owned, what },
            // Databases that we have not made.
            Error::UpgradeRequired(_)
            | Error::TableDoesNotExist(_)
            | Error::TableIsMultimap(_)
            | Error::TableTypeMismatch { .. }
            | Error::TypeDefinitionChanged { .. } => StoreError::Foreign { path: owned },
            other => StoreError::Io { path: owned, error: io::Error::other(other) },
        }
    }
}

fn hint_for(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::PermissionDenied => {
            Some("the router's user must be allowed to read and write the file, and its folder")
        }
        io::ErrorKind::ReadOnlyFilesystem => Some("choose a file where writing is possible"),
        io::ErrorKind::NotFound => Some("the folder must be there; make it, or choose another"),
        io::ErrorKind::IsADirectory => Some("name a file in that folder, such as events.store"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Some("make room for the file; it grows when it must")
        }
        _ => None,
    }
}
