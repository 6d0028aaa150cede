//! The router's tests: conversations for what it answers, a simulation for what it never does.

mod closing;
mod conversation;
mod limits;
mod link;
mod pubsub;
mod rpc;
mod serializers;
mod sessions;
mod simulation;
mod violations;
