"""The life of a registration, as the router tells it, and what it says when it is asked."""

import asyncio
import os

from autobahn.asyncio.component import Component, run
from autobahn.wamp.types import RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")
component = Component(transports=URL, realm="realm1")


@component.on_join
async def joined(session, details):
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


run([component], log_level="error")
