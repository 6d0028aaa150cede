"""Who speaks to the router: each client library in each transport and serializer that it knows."""

from dataclasses import dataclass

from values import FLOATS, INT64

# Things an application can ask of some clients only; the suite asks the others for what they have.
UNACKNOWLEDGED = "publishes without acknowledgement"
INCLUDES_ITSELF = "asks to receive its own events"


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
    return Speaker("autobahn-python", transport, serializer, (INT64, FLOATS, UNACKNOWLEDGED, INCLUDES_ITSELF), **more)


def autobahn_js(transport, serializer, *abilities, **more):
    return Speaker("autobahn-js", transport, serializer, (UNACKNOWLEDGED, INCLUDES_ITSELF, *abilities), **more)


def wampy(serializer, *abilities, **more):
    return Speaker("wampy", "websocket", serializer, abilities, **more)


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


def able(ability):
    return [speaker for speaker in SPEAKERS if ability in speaker.abilities]
