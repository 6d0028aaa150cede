// Procedures that begin with a prefix: one registration for all of them.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const connection = new autobahn.Connection({ url, realm: 'realm1' });

const answer = (_args, _kwargs, details) => `you called ${details.procedure}`;

connection.onopen = async (session) => {
    await session.register('com.example.files', answer, { match: 'prefix' });

    console.log(await session.call('com.example.files'));
    console.log(await session.call('com.example.files.photos.delete'));
    console.log(await session.call('com.example.files2')); // a prefix is text: it may end within a component
    await session
        .call('com.example.file')
        .catch((error) => console.log('com.example.file:', error.error));
    connection.close();
};

connection.open();
