"""What every test here is made of: sessions of real clients that join one router and are gone afterwards."""

import itertools
import tempfile
import unittest
from pathlib import Path

import router
from peer import PROGRAMS, Peer, Refused, Session, make_certificates
from values import FLOATS, difference

TRANSCRIPT_LINES_MAX = 80
TRANSCRIPT_COLUMNS_MAX = 400
HISTORY = "wildcard:com.example..kept"  # as Conversation.uri has it


class Stage:
    """What all tests share: one router, one process for each client library, and the certificates that they trust."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.certificates = Path(self._folder.name)
        make_certificates(self.certificates)
        self.peers = {client: Peer(client, self.certificates / "ca.pem") for client in PROGRAMS}
        self.processes = list(self.peers.values())
        self.url = router.RUNNING_URL
        if not self.url:
            own = router.Router("--history", HISTORY)
            self.processes.append(own)
            self.url = own.url

    def stop(self):
        for process in self.processes:
            process.stop()
        self._folder.cleanup()


def each(*axes):
    """Makes a test one test for each combination: @each(SPEAKERS), or @each(CALLERS, CALLEES)."""

    def mark(test):
        test.axes = axes
        return test

    return mark


class Conversation(unittest.TestCase):
    stage = None  # set once, by `run`
    _serials = itertools.count(1)

    def __init_subclass__(cls):
        for name, test in list(vars(cls).items()):
            if axes := getattr(test, "axes", None):
                delattr(cls, name)
                for combination in itertools.product(*axes):
                    generated = lambda self, test=test, combination=combination: test(self, *combination)
                    setattr(cls, f"{name} [{' -> '.join(map(str, combination))}]", generated)

    def setUp(self):
        self._serial = next(self._serials)
        self._seen = [len(process.transcript) for process in self.stage.processes]

    def join(self, speaker, url=None, realm=router.REALM):
        """A new session of the speaker, which leaves when the test is over."""
        session = self.session(speaker)
        session.join(speaker, url or self.stage.url, realm)
        self.addCleanup(session.start_leave)
        return session

    def session(self, speaker):
        return Session(self.stage.peers[speaker.client], f"{speaker} {next(self._serials)}")

    def uri(self, name):
        """A URI of this test only: sessions of the test before may still be leaving."""
        return f"com.example.test{self._serial}.{name}"

    def assertSame(self, sent, got, *speakers):
        """The payload arrived as sent, as far as all the speakers on its way can tell."""
        exact = all(FLOATS in speaker.abilities for speaker in speakers)
        self.assertIsNone(difference(vars(sent.received()), vars(got), exact))

    def assertRefused(self, uri, action):
        self.assertEqual(self.refusal(action).uri, uri)

    def refusal(self, action):
        with self.assertRaises(Refused) as raised:
            action()
        return raised.exception

    def transcript(self):
        """What peers and router said during this test."""
        lines = [line for process, seen in zip(self.stage.processes, self._seen) for line in process.transcript[seen:]]
        return "\n".join(line[:TRANSCRIPT_COLUMNS_MAX] for line in lines[-TRANSCRIPT_LINES_MAX:])
