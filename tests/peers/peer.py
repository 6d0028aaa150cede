"""The driver's side of a peer: a process that hosts sessions of one client library, and those sessions.

The lines that pass between are described in README.md. Nothing here knows a client.
"""

import base64
import itertools
import json
import os
import queue
import subprocess
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

from values import SAFE_INTEGER_MAX, Payload

HERE = Path(__file__).resolve().parent
INSTALLED = HERE.parent.parent / ".peers"
STEP_TIMEOUT_S = 20  # a step takes milliseconds; this is for one that a broken router never answers

PROGRAMS = {
    "autobahn-python": [INSTALLED / "python/bin/python", HERE / "python/peer.py"],
    "autobahn-js": ["node", HERE / "node/autobahn_peer.js"],
    "wampy": ["node", HERE / "node/wampy_peer.js"],
    "chromium": ["node", HERE / "node/chromium_peer.js"],
}


def make_certificates(folder):
    """An authority and a router's certificate, by a library that autobahn-python has brought."""
    subprocess.run([INSTALLED / "python/bin/python", HERE / "python/certificates.py", folder], check=True)


class Refused(Exception):
    """A WAMP ERROR or ABORT, as the client reported it; `uri` is None for a failure of the client's own."""

    def __init__(self, uri, payload, text=""):
        super().__init__(f"{uri} {payload} {text}")
        self.uri = uri
        self.payload = payload


class Stuck(AssertionError):
    """A step that a working router answers at once was not answered."""


class Peer:
    """The process of one client library. Its transcript is what a failing test shows."""

    def __init__(self, client, authority):
        """`authority` is the file with the certificate of whom the client trusts, by the variables that Python and Node have for it."""
        self.transcript = []
        self._client = client
        self._numbers = itertools.count(1)
        self._answers = {}
        self._notices = {}
        self._process = subprocess.Popen(
            PROGRAMS[client],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={
                **os.environ,
                "NODE_PATH": str(INSTALLED / "node/node_modules"),
                "NODE_EXTRA_CA_CERTS": str(authority),
                "SSL_CERT_FILE": str(authority),
            },
        )
        threading.Thread(target=self._read_lines, daemon=True).start()
        threading.Thread(target=self._read_complaints, daemon=True).start()

    def ask(self, do, session, **options):
        """Sends a command; the Future is its answer."""
        number = next(self._numbers)
        command = {"id": number, "do": do, "session": session, **options}
        answer = self._answers[number] = Future()
        line = json.dumps(tagged(command))
        self._record(">", line)
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return answer

    def notices(self, session, kind):
        """What a session reports unasked: its events, its invocations, its end."""
        return self._notices.setdefault((session, kind), queue.Queue())

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(STEP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_lines(self):
        for line in self._process.stdout:
            self._record("<", line)
            message = json.loads(line, object_hook=untagged)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            else:
                session = message.pop("session")
                ((kind, notice),) = message.items()
                self.notices(session, kind).put(notice)

    def _read_complaints(self):
        for line in self._process.stderr:
            self._record("!", line)

    def _record(self, direction, line):
        self.transcript.append(f"{self._client} {direction} {line.rstrip()}")


class Session:
    """A WAMP session inside a peer."""

    def __init__(self, peer, name):
        self._peer = peer
        self._name = name

    def join(self, speaker, url, realm, proof=None, **options):
        """A proof is a `method`, a `secret`, and an `authid` unless the secret is a key that says who has it. Of the options
        `certificate` is the client's own: its file and that of its key, without what they end in; `bearer` is a token that comes
        with the request for the WebSocket, and `page` where a browser has its page from."""
        self.joined(self.start_join(speaker, url, realm, proof, **options))

    def start_join(self, speaker, url, realm, proof=None, **options):
        """The same, if somebody else has to do something for it."""
        return self._peer.ask(
            "join",
            self._name,
            url=url,
            realm=realm,
            transport=speaker.transport,
            serializer=speaker.serializer,
            deflate=speaker.deflate,
            **({"proof": proof} if proof else {}),
            **options,
        )

    def joined(self, join):
        answer = self._answer("join", join)
        self.id = answer["session_id"]
        self.subprotocol = answer["subprotocol"]
        self.extensions = answer["extensions"]
        self.who = answer["who"]

    def register(self, procedure, behaviour, **options):
        self._do("register", procedure=procedure, behaviour=behaviour, **options)

    def unregister(self, procedure):
        self._do("unregister", procedure=procedure)

    def call(self, procedure, payload=Payload(), **options):
        return self.result(self.start_call(procedure, payload, **options))

    def start_call(self, procedure, payload=Payload(), **options):
        return self._peer.ask("call", self._name, procedure=procedure, **elements(payload), **options)

    def call_in_pieces(self, procedure, pieces):
        """A progressive call: each piece is a list of arguments."""
        return self.result(self._peer.ask("call_in_pieces", self._name, procedure=procedure, pieces=pieces))

    def result(self, call):
        answer = self._answer("call", call)
        return Payload(answer["args"], answer["kwargs"])

    def cancel(self, procedure, mode):
        """Cancels the latest call of a procedure; a mode of None is left out."""
        self._do("cancel", procedure=procedure, **({"mode": mode} if mode else {}))

    def answer(self, procedure, payload):
        """Answers the oldest open invocation of a procedure that waits."""
        self._do("answer", procedure=procedure, **elements(payload))

    def subscribe(self, topic, **options):
        """The ID of the subscription."""
        return self._do("subscribe", topic=topic, **options)["subscription"]

    def unsubscribe(self, topic):
        self._do("unsubscribe", topic=topic)

    def publish(self, topic, payload=Payload(), **options):
        """The ID of the publication, if it is acknowledged."""
        return self._answer("publish", self.start_publish(topic, payload, **options)).get("publication")

    def start_publish(self, topic, payload=Payload(), **options):
        return self._peer.ask("publish", self._name, topic=topic, **elements(payload), **options)

    def leave(self):
        self._do("leave")

    def start_leave(self):
        self._peer.ask("leave", self._name)

    def die(self):
        self._do("die")

    def next_event(self):
        notice = self._notice("event")
        return notice["topic"], Payload(notice["args"], notice["kwargs"])

    def next_event_and_details(self):
        """Its arguments, and what the router tells of it beside its topic."""
        notice = self._notice("event")
        return notice["args"], notice["details"]

    def next_invocation(self):
        notice = self._notice("invoked")
        return notice["procedure"], Payload(notice["args"], notice["kwargs"])

    def next_progress(self):
        notice = self._notice("progress")
        return Payload(notice["args"], notice["kwargs"])

    def reason_of_end(self):
        return self._notice("closed")["reason"]

    def _do(self, verb, **options):
        return self._answer(verb, self._peer.ask(verb, self._name, **options))

    def _answer(self, verb, future):
        try:
            answer = future.result(STEP_TIMEOUT_S)
        except FutureTimeout:
            raise Stuck(f"{self._name}: no answer to {verb} in {STEP_TIMEOUT_S} s") from None
        if "error" in answer:
            error = answer["error"]
            raise Refused(error["uri"], Payload(error.get("args"), error.get("kwargs")), error.get("text", ""))
        return answer["ok"]

    def _notice(self, kind):
        try:
            return self._peer.notices(self._name, kind).get(timeout=STEP_TIMEOUT_S)
        except queue.Empty:
            raise Stuck(f"{self._name}: not {kind} in {STEP_TIMEOUT_S} s") from None


def elements(payload):
    return {key: value for key, value in vars(payload).items() if value is not None}


def tagged(value):
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, int) and abs(value) > SAFE_INTEGER_MAX:
        return {"$int": str(value)}
    if isinstance(value, dict):
        return {key: tagged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [tagged(item) for item in value]
    return value


def untagged(value):
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if "$int" in value:
        return int(value["$int"])
    return value
