//! Places: where a listener listens, on an address of this machine or at a Unix socket.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net;
use std::path::{Path, PathBuf};

use crosspoint_transport::stream::Stream;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, UnixListener};
use tracing::debug;

use crate::liveness::Liveness;

/// Who may connect to a Unix socket, if nobody says: the router's own user.
pub const UNIX_MODE: u32 = 0o600;

/// Connections that the system keeps until they are accepted, as many as tokio has it keep for TCP.
const BACKLOG: i32 = 1024;

/// Where a listener listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On an address; port 0 lets the system choose.
    Tcp(SocketAddr),
    /// At a file of this machine, for whoever may write to it.
    Unix {
        /// The file; it is made, and taken away at the end.
        path: PathBuf,
        /// Its permissions, such as `0o600`.
        mode: u32,
    },
}

impl Place {
    /// Can only programs on this machine connect?
    pub fn is_local(&self) -> bool {
        match self {
            Place::Tcp(address) => address.ip().is_loopback(),
            Place::Unix { .. } => true,
        }
    }
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Place {
        Place::Tcp(address)
    }
}

impl fmt::Display for Place {
    /// As it stands in a URL: `127.0.0.1:8080`, or `unix:/run/crosspoint.sock`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Tcp(address) => address.fmt(f),
            Place::Unix { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A place that is listened at.
#[derive(Debug)]
pub(crate) enum Port {
    Tcp(TcpListener),
    Unix(UnixPort),
}

/// A Unix socket, whose file goes with it.
#[derive(Debug)]
pub(crate) struct UnixPort {
    socket: UnixListener,
    path: PathBuf,
    mode: u32,
    /// Which file it is: another router may have put its own there.
    file: (u64, u64),
}

impl Port {
    pub(crate) async fn bind(place: &Place) -> io::Result<Port> {
        match place {
            Place::Tcp(address) => Ok(Port::Tcp(TcpListener::bind(address).await?)),
            Place::Unix { path, mode } => Ok(Port::Unix(UnixPort::bind(path, *mode)?)),
        }
    }

    /// Where it is, with the port that the system has chosen.
    pub(crate) fn place(&self) -> io::Result<Place> {
        match self {
            Port::Tcp(socket) => socket.local_addr().map(Place::Tcp),
            Port::Unix(port) => Ok(Place::Unix { path: port.path.clone(), mode: port.mode }),
        }
    }

    /// What cannot be set on a connection (the peer may be gone already) leaves one that works, too.
    pub(crate) async fn accept(&self, liveness: Liveness) -> io::Result<Stream> {
        let socket = match self {
            Port::Unix(port) => return Ok(port.socket.accept().await?.0.into()),
            Port::Tcp(socket) => socket.accept().await?.0,
        };
        // Messages go out whole; waiting for more would only delay them.
        let settled = socket.set_nodelay(true).and(liveness.set_on(&socket));
        if let Err(error) = settled {
            debug!(%error, "a connection without its options");
        }
        Ok(socket.into())
    }
}

impl UnixPort {
    /// A file that was left behind by a program which is gone is replaced.
    fn bind(path: &Path, mode: u32) -> io::Result<UnixPort> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        let address = SockAddr::unix(path)?;
        match socket.bind(&address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                clear(path, &address)?;
                socket.bind(&address)?;
            }
            bound => bound?,
        }
        // Nobody can connect before it listens, so nobody does whom the permissions keep out.
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        let file = identity(path)?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        let socket = UnixListener::from_std(net::UnixListener::from(OwnedFd::from(socket)))?;
        Ok(UnixPort { socket, path: path.to_owned(), mode, file })
    }
}

/// Takes a file away that is a Unix socket at which nobody answers.
fn clear(path: &Path, address: &SockAddr) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        let what = "there is a file of this name, and it is no socket";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
    }
    let visitor = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    visitor.set_nonblocking(true)?;
    match visitor.connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        // Who has no room for one more connection is there, too.
        _ => Err(io::Error::new(io::ErrorKind::AddrInUse, "somebody answers there")),
    }
}

/// By which device and number the system knows a file.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Drop for UnixPort {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|file| file == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    fn place(folder: &Path) -> Place {
        Place::Unix { path: folder.join("socket"), mode: UNIX_MODE }
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        // The file stays when its process is gone.
        drop(net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let port = Port::bind(&place(folder.path())).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, UNIX_MODE);
        UnixStream::connect(&path).unwrap();
        drop(port);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn who_answers_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let _port = Port::bind(&place(folder.path())).await.unwrap();
        let error = Port::bind(&place(folder.path())).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        UnixStream::connect(folder.path().join("socket")).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("socket"), "precious").unwrap();
        let error = Port::bind(&place(folder.path())).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(folder.path().join("socket")).unwrap(), b"precious");
    }

    #[tokio::test]
    async fn the_socket_of_somebody_else_is_not_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let port = Port::bind(&place(folder.path())).await.unwrap();
        // Its number must not be given to the other file.
        fs::rename(&path, folder.path().join("old")).unwrap();
        let _other = net::UnixListener::bind(&path).unwrap();
        drop(port);
        assert!(path.exists());
    }
}
