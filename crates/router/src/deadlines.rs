//! The deadlines of one caller's calls: when the dealer stops waiting for their results.
//!
//! See "Call Timeouts" in the specification's Advanced Profile.

use std::collections::{BTreeMap, BTreeSet};

use crosspoint_proto::id::RequestId;

use crate::time::Time;

/// At most one for each call in flight, so they are as bounded as these.
#[derive(Default)]
pub(crate) struct Deadlines {
    by_time: BTreeSet<(Time, RequestId)>,
    by_request: BTreeMap<RequestId, Time>,
}

impl Deadlines {
    /// The first.
    pub(crate) fn next(&self) -> Option<Time> {
        self.by_time.first().map(|(time, _)| *time)
    }

    pub(crate) fn contains(&self, request: RequestId) -> bool {
        self.by_request.contains_key(&request)
    }

    /// In the place of one that the call may have had.
    pub(crate) fn set(&mut self, request: RequestId, time: Time) {
        self.remove(request);
        self.by_request.insert(request, time);
        self.by_time.insert((time, request));
    }

    pub(crate) fn remove(&mut self, request: RequestId) {
        if let Some(time) = self.by_request.remove(&request) {
            self.by_time.remove(&(time, request));
        }
    }

    /// Removes those that have come, and gives them in their order.
    pub(crate) fn take_until(&mut self, now: Time) -> Vec<RequestId> {
        let mut taken = Vec::new();
        while let Some((_, request)) =
            self.by_time.first().copied().filter(|(time, _)| *time <= now)
        {
            self.remove(request);
            taken.push(request);
        }
        taken
    }
}
