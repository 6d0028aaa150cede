"""The autobahn-python peer: hosts sessions of the real client and drives them by lines of JSON.

What the lines mean is told in ../README.md; this file only translates them into the client's own calls.
"""

import asyncio
import base64
import json
import ssl
import sys
from urllib.parse import urlsplit

import txaio

txaio.use_asyncio()

from autobahn.asyncio.rawsocket import WampRawSocketClientFactory
from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.serializer import CBORSerializer, JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import (
    CallOptions,
    CallResult,
    ComponentConfig,
    PublishOptions,
    RegisterOptions,
    SubscribeOptions,
)
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from cbor2 import CBORTag

SERIALIZERS = {"json": JsonSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}
TOLD_OF_EVENTS = ("publisher", "publisher_authid", "publisher_authrole", "retained")
UINT8_ARRAY = 64  # RFC 8746: how wampy.js sends bytes; our client leaves such tags to the application
LINE_BYTES_MAX = 64 * 1024 * 1024

sessions = {}


class PeerSession(ApplicationSession):
    def __init__(self, name, realm, authenticator=None):
        super().__init__(ComponentConfig(realm))
        self.name = name
        self.authenticator = authenticator
        self.joined = asyncio.get_running_loop().create_future()
        self.connection = None
        self.registrations = {}
        self.subscriptions = {}
        self.unanswered = {}
        self.calls = {}

    def onConnect(self):
        if self.authenticator is None:
            return super().onConnect()
        who = self.authenticator
        self.join(self.config.realm, [who.name], who._args.get("authid"), authextra=who.authextra)

    def onChallenge(self, challenge):
        return self.authenticator.on_challenge(self, challenge)

    def onWelcome(self, welcome):
        return self.authenticator and self.authenticator.on_welcome(self, welcome.authextra)

    def onJoin(self, details):
        self.joined.set_result(details)

    def onLeave(self, details):
        if self.joined.done():
            say({"session": self.name, "closed": {"reason": details.reason}})
        else:
            self.joined.set_exception(ApplicationError(details.reason, details.message))
        self.disconnect()

    def onUserError(self, failure, message):
        """A procedure that raises is part of the tests; the client need not print it."""


async def join(name, url, realm, transport, serializer, deflate=False, proof=None, certificate=None, bearer=None):
    session = sessions[name] = PeerSession(name, realm, proof and authenticator(**proof))
    make_connection = websocket if transport == "websocket" else rawsocket
    factory = make_connection(session, url, serializer, deflate)
    if bearer:
        factory.headers["Authorization"] = f"Bearer {bearer}"
    session.connection = await connect(factory, url, certificate)
    # A connection that is refused before WAMP starts never reaches the session.
    await asyncio.wait({session.joined, session.connection.is_closed}, return_when=asyncio.FIRST_COMPLETED)
    if not session.joined.done():
        raise ConnectionError("the transport closed before the session was joined")
    details = session.joined.result()
    who = {key: getattr(details, key) for key in ("authid", "authrole", "authmethod")}
    return {"session_id": details.session, "who": who, **negotiated(session.connection)}


def authenticator(method, secret, authid=None):
    word = {"ticket": "ticket", "wampcra": "secret", "scram": "password", "cryptosign": "privkey"}[method]
    return create_authenticator(method, **{word: secret}, **({"authid": authid} if authid else {}))


async def connect(factory, url, certificate=None):
    """The client's own runners read the URL in the same way; they would end the process with the session."""
    loop, address = asyncio.get_running_loop(), urlsplit(url)
    if address.netloc == "unix:":
        _, connection = await loop.create_unix_connection(factory, address.path)
    else:
        tls = ssl.create_default_context() if address.scheme == "wss" else None
        if certificate:
            tls.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
        _, connection = await loop.create_connection(factory, address.hostname, address.port, ssl=tls)
    return connection


def websocket(session, url, serializer, deflate):
    factory = WampWebSocketClientFactory(lambda: session, url=url, serializers=offered(serializer))
    if deflate:
        factory.setProtocolOptions(
            perMessageCompressionOffers=[PerMessageDeflateOffer()],
            perMessageCompressionAccept=lambda response: isinstance(response, PerMessageDeflateResponse)
            and PerMessageDeflateResponseAccept(response),
        )
    return factory


def rawsocket(session, _url, serializer, _deflate):
    return WampRawSocketClientFactory(lambda: session, serializer=SERIALIZERS[serializer]())


def offered(serializer):
    """"default" leaves the offer to the client, which then names every serializer that it has."""
    if serializer == "default":
        return None
    kind, _, batched = serializer.partition(".")
    return [SERIALIZERS[kind](batched=bool(batched))]


def negotiated(connection):
    return {
        "subprotocol": getattr(connection, "websocket_protocol_in_use", None),
        "extensions": [e.EXTENSION_NAME for e in getattr(connection, "websocket_extensions_in_use", [])],
    }


async def register(session, procedure, behaviour, **options):
    def echo(*args, **kwargs):
        return CallResult(*args, **kwargs)

    def add(*args):
        return sum(args)

    def fail(*args, **kwargs):
        raise ApplicationError("com.example.error.refused", *args, **kwargs)

    async def wait(*args, **kwargs):
        answer = asyncio.get_running_loop().create_future()
        session.unanswered.setdefault(procedure, []).append(answer)
        say({"session": session.name, "invoked": payload(args, kwargs, procedure=procedure)})
        return await answer

    def tell(*args, details):
        who = ("procedure", "caller", "caller_authid", "caller_authrole")
        known = {key: getattr(details, key) for key in who if getattr(details, key) is not None}
        return CallResult(answered_by=session._session_id, **known)

    def count(number_max, details):
        for number in range(1, number_max + 1):
            if details.progress:
                details.progress(number)
        return "counted"

    endpoint = {"echo": echo, "add": add, "fail": fail, "wait": wait, "tell": tell, "count": count}[behaviour]
    wants_details = behaviour in ("tell", "count")
    options = RegisterOptions(**options, details_arg="details" if wants_details else None)
    session.registrations[procedure] = await session.register(endpoint, procedure, options=options)


async def unregister(session, procedure):
    await session.registrations.pop(procedure).unregister()


async def answer(session, procedure, args=(), kwargs={}):
    answer = session.unanswered[procedure].pop(0)
    if not answer.cancelled():  # by an INTERRUPT, when the caller is gone
        answer.set_result(CallResult(*args, **kwargs))


async def call(session, procedure, args=(), kwargs={}, receive_progress=False, **options):
    def on_progress(result):
        say({"session": session.name, "progress": payload(result.results, result.kwresults, procedure=procedure)})

    # With details the client always hands over the whole result, not only its first argument.
    options = CallOptions(details=True, on_progress=on_progress if receive_progress else None, **options)
    session.calls[procedure] = session.call(procedure, *args, options=options, **kwargs)
    result = await session.calls[procedure]
    return payload(result.results, result.kwresults)


async def cancel(session, procedure):
    session.calls[procedure].cancel()  # the client names no mode


async def subscribe(session, topic, **options):
    def on_event(*args, crosspoint_details, **kwargs):
        known = {key: getattr(crosspoint_details, key) for key in TOLD_OF_EVENTS}
        details = {key: value for key, value in known.items() if value is not None}
        say({"session": session.name, "event": payload(args, kwargs, topic=crosspoint_details.topic, details=details)})

    # By this name, as the client would otherwise hide a keyword argument of an event.
    options = SubscribeOptions(details_arg="crosspoint_details", **options)
    session.subscriptions[topic] = await session.subscribe(on_event, topic, options=options)
    return {"subscription": session.subscriptions[topic].id}


async def unsubscribe(session, topic):
    await session.subscriptions.pop(topic).unsubscribe()


async def publish(session, topic, args=(), kwargs={}, **options):
    published = session.publish(topic, *args, options=PublishOptions(**options), **kwargs)
    return {"publication": (await published).id} if options.get("acknowledge") else None


async def leave(session):
    session.leave()


async def die(session):
    session.connection.transport.abort()


COMMANDS = {
    f.__name__: f
    for f in (register, unregister, answer, call, cancel, subscribe, unsubscribe, publish, leave, die)
}


async def obey(command):
    number, do = command.pop("id"), command.pop("do")
    name = command.pop("session")
    try:
        if do == "join":
            done = await join(name, **command)
        else:
            done = await COMMANDS[do](sessions[name], **command)
        say({"id": number, "ok": done or {}})
    except ApplicationError as error:
        say({"id": number, "error": payload(error.args, error.kwargs, uri=error.error)})
    except (Exception, asyncio.CancelledError) as error:
        say({"id": number, "error": {"uri": None, "text": repr(error)}})


def payload(args, kwargs, **named):
    return {**named, "args": list(args or ()), "kwargs": kwargs or {}}


def say(line):
    print(json.dumps(tagged(line)), flush=True)


def tagged(value):
    if isinstance(value, CBORTag) and value.tag == UINT8_ARRAY:
        value = value.value
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, int) and abs(value) >= 2**53:
        return {"$int": str(value)}
    if isinstance(value, dict):
        return {str(key): tagged(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [tagged(item) for item in value]
    return value


def untagged(value):
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if "$int" in value:
        return int(value["$int"])
    return value


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await txaio.config.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async for line in lines:
        asyncio.ensure_future(obey(json.loads(line, object_hook=untagged)))


asyncio.run(main())
