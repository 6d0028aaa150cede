"""A call that its caller cancels: the callee is interrupted."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component

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


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
