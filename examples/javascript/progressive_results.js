// A result in pieces: each reaches the caller as soon as the callee sends it.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const connection = new autobahn.Connection({ url, realm: 'realm1' });

function countdown([start], _kwargs, details) {
    for (let number = start; number > 0; number--) {
        details.progress?.([number]); // only if the caller asked for it
    }
    return 'lift-off';
}

connection.onopen = async (session) => {
    await session.register('com.example.countdown', countdown);

    const onProgress = (number) => console.log('progress:', number);
    const call = session.call('com.example.countdown', [3], {}, { receive_progress: true });
    console.log('result:', await call.then(undefined, undefined, onProgress));
    console.log('without asking for progress:', await session.call('com.example.countdown', [3]));
    connection.close();
};

connection.open();
