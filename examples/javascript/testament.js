// Testaments: what a session has published when it ends, also if it vanishes without a word.
'use strict';

const autobahn = require('autobahn');
const WebSocket = require('ws');

const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';
const sockets = [];
global.WebSocket = class extends WebSocket {
    constructor(...address) {
        super(...address);
        sockets.push(this);
    }
};

// A connection of its own, with its session, that stays away when it has ended.
function join(onEnd = () => {}) {
    const connection = new autobahn.Connection({ url, realm: 'realm1', max_retries: 0 });
    connection.onclose = onEnd;
    return new Promise((resolve) => {
        connection.onopen = () => resolve(connection);
        connection.open();
    });
}

async function main() {
    const heir = await join();
    let hasLeft;
    const left = new Promise((resolve) => { hasLeft = resolve; });
    const [anna, bert] = [await join(hasLeft), await join()];

    await heir.session.subscribe('com.example.obituaries', ([text], { kind }) => {
        console.log(text, `(${kind})`);
        heir.close();
    });
    for (const [{ session }, name] of [[anna, 'anna'], [bert, 'bert']]) {
        const args = ['com.example.obituaries', [`${name} is gone`], { kind: 'testament' }];
        await session.call('wamp.session.add_testament', args);
    }

    await anna.session.call('wamp.session.flush_testaments'); // she has changed her mind
    anna.close();
    await left;
    sockets.at(-1).terminate(); // bert's, as if his cable had been pulled
}

main();
