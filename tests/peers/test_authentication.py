"""Real clients prove who they are, by each method that they have, with what `crosspoint secret` made of their secrets."""

import base64
import hmac
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import router
from conversation import Conversation, each
from speakers import ONE_OF_EACH_CLIENT, SPEAKERS

PASSWORD = "pencil"
SIGNING_KEY = "a secret of thirty-two octets and more"
TOKENS = f"""
[realms.{router.REALM}.tokens.accounts]
algorithm = "HS256"
key = "plain:{SIGNING_KEY}"
role = "tester"
"""
CHEAP = ("--iterations", "4096", "--memory", "8")  # the clients' own work, in pure JavaScript in one of them


def token(authid):
    """A JWT that is good until the year 2100."""

    def part(octets):
        return base64.urlsafe_b64encode(octets).rstrip(b"=")

    head = part(json.dumps({"alg": "HS256"}).encode())
    body = part(json.dumps({"sub": authid, "exp": 4102444800}).encode())
    signature = part(hmac.digest(SIGNING_KEY.encode(), head + b"." + body, "sha256"))
    return b".".join([head, body, signature]).decode()


@dataclass(frozen=True)
class User:
    """Somebody whom the router knows; what is made of his password, and which clients can use it."""

    authid: str
    method: str
    secret: tuple = ()
    clients: tuple = ("autobahn-python", "autobahn-js", "wampy")
    named: bool = True  # the client says who it is, and not only by its key

    def __str__(self):
        return self.authid

    def line(self):
        """His credential in the configuration, and his secret."""
        if self is BEARER:
            return "", token(self.authid)
        if self.authid == "unsalted":
            return f'wampcra = "plain:{PASSWORD}"', PASSWORD
        made = router.secret(*self.secret, password=PASSWORD).splitlines()
        return made[0], made[1].split()[-1] if self.method == "cryptosign" else PASSWORD


USERS = [
    User("ticket", "ticket", ("ticket",)),
    User("unsalted", "wampcra"),
    User("salted", "wampcra", ("wampcra", *CHEAP)),
    User("argon2", "scram", ("scram", "--kdf", "argon2id-13", *CHEAP), clients=("autobahn-python",)),
    User("keyholder", "cryptosign", ("cryptosign",)),
    User("nameless", "cryptosign", ("cryptosign",), clients=("autobahn-python", "autobahn-js"), named=False),
]


@dataclass(frozen=True)
class Client:
    speaker: object
    user: User

    def __str__(self):
        return f"{self.speaker} as {self.user}"


# The router knows him by what somebody else has signed.
BEARER = User("bearer", "ticket")


def clients(speakers, users=USERS):
    return [Client(speaker, user) for speaker in speakers for user in users if speaker.client in user.clients]


class Proofs(Conversation):
    @classmethod
    def setUpClass(cls):
        lines = {user: user.line() for user in [*USERS, BEARER]}
        cls.secrets = {user: secret for user, (_, secret) in lines.items()}
        principals = [
            f'[realms.{router.REALM}.principals.{user.authid}]\nrole = "tester"\n{line}'
            for user, (line, _) in lines.items()
            if line
        ]
        principals.append(TOKENS)
        methods = f'[realms.{router.REALM}]\nauthmethods = ["ticket", "wampcra", "scram", "cryptosign", "jwt"]'
        methods += "\nfailed_attempts_per_address_max = 0"  # all of them come from here
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        file = Path(cls.folder.name) / "crosspoint.toml"
        file.write_text("\n".join([methods, *principals]))
        cls.router = router.Router("--config", str(file))
        cls.addClassCleanup(cls.router.stop)

    @each(clients(SPEAKERS, [*USERS, BEARER]))
    def test_the_right_proof_is_welcome(self, client):
        session = self.attempt(client, client.user.authid, self.secrets[client.user])
        self.addCleanup(session.start_leave)
        method = "jwt" if client.user is BEARER else client.user.method
        self.assertEqual(session.who, {"authid": client.user.authid, "authrole": "tester", "authmethod": method})
        session.register(self.uri("echo"), "echo")

    @each(clients(ONE_OF_EACH_CLIENT, [*USERS, BEARER]))
    def test_a_wrong_proof_is_denied(self, client):
        self.assertDenied(client, client.user.authid)

    @each(clients(ONE_OF_EACH_CLIENT))
    def test_a_stranger_is_denied(self, client):
        self.assertDenied(client, "stranger")

    @each(ONE_OF_EACH_CLIENT)
    def test_nobody_in_particular_is_refused(self, speaker):
        session = self.session(speaker)
        self.assertRefused(
            "wamp.error.authentication_required", lambda: session.join(speaker, self.router.url, router.REALM)
        )

    @each([speaker for speaker in SPEAKERS if (speaker.client, speaker.transport) == ("autobahn-python", "websocket")])
    def test_a_token_that_comes_with_the_request_is_a_proof(self, speaker):
        """The client is asked nothing, and says nothing of itself."""
        session = self.session(speaker)
        session.join(speaker, self.router.url, router.REALM, bearer=token("carol"))
        self.addCleanup(session.start_leave)
        self.assertEqual(session.who, {"authid": "carol", "authrole": "tester", "authmethod": "jwt"})
        wrong = lambda: self.session(speaker).join(speaker, self.router.url, router.REALM, bearer=token("carol")[:-1])
        self.assertRefused("wamp.error.authentication_denied", wrong)

    def assertDenied(self, client, authid):
        wrong = "00" * 31 + "42" if client.user.method == "cryptosign" else "crayon"
        self.assertRefused("wamp.error.authentication_denied", lambda: self.attempt(client, authid, wrong))

    def attempt(self, client, authid, secret):
        session = self.session(client.speaker)
        proof = {"method": client.user.method, "secret": secret}
        if client.user.named:
            proof["authid"] = authid
        session.join(client.speaker, self.router.url, router.REALM, proof)
        return session
