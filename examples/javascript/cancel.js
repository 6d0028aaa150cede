// A call that its caller cancels. With wampy.js, which tells the error.
'use strict';

const { Wampy } = require('wampy');

const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';

async function main() {
    const wampy = new Wampy(url, { realm: 'realm1', ws: global.WebSocket ?? require('ws') });
    await wampy.connect();
    let started;
    const startedOnce = new Promise((resolve) => { started = resolve; });
    await wampy.register('com.example.sleep', () => {
        started();
        return new Promise(() => {}); // for ever: wampy.js cannot be interrupted
    });

    const call = wampy.call('com.example.sleep');
    const { reqId } = wampy.getOpStatus();
    await startedOnce;
    wampy.cancel(reqId, { mode: 'killnowait' });
    await call.catch((error) => console.log('the call is canceled:', error.errorUri));
    await wampy.disconnect();
}

main();
