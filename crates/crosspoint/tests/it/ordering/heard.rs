//! What a subscriber has got, and whether it should have.

use std::collections::BTreeMap;

use crosspoint_proto::id::SubscriptionId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::Event;

use super::pattern::Pattern;
use super::{PUBLICATIONS, PUBLISHERS};

/// Numbers of publications, by publisher.
pub(super) type Numbers = [Option<u64>; PUBLISHERS];

/// Everything that one session has got.
pub(super) struct Heard {
    /// The subscription whose event says that nothing more comes.
    end: SubscriptionId,
    pub(super) ended: bool,
    pub(super) events: u64,
    /// The last of each publisher, by whichever subscription.
    pub(super) latest: Numbers,
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
}

struct Subscription {
    pattern: Pattern,
    /// What was heard last before SUBSCRIBED came.
    before: Numbers,
    first: Numbers,
    last: Numbers,
}

impl Heard {
    pub(super) fn new(end: SubscriptionId) -> Heard {
        let (latest, subscriptions) = (Numbers::default(), BTreeMap::new());
        Heard { end, ended: false, events: 0, latest, subscriptions }
    }

    /// SUBSCRIBED has come.
    pub(super) fn subscribed(&mut self, granted: SubscriptionId, pattern: &Pattern) {
        let (first, last) = Default::default();
        let (pattern, before) = (pattern.clone(), self.latest);
        let subscription = Subscription { pattern, before, first, last };
        let same = self.subscriptions.insert(granted, subscription);
        assert!(same.is_none(), "{granted:?} stands for two patterns");
    }

    /// UNSUBSCRIBED has come. It was wanted to the last of these; what comes between UNSUBSCRIBE and that, comes or not.
    pub(super) fn unsubscribed(&mut self, granted: SubscriptionId, wanted: &Numbers) {
        let subscription = self.subscriptions.remove(&granted).unwrap();
        subscription.check_visit(wanted);
    }

    pub(super) fn message(&mut self, message: &Message<'_>) {
        let Message::Event(event) = message else { panic!("{message:?} instead of an event") };
        assert!(!self.ended, "{event:?} comes after the end");
        if event.subscription == self.end {
            self.ended = true;
        } else {
            self.event(event);
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        let Some(subscription) = self.subscriptions.get_mut(&event.subscription) else {
            panic!("{event:?} before SUBSCRIBED or after UNSUBSCRIBED");
        };
        let (arguments, _) = event.payload.values().unwrap();
        let publisher = usize::try_from(arguments[0].as_u64().unwrap()).unwrap();
        let number = arguments[1].as_u64().unwrap();
        subscription.hear(publisher, number);
        let latest = self.latest[publisher].replace(number);
        assert!(latest.is_none_or(|latest| latest <= number), "{latest:?} comes before {number}");
        self.events += 1;
    }

    /// Nothing more comes: those who have subscribed before the first publication have got all.
    pub(super) fn check_complete(&self) {
        for subscription in self.subscriptions.values() {
            subscription.check_complete();
        }
    }
}

impl Subscription {
    fn hear(&mut self, publisher: usize, number: u64) {
        let pattern = &self.pattern;
        assert!(pattern.covers(publisher, number), "{number} of {publisher} for {pattern:?}");
        let last = self.last[publisher].replace(number);
        let in_order = last.is_none_or(|last| last + pattern.step() == number);
        assert!(in_order, "{number} of {publisher} follows {last:?} for {pattern:?}");
        self.first[publisher].get_or_insert(number);
    }

    /// It came and went. Of the publications that were heard otherwise in that time the first and the
    /// last may have been under way when it came, and when it went; those in between it must have
    /// got.
    fn check_visit(&self, latest: &Numbers) {
        for (publisher, latest) in latest.iter().enumerate() {
            let begun = self.before[publisher].map_or(0, |before| before + 1);
            let certain = begun + 1..latest.unwrap_or(0);
            let mut covered = certain.filter(|number| self.pattern.covers(publisher, *number));
            self.check_got(publisher, covered.next(), covered.next_back());
        }
    }

    fn check_complete(&self) {
        for publisher in 0..PUBLISHERS {
            let mut covered =
                (0..PUBLICATIONS).filter(|number| self.pattern.covers(publisher, *number));
            self.check_got(publisher, covered.next(), covered.next_back());
        }
    }

    /// What comes without a gap, and began no later and ended no earlier than these, has them all.
    fn check_got(&self, publisher: usize, first: Option<u64>, last: Option<u64>) {
        let got = (self.first[publisher], self.last[publisher]);
        let begins = first.is_none_or(|first| got.0.is_some_and(|got| got <= first));
        let ends = last.is_none_or(|last| got.1.is_some_and(|got| got >= last));
        let pattern = &self.pattern;
        assert!(begins, "{first:?} of {publisher} is missing for {pattern:?}, got {got:?}");
        assert!(ends, "{last:?} of {publisher} is missing for {pattern:?}, got {got:?}");
    }
}
