"""Real clients over TLS and over Unix sockets: that they connect, talk and leave. What they say does not depend on it."""

import router
from conversation import Conversation, each
from speakers import SPEAKERS
from values import Payload

CONFIGURATION = """
[listeners.tls]
address = "127.0.0.1:0"
tls = {{ certificate = "{folder}/router.pem", key = "{folder}/router.key", versions = {versions} }}
[listeners.unix]
unix = "{folder}/{name}.sock"
"""
VERSIONS = ["1.2", "1.3"]

WEBSOCKETS = [speaker for speaker in SPEAKERS if speaker.transport == "websocket"]
PYTHON = [speaker for speaker in SPEAKERS if speaker.client == "autobahn-python"]
PYTHON_RAWSOCKETS = [speaker for speaker in PYTHON if speaker.transport == "rawsocket"]
PYTHON_WEBSOCKETS = [speaker for speaker in PYTHON if speaker.transport == "websocket"]


class Transports(Conversation):
    def serve(self, versions=VERSIONS):
        """A router with a certificate that the clients trust, and a Unix socket: its URL, and the socket's path."""
        folder, name = self.stage.certificates, f"test{self._serial}"
        file = folder / f"{name}.toml"
        file.write_text(CONFIGURATION.format(folder=folder, name=name, versions=versions))
        own = router.Router("--config", file, listen=None)
        self.addCleanup(own.stop)
        return own.url, folder / f"{name}.sock"

    def converse(self, speaker, url):
        callee, caller = self.join(speaker, url), self.join(speaker, url)
        callee.register(self.uri("echo"), "echo")
        sent = Payload(["x" * 100_000, 1], {"a": "ü"})
        self.assertSame(sent, caller.call(self.uri("echo"), sent), speaker)
        caller.leave()
        self.assertEqual(caller.reason_of_end(), "wamp.close.goodbye_and_out")

    @each(WEBSOCKETS + PYTHON_RAWSOCKETS)
    def test_a_session_over_tls(self, speaker):
        self.converse(speaker, self.serve()[0])

    @each(WEBSOCKETS[:1], VERSIONS)
    def test_a_session_over_one_version_of_tls(self, speaker, version):
        self.converse(speaker, self.serve([version])[0])

    @each(PYTHON_RAWSOCKETS)
    def test_a_rawsocket_session_over_a_unix_socket(self, speaker):
        self.converse(speaker, f"rs://unix:{self.serve()[1]}")

    @each(PYTHON_WEBSOCKETS)
    def test_a_websocket_session_over_a_unix_socket(self, speaker):
        self.converse(speaker, f"ws://unix:{self.serve()[1]}")
