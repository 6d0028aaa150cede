"""A call that its caller cancels: the callee is interrupted."""

import asyncio
import os

from autobahn.asyncio.component import Component, run

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")
component = Component(transports=URL, realm="realm1")


@component.on_join
async def joined(session, details):
    started, interrupted = asyncio.Event(), asyncio.Event()

    async def sleep_long():
        started.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            interrupted.set()

    await session.register(sleep_long, "com.example.sleep")

    call = session.call("com.example.sleep")
    await started.wait()
    call.cancel()
    try:
        await call
    except asyncio.CancelledError:
        print("the call is canceled")
    await interrupted.wait()
    print("the callee was interrupted")
    session.leave()


run([component], log_level="error")
