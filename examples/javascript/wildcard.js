// Procedures that fit a pattern with a gap: an empty component stands for any.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const connection = new autobahn.Connection({ url, realm: 'realm1' });

const status = (_args, _kwargs, details) => `${details.procedure.split('.')[2]} is running`;

connection.onopen = async (session) => {
    await session.register('com.example..status', status, { match: 'wildcard' });

    console.log(await session.call('com.example.pump1.status'));
    console.log(await session.call('com.example.pump2.status'));
    await session
        .call('com.example.hall3.pump1.status')
        .catch((error) => console.log('a component too many:', error.error));
    connection.close();
};

connection.open();
