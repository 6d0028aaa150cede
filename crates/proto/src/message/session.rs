//! The messages that open and close a session.
//!
//! ```text
//! Client                    Router
//!   | ------- HELLO --------> |
//!   | <----- CHALLENGE ------ |   only where the client has to prove who it is
//!   | ---- AUTHENTICATE ----> |
//!   | <------ WELCOME ------- |   or ABORT
//!   |           ...           |
//!   | <----- GOODBYE -------> |   from either side, answered by the other
//! ```
//!
//! CHALLENGE and AUTHENTICATE are in [`super::authentication`].
//!
//! See "Sessions" in the specification's Basic Profile.

use std::borrow::Cow;

use super::authentication::{HelloExtra, WelcomeExtra};
use super::elements::{Elements, Entries, Entry};
use super::violation::Violation;
use crate::feature::{Feature, Features, Role, Roles};
use crate::id::SessionId;
use crate::serializer::{Reader, Writer};

/// Opens a session: `[HELLO, Realm|uri, Details|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Hello<'a> {
    /// The realm to join.
    pub realm: Cow<'a, str>,
    /// What the client says of itself; boxed, so that this rare message does not make all of them
    /// large.
    pub details: Box<HelloDetails<'a>>,
}

/// `HELLO.Details`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelloDetails<'a> {
    /// The client's roles and features.
    pub roles: Roles,
    /// Whom the client wants to be.
    pub authid: Option<Cow<'a, str>>,
    /// How it can prove that, best first.
    pub authmethods: Vec<Cow<'a, str>>,
    /// What the methods need to know for that.
    pub authextra: HelloExtra<'a>,
    /// What software it is.
    pub agent: Option<Cow<'a, str>>,
}

impl<'a> Hello<'a> {
    pub(super) const TYPE: u64 = 1;
    pub(super) const NAME: &'static str = "HELLO";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let realm = e.text("Realm")?;
        Ok(Hello { realm, details: Box::new(e.dict_or_absent("Details")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.str(&self.realm);
        let HelloDetails { roles, authid, authmethods, authextra, agent } = &*self.details;
        let entries = 1
            + usize::from(authid.is_some())
            + usize::from(!authmethods.is_empty())
            + usize::from(!authextra.is_empty())
            + usize::from(agent.is_some());
        w.dict(entries);
        write_roles(w, roles);
        write_text(w, "authid", authid.as_deref());
        if !authmethods.is_empty() {
            w.key("authmethods");
            w.list(authmethods.len());
            for method in authmethods {
                w.str(method);
            }
            w.end_list();
        }
        if !authextra.is_empty() {
            w.key("authextra");
            authextra.write(w);
        }
        write_text(w, "agent", agent.as_deref());
        w.end_dict();
    }
}

impl<'a> Entries<'a> for HelloDetails<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "roles" => self.roles = entry.dict("roles")?,
            "authid" => self.authid = entry.text("authid")?.filter(|authid| !authid.is_empty()),
            "authmethods" => self.authmethods = entry.texts("authmethods")?,
            "authextra" => self.authextra = entry.dict("authextra")?,
            "agent" => self.agent = entry.text("agent")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// Accepts a session: `[WELCOME, Session|id, Details|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Welcome<'a> {
    /// The session's ID.
    pub session: SessionId,
    /// What the router says of the session and of itself; boxed like HELLO's.
    pub details: Box<WelcomeDetails<'a>>,
}

/// `WELCOME.Details`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WelcomeDetails<'a> {
    /// The realm that was joined.
    pub realm: Cow<'a, str>,
    /// Who the client is now.
    pub authid: Cow<'a, str>,
    /// In which role.
    pub authrole: Cow<'a, str>,
    /// By which method that was found out.
    pub authmethod: Cow<'a, str>,
    /// And by whom.
    pub authprovider: Cow<'a, str>,
    /// The router's own proof, where the method has one.
    pub authextra: WelcomeExtra<'a>,
    /// What software the router is.
    pub agent: Cow<'a, str>,
    /// The router's roles and features.
    pub roles: Roles,
}

impl<'a> Welcome<'a> {
    pub(super) const TYPE: u64 = 2;
    pub(super) const NAME: &'static str = "WELCOME";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let session = SessionId(e.id("Session")?);
        Ok(Welcome { session, details: Box::new(e.dict("Details")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.session.0);
        let details = &self.details;
        w.dict(7 + usize::from(!details.authextra.is_empty()));
        write_roles(w, &details.roles);
        write_text(w, "realm", Some(&details.realm));
        write_text(w, "authid", Some(&details.authid));
        write_text(w, "authrole", Some(&details.authrole));
        write_text(w, "authmethod", Some(&details.authmethod));
        write_text(w, "authprovider", Some(&details.authprovider));
        if !details.authextra.is_empty() {
            w.key("authextra");
            details.authextra.write(w);
        }
        write_text(w, "agent", Some(&details.agent));
        w.end_dict();
    }
}

impl<'a> Entries<'a> for WelcomeDetails<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "roles" => self.roles = entry.dict("roles")?,
            "realm" => self.realm = entry.text("realm")?.unwrap_or_default(),
            "authid" => self.authid = entry.text("authid")?.unwrap_or_default(),
            "authrole" => self.authrole = entry.text("authrole")?.unwrap_or_default(),
            "authmethod" => self.authmethod = entry.text("authmethod")?.unwrap_or_default(),
            "authprovider" => self.authprovider = entry.text("authprovider")?.unwrap_or_default(),
            "authextra" => self.authextra = entry.dict("authextra")?,
            "agent" => self.agent = entry.text("agent")?.unwrap_or_default(),
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// Ends a session at once: `[ABORT, Details|dict, Reason|uri]`
///
/// Arguments, which the specification allows, are passed over when read and never written: several
/// clients refuse an ABORT of more than three elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Abort<'a> {
    /// What happened, for people.
    pub details: ClosingDetails<'a>,
    /// What happened, for programs.
    pub reason: Cow<'a, str>,
}

impl<'a> Abort<'a> {
    pub(super) const TYPE: u64 = 3;
    pub(super) const NAME: &'static str = "ABORT";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let abort = Abort { details: e.dict("Details")?, reason: e.text("Reason")? };
        e.skip_rest()?;
        Ok(abort)
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        write_closing(w, Self::TYPE, &self.details, &self.reason);
    }
}

/// Closes a session: `[GOODBYE, Details|dict, Reason|uri]`
#[derive(Clone, Debug, PartialEq)]
pub struct Goodbye<'a> {
    /// Why, for people.
    pub details: ClosingDetails<'a>,
    /// Why, for programs.
    pub reason: Cow<'a, str>,
}

impl<'a> Goodbye<'a> {
    pub(super) const TYPE: u64 = 6;
    pub(super) const NAME: &'static str = "GOODBYE";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        Ok(Goodbye { details: e.dict("Details")?, reason: e.text("Reason")? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        write_closing(w, Self::TYPE, &self.details, &self.reason);
    }
}

/// `Details` of ABORT and GOODBYE.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClosingDetails<'a> {
    /// A sentence for people.
    pub message: Option<Cow<'a, str>>,
}

impl<'a> Entries<'a> for ClosingDetails<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "message" => self.message = entry.text("message")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

impl<'a> Entries<'a> for Roles {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        let Some(role) = Role::from_name(key) else { return entry.skip() };
        let RoleDetails { features } = entry.dict(role.name())?;
        *self = self.with(role, features);
        Ok(())
    }
}

/// The dict that stands under a role's name.
#[derive(Default)]
struct RoleDetails {
    features: Features,
}

impl<'a> Entries<'a> for RoleDetails {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "features" => self.features = entry.dict("features")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

impl<'a> Entries<'a> for Features {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        let Some(feature) = Feature::from_name(key) else { return entry.skip() };
        if entry.bool(feature.name())? == Some(true) {
            *self = self.with(feature);
        }
        Ok(())
    }
}

fn write_roles<W: Writer>(w: &mut W, roles: &Roles) {
    w.key("roles");
    w.dict(roles.iter().count());
    for (role, features) in roles.iter() {
        w.key(role.name());
        w.dict(1);
        w.key("features");
        w.dict(features.iter().count());
        for feature in features.iter() {
            w.key(feature.name());
            w.bool(true);
        }
        w.end_dict();
        w.end_dict();
    }
    w.end_dict();
}

fn write_closing<W: Writer>(w: &mut W, code: u64, details: &ClosingDetails<'_>, reason: &str) {
    w.list(3);
    w.uint(code);
    w.dict(usize::from(details.message.is_some()));
    write_text(w, "message", details.message.as_deref());
    w.end_dict();
    w.str(reason);
}

fn write_text<W: Writer>(w: &mut W, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        w.key(key);
        w.str(text);
    }
}
