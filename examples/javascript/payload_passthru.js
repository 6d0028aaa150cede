// A payload that the router carries without looking into it. With wampy.js, the one client that packs such.
'use strict';

const { Wampy } = require('wampy');

const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const passthru = { ppt_scheme: 'x_example', ppt_serializer: 'json' };

async function main() {
    const wampy = new Wampy(url, { realm: 'realm1', ws: global.WebSocket ?? require('ws') });
    await wampy.connect();
    await wampy.register('com.example.add', ({ details, argsList: [a, b] }) => {
        console.log(`packed as ${details.ppt_scheme} with ${details.ppt_serializer}: ${a} and ${b}`);
        return { argsList: [a + b], options: passthru };
    });

    const { details, argsList } = await wampy.call('com.example.add', [2, 3], passthru);
    console.log(`answered as ${details.ppt_scheme} with ${details.ppt_serializer}: ${argsList}`);
    await wampy.disconnect();
}

main();
