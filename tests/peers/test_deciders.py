"""Real clients decide: as authenticators who another client is, as authorizers what it may do."""

import base64
import tempfile
from pathlib import Path

import router
from conversation import Conversation, each
from speakers import ONE_OF_EACH_CLIENT
from test_authentication import PASSWORD, USERS, clients
from values import Payload

WHO_IS = "com.example.who_is"
MAY = "com.example.may"

# Who does not say who he is knows everybody else.
WITH_AUTHENTICATOR = f"""
[realms.{router.REALM}]
authmethods = ["anonymous", "ticket", "wampcra", "scram", "cryptosign"]
failed_attempts_per_address_max = 0
[realms.{router.REALM}.authenticators]
""" + "".join(f'{method} = {{ procedure = "{WHO_IS}" }}\n' for method in ("ticket", "wampcra", "scram", "cryptosign"))

# What the boss has not decided nobody may do but himself.
WITH_AUTHORIZER = f"""
[realms.{router.REALM}]
authmethods = ["anonymous", "ticket"]
[realms.{router.REALM}.roles.anonymous.authorizer]
procedure = "{MAY}"
[realms.{router.REALM}.roles.boss]
permissions = [{{ uri = "", match = "prefix", allow = ["register", "call"] }}]
[realms.{router.REALM}.principals.boss]
role = "boss"
"""


class Deciders(Conversation):
    """A router of their own for the tests of a class, with this in its file; and over TLS, if that is wanted."""

    @classmethod
    def serve(cls, text, tls=False):
        folder = cls.stage.certificates
        listener = '[listeners.main]\naddress = "127.0.0.1:0"\n'
        if tls:
            listener += f'tls = {{ certificate = "{folder}/router.pem", key = "{folder}/router.key" }}\n'
        with tempfile.TemporaryDirectory() as own:
            file = Path(own) / "crosspoint.toml"
            file.write_text(listener + text)
            served = router.Router("--config", str(file), listen=None)
        cls.addClassCleanup(served.stop)
        return served

    def decider(self, speaker, url, procedure, behaviour="wait", proof=None):
        decider = self.session(speaker)
        decider.join(speaker, url, router.REALM, proof)
        self.addCleanup(decider.start_leave)
        decider.register(procedure, behaviour)
        self.addCleanup(decider.unregister, procedure)
        return decider


class Authenticators(Deciders):
    @classmethod
    def setUpClass(cls):
        cls.router, cls.router_over_tls = cls.serve(WITH_AUTHENTICATOR), cls.serve(WITH_AUTHENTICATOR, tls=True)
        cls.lines = {user: user.line() for user in USERS}

    @each(ONE_OF_EACH_CLIENT, clients(ONE_OF_EACH_CLIENT))
    def test_a_program_knows_who_somebody_is(self, speaker, client):
        self.let_in(speaker, client, self.router.url)

    @each(ONE_OF_EACH_CLIENT)
    def test_a_program_knows_that_over_tls(self, speaker):
        self.let_in(speaker, clients([speaker])[0], self.router_over_tls.url)

    @each(ONE_OF_EACH_CLIENT, clients(ONE_OF_EACH_CLIENT))
    def test_whom_it_does_not_know_is_denied(self, speaker, client):
        self.decider(speaker, self.router.url, WHO_IS, "fail")
        session, join = self.start(client, self.router.url)
        self.assertRefused("wamp.error.authentication_denied", lambda: session.joined(join))

    @each(ONE_OF_EACH_CLIENT)
    def test_what_it_says_has_to_make_sense(self, speaker):
        decider = self.decider(speaker, self.router.url, WHO_IS)
        session, join = self.start(clients([speaker])[0], self.router.url)
        decider.next_invocation()
        decider.answer(WHO_IS, Payload([{"role": 7}]))
        self.assertRefused("wamp.error.authentication_failed", lambda: session.joined(join))

    def let_in(self, speaker, client, url):
        decider = self.decider(speaker, url, WHO_IS)
        session, join = self.start(client, url)
        realm, authid, details = decider.next_invocation()[1].args
        self.assertEqual((realm, details["authmethod"]), (router.REALM, client.user.method))
        self.assertEqual(authid, client.user.authid if client.user.named else None)
        self.assertEqual(details.get("ticket"), PASSWORD if client.user.method == "ticket" else None)
        decider.answer(WHO_IS, Payload([{"role": "tester", "authid": "somebody", "extra": {"tier": 3}, **self.known(client)}]))
        session.joined(join)
        self.addCleanup(session.start_leave)
        self.assertEqual(session.who, {"authid": "somebody", "authrole": "tester", "authmethod": client.user.method})

    def start(self, client, url):
        session, user = self.session(client.speaker), client.user
        proof = {"method": user.method, "secret": self.lines[user][1], **({"authid": user.authid} if user.named else {})}
        return session, session.start_join(client.speaker, url, router.REALM, proof)

    def known(self, client):
        """What the method needs, of what the file would have."""
        user, (line, _) = client.user, self.lines[client.user]
        if user.authid == "salted":
            return {"secret": PASSWORD, "salt": "salt123", "iterations": 100, "keylen": 32}
        if user.method == "wampcra":
            return {"secret": PASSWORD}
        if user.method == "cryptosign":
            return {"pubkey": line.split('"')[1]}
        if user.method == "scram":
            kdf, iterations, memory, salt, stored, server = line.split('"')[1].split(":")
            return {
                **{"kdf": kdf, "iterations": int(iterations), "memory": int(memory)},
                **{"salt": base64.b64decode(salt).hex(), "stored-key": stored, "server-key": server},
            }
        return {}


class Authorizers(Deciders):
    @classmethod
    def setUpClass(cls):
        cls.router = cls.serve(WITH_AUTHORIZER + router.secret("ticket", password=PASSWORD))

    @each(ONE_OF_EACH_CLIENT, ONE_OF_EACH_CLIENT)
    def test_a_program_decides_what_somebody_may_do(self, speaker, asking):
        proof = {"method": "ticket", "authid": "boss", "secret": PASSWORD}
        decider = self.decider(speaker, self.router.url, MAY, proof=proof)
        session = self.join(asking, self.router.url)
        for number, answer in enumerate([False, True, {"allow": False}, {"allow": True, "disclose": False, "cache": False}]):
            procedure = self.uri(f"of{number}")
            call = session.start_call(procedure)
            details, uri, action, _options = decider.next_invocation()[1].args
            self.assertEqual((details["session"], details["authrole"]), (session.id, "anonymous"))
            self.assertEqual((uri, action), (procedure, "call"))
            decider.answer(MAY, Payload([answer]))
            allowed = answer is True or answer is not False and answer["allow"]
            refused = "wamp.error.no_such_procedure" if allowed else "wamp.error.not_authorized"
            self.assertRefused(refused, lambda: session.result(call))
