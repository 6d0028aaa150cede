"""The life of a registration, as the router tells it, and what it says when it is asked."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.types import RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    session = await join()
    deleted = asyncio.get_running_loop().create_future()

    def on_create(session_id, registration):
        print("on_create:", registration["uri"], registration["match"], registration["invoke"])

    def on_delete(session_id, registration_id):
        print("on_delete")
        deleted.set_result(None)

    await session.subscribe(on_create, "wamp.registration.on_create")
    await session.subscribe(lambda *_: print("on_register"), "wamp.registration.on_register")
    await session.subscribe(lambda *_: print("on_unregister"), "wamp.registration.on_unregister")
    await session.subscribe(on_delete, "wamp.registration.on_delete")

    registration = await session.register(
        lambda: None, "com.example.files", RegisterOptions(match="prefix", invoke="roundrobin")
    )
    found = await session.call("wamp.registration.match", "com.example.files.photos")
    print("match finds it:", "yes" if found == registration.id else "no")
    print("callees:", await session.call("wamp.registration.count_callees", found))

    await registration.unregister()
    await deleted
    session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
