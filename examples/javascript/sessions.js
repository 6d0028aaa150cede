// Who comes, what they subscribe to, and who goes, as the router tells it; and a session that is ended by another.
'use strict';

const autobahn = require('autobahn');

global.WebSocket ??= require('ws'); // Node has its own from version 22 on
const url = process.env.CROSSPOINT_URL ?? 'ws://127.0.0.1:8080/ws';

// A connection of its own, with its session, that stays away when it is ended.
function join(onEnd = () => {}) {
    const connection = new autobahn.Connection({ url, realm: 'realm1', max_retries: 0 });
    connection.onclose = (_why, { reason }) => onEnd(reason);
    return new Promise((resolve) => {
        connection.onopen = () => resolve(connection);
        connection.open();
    });
}

async function main() {
    const connection = await join();
    const watcher = connection.session;
    await watcher.subscribe('wamp.session.on_join', ([{ authrole }]) => console.log('on_join:', authrole));
    await watcher.subscribe('wamp.subscription.on_delete', () => console.log('on_delete'));
    await watcher.subscribe('wamp.subscription.on_unsubscribe', () => console.log('on_unsubscribe'));
    let hasLeft;
    const left = new Promise((resolve) => { hasLeft = resolve; });
    await watcher.subscribe('wamp.session.on_leave', ([_session, _authid, authrole]) => {
        console.log('on_leave:', authrole);
        hasLeft();
    });

    let wasTold;
    const told = new Promise((resolve) => { wasTold = resolve; });
    const { session: guest } = await join(wasTold);
    const guestId = guest.id;
    console.log('sessions:', await watcher.call('wamp.session.count'));
    const { authrole, transport } = await watcher.call('wamp.session.get', [guestId]);
    console.log('the guest:', authrole, 'by', transport.type);

    const subscription = await guest.subscribe('com.example.news', () => {});
    console.log('its subscription:', (await watcher.call('wamp.subscription.get', [subscription.id])).uri);

    await watcher.call('wamp.session.kill', [guestId], { reason: 'com.example.closing_time' });
    await left;
    console.log('the guest was told:', await told);
    await watcher
        .call('wamp.session.kill', [guestId])
        .catch((error) => console.log('once more:', error.error));
    connection.close();
}

main();
