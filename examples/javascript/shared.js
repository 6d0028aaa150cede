// A procedure that three callees share: shared.js roundrobin, random, first, last or x_least_pending.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const policy = process.argv[2] ?? 'roundrobin';
const otherPolicy = policy === 'first' ? 'last' : 'first';
const names = ['anna', 'bert', 'carl'];

// A connection of its own, with its session.
function join() {
    const connection = new autobahn.Connection({ url, realm: 'realm1' });
    return new Promise((resolve) => {
        connection.onopen = () => resolve(connection);
        connection.open();
    });
}

async function main() {
    const callees = [];
    const registrations = [];
    for (const name of names) {
        const callee = await join();
        callees.push(callee);
        registrations.push(await callee.session.register('com.example.who', () => name, { invoke: policy }));
    }
    const dora = await join();

    let answers = [];
    for (let n = 0; n < 6; n++) answers.push(await dora.session.call('com.example.who'));
    if (policy === 'random') {
        const known = answers.every((name) => names.includes(name));
        console.log('random: all by one of them:', known ? 'yes' : 'no');
    } else {
        console.log(`${policy}:`, ...answers);
    }

    await dora.session
        .register('com.example.who', () => 'dora', { invoke: otherPolicy })
        .catch((error) => console.log('with another policy:', error.error));

    await callees[0].session.unregister(registrations[0]);
    answers = [];
    for (let n = 0; n < 6; n++) answers.push(await dora.session.call('com.example.who'));
    console.log('anna still answers after unregistering:', answers.includes('anna') ? 'yes' : 'no');
    [...callees, dora].forEach((connection) => connection.close());
}

main();
