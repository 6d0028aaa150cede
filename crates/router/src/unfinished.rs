//! What a session has begun and not finished, because it is more than others can wait for: it is done in
//! portions, and the session's next message waits until it is done.

use std::sync::Arc;

use crate::broker::outstanding::Outstanding;
use crate::dealer;
use crate::dealer::call::Call;
use crate::member::Member;
use crate::meta::Search;
use crate::realm::Realm;
use crate::turn::Turn;

/// What is being done in portions.
pub(crate) enum Unfinished {
    /// A new subscriber gets what is retained.
    Retained(Outstanding),
    /// A call of one of the router's own procedures, and what is looked for.
    Search(Arc<Call>, Box<dyn Search>),
}

/// What has come of one portion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Portion {
    Last,
    /// There are others.
    More,
    /// There are others, when the session's peer has read: then its task is told.
    NoRoom,
}

impl Unfinished {
    /// Does some of it: so much that nobody notices.
    pub(crate) fn go_on(
        &mut self,
        realm: &Realm,
        member: &Arc<Member>,
        turn: &mut Turn,
    ) -> Portion {
        match self {
            Unfinished::Retained(outstanding) => realm.broker.give(outstanding, member, turn),
            Unfinished::Search(call, search) => match search.look(realm, member, turn) {
                None => Portion::More,
                Some(reply) => {
                    dealer::answer_meta(call, Ok(reply), turn);
                    Portion::Last
                }
            },
        }
    }
}
