//! A claim: whom a client's HELLO says that it is, and how it can prove that.

use crosspoint_proto::auth::cryptosign::{self, ChannelId, PublicKey};
use crosspoint_proto::auth::scram::{AuthMessage, ClientNonce, Dialect, Nonce};
use crosspoint_proto::auth::{AuthMethod, wampcra};
use crosspoint_proto::error_uri;
use crosspoint_proto::message::authentication::{Challenge, ChallengeExtra, HelloExtra};
use crosspoint_proto::message::session::HelloDetails;

use super::authid::check_authid;
use super::challenge::{Challenged, Proof};
use super::principal::{Principal, ScramKeys};
use super::{Circumstances, DYNAMIC, STATIC};
use crate::member::Identity;
use crate::refusal::Refusal;
use crate::settings::RealmSettings;

/// Whom a client claims to be.
pub(super) struct Claim<'c> {
    authid: Option<&'c str>,
    extra: &'c HelloExtra<'c>,
    realm: &'c RealmSettings,
    circumstances: &'c Circumstances<'c>,
    /// Who goes by that name.
    known: Option<&'c Principal>,
    /// Whose credentials are asked for: his, or those that a stranger seems to have.
    seeming: Option<&'c Principal>,
    /// By whose word he is known.
    provider: &'static str,
}

/// Why a method cannot be used.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unfit {
    /// HELLO lacks something, which is named for people.
    Lacks(&'static str),
    /// There is no such method, or the proof should be bound to a channel that has no name.
    Unbound,
    /// Who is claimed to be there has nothing to check a proof with.
    WithoutCredential,
    /// What the transport proves stands for nobody, or for somebody else than HELLO says.
    Nobodys,
}

/// What is asked, and what has to be answered.
pub(super) type Asked = (Challenge<'static>, Box<Challenged>);

impl<'c> Claim<'c> {
    pub(super) fn new(
        realm: &'c RealmSettings,
        hello: &'c HelloDetails<'c>,
        circumstances: &'c Circumstances<'c>,
    ) -> Result<Self, Refusal> {
        let authid = hello.authid.as_deref();
        if let Some(Err(invalid)) = authid.map(check_authid) {
            let text = invalid.to_string();
            return Err(Refusal { error: error_uri::AUTHENTICATION_DENIED, text });
        }
        let principals = &realm.authentication.principals;
        let known = authid.and_then(|authid| principals.by_authid(authid));
        let (extra, provider, seeming) = (&hello.authextra, STATIC, None);
        let mut claim = Claim { authid, extra, realm, circumstances, known, seeming, provider };
        // For those who exist, too: it takes as long.
        let stranger = principals.seeming(&claim.made_up("seems"), circumstances.strangers);
        claim.seeming = known.or(stranger.filter(|_| authid.is_some()));
        Ok(claim)
    }

    /// The name that the client gives.
    pub(super) fn authid(&self) -> Option<&'c str> {
        self.authid
    }

    /// Of somebody of whom an authenticator has told.
    pub(super) fn of(
        principal: &'c Principal,
        realm: &'c RealmSettings,
        hello: &'c HelloDetails<'c>,
        circumstances: &'c Circumstances<'c>,
    ) -> Self {
        let known = Some(principal);
        let (authid, extra) = (hello.authid.as_deref(), &hello.authextra);
        Claim { authid, extra, realm, circumstances, known, seeming: known, provider: DYNAMIC }
    }

    /// Of somebody of whom an authenticator knows nothing, and who seems to be like this.
    pub(super) fn of_nobody(
        like: &'c Principal,
        realm: &'c RealmSettings,
        hello: &'c HelloDetails<'c>,
        circumstances: &'c Circumstances<'c>,
    ) -> Self {
        Claim { known: None, ..Claim::of(like, realm, hello, circumstances) }
    }

    /// The same client, taken for a stranger who can use this method.
    pub(super) fn of_stranger(&self, method: AuthMethod) -> Claim<'c> {
        let principals = &self.realm.authentication.principals;
        let (name, key) = (self.made_up(method.name()), self.circumstances.strangers);
        Claim { known: None, seeming: principals.seeming_with(method, &name, key), ..*self }
    }

    /// Asks for a proof by this method, which the client calls by that name.
    pub(super) fn challenge(&self, method: AuthMethod, name: &str) -> Result<Asked, Unfit> {
        match (method, self.authid) {
            (AuthMethod::Cryptosign, _) => self.cryptosign(),
            (_, None) => Err(Unfit::Lacks("an authid")),
            (AuthMethod::Ticket, Some(_)) => self.ticket(),
            (AuthMethod::WampCra, Some(authid)) => self.wampcra(authid),
            (AuthMethod::WampScram, Some(authid)) => {
                self.scram(authid, Dialect::from_method(name).unwrap_or_default())
            }
            (
                AuthMethod::Anonymous | AuthMethod::Cookie | AuthMethod::Tls | AuthMethod::Jwt,
                Some(_),
            ) => Err(Unfit::WithoutCredential),
        }
    }

    fn ticket(&self) -> Result<Asked, Unfit> {
        let seeming = self.seeming.ok_or(Unfit::WithoutCredential)?;
        let ticket = seeming.credentials.ticket.clone().ok_or(Unfit::WithoutCredential)?;
        let method = AuthMethod::Ticket.name();
        Ok(self.ask(method, ChallengeExtra::default(), Proof::Ticket(ticket), self.known))
    }

    fn wampcra(&self, authid: &str) -> Result<Asked, Unfit> {
        let seeming = self.seeming.ok_or(Unfit::WithoutCredential)?;
        let shared = seeming.credentials.wampcra.as_ref().ok_or(Unfit::WithoutCredential)?;
        let Circumstances { session, now, random, .. } = self.circumstances;
        let challenge = wampcra::Challenge {
            authid,
            authrole: &seeming.role,
            authprovider: self.provider,
            nonce: &cryptosign::Challenge(*random).to_hex(),
            timestamp: &now.to_iso_8601(),
            session: *session,
        };
        let challenge = challenge.to_json();
        let mut extra =
            ChallengeExtra { challenge: Some(challenge.clone().into()), ..Default::default() };
        if let Some(salting) = &shared.salting {
            let name = self.name_of_salt(AuthMethod::WampCra);
            let made_up = self.circumstances.strangers.salt(&name, salting.salt());
            let salt = self.known.map_or(made_up, |_| salting.salt().to_owned());
            extra.salt = Some(salt.into());
            extra.iterations = Some(salting.iterations().into());
            extra.keylen = Some(salting.keylen().into());
        }
        let proof = Proof::WampCra { key: shared.key.clone(), challenge };
        Ok(self.ask(AuthMethod::WampCra.name(), extra, proof, self.known))
    }

    fn scram(&self, authid: &str, dialect: Dialect) -> Result<Asked, Unfit> {
        let nonce =
            self.extra.nonce.as_deref().and_then(|nonce| ClientNonce::from_base64(nonce).ok());
        let nonce = nonce.ok_or(Unfit::Lacks("authextra.nonce, 8 to 64 octets in base64"))?;
        if self.extra.channel_binding.is_some() {
            return Err(Unfit::Unbound);
        }
        let seeming = self.seeming.ok_or(Unfit::WithoutCredential)?;
        let ScramKeys { stored, salt, cost } =
            seeming.credentials.scram.as_ref().ok_or(Unfit::WithoutCredential)?;
        let name = self.name_of_salt(AuthMethod::WampScram);
        let made_up = self.circumstances.strangers.scram_salt(&name, salt);
        let salt = self.known.map_or(made_up, |_| salt.clone());
        let random = &self.circumstances.random;
        let nonce = Nonce::answer(&nonce, random).map_err(|_| Unfit::Unbound)?;
        let message = AuthMessage::new(dialect, authid, &nonce, &salt, *cost)
            .map_err(|_| Unfit::Lacks("an authid that can be normalised"))?;
        let extra = ChallengeExtra {
            nonce: Some(nonce.both().to_owned().into()),
            kdf: Some(cost.kdf().name().into()),
            salt: Some(salt.to_base64().into()),
            iterations: Some(cost.iterations().into()),
            memory: cost.memory_kib().map(Into::into),
            ..Default::default()
        };
        let proof = Proof::Scram { stored: stored.clone(), message, nonce };
        Ok(self.ask(dialect.method(), extra, proof, self.known))
    }

    /// The client says by which key it is known. Whether that is so, and who that is, shows when it has signed.
    fn cryptosign(&self) -> Result<Asked, Unfit> {
        let key = self.extra.pubkey.as_deref().and_then(|key| PublicKey::from_hex(key).ok());
        let key =
            key.ok_or(Unfit::Lacks("authextra.pubkey, an Ed25519 key in hexadecimal digits"))?;
        let channel = self.channel()?;
        if self.authid.is_some() {
            let seeming = self.seeming.ok_or(Unfit::WithoutCredential)?;
            if !seeming.credentials.has(AuthMethod::Cryptosign) {
                return Err(Unfit::WithoutCredential);
            }
        }
        let challenge = cryptosign::Challenge(self.circumstances.random);
        let extra = ChallengeExtra {
            challenge: Some(challenge.to_hex().into()),
            channel_binding: channel.map(|_| TLS_EXPORTER.into()),
            ..Default::default()
        };
        let known = if self.provider == DYNAMIC {
            self.known.filter(|told| told.credentials.cryptosign.contains(&key))
        } else {
            let known = self.realm.authentication.principals.by_key(&key);
            known.filter(|it| self.authid.is_none_or(|authid| it.authid == authid))
        };
        let proof = Proof::Cryptosign { key, challenge, channel };
        Ok(self.ask(AuthMethod::Cryptosign.name(), extra, proof, known))
    }

    /// The channel to which the client wants its signature to be bound.
    fn channel(&self) -> Result<Option<ChannelId>, Unfit> {
        match (self.extra.channel_binding.as_deref(), self.circumstances.channel) {
            (None, _) => Ok(None),
            (Some(TLS_EXPORTER), Some(channel)) => Ok(Some(channel)),
            (Some(_), _) => Err(Unfit::Unbound),
        }
    }

    /// The salt that a stranger of this name has for a method.
    fn name_of_salt(&self, method: AuthMethod) -> String {
        self.made_up(&format!("{method}'s salt"))
    }

    /// Under which name something is made up for a stranger of this name, in this realm.
    fn made_up(&self, what: &str) -> String {
        format!("{what}\0{}\0{}", self.realm.name, self.authid.unwrap_or_default())
    }

    /// What is asked by a method, and who it is that proves it.
    fn ask(
        &self,
        method: &'static str,
        extra: ChallengeExtra<'static>,
        proof: Proof,
        known: Option<&Principal>,
    ) -> Asked {
        let identity = known.map(|principal| Identity {
            authid: principal.authid.clone().into(),
            authrole: principal.role.clone().into(),
            authmethod: method.into(),
            authprovider: self.provider.into(),
        });
        let challenge = Challenge { method: method.into(), extra: Box::new(extra) };
        (challenge, Box::new(Challenged::new(identity, proof)))
    }
}

/// The kind of channel binding for which both ends of a connection have an ID: RFC 9266.
const TLS_EXPORTER: &str = "tls-exporter";
