//! The router attacked, by octets that no honest client sends.
//!
//! Every attack ends with three things: the attacker is refused, which is counted; and the router is healthy. It serves
//! those who were there before, while the attack goes on and afterwards; it serves who comes anew; and it holds nothing
//! any more of the attackers. [`Besieged`] sees to the last.
//!
//! - [`handshakes`]: connections that come to nothing, slowly or in great numbers
//! - [`messages`]: frames, lengths and messages
//! - [`holdings`]: more than a session may hold
//! - [`identity`]: in somebody else's name, and what is not permitted
//! - [`proofs`]: proofs that are not one's own
//! - [`realms`]: from one realm into another

mod handshakes;
mod holdings;
mod identity;
mod messages;
mod proofs;
mod realms;

use std::sync::Arc;

use crosspoint::server::{ListenerSettings, Server};
use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::Key;
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::authentication::{
    Authentication, Credentials, Principal, Principals, SharedKey,
};
use crosspoint_router::authorization::{Action, Actions, Permission, Permitted, Role};
use crosspoint_router::counters::{Counter, Counters};
use crosspoint_router::limits::Limits;
use crosspoint_router::router::{Census, RealmSettings};

use super::client::{Client, GOODBYE, GOODBYE_AND_OUT, NORMAL, Transport};
use super::wire::patiently;
use super::{ANY_PORT, serve_realms};

/// A router that is attacked, and two of its clients that have nothing to do with it.
struct Besieged {
    server: Server,
    caller: Client,
    callee: Client,
    /// What there is without the attackers.
    before: Census,
}

impl Besieged {
    async fn start() -> Besieged {
        Besieged::within(Limits::default()).await
    }

    /// Where a session may hold so much.
    async fn within(limits: Limits) -> Besieged {
        Besieged::at(ListenerSettings::at(ANY_PORT), limits).await
    }

    async fn at(listener: ListenerSettings, limits: Limits) -> Besieged {
        let realms = vec![guarded_realm(), "realm2".into()];
        let server = serve_realms(vec![listener], realms, limits).await;
        let caller = Client::join(&server, Transport::WebSocket).await;
        let mut callee = Client::join(&server, Transport::RawSocket).await;
        callee.register("com.example.echo").await;
        let before = server.router().census();
        Besieged { server, caller, callee, before }
    }

    /// Somebody who has joined, and is up to something.
    async fn attacker(&self) -> Client {
        Client::join(&self.server, Transport::WebSocket).await
    }

    /// Alice, who has a ticket.
    async fn user(&self) -> Client {
        let mut client = Client::connect(&self.server, Transport::WebSocket).await;
        client
            .send(
                r#"[1,"realm1",{"authid":"alice","authmethods":["ticket"],"roles":{"caller":{}}}]"#,
            )
            .await;
        client.expect(r#"[4,"ticket",{}]"#).await;
        client.send(r#"[5,"sesame",{}]"#).await;
        client.expect_welcome().await;
        client
    }

    /// How often that was counted.
    fn counted(&self, counter: fn(&Counters) -> &Counter) -> u64 {
        counter(self.server.router().counters()).get()
    }

    /// Those who were there are served.
    async fn serve(&mut self) {
        let request = self.caller.request();
        let call = format!(r#"[48,{request},{{}},"com.example.echo",["{request}"]]"#);
        self.caller.send(&call).await;
        let invocation = self.callee.receive().await;
        let id = invocation.strip_prefix("[68,").and_then(|rest| rest.split(',').next());
        let id = id.unwrap_or_else(|| panic!("no INVOCATION: {invocation}"));
        self.callee.send(&format!(r#"[70,{id},{{}},["{request}"]]"#)).await;
        self.caller.expect(&format!(r#"[50,{request},{{}},["{request}"]]"#)).await;
    }

    /// The attack is over, the attackers have left or are gone.
    async fn assert_healthy(&mut self) {
        self.serve().await;
        let mut another = Client::join(&self.server, Transport::RawSocket).await;
        another.register("com.example.other").await;
        another.send(GOODBYE).await;
        another.expect(GOODBYE_AND_OUT).await;
        another.expect_end(NORMAL).await;
        self.outlast().await;
    }

    /// Serves until nothing is left of others.
    async fn outlast(&mut self) {
        patiently(async {
            while self.server.router().census() != self.before {
                self.serve().await;
            }
        })
        .await;
    }
}

const EVERYTHING: Actions = Actions::NONE
    .with(Action::Call)
    .with(Action::Register)
    .with(Action::Publish)
    .with(Action::Subscribe);

/// A realm as it should be: a guest has what is an example's, alice (who has a ticket) and bob (who has a key) in
/// addition whatever somebody gives who is generous, and does not think of what can be done with it.
fn guarded_realm() -> RealmSettings {
    let mut principals = Principals::default();
    let key = SharedKey { key: Key::from_secret("pencil"), salting: None };
    for (authid, credentials) in [
        ("alice", Credentials { ticket: Some(Ticket::new("sesame")), ..Credentials::default() }),
        ("bob", Credentials { wampcra: Some(key), ..Credentials::default() }),
    ] {
        let (authid, role) = (authid.to_owned(), "user".to_owned());
        principals.add(Principal { authid, role, credentials }).unwrap();
    }
    let authentication = Authentication {
        methods: vec![AuthMethod::Anonymous, AuthMethod::Ticket, AuthMethod::WampCra],
        anonymous_role: "guest".to_owned(),
        principals,
        ..Authentication::default()
    };
    let roles = vec![role("guest", "com.example."), role("user", "")];
    RealmSettings {
        authentication,
        permitted: Permitted::ByRole(roles),
        ..RealmSettings::from("realm1")
    }
}

/// A role that may do everything with what begins like this.
fn role(name: &str, prefix: &str) -> Arc<Role> {
    let mut permission = Permission::new(MatchPolicy::Prefix, prefix).unwrap();
    permission.allow = EVERYTHING;
    Arc::new(Role::new(name, vec![permission], None).unwrap())
}
