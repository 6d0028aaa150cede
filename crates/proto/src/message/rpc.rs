//! The messages of routed remote procedure calls.
//!
//! ```text
//! Caller                    Dealer                    Callee
//!   |                         | <------ REGISTER ------ |
//!   |                         | ------ REGISTERED ----> |
//!   | -------- CALL --------> |                         |
//!   |                         | ------ INVOCATION ----> |
//!   |                         | <-- YIELD or ERROR ---- |
//!   | <-- RESULT or ERROR --- |                         |
//! ```
//!
//! See "Remote Procedure Calls" in the specification's Basic Profile, and "Call Canceling" in its
//! Advanced Profile.

use std::borrow::Cow;

use super::elements::{Elements, Entries, Entry};
use super::violation::Violation;
use crate::id::{InvocationId, RegistrationId, RequestId};
use crate::payload::Payload;
use crate::serializer::{Reader, Writer};

/// Calls a procedure:
/// `[CALL, Request|id, Options|dict, Procedure|uri, Arguments|list, ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'a> {
    /// The caller's ID for the call.
    pub request: RequestId,
    /// The procedure.
    pub procedure: Cow<'a, str>,
    /// Its arguments.
    pub payload: Payload<'a>,
}

impl<'a> Call<'a> {
    pub(super) const TYPE: u64 = 48;
    pub(super) const NAME: &'static str = "CALL";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("Request")?);
        e.skip_dict("Options")?;
        Ok(Call { request, procedure: e.text("Procedure")?, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        write_empty_dict(w);
        w.str(&self.procedure);
    }
}

/// Cancels a call: `[CANCEL, CALL.Request|id, Options|dict]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cancel {
    /// The call.
    pub request: RequestId,
    /// `Options.mode`
    pub mode: CancelMode,
}

/// What becomes of the callee's work, and when the caller gets its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CancelMode {
    /// The callee is not told; the caller is answered at once.
    Skip,
    /// The callee is told, and the caller answered when the callee has answered.
    Kill,
    /// The callee is told, and the caller answered at once. The default, as in Crossbar.io: the
    /// specification names none.
    #[default]
    KillNoWait,
}

impl CancelMode {
    /// The name in `Options.mode`.
    pub const fn name(self) -> &'static str {
        match self {
            CancelMode::Skip => "skip",
            CancelMode::Kill => "kill",
            CancelMode::KillNoWait => "killnowait",
        }
    }
}

impl Cancel {
    pub(super) const TYPE: u64 = 49;
    pub(super) const NAME: &'static str = "CANCEL";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("CALL.Request")?);
        Ok(Cancel { request, mode: e.dict::<ModeOption>("Options")?.0 })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        write_mode(w, self.mode);
    }
}

/// `Options` of CANCEL and INTERRUPT.
#[derive(Default)]
struct ModeOption(CancelMode);

impl<'a> Entries<'a> for ModeOption {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        if key != "mode" {
            return entry.skip();
        }
        let wrong = entry.wrong("mode", "skip, kill or killnowait");
        self.0 = match entry.text("mode")?.as_deref() {
            None => CancelMode::default(),
            Some("skip") => CancelMode::Skip,
            Some("kill") => CancelMode::Kill,
            Some("killnowait") => CancelMode::KillNoWait,
            Some(_) => return Err(wrong),
        };
        Ok(())
    }
}

/// The result of a call:
/// `[RESULT, CALL.Request|id, Details|dict, YIELD.Arguments|list, YIELD.ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct CallResult<'a> {
    /// The call.
    pub request: RequestId,
    /// What came of it.
    pub payload: Payload<'a>,
}

impl<'a> CallResult<'a> {
    pub(super) const TYPE: u64 = 50;
    pub(super) const NAME: &'static str = "RESULT";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("CALL.Request")?);
        e.skip_dict("Details")?;
        Ok(CallResult { request, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        write_empty_dict(w);
    }
}

/// Registers a procedure: `[REGISTER, Request|id, Options|dict, Procedure|uri]`
#[derive(Clone, Debug, PartialEq)]
pub struct Register<'a> {
    /// The callee's ID for the request.
    pub request: RequestId,
    /// `Options`
    pub options: RegisterOptions<'a>,
    /// The procedure.
    pub procedure: Cow<'a, str>,
}

/// `REGISTER.Options`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegisterOptions<'a> {
    /// How calls match the procedure, where it is said.
    pub matching: Option<Cow<'a, str>>,
    /// Which callee of several is invoked, where it is said.
    pub invoke: Option<Cow<'a, str>>,
}

impl<'a> Register<'a> {
    pub(super) const TYPE: u64 = 64;
    pub(super) const NAME: &'static str = "REGISTER";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("Request")?);
        Ok(Register { request, options: e.dict("Options")?, procedure: e.text("Procedure")? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        write_texts(w, &[("match", &self.options.matching), ("invoke", &self.options.invoke)]);
        w.str(&self.procedure);
    }
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
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// Acknowledges a REGISTER: `[REGISTERED, REGISTER.Request|id, Registration|id]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Registered {
    /// The request.
    pub request: RequestId,
    /// The registration that came of it.
    pub registration: RegistrationId,
}

impl Registered {
    pub(super) const TYPE: u64 = 65;
    pub(super) const NAME: &'static str = "REGISTERED";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("REGISTER.Request")?);
        Ok(Registered { request, registration: RegistrationId(e.id("Registration")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.uint(self.registration.0);
    }
}

/// Ends a registration: `[UNREGISTER, Request|id, REGISTERED.Registration|id]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unregister {
    /// The callee's ID for the request.
    pub request: RequestId,
    /// The registration.
    pub registration: RegistrationId,
}

impl Unregister {
    pub(super) const TYPE: u64 = 66;
    pub(super) const NAME: &'static str = "UNREGISTER";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("Request")?);
        Ok(Unregister { request, registration: RegistrationId(e.id("REGISTERED.Registration")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.uint(self.registration.0);
    }
}

/// Acknowledges an UNREGISTER: `[UNREGISTERED, UNREGISTER.Request|id]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unregistered {
    /// The request.
    pub request: RequestId,
}

impl Unregistered {
    pub(super) const TYPE: u64 = 67;
    pub(super) const NAME: &'static str = "UNREGISTERED";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        Ok(Unregistered { request: RequestId(e.id("UNREGISTER.Request")?) })
    }

    pub(super) fn write<W: Writer>(self, w: &mut W) {
        w.list(2);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
    }
}

/// A call, as the callee gets it: `[INVOCATION, Request|id, REGISTERED.Registration|id,
/// Details|dict, CALL.Arguments|list, CALL.ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation<'a> {
    /// The dealer's ID for the invocation.
    pub request: InvocationId,
    /// The registration that was called.
    pub registration: RegistrationId,
    /// The call's arguments.
    pub payload: Payload<'a>,
}

impl<'a> Invocation<'a> {
    pub(super) const TYPE: u64 = 68;
    pub(super) const NAME: &'static str = "INVOCATION";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = InvocationId(e.id("Request")?);
        let registration = RegistrationId(e.id("REGISTERED.Registration")?);
        e.skip_dict("Details")?;
        Ok(Invocation { request, registration, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.uint(self.registration.0);
        write_empty_dict(w);
    }
}

/// Cancels an invocation: `[INTERRUPT, INVOCATION.Request|id, Options|dict]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interrupt {
    /// The invocation.
    pub request: InvocationId,
    /// `Options.mode`: [`CancelMode::Kill`] or [`CancelMode::KillNoWait`].
    pub mode: CancelMode,
}

impl Interrupt {
    pub(super) const TYPE: u64 = 69;
    pub(super) const NAME: &'static str = "INTERRUPT";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = InvocationId(e.id("INVOCATION.Request")?);
        Ok(Interrupt { request, mode: e.dict::<ModeOption>("Options")?.0 })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        write_mode(w, self.mode);
    }
}

/// The result of an invocation:
/// `[YIELD, INVOCATION.Request|id, Options|dict, Arguments|list, ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Yield<'a> {
    /// The invocation.
    pub request: InvocationId,
    /// `Options`
    pub options: YieldOptions,
    /// What came of it.
    pub payload: Payload<'a>,
}

/// `YIELD.Options`
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct YieldOptions {
    /// More is to come: this is not the final result.
    pub progress: bool,
}

impl<'a> Yield<'a> {
    pub(super) const TYPE: u64 = 70;
    pub(super) const NAME: &'static str = "YIELD";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = InvocationId(e.id("INVOCATION.Request")?);
        Ok(Yield { request, options: e.dict("Options")?, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.dict(usize::from(self.options.progress));
        if self.options.progress {
            w.key("progress");
            w.bool(true);
        }
        w.end_dict();
    }
}

impl<'a> Entries<'a> for YieldOptions {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "progress" => self.progress = entry.bool("progress")?.unwrap_or_default(),
            _ => entry.skip()?,
        }
        Ok(())
    }
}

fn write_mode<W: Writer>(w: &mut W, mode: CancelMode) {
    w.dict(1);
    w.key("mode");
    w.str(mode.name());
    w.end_dict();
}

fn write_empty_dict<W: Writer>(w: &mut W) {
    w.dict(0);
    w.end_dict();
}

/// A dict of those texts that are there.
pub(super) fn write_texts<W: Writer>(w: &mut W, texts: &[(&str, &Option<Cow<'_, str>>)]) {
    w.dict(texts.iter().filter(|(_, text)| text.is_some()).count());
    for (key, text) in texts {
        if let Some(text) = text {
            w.key(key);
            w.str(text);
        }
    }
    w.end_dict();
}
