//! A router that says what a test says, for what a real one does not say on command: JSON over
//! RawSocket.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::process::{Running, start};

pub(crate) struct Scripted {
    stream: TcpStream,
}

impl Scripted {
    /// A command that has joined this router, which announces these features of a broker.
    pub(crate) fn start(arguments: &[&str], broker: &str) -> (Running, Scripted) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("rs://{}", listener.local_addr().unwrap());
        let options = ["--url", url.as_str(), "--serializer", "json"];
        let running = start(&[arguments, &options].concat());
        let (stream, _) = listener.accept().unwrap();
        let mut scripted = Scripted { stream };
        let mut handshake = [0; 4];
        scripted.stream.read_exact(&mut handshake).unwrap();
        // The same length limit and serializer.
        scripted.stream.write_all(&handshake).unwrap();
        scripted.hear();
        let roles = format!(r#"{{"broker":{{"features":{{{broker}}}}},"dealer":{{}}}}"#);
        scripted.say(&format!(r#"[2,1,{{"roles":{roles}}}]"#));
        (running, scripted)
    }

    pub(crate) fn say(&mut self, message: &str) {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        self.stream.write_all(&[&length, message.as_bytes()].concat()).unwrap();
    }

    /// The next message.
    pub(crate) fn hear(&mut self) -> String {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let mut message = vec![0; u32::from_be_bytes(length).try_into().unwrap()];
        self.stream.read_exact(&mut message).unwrap();
        String::from_utf8(message).unwrap()
    }
}
