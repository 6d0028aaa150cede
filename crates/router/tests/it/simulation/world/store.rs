//! The store writes, fails, or is full; and the router is killed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crosspoint_router::router::{Router, Settings};

use super::World;
use crate::simulation::model::Model;
use crate::store::Progress;

impl World {
    /// The store writes some of what waits.
    pub(super) fn write(&mut self) {
        let changes = [1, 1, 2, 3, 5, 100][self.roll(6)];
        self.log.push(format!("the store writes {changes} changes"));
        self.turn.begin(self.model.now);
        self.store.write(changes, &mut self.turn);
        self.check(Model::store_has_written);
    }

    pub(super) fn write_everything(&mut self) {
        self.turn.begin(self.model.now);
        self.store.write(usize::MAX, &mut self.turn);
        self.check(Model::store_has_written);
    }

    /// It cannot write what waits, or takes nothing more for a time. What is left out then is not there
    /// after a restart, so there is none in such worlds.
    pub(super) fn disturb_store(&mut self) {
        if self.restarts {
            return;
        }
        if self.roll(2) == 0 {
            self.log.push("the store cannot write".into());
            self.turn.begin(self.model.now);
            self.store.fail(&mut self.turn);
            return self.check(Model::store_has_failed);
        }
        self.model.store_is_full = !self.model.store_is_full;
        self.store.fill_up(self.model.store_is_full);
    }

    /// The router is killed, and starts again with what the store has written. All connections are gone.
    pub(super) fn kill_router(&mut self) {
        self.log.push("the router is killed, and starts again".into());
        for client in self.clients.values() {
            client.link.broken.store(true, Ordering::Relaxed);
        }
        let Progress { done, .. } = self.store.progress();
        self.store.crash();
        self.past.extend(self.model.sessions.values().map(|session| session.id));
        self.clients.clear();
        for seat in &mut self.seats {
            *seat = self.names;
            self.names += 1;
        }
        let settings = Settings { started: self.model.now, ..self.settings.clone() };
        self.router = Arc::new(Router::with_store(settings, self.store.clone()));
        self.store.restore_to(&self.router);
        self.model.start_again(done);
        self.model.submitted = self.store.progress().submitted;
    }
}
