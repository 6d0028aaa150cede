//! A WebSocket server that sends every message back: what `scripts/autobahn-testsuite` talks to.
//!
//! It shows how a connection drives the codec. It is no server to copy: one thread a connection,
//! and no more of HTTP than the testsuite's client needs.

#![allow(clippy::print_stdout, clippy::print_stderr)] // It is a program.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crosspoint_proto::framing::websocket::handshake::accept_key;
use crosspoint_proto::framing::websocket::{Decoder, Deflate, Encoder, close};
use crosspoint_proto::framing::{Frame, Progress, Role};

const MESSAGE_OCTETS_MAX: usize = 64 << 20;
const READ_OCTETS: usize = 64 << 10;
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = serve(stream) {
                eprintln!("connection lost: {error}");
            }
        });
    }
    Ok(())
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (request, rest) = read_request(&mut stream)?;
    let values = |name: &'static str| header_values(&request, name);
    let Some(key) = values("sec-websocket-key").next() else {
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    };
    let (deflate, extensions) = Deflate::negotiate(values("sec-websocket-extensions")).unzip();
    let extensions = extensions
        .map_or(String::new(), |extensions| format!("Sec-WebSocket-Extensions: {extensions}\r\n"));
    let accept = accept_key(key);
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extensions}\r\n"
    )?;
    Echo::new(stream, rest, deflate).run()
}

/// The head of the request, and what was read beyond it.
fn read_request(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut buffer = Vec::new();
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = buffer.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&buffer).into_owned(), rest));
        }
        read_some(stream, &mut buffer, READ_OCTETS)?;
    }
}

fn header_values<'h>(request: &'h str, name: &'static str) -> impl Iterator<Item = &'h str> {
    request.lines().filter_map(move |line| {
        let (header, value) = line.split_once(':')?;
        header.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// Reads once, and at most `octets`.
fn read_some(stream: &mut TcpStream, buffer: &mut Vec<u8>, octets: usize) -> io::Result<()> {
    let start = buffer.len();
    buffer.resize(start + octets, 0);
    let read = stream.read(&mut buffer[start..])?;
    buffer.truncate(start + read);
    if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

struct Echo {
    stream: TcpStream,
    decoder: Decoder,
    encoder: Encoder,
    received: Vec<u8>,
    to_send: Vec<u8>,
}

impl Echo {
    fn new(stream: TcpStream, received: Vec<u8>, deflate: Option<Deflate>) -> Self {
        let decoder = Decoder::new(Role::Server, deflate.is_some(), MESSAGE_OCTETS_MAX);
        let encoder = Encoder { deflate, ..Encoder::new(false) };
        Self { stream, decoder, encoder, received, to_send: Vec::new() }
    }

    fn run(mut self) -> io::Result<()> {
        while self.echo_received()? {
            self.stream.write_all(&self.to_send)?;
            self.to_send.clear();
            read_some(&mut self.stream, &mut self.received, READ_OCTETS)?;
        }
        self.stream.write_all(&self.to_send)?;
        self.wait_for_end()
    }

    /// Answers every frame that is in the buffer. False once one side has closed.
    fn echo_received(&mut self) -> io::Result<bool> {
        let mut taken = 0;
        loop {
            match self.decoder.decode(&mut self.received[taken..]) {
                Ok(Progress::Took { octets, frame }) => {
                    taken += octets;
                    let open =
                        frame.is_none_or(|frame| answer(self.encoder, frame, &mut self.to_send));
                    if !open {
                        return Ok(false);
                    }
                }
                Ok(Progress::Need { .. }) => {
                    self.received.drain(..taken);
                    return Ok(true);
                }
                Err(violation) => {
                    let why = (violation.close_code(), &*violation.to_string());
                    self.encoder.write_close(Some(why), &mut self.to_send);
                    return Ok(false);
                }
            }
        }
    }

    /// Reads on until the peer hangs up, for a socket closed with octets unread would take back
    /// what was just written.
    fn wait_for_end(mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.stream.set_read_timeout(Some(CLOSE_TIMEOUT))?;
        self.received.resize(READ_OCTETS, 0);
        while self.stream.read(&mut self.received).is_ok_and(|read| read > 0) {}
        Ok(())
    }
}

/// Appends the answer to a frame. False if it was the last one.
fn answer(encoder: Encoder, frame: Frame<'_>, out: &mut Vec<u8>) -> bool {
    match frame {
        Frame::Message { octets, text } => {
            let echoed = Encoder { text, ..encoder }.write_message(&[octets], out);
            echoed.expect("only a batch has a limit");
        }
        Frame::Ping(payload) => encoder.write_pong(payload, out),
        Frame::Pong(_) => {}
        Frame::Close(why) => {
            encoder.write_close(why.map(|(code, _)| (code, "")).or(Some((close::NORMAL, ""))), out);
            return false;
        }
    }
    true
}
