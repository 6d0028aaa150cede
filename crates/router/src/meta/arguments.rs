//! What the router's own procedures are called with.

use crosspoint_proto::error_uri;
use crosspoint_proto::id::PublicationId;
use crosspoint_proto::limits::ID_MAX;
use crosspoint_proto::payload::Payload;
use crosspoint_proto::uri::{MatchPolicy, UriRules};
use crosspoint_proto::value::{Dict, Value};

use crate::limits::META_ARGUMENTS_OCTETS_MAX;
use crate::refusal::{Refusal, match_policy};
use crate::time::Time;

/// The arguments of a call, read into memory.
pub(crate) struct Arguments {
    args: Vec<Value>,
    kwargs: Dict,
}

impl Arguments {
    pub(super) fn read(payload: Payload<'_>) -> Result<Arguments, Refusal> {
        if payload.octets.len() > META_ARGUMENTS_OCTETS_MAX {
            return Err(invalid("the arguments are longer than any that mean something here"));
        }
        Self::read_whole(payload)
    }

    /// As [`Arguments::read`], however long they are.
    pub(super) fn read_whole(payload: Payload<'_>) -> Result<Arguments, Refusal> {
        let (args, kwargs) = payload
            .values()
            .map_err(|unreadable| invalid(format!("the arguments cannot be read: {unreadable}")))?;
        Ok(Arguments { args, kwargs })
    }

    /// A positional argument, if it is there.
    pub(super) fn get(&self, index: usize) -> Option<&Value> {
        self.args.get(index).filter(|value| **value != Value::Null)
    }

    /// A keyword argument, if it is there.
    pub(super) fn keyword(&self, key: &str) -> Option<&Value> {
        self.kwargs.get(key).filter(|value| **value != Value::Null)
    }

    /// The first argument, a text; `what` says what is in it.
    pub(super) fn name(&self, what: &str) -> Result<&str, Refusal> {
        let name = self.get(0).and_then(Value::as_str);
        name.ok_or_else(|| invalid(format!("the first argument, {what}, is missing")))
    }

    /// An argument that is an ID; `what` says of what.
    pub(super) fn id(&self, index: usize, what: &str) -> Result<u64, Refusal> {
        const NTH: [&str; 3] = ["first", "second", "third"];
        let id = self.get(index).and_then(Value::as_u64);
        id.ok_or_else(|| {
            invalid(format!("the {} argument, {what}, is missing", NTH[index.min(NTH.len() - 1)]))
        })
    }

    /// `match` of the second argument, which has the options of a REGISTER or SUBSCRIBE.
    pub(super) fn match_option(&self) -> Result<MatchPolicy, Refusal> {
        let name = match self.get(1) {
            None => None,
            Some(Value::Dict(options)) => match options.get("match") {
                None | Some(Value::Null) => None,
                Some(Value::Str(name)) => Some(name.as_str()),
                Some(_) => return Err(invalid("options.match must be a string")),
            },
            Some(_) => return Err(invalid("the second argument, options, must be a dict")),
        };
        match_policy(name)
    }

    /// A keyword argument that is a text.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        self.typed(key, "a string", Value::as_str)
    }

    /// A keyword argument that is a truth value; false, if it is not there.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        Ok(self.typed(key, "a bool", Value::as_bool)?.unwrap_or(false))
    }

    /// A keyword argument that is the ID of a publication.
    pub(super) fn publication(&self, key: &str) -> Result<Option<PublicationId>, Refusal> {
        let id = self.typed(key, "a publication's ID", |value| {
            value.as_u64().filter(|id| (1..=ID_MAX).contains(id))
        })?;
        Ok(id.map(PublicationId))
    }

    /// A keyword argument that is a moment.
    pub(super) fn time(&self, key: &str) -> Result<Option<Time>, Refusal> {
        let expected = "a time like 2026-11-25T14:23:03.5Z (RFC 3339, and not before 1970)";
        self.typed(key, expected, |value| value.as_str().and_then(Time::from_rfc_3339))
    }

    /// `limit`, as a keyword or, as Crossbar.io has it, after the first argument: at least 1.
    pub(super) fn limit(&self) -> Result<Option<usize>, Refusal> {
        let Some(limit) = self.keyword("limit").or_else(|| self.get(1)) else { return Ok(None) };
        match limit.as_u64() {
            None | Some(0) => Err(invalid("limit must be an integer of at least 1")),
            Some(limit) => Ok(Some(usize::try_from(limit).unwrap_or(usize::MAX))),
        }
    }

    fn typed<'v, T>(
        &'v self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.keyword(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| invalid(format!("{key} must be {expected}")))
    }

    /// The first argument, a list of names, if it is there.
    pub(super) fn names(&self, what: &str) -> Result<Option<Vec<&str>>, Refusal> {
        let Some(list) = self.get(0) else { return Ok(None) };
        let names = list.as_list().map(|list| list.iter().map(Value::as_str).collect());
        match names {
            Some(Some(names)) => Ok(Some(names)),
            _ => Err(invalid(format!("the first argument, {what}, must be a list of strings"))),
        }
    }

    /// `reason`, why a session is closed: whatever is no URI is an invalid one.
    pub(super) fn closing_reason(&self) -> Result<&str, Refusal> {
        let Some(reason) = self.keyword("reason") else { return Ok(error_uri::KILLED) };
        let reason = reason.as_str().unwrap_or_default();
        let checked = UriRules::Loose.check(reason);
        checked.map_err(|not_a_uri| Refusal::invalid_uri("reason", not_a_uri))?;
        Ok(reason)
    }

    /// `reason`, a URI, as a keyword or after the session that something is taken away from.
    pub(super) fn reason(&self) -> Result<Option<&str>, Refusal> {
        let reason = self.get(2).or_else(|| self.keyword("reason")).and_then(Value::as_str);
        let checked = reason.map_or(Ok(()), |reason| UriRules::Loose.check(reason));
        checked.map_err(|not_a_uri| Refusal::invalid_uri("reason", not_a_uri))?;
        Ok(reason)
    }
}

pub(super) fn invalid(text: impl Into<String>) -> Refusal {
    Refusal { error: error_uri::INVALID_ARGUMENT, text: text.into() }
}
