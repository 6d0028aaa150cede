"""Who speaks to the router: each client library in each transport and serializer that it knows."""

from dataclasses import dataclass
from typing import Optional

from values import FLOATS, INT64

# Things an application can ask of some clients only; the suite asks the others for what they have.
UNACKNOWLEDGED = "publishes without acknowledgement"
INCLUDES_ITSELF = "asks to receive its own events"
NAMES_NOBODY = "publishes for nobody"
RETAINS = "has its events retained"
SHARES_BY_KEY = "publishes and subscribes with keys"
INTERRUPTIBLE = "lets its invocations be cancelled"
PASSES_THROUGH = "has payload passthru mode"
CALLS_IN_PIECES = "sends a call in pieces"
DISCLOSES = "asks that callees and subscribers know who it is"
ASKS_WHO_CALLS = "asks, as a callee, who calls"
FORCES = "takes a procedure away from others"
LIMITS_CONCURRENCY = "takes so many calls at a time"


@dataclass(frozen=True)
class Speaker:
    client: str
    transport: str
    serializer: str
    abilities: tuple
    deflate: bool = False

    def __str__(self):
        words = [self.client, self.transport, self.serializer, "deflate" if self.deflate else ""]
        return " ".join(filter(None, words))


def autobahn_python(transport, serializer, **more):
    abilities = (
        *(INT64, FLOATS, UNACKNOWLEDGED, INCLUDES_ITSELF, INTERRUPTIBLE),
        *(FORCES, LIMITS_CONCURRENCY, NAMES_NOBODY, RETAINS),
    )
    return Speaker("autobahn-python", transport, serializer, abilities, **more)


def autobahn_js(transport, serializer, *abilities, **more):
    abilities = (
        *(UNACKNOWLEDGED, INCLUDES_ITSELF, DISCLOSES, ASKS_WHO_CALLS, FORCES, LIMITS_CONCURRENCY),
        *(NAMES_NOBODY, RETAINS, SHARES_BY_KEY),
        *abilities,
    )
    return Speaker("autobahn-js", transport, serializer, abilities, **more)


def wampy(serializer, *abilities, **more):
    return Speaker("wampy", "websocket", serializer, (DISCLOSES, PASSES_THROUGH, CALLS_IN_PIECES, *abilities), **more)


SPEAKERS = [
    autobahn_python("websocket", "json"),
    autobahn_python("websocket", "json", deflate=True),
    autobahn_python("websocket", "json.batched"),
    autobahn_python("websocket", "msgpack"),
    autobahn_python("websocket", "msgpack.batched"),
    autobahn_python("websocket", "cbor"),
    autobahn_python("websocket", "default"),  # the client's own offer: cbor.batched first
    autobahn_python("rawsocket", "json"),
    autobahn_python("rawsocket", "msgpack"),
    autobahn_python("rawsocket", "cbor"),
    autobahn_js("websocket", "json"),
    autobahn_js("websocket", "msgpack"),
    autobahn_js("websocket", "msgpack", deflate=True),
    autobahn_js("websocket", "cbor", INT64),
    autobahn_js("rawsocket", "json"),  # the only serializer of its RawSocket
    wampy("json"),
    wampy("msgpack", INT64),
    wampy("cbor"),
    wampy("cbor", deflate=True),
]


CHROMIUM = Speaker("chromium", "websocket", "json", ())  # wampy.js in a browser: it joins and leaves


def able(ability):
    return [speaker for speaker in SPEAKERS if ability in speaker.abilities]


@dataclass(frozen=True)
class Canceller:
    """A client that cancels its calls, in a mode that it can name; None is none."""

    speaker: Speaker
    mode: Optional[str]
    own_end: bool  # the client ends the call itself, at once, and not by the ERROR

    def __str__(self):
        return f"{self.speaker} {self.mode or 'no mode'}"


ONE_OF_EACH_CLIENT = [autobahn_python("websocket", "json"), autobahn_js("websocket", "json"), wampy("json")]
PYTHON, JS, WAMPY = ONE_OF_EACH_CLIENT
CANCELLERS = [
    Canceller(PYTHON, None, own_end=True),
    *(Canceller(JS, mode, own_end=mode != "kill") for mode in (None, "skip", "killnowait", "kill")),
    *(Canceller(WAMPY, mode, own_end=False) for mode in (None, "skip", "killnowait", "kill")),
]
