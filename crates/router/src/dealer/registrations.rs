//! The registrations of a realm: the table in which calls find them, and everything that changes it.
//!
//! Calls read the table at any time. Whoever changes it holds the realm's control lock, and with it
//! knows which session has which registrations.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, RequestId, SessionId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{Register, RegisterOptions, Registered};
use crosspoint_proto::uri::{self, MatchPolicy};

use super::Dealer;
use super::policy::InvokePolicy;
use super::registration::{Endpoint, EndpointOptions, Registration};
use super::route::{disappoint_waiting, move_waiting};
use crate::control::Control;
use crate::ids::SplitMix64;
use crate::matcher::Matcher;
use crate::member::Member;
use crate::meta::registration::Change;
use crate::refusal::Refusal;
use crate::settings::{Disclosure, RealmSettings};
use crate::turn::Turn;

/// The registrations that calls find.
#[derive(Default)]
pub(crate) struct Registrations {
    matcher: Matcher<Arc<Registration>>,
    last_id: AtomicU64,
}

/// The registrations that there are, by ID: part of what the control lock holds.
pub(crate) type RegistrationsById = BTreeMap<RegistrationId, Arc<Registration>>;

/// A REGISTER that makes sense.
pub(crate) struct Wanted<'r> {
    request: RequestId,
    procedure: &'r str,
    matching: MatchPolicy,
    invoke: InvokePolicy,
    force: bool,
    options: EndpointOptions,
}

impl Registrations {
    /// The registration that a call of this procedure goes to. The protocol's own URIs are never
    /// caught by a pattern that is not.
    pub(crate) fn resolve(&self, procedure: &str) -> Option<Arc<Registration>> {
        let reserved = uri::is_reserved(procedure);
        self.matcher.best(procedure, |registration| {
            !reserved || uri::is_reserved(&registration.procedure)
        })
    }

    /// The registration of just this procedure or pattern.
    pub(crate) fn get(&self, matching: MatchPolicy, procedure: &str) -> Option<Arc<Registration>> {
        self.matcher.get(matching, procedure)
    }
}

impl<'r> Wanted<'r> {
    /// Checks what a callee asks for against what there is and what its realm allows.
    pub(crate) fn new(
        register: &'r Register<'_>,
        callee: &Member,
        realm: &RealmSettings,
    ) -> Result<Wanted<'r>, Refusal> {
        let Register { request, options, procedure } = register;
        let matching = match_policy(options.matching.as_deref())?;
        let invoke = invoke_policy(options.invoke.as_deref())?;
        let checked = realm.uri_rules.check_pattern(procedure, matching);
        checked.map_err(|invalid| Refusal::invalid_uri("procedure", invalid))?;
        if uri::is_reserved(procedure) && !realm.may_use_reserved(&callee.identity().authrole) {
            return Err(Refusal::invalid_uri("procedure", uri::InvalidUri::Reserved));
        }
        if options.disclose_caller && realm.disclosure == Disclosure::Never {
            return Err(Refusal::disclosure("disclose_caller"));
        }
        Ok(Wanted {
            request: *request,
            procedure,
            matching,
            invoke,
            force: options.force_reregister,
            options: endpoint_options(options)?,
        })
    }
}

/// `Options.match`, of a registration or of a subscription.
pub(crate) fn match_policy(name: Option<&str>) -> Result<MatchPolicy, Refusal> {
    let Some(name) = name else { return Ok(MatchPolicy::default()) };
    MatchPolicy::from_name(name).ok_or_else(|| Refusal {
        error: error_uri::OPTION_NOT_ALLOWED,
        text: format!("match '{name}' is not known: exact, prefix and wildcard are"),
    })
}

fn invoke_policy(name: Option<&str>) -> Result<InvokePolicy, Refusal> {
    let Some(name) = name else { return Ok(InvokePolicy::default()) };
    InvokePolicy::from_name(name).ok_or_else(|| Refusal {
        error: error_uri::OPTION_NOT_ALLOWED,
        text: format!(
            "invoke '{name}' is not known: single, roundrobin, random, first, last and \
             x_least_pending are"
        ),
    })
}

fn endpoint_options(options: &RegisterOptions<'_>) -> Result<EndpointOptions, Refusal> {
    // More than fits is as good as no limit.
    let clamped = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let concurrency = match options.concurrency {
        Some(0) => {
            let text = "concurrency 0 would never take a call: at least 1".into();
            return Err(Refusal { error: error_uri::OPTION_NOT_ALLOWED, text });
        }
        concurrency => concurrency.map(clamped).and_then(NonZeroU32::new),
    };
    Ok(EndpointOptions {
        disclose_caller: options.disclose_caller,
        forward_timeout: options.forward_timeout,
        concurrency,
        queue_max: options.queue.map_or(0, clamped),
    })
}

impl Dealer {
    /// REGISTER: the callee joins a registration, or makes one.
    pub(crate) fn register(
        &self,
        control: &mut Control,
        callee: &Arc<Member>,
        wanted: &Wanted<'_>,
        choices: u64,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let found = self.registrations.get(wanted.matching, wanted.procedure);
        let replaced = found.clone().filter(|_| wanted.force);
        let joined = found.filter(|_| !wanted.force);
        if let Some(registration) = &joined {
            check_joinable(registration, wanted, callee)?;
        }
        if let Some(registration) = &replaced {
            self.revoke_all(control, registration, turn);
        }
        let registration = match joined {
            Some(registration) => registration,
            None => self.create(control, wanted, choices, turn)?,
        };
        let registered = Registered { request: wanted.request, registration: registration.id };
        // REGISTERED is in the outbox before the first call can find the endpoint.
        callee.send(&Message::Registered(registered), turn);
        self.join(control, &registration, callee, wanted.options);
        if let Some(replaced) = replaced {
            move_waiting(&replaced, &registration, turn);
        }
        turn.note_vacancy(&registration);
        Ok(())
    }

    /// A registration without endpoints. Calls that find it look again until it has one, which is
    /// before the control lock is given back.
    fn create(
        &self,
        control: &mut Control,
        wanted: &Wanted<'_>,
        choices: u64,
        turn: &Turn,
    ) -> Result<Arc<Registration>, Refusal> {
        let id = self.registrations.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let pattern = (wanted.matching, wanted.procedure.into());
        let dice = SplitMix64(choices ^ id);
        let registration =
            Registration::new(RegistrationId(id), pattern, wanted.invoke, turn.now(), dice);
        let _ = control;
        Ok(Arc::new(registration))
    }

    fn join(
        &self,
        control: &mut Control,
        registration: &Arc<Registration>,
        callee: &Arc<Member>,
        options: EndpointOptions,
    ) {
        let _ = (control, registration, callee, options, self);
    }

    fn revoke_all(&self, control: &mut Control, registration: &Arc<Registration>, turn: &mut Turn) {
        let _ = (control, registration, turn, disappoint_waiting, Change::Created, self);
    }
}

fn check_joinable(
    registration: &Registration,
    wanted: &Wanted<'_>,
    callee: &Member,
) -> Result<(), Refusal> {
    let (procedure, invoke) = (&registration.procedure, registration.invoke.name());
    let asked = wanted.invoke.name();
    let refused = |error, text| Err(Refusal { error, text });
    if registration.has_callee(callee.session) {
        let text = format!("this session has registered {procedure} already");
        return refused(error_uri::PROCEDURE_ALREADY_EXISTS, text);
    }
    if registration.invoke != wanted.invoke {
        let error = match registration.invoke {
            InvokePolicy::Single => error_uri::PROCEDURE_ALREADY_EXISTS,
            _ => error_uri::DIFFERENT_INVOCATION_POLICY,
        };
        let text = format!("{procedure} is registered with invoke '{invoke}', not '{asked}'");
        return refused(error, text);
    }
    if !registration.invoke.is_shared() {
        let text = format!("{procedure} is registered already, and not to be shared");
        return refused(error_uri::PROCEDURE_ALREADY_EXISTS, text);
    }
    Ok(())
}
