//! What a session has asked for and is not answered yet, because it is more than others can wait for: it is
//! looked for in portions, and the session's next message waits until it is found.

use std::sync::Arc;

use crate::dealer;
use crate::dealer::call::Call;
use crate::member::Member;
use crate::meta::Search;
use crate::realm::Realm;
use crate::turn::Turn;

/// A call of one of the router's own procedures, and the search for what it comes to.
pub(crate) struct Unfinished {
    call: Arc<Call>,
    search: Box<dyn Search>,
}

impl Unfinished {
    pub(crate) fn new(call: Arc<Call>, search: Box<dyn Search>) -> Unfinished {
        Unfinished { call, search }
    }

    /// Does some of it: so much that nobody notices. Is it done?
    pub(crate) fn go_on(&mut self, realm: &Realm, caller: &Arc<Member>, turn: &mut Turn) -> bool {
        let Some(reply) = self.search.look(realm, caller, turn) else { return false };
        dealer::answer_meta(&self.call, Ok(reply), turn);
        true
    }
}
