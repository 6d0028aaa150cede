//! What is subscribed to, and which publications it covers.

/// A topic, or a pattern of topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) policy: &'static str,
    pub(super) uri: String,
    /// Whose publications it covers, if not everybody's.
    publisher: Option<usize>,
    /// Those to which of his topics, if not to both.
    topic: Option<u64>,
}

/// Where a publication of this number goes: to one topic and to the other in turn.
pub(super) fn topic(publisher: usize, number: u64) -> String {
    format!("com.example.news.publisher{publisher}.topic{}", number % 2)
}

impl Pattern {
    pub(super) fn topic(publisher: usize, number: u64) -> Pattern {
        let (uri, topic) = (topic(publisher, number), Some(number % 2));
        Pattern { policy: "exact", uri, publisher: Some(publisher), topic }
    }

    /// All topics of a publisher.
    pub(super) fn publisher(publisher: usize) -> Pattern {
        let uri = format!("com.example.news.publisher{publisher}.");
        Pattern { policy: "prefix", uri, publisher: Some(publisher), topic: None }
    }

    /// All topics of all publishers.
    pub(super) fn everything() -> Pattern {
        let uri = "com.example.news.".to_owned();
        Pattern { policy: "prefix", uri, publisher: None, topic: None }
    }

    /// One topic of each publisher.
    pub(super) fn of_all(topic: u64) -> Pattern {
        let uri = format!("com.example.news..topic{topic}");
        Pattern { policy: "wildcard", uri, publisher: None, topic: Some(topic) }
    }

    /// Where it is published that nothing more comes.
    pub(super) fn end() -> Pattern {
        let uri = "com.example.end".to_owned();
        Pattern { policy: "exact", uri, publisher: None, topic: None }
    }

    pub(super) fn covers(&self, publisher: usize, number: u64) -> bool {
        self.publisher.is_none_or(|covered| covered == publisher)
            && self.topic.is_none_or(|covered| covered == number % 2)
    }

    /// From one publication that it covers to the next of the same publisher.
    pub(super) fn step(&self) -> u64 {
        if self.topic.is_some() { 2 } else { 1 }
    }
}
