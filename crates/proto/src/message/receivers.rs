//! Who may receive a publication: `eligible`, `exclude` and their kin.
//!
//! See "Subscriber Black- and Whitelisting" in the specification's Advanced Profile.

use std::borrow::Cow;

use super::elements::Entry;
use super::options::Item;
use super::violation::Violation;
use crate::id::SessionId;
use crate::serializer::Reader;

/// To whom a publisher has restricted a publication. What is not said restricts nothing; an empty list
/// of those who are eligible leaves nobody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receivers<'a> {
    /// `eligible`
    pub eligible: Option<Listed<SessionId>>,
    /// `eligible_authid`
    pub eligible_authid: Option<Listed<Cow<'a, str>>>,
    /// `eligible_authrole`
    pub eligible_authrole: Option<Listed<Cow<'a, str>>>,
    /// `exclude`
    pub exclude: Option<Listed<SessionId>>,
    /// `exclude_authid`
    pub exclude_authid: Option<Listed<Cow<'a, str>>>,
    /// `exclude_authrole`
    pub exclude_authrole: Option<Listed<Cow<'a, str>>>,
}

/// A list in order and without repetitions, so that looking something up in it is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed<T>(Vec<T>);

impl<T: Ord> From<Vec<T>> for Listed<T> {
    fn from(mut items: Vec<T>) -> Self {
        items.sort_unstable();
        items.dedup();
        Listed(items)
    }
}

impl<T> Listed<T> {
    /// What is listed, in order.
    pub fn items(&self) -> &[T] {
        &self.0
    }
}

impl Listed<SessionId> {
    /// Is the session in the list?
    pub fn has(&self, session: SessionId) -> bool {
        self.0.binary_search(&session).is_ok()
    }
}

impl Listed<Cow<'_, str>> {
    /// Is the name in the list?
    pub fn has(&self, name: &str) -> bool {
        self.0.binary_search_by(|listed| listed.as_ref().cmp(name)).is_ok()
    }

    fn octets(&self) -> usize {
        // Each is an allocation of its own.
        const ALLOCATION_OCTETS: usize = 32;
        let names = self.items().iter();
        size_of_val(self.items()) + names.map(|name| name.len() + ALLOCATION_OCTETS).sum::<usize>()
    }

    fn into_static(self) -> Listed<Cow<'static, str>> {
        Listed(self.0.into_iter().map(|name| Cow::Owned(name.into_owned())).collect())
    }
}

impl<'a> Receivers<'a> {
    /// May this session receive the publication?
    pub fn include(&self, session: SessionId, authid: &str, authrole: &str) -> bool {
        self.eligible.as_ref().is_none_or(|list| list.has(session))
            && !self.exclude.as_ref().is_some_and(|list| list.has(session))
            && self.include_identity(authid, authrole)
    }

    /// May somebody of this identity receive it, as far as that does not depend on the session?
    pub fn include_identity(&self, authid: &str, authrole: &str) -> bool {
        self.eligible_authid.as_ref().is_none_or(|list| list.has(authid))
            && self.eligible_authrole.as_ref().is_none_or(|list| list.has(authrole))
            && !self.exclude_authid.as_ref().is_some_and(|list| list.has(authid))
            && !self.exclude_authrole.as_ref().is_some_and(|list| list.has(authrole))
    }

    /// Are single sessions named? That means nothing once they have ended.
    pub fn name_sessions(&self) -> bool {
        self.eligible.is_some() || self.exclude.is_some()
    }

    /// About the memory that the lists take up.
    pub fn octets(&self) -> usize {
        let sessions = [&self.eligible, &self.exclude].into_iter().flatten();
        let names = [
            &self.eligible_authid,
            &self.eligible_authrole,
            &self.exclude_authid,
            &self.exclude_authrole,
        ];
        sessions.map(|list| size_of_val(list.items())).sum::<usize>()
            + names.into_iter().flatten().map(Listed::octets).sum::<usize>()
    }

    /// The same, borrowed from nowhere.
    pub fn into_static(self) -> Receivers<'static> {
        Receivers {
            eligible: self.eligible,
            eligible_authid: self.eligible_authid.map(Listed::into_static),
            eligible_authrole: self.eligible_authrole.map(Listed::into_static),
            exclude: self.exclude,
            exclude_authid: self.exclude_authid.map(Listed::into_static),
            exclude_authrole: self.exclude_authrole.map(Listed::into_static),
        }
    }

    /// Reads the value of a key of this kind; any other is given back.
    pub(super) fn entry<'e, R: Reader<'a>>(
        receivers: &mut Option<Box<Self>>,
        key: &str,
        entry: Entry<'e, 'a, R>,
    ) -> Result<Option<Entry<'e, 'a, R>>, Violation> {
        match key {
            "eligible" => {
                let list = entry.sessions("eligible")?;
                restrict(receivers, list, |receivers| &mut receivers.eligible);
            }
            "eligible_authid" => {
                let list = entry.names("eligible_authid")?;
                restrict(receivers, list, |receivers| &mut receivers.eligible_authid);
            }
            "eligible_authrole" => {
                let list = entry.names("eligible_authrole")?;
                restrict(receivers, list, |receivers| &mut receivers.eligible_authrole);
            }
            "exclude" => {
                let list = unless_empty(entry.sessions("exclude")?);
                restrict(receivers, list, |receivers| &mut receivers.exclude);
            }
            "exclude_authid" => {
                let list = unless_empty(entry.names("exclude_authid")?);
                restrict(receivers, list, |receivers| &mut receivers.exclude_authid);
            }
            "exclude_authrole" => {
                let list = unless_empty(entry.names("exclude_authrole")?);
                restrict(receivers, list, |receivers| &mut receivers.exclude_authrole);
            }
            _ => return Ok(Some(entry)),
        }
        Ok(None)
    }

    pub(super) fn items<'o>(
        receivers: Option<&'o Receivers<'_>>,
    ) -> [(&'static str, Option<Item<'o>>); 6] {
        let sessions = |list: &'o Option<Listed<SessionId>>| {
            list.as_ref().map(|list| Item::Sessions(list.items()))
        };
        let Some(receivers) = receivers else { return [("", None); 6] };
        [
            ("eligible", sessions(&receivers.eligible)),
            ("eligible_authid", names(receivers.eligible_authid.as_ref())),
            ("eligible_authrole", names(receivers.eligible_authrole.as_ref())),
            ("exclude", sessions(&receivers.exclude)),
            ("exclude_authid", names(receivers.exclude_authid.as_ref())),
            ("exclude_authrole", names(receivers.exclude_authrole.as_ref())),
        ]
    }
}

fn names<'o>(list: Option<&'o Listed<Cow<'_, str>>>) -> Option<Item<'o>> {
    list.map(|list| Item::Texts(list.items()))
}

/// Nobody is excluded by that: it is as if it were not said.
fn unless_empty<T>(list: Option<Vec<T>>) -> Option<Vec<T>> {
    list.filter(|list| !list.is_empty())
}

fn restrict<'a, T: Ord>(
    receivers: &mut Option<Box<Receivers<'a>>>,
    list: Option<Vec<T>>,
    field: impl for<'r> FnOnce(&'r mut Receivers<'a>) -> &'r mut Option<Listed<T>>,
) {
    if let Some(list) = list {
        *field(receivers.get_or_insert_default()) = Some(list.into());
    }
}
