// A procedure, registered under exactly one URI.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const connection = new autobahn.Connection({ url, realm: 'realm1' });

connection.onopen = async (session) => {
    const registration = await session.register('com.example.add', ([a, b]) => a + b);
    console.log('2 + 3 =', await session.call('com.example.add', [2, 3]));

    await session
        .register('com.example.add', ([a, b]) => a - b)
        .catch((error) => console.log('registered again:', error.error));

    await session.unregister(registration);
    await session
        .call('com.example.add', [2, 3])
        .catch((error) => console.log('called after unregistering:', error.error));
    connection.close();
};

connection.open();
