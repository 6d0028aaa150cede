// The life of a registration, as the router tells it, and what it says when it is asked.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const connection = new autobahn.Connection({ url, realm: 'realm1' });

connection.onopen = async (session) => {
    await session.subscribe('wamp.registration.on_create', ([_session, { uri, match, invoke }]) => {
        console.log('on_create:', uri, match, invoke);
    });
    await session.subscribe('wamp.registration.on_register', () => console.log('on_register'));
    await session.subscribe('wamp.registration.on_unregister', () => console.log('on_unregister'));
    await session.subscribe('wamp.registration.on_delete', () => {
        console.log('on_delete');
        connection.close();
    });

    const options = { match: 'prefix', invoke: 'roundrobin' };
    const registration = await session.register('com.example.files', () => null, options);
    const found = await session.call('wamp.registration.match', ['com.example.files.photos']);
    console.log('match finds it:', found === registration.id ? 'yes' : 'no');
    console.log('callees:', await session.call('wamp.registration.count_callees', [found]));

    await session.unregister(registration);
};

connection.open();
