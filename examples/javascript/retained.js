// Retained events: what was published last is there for those who subscribe later.
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
    const [publisher, subscriber] = connections.map(({ session }) => session);
    const publish = (topic, state, retain = true) => {
        return publisher.publish(topic, [state], {}, { acknowledge: true, retain });
    };

    await publish('com.example.pump1.state', 'starts');
    await publish('com.example.pump2.state', 'is off');
    await publish('com.example.pump1.state', 'runs');
    await publish('com.example.pump1.state', 'coughs', false);

    const onEvent = ([state], _kwargs, { topic, retained }) => {
        console.log(topic.split('.')[2], state, retained ? '(retained)' : '(new)');
        if (state === 'stops') connections.forEach((connection) => connection.close());
    };
    await subscriber.subscribe('com.example..state', onEvent, { match: 'wildcard', get_retained: true });
    await publish('com.example.pump1.state', 'stops');
}

main();
