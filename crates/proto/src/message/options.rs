//! The `Options` and `Details` of the RPC messages, as types: nobody looks a key up twice.
//!
//! Keys that begin with `x_` are this router's own; no version of the specification uses them. What
//! is not known is passed over.
//!
//! See the features of "Advanced RPC" and "Payload Passthru Mode" in the specification's Advanced
//! Profile.

use std::borrow::Cow;

use super::elements::{Entries, Entry};
use super::violation::Violation;
use crate::id::{RegistrationId, SessionId};
use crate::serializer::{Reader, Writer};

/// `CALL.Options`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallOptions<'a> {
    /// More of the call's input is to come under the same request ID.
    pub progress: bool,
    /// The caller takes progressive results.
    pub receive_progress: bool,
    /// The caller wants the callee to know who calls.
    pub disclose_me: bool,
    /// `timeout`: milliseconds from the CALL to the result, or from one progressive result to the
    /// next; 0 is none.
    pub timeout_ms: u64,
    /// To which of the callees that share a registration the call goes: `partition` is by `rkey`.
    pub runmode: Option<Cow<'a, str>>,
    /// The key of a partitioned call. An integer is the same key as its decimal digits.
    pub rkey: Option<Cow<'a, str>>,
    /// `ppt_*`
    pub passthru: Option<Box<Passthru<'a>>>,
}

impl<'a> Entries<'a> for CallOptions<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "progress" => self.progress = entry.bool("progress")?.unwrap_or(false),
            "receive_progress" => {
                self.receive_progress = entry.bool("receive_progress")?.unwrap_or(false);
            }
            "disclose_me" => self.disclose_me = entry.bool("disclose_me")?.unwrap_or(false),
            "timeout" => self.timeout_ms = entry.number("timeout")?.unwrap_or(0),
            "runmode" => self.runmode = entry.text("runmode")?,
            "rkey" => self.rkey = entry.text_or_integer("rkey")?,
            _ => Passthru::entry(&mut self.passthru, key, entry)?,
        }
        Ok(())
    }
}

impl CallOptions<'_> {
    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        let [scheme, serializer, cipher, keyid] = Passthru::items(self.passthru.as_deref());
        write_entries(
            w,
            &[
                ("progress", flag(self.progress)),
                ("receive_progress", flag(self.receive_progress)),
                ("disclose_me", flag(self.disclose_me)),
                ("timeout", number(self.timeout_ms)),
                ("runmode", text(self.runmode.as_ref())),
                ("rkey", text(self.rkey.as_ref())),
                scheme,
                serializer,
                cipher,
                keyid,
            ],
        );
    }
}

/// `INVOCATION.Details`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InvocationDetails<'a> {
    /// What was called, where the registration is a pattern.
    pub procedure: Option<Cow<'a, str>>,
    /// More of the call's input is to come under the same request ID.
    pub progress: bool,
    /// The caller takes progressive results.
    pub receive_progress: bool,
    /// `timeout`: milliseconds that the callee has, where it keeps the time itself; 0 is none.
    pub timeout_ms: u64,
    /// `caller`, `caller_authid` and `caller_authrole`: who calls, where that is disclosed.
    pub caller: Option<Disclosed<'a>>,
    /// `trustlevel`: how far the router trusts the call, where its configuration says.
    pub trust_level: Option<u64>,
    /// `ppt_*`
    pub passthru: Option<Box<Passthru<'a>>>,
}

/// A caller or a publisher, where it is disclosed who that is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disclosed<'a> {
    /// Its session.
    pub session: Option<SessionId>,
    /// Who that is.
    pub authid: Option<Cow<'a, str>>,
    /// In which role.
    pub authrole: Option<Cow<'a, str>>,
}

impl Disclosed<'_> {
    /// The same, borrowed from nowhere.
    pub fn into_static(self) -> Disclosed<'static> {
        let Disclosed { session, authid, authrole } = self;
        Disclosed { session, authid: authid.map(kept), authrole: authrole.map(kept) }
    }
}

impl<'a> Entries<'a> for InvocationDetails<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "procedure" => self.procedure = entry.text("procedure")?,
            "progress" => self.progress = entry.bool("progress")?.unwrap_or(false),
            "receive_progress" => {
                self.receive_progress = entry.bool("receive_progress")?.unwrap_or(false);
            }
            "timeout" => self.timeout_ms = entry.number("timeout")?.unwrap_or(0),
            "caller" => {
                let session = entry.number("caller")?.map(SessionId);
                self.caller.get_or_insert_default().session = session;
            }
            "caller_authid" => {
                let authid = entry.text("caller_authid")?;
                self.caller.get_or_insert_default().authid = authid;
            }
            "caller_authrole" => {
                let authrole = entry.text("caller_authrole")?;
                self.caller.get_or_insert_default().authrole = authrole;
            }
            "trustlevel" => self.trust_level = entry.number("trustlevel")?,
            _ => Passthru::entry(&mut self.passthru, key, entry)?,
        }
        Ok(())
    }
}

impl InvocationDetails<'_> {
    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        // As nearly every invocation has it.
        if self.is_empty() {
            w.dict(0);
            return w.end_dict();
        }
        let caller = self.caller.as_ref();
        let [scheme, serializer, cipher, keyid] = Passthru::items(self.passthru.as_deref());
        write_entries(
            w,
            &[
                ("procedure", text(self.procedure.as_ref())),
                ("progress", flag(self.progress)),
                ("receive_progress", flag(self.receive_progress)),
                ("timeout", number(self.timeout_ms)),
                ("caller", caller.and_then(|c| c.session).map(|session| Item::Number(session.0))),
                ("caller_authid", text(caller.and_then(|caller| caller.authid.as_ref()))),
                ("caller_authrole", text(caller.and_then(|caller| caller.authrole.as_ref()))),
                ("trustlevel", self.trust_level.map(Item::Number)),
                scheme,
                serializer,
                cipher,
                keyid,
            ],
        );
    }

    fn is_empty(&self) -> bool {
        let InvocationDetails {
            procedure,
            progress,
            receive_progress,
            timeout_ms,
            caller,
            trust_level,
            passthru,
        } = self;
        procedure.is_none()
            && !progress
            && !receive_progress
            && *timeout_ms == 0
            && caller.is_none()
            && trust_level.is_none()
            && passthru.is_none()
    }
}

/// `YIELD.Options` and `RESULT.Details`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultOptions<'a> {
    /// More is to come: this is not the final result.
    pub progress: bool,
    /// `ppt_*`
    pub passthru: Option<Box<Passthru<'a>>>,
}

impl<'a> Entries<'a> for ResultOptions<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "progress" => self.progress = entry.bool("progress")?.unwrap_or(false),
            _ => Passthru::entry(&mut self.passthru, key, entry)?,
        }
        Ok(())
    }
}

impl ResultOptions<'_> {
    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        // As nearly every result has it.
        if !self.progress && self.passthru.is_none() {
            w.dict(0);
            return w.end_dict();
        }
        let [scheme, serializer, cipher, keyid] = Passthru::items(self.passthru.as_deref());
        write_entries(w, &[("progress", flag(self.progress)), scheme, serializer, cipher, keyid]);
    }
}

/// `REGISTER.Options`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegisterOptions<'a> {
    /// `match`: how calls match the procedure, where it is said.
    pub matching: Option<Cow<'a, str>>,
    /// Which callee of several is invoked, where it is said.
    pub invoke: Option<Cow<'a, str>>,
    /// The callee wants to know who calls.
    pub disclose_caller: bool,
    /// The callee keeps the time of calls itself.
    pub forward_timeout: bool,
    /// Whoever has registered the procedure loses it. Not of the specification: Crossbar.io's.
    pub force_reregister: bool,
    /// How many calls the callee takes at a time. Not of the specification: Crossbar.io's.
    pub concurrency: Option<u64>,
    /// `x_queue`: how many calls may wait while all callees have as many as they take. This
    /// router's own.
    pub queue: Option<u64>,
}

impl<'a> Entries<'a> for RegisterOptions<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "match" => self.matching = entry.text("match")?,
            "invoke" => self.invoke = entry.text("invoke")?,
            "disclose_caller" => {
                self.disclose_caller = entry.bool("disclose_caller")?.unwrap_or(false);
            }
            "forward_timeout" => {
                self.forward_timeout = entry.bool("forward_timeout")?.unwrap_or(false);
            }
            "force_reregister" => {
                self.force_reregister = entry.bool("force_reregister")?.unwrap_or(false);
            }
            "concurrency" => self.concurrency = entry.number("concurrency")?,
            "x_queue" => self.queue = entry.number("x_queue")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

impl RegisterOptions<'_> {
    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        write_entries(
            w,
            &[
                ("match", text(self.matching.as_ref())),
                ("invoke", text(self.invoke.as_ref())),
                ("disclose_caller", flag(self.disclose_caller)),
                ("forward_timeout", flag(self.forward_timeout)),
                ("force_reregister", flag(self.force_reregister)),
                ("concurrency", self.concurrency.map(Item::Number)),
                ("x_queue", self.queue.map(Item::Number)),
            ],
        );
    }
}

/// `UNREGISTERED.Details`: which registration the router has taken away, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Revocation<'a> {
    /// The registration. A router always says it.
    pub registration: Option<RegistrationId>,
    /// Why.
    pub reason: Option<Cow<'a, str>>,
}

impl<'a> Entries<'a> for Revocation<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "registration" => {
                self.registration = entry.number("registration")?.map(RegistrationId);
            }
            "reason" => self.reason = entry.text("reason")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

impl Revocation<'_> {
    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        write_entries(
            w,
            &[
                ("registration", self.registration.map(|id| Item::Number(id.0))),
                ("reason", text(self.reason.as_ref())),
            ],
        );
    }
}

/// `ppt_*`: what the payload is, where the router is not to know. It carries these as they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passthru<'a> {
    /// `ppt_scheme`: what gives the others their meaning. Empty if there is none, and they mean nothing.
    pub scheme: Cow<'a, str>,
    /// `ppt_serializer`
    pub serializer: Option<Cow<'a, str>>,
    /// `ppt_cipher`
    pub cipher: Option<Cow<'a, str>>,
    /// `ppt_keyid`
    pub keyid: Option<Cow<'a, str>>,
}

impl<'a> Passthru<'a> {
    /// Takes an entry that is one of these, and passes over any other.
    pub(super) fn entry<R: Reader<'a>>(
        passthru: &mut Option<Box<Self>>,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        let text = match key {
            "ppt_scheme" => entry.text("ppt_scheme")?.filter(|scheme| !scheme.is_empty()),
            "ppt_serializer" => entry.text("ppt_serializer")?,
            "ppt_cipher" => entry.text("ppt_cipher")?,
            "ppt_keyid" => entry.text("ppt_keyid")?,
            _ => return entry.skip(),
        };
        // What is null says nothing, and neither does an empty scheme: it is not there.
        let Some(text) = text else { return Ok(()) };
        let passthru = passthru.get_or_insert_default();
        match key {
            "ppt_scheme" => passthru.scheme = text,
            "ppt_serializer" => passthru.serializer = Some(text),
            "ppt_cipher" => passthru.cipher = Some(text),
            _ => passthru.keyid = Some(text),
        }
        Ok(())
    }

    /// The same, borrowed from nowhere.
    pub fn into_static(self) -> Passthru<'static> {
        Passthru {
            scheme: kept(self.scheme),
            serializer: self.serializer.map(kept),
            cipher: self.cipher.map(kept),
            keyid: self.keyid.map(kept),
        }
    }

    pub(super) fn items<'o>(
        passthru: Option<&'o Passthru<'_>>,
    ) -> [(&'static str, Option<Item<'o>>); 4] {
        let Some(Passthru { scheme, serializer, cipher, keyid }) = passthru else {
            return [("", None); 4];
        };
        [
            ("ppt_scheme", Some(Item::Text(scheme)).filter(|_| !scheme.is_empty())),
            ("ppt_serializer", text(serializer.as_ref())),
            ("ppt_cipher", text(cipher.as_ref())),
            ("ppt_keyid", text(keyid.as_ref())),
        ]
    }
}

fn kept(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// `Details` in which nothing but `ppt_*` is of interest.
#[derive(Default)]
pub(super) struct PassthruOnly<'a>(pub(super) Option<Box<Passthru<'a>>>);

impl<'a> Entries<'a> for PassthruOnly<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        Passthru::entry(&mut self.0, key, entry)
    }
}

pub(super) fn write_passthru<W: Writer>(w: &mut W, passthru: Option<&Passthru<'_>>) {
    write_entries(w, &Passthru::items(passthru));
}

/// The value of an entry.
#[derive(Clone, Copy)]
pub(super) enum Item<'o> {
    True,
    False,
    Number(u64),
    Text(&'o str),
    Sessions(&'o [SessionId]),
    Texts(&'o [Cow<'o, str>]),
}

/// An entry that is only said if it is true.
pub(super) fn flag(value: bool) -> Option<Item<'static>> {
    value.then_some(Item::True)
}

/// An entry that is only said if it is not zero.
fn number(value: u64) -> Option<Item<'static>> {
    (value != 0).then_some(Item::Number(value))
}

pub(super) fn text<'o>(value: Option<&'o Cow<'_, str>>) -> Option<Item<'o>> {
    value.map(|text| Item::Text(text))
}

/// A dict of those entries that have something to say.
pub(super) fn write_entries<W: Writer>(w: &mut W, entries: &[(&str, Option<Item<'_>>)]) {
    w.dict(entries.iter().filter(|(_, item)| item.is_some()).count());
    for (key, item) in entries {
        let Some(item) = item else { continue };
        w.key(key);
        match *item {
            Item::True => w.bool(true),
            Item::False => w.bool(false),
            Item::Number(number) => w.uint(number),
            Item::Text(text) => w.str(text),
            Item::Sessions(sessions) => write_list(w, sessions, |w, session| w.uint(session.0)),
            Item::Texts(texts) => write_list(w, texts, |w, text| w.str(text)),
        }
    }
    w.end_dict();
}

fn write_list<W: Writer, T>(w: &mut W, items: &[T], write: impl Fn(&mut W, &T)) {
    w.list(items.len());
    for item in items {
        write(w, item);
    }
    w.end_list();
}
