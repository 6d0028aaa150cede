//! The registrations of a realm: the table in which calls find them, and everything that changes it.
//!
//! Calls read the table at any time. Whoever changes it holds the realm's control lock, and with it
//! knows which session has which registrations.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Role};
use crosspoint_proto::id::{RegistrationId, RequestId, SessionId};
use crosspoint_proto::invoke::InvokePolicy;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{
    Register, RegisterOptions, Registered, Revocation, Unregister, Unregistered,
};
use crosspoint_proto::uri::{self, MatchPolicy};

use super::Dealer;
use super::registration::{Endpoint, EndpointOptions, Registration};
use super::route::{disappoint_waiting, move_waiting};
use crate::authorization::Rights;
use crate::control::Control;
use crate::ids::SplitMix64;
use crate::limits::WORK_OF_GIVING_UP;
use crate::matcher::{Matcher, TooManyShapes};
use crate::member::{Member, Undeliverable};
use crate::meta::changes::Change;
use crate::refusal::{Refusal, match_policy};
use crate::settings::{Disclosure, RealmSettings};
use crate::turn::Turn;

/// The registrations that calls find.
#[derive(Default)]
pub(crate) struct Registrations {
    matcher: Matcher<Arc<Registration>>,
    last_id: AtomicU64,
}

/// A REGISTER that makes sense.
pub(crate) struct Wanted<'r> {
    request: RequestId,
    procedure: &'r str,
    matching: MatchPolicy,
    invoke: InvokePolicy,
    force: bool,
    /// Also from others: known of who forces.
    may_remove_callees: bool,
    options: EndpointOptions,
}

impl Registrations {
    /// The registration that a call of this procedure goes to. The protocol's own URIs are never
    /// caught by a pattern that is not.
    pub(crate) fn resolve(&self, procedure: &str) -> Option<Arc<Registration>> {
        let reserved = uri::is_reserved(procedure);
        self.matcher
            .best(procedure, |registration| !reserved || uri::is_reserved(&registration.procedure))
    }

    /// The registration of just this procedure or pattern.
    pub(crate) fn get(&self, matching: MatchPolicy, procedure: &str) -> Option<Arc<Registration>> {
        self.matcher.get(matching, procedure)
    }

    /// Takes it out, unless another one is in its place already.
    fn remove(&self, registration: &Arc<Registration>) {
        let Registration { matching, procedure, .. } = &**registration;
        if self.get(*matching, procedure).is_some_and(|found| Arc::ptr_eq(&found, registration)) {
            self.matcher.remove(*matching, procedure);
        }
    }
}

impl<'r> Wanted<'r> {
    fn granted(&self, registration: &Registration) -> Message<'static> {
        let (request, registration) = (self.request, registration.id);
        Message::Registered(Registered { request, registration })
    }

    /// Checks what a callee asks for against what there is and what its realm allows.
    pub(crate) fn new(
        register: &'r Register<'_>,
        (callee, rights): (&Member, &Rights),
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
            return Err(Refusal::disclosure("callees who calls", "disclose_caller"));
        }
        Ok(Wanted {
            request: *request,
            procedure,
            matching,
            invoke,
            force: options.force_reregister,
            may_remove_callees: options.force_reregister && rights.may_remove_callees(),
            options: endpoint_options(options)?,
        })
    }
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
        let registration = match found {
            Some(found) if wanted.force => {
                check_takeover(&found, wanted, callee, control)?;
                // It takes the other's place in the table first: no call finds neither.
                let created = self.create(control, callee, wanted, choices, turn)?;
                found.be_succeeded_by(&created);
                for session in found.callees() {
                    self.take_away(control, &found, session, None, turn);
                }
                control.changes.note_registration(Change::Create, callee.session, &created);
                move_waiting(&found, &created, turn);
                created
            }
            Some(found) => {
                check_joinable(&found, wanted, callee)?;
                callee.send(&wanted.granted(&found), turn);
                found.add(callee, wanted.options);
                found
            }
            None => {
                let created = self.create(control, callee, wanted, choices, turn)?;
                control.changes.note_registration(Change::Create, callee.session, &created);
                created
            }
        };
        if let Some(place) = control.places.get_mut(&callee.session) {
            place.add_registration(&registration);
        }
        control.changes.note_registration(Change::Add, callee.session, &registration);
        turn.note_vacancy(&registration);
        Ok(())
    }

    /// A registration and its first endpoint. It is in the table and REGISTERED in the outbox in one
    /// step, as calls see it: they need the callee's lock to invoke.
    fn create(
        &self,
        control: &mut Control,
        callee: &Arc<Member>,
        wanted: &Wanted<'_>,
        choices: u64,
        turn: &mut Turn,
    ) -> Result<Arc<Registration>, Refusal> {
        let id = RegistrationId(self.registrations.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        let pattern = (wanted.matching, wanted.procedure.into());
        let dice = SplitMix64(choices ^ id.0);
        let registration = Registration::new(id, pattern, wanted.invoke, turn.now(), dice);
        let registration = Arc::new(registration);
        registration.add(callee, wanted.options);
        let procedure = Arc::clone(&registration.procedure);
        let inserted = callee.with(turn, |state, turn| {
            let matcher = &self.registrations.matcher;
            matcher.insert(wanted.matching, procedure, Arc::clone(&registration))?;
            callee.push_or_overflow(state, &wanted.granted(&registration), turn);
            Ok(())
        });
        if let Err(TooManyShapes) = inserted {
            registration.remove(callee.session);
            return Err(TooManyShapes.into());
        }
        control.registrations.insert(id, Arc::clone(&registration));
        Ok(registration)
    }

    /// UNREGISTER: the callee leaves a registration. False if it is not in it.
    pub(crate) fn unregister(
        &self,
        control: &mut Control,
        callee: &Arc<Member>,
        unregister: Unregister,
        turn: &mut Turn,
    ) -> bool {
        let Unregister { request, registration } = unregister;
        let place = control.places.get(&callee.session);
        let held = place.filter(|place| place.registrations.contains(&registration));
        let registration = held.and_then(|_| control.registrations.get(&registration)).cloned();
        let Some(registration) = registration else { return false };
        let message = Message::Unregistered(Unregistered { request, revocation: None });
        let left = self.detach(control, &registration, callee.session, turn, |endpoint, turn| {
            // In one step: whoever still holds the endpoint has invoked it before UNREGISTERED, or
            // finds that it has ended.
            callee.send_after(|| endpoint.deactivate(), &message, turn);
        });
        disappoint_waiting_for_nobody(&registration, turn);
        left
    }

    /// A callee loses a registration, and is told if it wants to know. False if it is not in it.
    ///
    /// See "Registration Revocation" in the specification's Advanced Profile.
    pub(crate) fn revoke(
        &self,
        control: &mut Control,
        registration: &Arc<Registration>,
        session: SessionId,
        reason: Option<&str>,
        turn: &mut Turn,
    ) -> bool {
        let taken = self.take_away(control, registration, session, reason, turn);
        disappoint_waiting_for_nobody(registration, turn);
        taken
    }

    fn take_away(
        &self,
        control: &mut Control,
        registration: &Arc<Registration>,
        session: SessionId,
        reason: Option<&str>,
        turn: &mut Turn,
    ) -> bool {
        let revocation = Revocation {
            registration: Some(registration.id),
            reason: Some(reason.unwrap_or(error_uri::UNREGISTERED).into()),
        };
        let told = |revocation| {
            let request = RequestId(0);
            Message::Unregistered(Unregistered { request, revocation: Some(revocation) })
        };
        let shorter = Revocation { registration: Some(registration.id), reason: None };
        let (message, shorter) = (told(revocation), told(shorter));
        self.detach(control, registration, session, turn, |endpoint, turn| {
            let callee = &endpoint.callee;
            callee.with(turn, |state, turn| {
                endpoint.deactivate();
                let features = state.roles.features(Role::Callee);
                if features.has(Feature::RegistrationRevocation) {
                    // Advice, as an INTERRUPT is: who has no room for it has lost the registration
                    // all the same, but not its session.
                    let pushed = callee.push(state, &message, &mut turn.buffers);
                    if pushed == Err(Undeliverable::TooLong) {
                        let _ = callee.push(state, &shorter, &mut turn.buffers);
                    }
                }
            });
        })
    }

    /// A session leaves: it gives up so much of what it has registered. False if that was the last.
    pub(crate) fn give_up(
        &self,
        control: &mut Control,
        session: SessionId,
        most: usize,
        turn: &mut Turn,
    ) -> bool {
        for _ in 0..most {
            let Some(place) = control.places.get_mut(&session) else { return false };
            let Some(id) = place.registrations.pop_first() else { return false };
            let Some(registration) = control.registrations.get(&id).cloned() else { continue };
            self.detach(control, &registration, session, turn, |endpoint, _turn| {
                endpoint.callee.state(|_state| endpoint.deactivate());
            });
            disappoint_waiting_for_nobody(&registration, turn);
            turn.spend(WORK_OF_GIVING_UP);
        }
        true
    }

    /// Takes a callee off a registration, and the registration off the table with its last: in this
    /// order, so that calls that find no endpoint find another table, too.
    fn detach(
        &self,
        control: &mut Control,
        registration: &Arc<Registration>,
        session: SessionId,
        turn: &mut Turn,
        end: impl FnOnce(&Endpoint, &mut Turn),
    ) -> bool {
        if !registration.has_callee(session) {
            return false;
        }
        let last = registration.count_callees() == 1;
        if last {
            self.registrations.remove(registration);
            control.registrations.remove(&registration.id);
        }
        let Some(endpoint) = registration.remove(session) else { return false };
        if let Some(place) = control.places.get_mut(&session) {
            place.remove_registration(registration);
        }
        end(&endpoint, turn);
        control.changes.note_registration(Change::Remove, session, registration);
        if last {
            control.changes.note_registration(Change::Delete, session, registration);
        } else {
            // A partitioned call may have waited for this callee, and has another now.
            turn.note_vacancy(registration);
        }
        true
    }
}

fn disappoint_waiting_for_nobody(registration: &Registration, turn: &mut Turn) {
    if registration.count_callees() == 0 {
        disappoint_waiting(registration, turn);
    }
}

/// From itself and its like a session may take a registration: somebody who comes again, when nobody knows yet that
/// his connection is broken. From others may who could remove them just as well.
fn check_takeover(
    registration: &Registration,
    wanted: &Wanted<'_>,
    callee: &Member,
    control: &Control,
) -> Result<(), Refusal> {
    let is_own = |session: &SessionId| {
        *session == callee.session
            || control.place(*session).is_none_or(|place| place.member.is_same_as(callee))
    };
    if wanted.may_remove_callees || registration.callees().iter().all(is_own) {
        return Ok(());
    }
    let text = "to force others out of a registration needs a permission that names \
                wamp.registration.remove_callee"
        .to_owned();
    Err(Refusal { error: error_uri::NOT_AUTHORIZED, text })
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
