"""Who has joined from a browser joins again by his cookie, without the proof that he gave before.

The browser is Chromium, with wampy.js in its pages; for autobahn-js it is `ws`, which the peer has keep cookies."""

import tempfile
from pathlib import Path

import router
from conversation import Conversation, each
from speakers import CHROMIUM, SPEAKERS

CONFIGURATION = """
[listeners.main]
address = "127.0.0.1:0"
[listeners.main.cookie]

[realms.{realm}]
authmethods = ["cookie", "ticket"]
[realms.{realm}.principals.alice]
role = "tester"
ticket = "file:ticket"
"""
JOINING = [
    CHROMIUM,
    *(speaker for speaker in SPEAKERS if (speaker.client, speaker.transport) == ("autobahn-js", "websocket")),
]


class Cookies(Conversation):
    @each(JOINING)
    def test_who_was_there_before_is_asked_nothing(self, speaker):
        url = self.serve()
        first = self.attempt(speaker, url, "sesame")
        self.assertEqual(first.who["authmethod"], "ticket")
        first.leave()
        # There is no such ticket, and nobody asks for one.
        again = self.attempt(speaker, url, "tahini")
        self.assertEqual(again.who, {"authid": "alice", "authrole": "tester", "authmethod": "cookie"})
        again.leave()

    @each(JOINING[:2])
    def test_who_was_not_is_asked(self, speaker):
        url = self.serve()
        self.assertRefused("wamp.error.authentication_denied", lambda: self.attempt(speaker, url, "tahini"))

    @each([CHROMIUM])
    def test_a_page_from_elsewhere_is_a_stranger_s(self, browser):
        """The browser would give it the cookie, for it knows a site, and no ports."""
        url, elsewhere = self.serve(), self.serve().replace("ws", "http", 1)
        self.attempt(browser, url, "sesame").leave()
        strange = lambda ticket: self.attempt(browser, url, ticket, page=elsewhere.removesuffix("ws"))
        self.assertRefused("wamp.error.authentication_denied", lambda: strange("tahini"))
        self.assertEqual(strange("sesame").who["authmethod"], "ticket")

    def serve(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = Path(folder.name) / "crosspoint.toml"
        file.write_text(CONFIGURATION.format(realm=router.REALM))
        (Path(folder.name) / "ticket").write_text("sesame")
        own = router.Router("--config", file, listen=None)
        self.addCleanup(own.stop)
        return own.url

    def attempt(self, speaker, url, ticket, **options):
        session = self.session(speaker)
        proof = {"method": "ticket", "authid": "alice", "secret": ticket, "methods": ["cookie", "ticket"]}
        session.join(speaker, url, router.REALM, proof, **options)
        return session
