// Topics that fit patterns. A session whose subscriptions overlap gets an event for each of them.
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
    const connections = [await join(), await join()];
    const [subscriber, publisher] = connections.map(({ session }) => session);
    const received = {};

    const subscribe = (topic, match) => {
        received[match] = [];
        const onEvent = ([value], _kwargs, details) => received[match].push(`${details.topic}=${value}`);
        return subscriber.subscribe(topic, onEvent, { match });
    };
    await subscribe('com.example.hall1.temperature', 'exact');
    await subscribe('com.example.hall1', 'prefix');
    await subscribe('com.example..temperature', 'wildcard');
    await subscriber.subscribe('com.example.done', () => {
        for (const [match, events] of Object.entries(received)) console.log(`${match}:`, ...events);
        connections.forEach((connection) => connection.close());
    });

    publisher.publish('com.example.hall1.temperature', [21]);
    publisher.publish('com.example.hall2.temperature', [19]);
    publisher.publish('com.example.hall1.humidity', [40]);
    publisher.publish('com.example.hall10.door', ['open']); // a prefix is text: it may end within a component
    publisher.publish('com.example.done'); // it comes last: what one session publishes keeps its order
}

main();
