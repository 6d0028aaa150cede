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
pub use super::options::{
    CallOptions, Disclosed, InvocationDetails, Passthru, RegisterOptions, ResultOptions, Revocation,
};
use super::violation::Violation;
use crate::id::{InvocationId, RegistrationId, RequestId};
use crate::payload::{Arity, Payload};
use crate::serializer::{Reader, Writer};

/// Calls a procedure:
/// `[CALL, Request|id, Options|dict, Procedure|uri, Arguments|list, ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'a> {
    /// The caller's ID for the call.
    pub request: RequestId,
    /// `Options`
    pub options: CallOptions<'a>,
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
        let options = e.dict("Options")?;
        Ok(Call { request, options, procedure: e.text("Procedure")?, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        self.options.write(w);
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
///
/// A progressive one is written with both payload elements, empty where there is nothing: clients
/// look for them.
#[derive(Clone, Debug, PartialEq)]
pub struct CallResult<'a> {
    /// The call.
    pub request: RequestId,
    /// `Details`
    pub details: ResultOptions<'a>,
    /// What came of it.
    pub payload: Payload<'a>,
}

impl<'a> CallResult<'a> {
    pub(super) const TYPE: u64 = 50;
    pub(super) const NAME: &'static str = "RESULT";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("CALL.Request")?);
        Ok(CallResult { request, details: e.dict("Details")?, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        let arity = if self.details.progress { Arity::ArgsKwargs } else { self.payload.arity };
        w.list(3 + arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        self.details.write(w);
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
        self.options.write(w);
        w.str(&self.procedure);
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

/// Acknowledges an UNREGISTER, or says that the router has taken a registration away:
/// `[UNREGISTERED, UNREGISTER.Request|id]` or `[UNREGISTERED, 0, Details|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Unregistered<'a> {
    /// The request; 0 if there was none.
    pub request: RequestId,
    /// `Details`, where there was no request.
    pub revocation: Option<Revocation<'a>>,
}

impl<'a> Unregistered<'a> {
    pub(super) const TYPE: u64 = 67;
    pub(super) const NAME: &'static str = "UNREGISTERED";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.integer("UNREGISTER.Request")?);
        let revocation = if request.0 == 0 { Some(e.dict("Details")?) } else { None };
        Ok(Unregistered { request, revocation })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(2 + usize::from(self.revocation.is_some()));
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        if let Some(revocation) = &self.revocation {
            revocation.write(w);
        }
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
    /// `Details`
    pub details: InvocationDetails<'a>,
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
        let details = e.dict("Details")?;
        Ok(Invocation { request, registration, details, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.uint(self.registration.0);
        self.details.write(w);
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
    pub options: ResultOptions<'a>,
    /// What came of it.
    pub payload: Payload<'a>,
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
        self.options.write(w);
    }
}

fn write_mode<W: Writer>(w: &mut W, mode: CancelMode) {
    w.dict(1);
    w.key("mode");
    w.str(mode.name());
    w.end_dict();
}
