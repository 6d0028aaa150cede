// The event history: what was published before, page by page, and how to catch up without a gap.
//
// The router has to keep one: crosspoint serve --history prefix:com.example.,events=100
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

// One page. The results are positional, one for each event; the client hands over a lone one by itself.
async function getEvents(session, subscription, filters) {
    const result = await session.call('wamp.subscription.get_events', [subscription.id], filters);
    if (result instanceof autobahn.Result) return result.args;
    return result === null ? [] : [result];
}

async function main() {
    const connections = [await join(), await join()];
    const [publisher, reader] = connections.map(({ session }) => session);
    const publish = (number) => publisher.publish('com.example.news', [number], {}, { acknowledge: true });
    const numbers = (page) => page.map(({ args: [number] }) => number);

    for (let number = 1; number <= 5; number++) await publish(number); // nobody is subscribed

    // First subscribe, then ask what was before: so nothing is missing, but something may come twice.
    const live = new Map();
    let isDone;
    const done = new Promise((resolve) => { isDone = resolve; });
    const subscription = await reader.subscribe('com.example.news', ([number], _kwargs, { publication }) => {
        live.set(publication, number);
        if (number === 7) isDone();
    });
    await publish(6);

    const known = new Map();
    let page, bounds = {};
    while ((page = await getEvents(reader, subscription, { limit: 2, ...bounds })).length) {
        console.log('a page:', ...numbers(page));
        page.forEach(({ publication, args: [number] }) => known.set(publication, number));
        bounds = { after_publication: page.at(-1).publication };
    }

    await publish(7);
    await done;
    // What both have has the same publication ID.
    live.forEach((number, publication) => known.set(publication, number));
    console.log('each once:', ...known.values());

    page = await getEvents(reader, subscription, { limit: 3, reverse: true });
    console.log('the newest first:', ...numbers(page));
    connections.forEach((connection) => connection.close());
}

main();
