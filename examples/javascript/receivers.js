// Who receives an event: its publisher names sessions or roles, and is left out itself unless it asks.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';

// A connection of its own, with its session.
function join() {
    const connection = new autobahn.Connection({ url, realm: 'realm1' });
    return new Promise((resolve) => {
        connection.onopen = () => resolve(connection);
        connection.open();
    });
}

async function main() {
    const names = ['anna', 'bert', 'carl'];
    const connections = [];
    for (let n = 0; n < 4; n++) connections.push(await join());
    const [anna, , , dora] = connections.map(({ session }) => session);
    const received = {};

    const done = names.map((name, n) => new Promise((resolve) => {
        connections[n].session.subscribe('com.example.news', ([word]) => {
            if (word === 'done') resolve();
            else received[word].push(name);
        });
    }));
    const publish = (publisher, word, options) => {
        received[word] = [];
        return publisher.publish('com.example.news', [word], {}, { acknowledge: true, ...options });
    };
    // A call is answered after what its session has sent before.
    for (const { session } of connections) await session.call('wamp.session.count');

    await publish(dora, 'for everybody');
    await publish(dora, 'for anna', { eligible: [anna.id] });
    await publish(dora, 'not for anna', { exclude: [anna.id] });
    await publish(dora, 'for administrators', { eligible_authrole: ['admin'] });
    await publish(dora, 'for nobody', { eligible: [] });
    await publish(anna, 'by anna');
    await publish(anna, 'by anna, for anna, too', { exclude_me: false });
    await publish(dora, 'done');

    await Promise.all(done);
    delete received.done;
    for (const [word, who] of Object.entries(received)) {
        console.log(`${word}:`, ...(who.length ? who.sort() : ['nobody']));
    }
    connections.forEach((connection) => connection.close());
}

main();
