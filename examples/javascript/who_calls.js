// Who calls, and how far the router trusts that. With wampy.js, which hands over all that the router says.
'use strict';

const { Wampy } = require('wampy');

const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';

async function main() {
    const wampy = new Wampy(url, { realm: 'realm1', ws: global.WebSocket ?? require('ws') });
    await wampy.connect();
    await wampy.register('com.example.greet', ({ details }) => {
        const caller = details.caller === wampy.getSessionId() ? 'the session itself' : 'somebody';
        console.log(`${caller} calls, in the role ${details.caller_authrole}; trust level: ${details.trustlevel}`);
    });

    await wampy.call('com.example.greet');
    await wampy.call('com.example.greet', undefined, { disclose_me: true });
    await wampy.disconnect();
}

main();
