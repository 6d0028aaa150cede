// The line protocol of ../README.md for the Node peers: lines in, a client's own calls, lines out.
// What a session is differs by client; see autobahn_peer.js and wampy_peer.js.
'use strict';

const net = require('node:net');
const readline = require('node:readline');
const WebSocket = require('ws');

const sessions = new Map();

// A value that a client cannot encode must not take the other sessions down: the suite sees this in the transcript.
process.on('unhandledRejection', (error) => console.error(error));

// `client` has a function for each verb of the protocol: join(options, notify) makes a session, the others take one.
// `end`, if there is one, puts away what the client has begun.
function serve(client) {
    readline.createInterface({ input: process.stdin })
        .on('line', (line) => obey(client, JSON.parse(line)))
        .on('close', async () => {
            await client.end?.();
            process.exit(0);
        });
}

async function obey(client, { id, do: verb, session: name, args, kwargs, ...options }) {
    try {
        const payload = present(untagged({ args, kwargs }, sessions.get(name)?.json));
        const done = verb === 'join'
            ? await join(client, name, options)
            : await client[verb](sessions.get(name), { ...options, ...payload });
        say({ id, ok: tagged(done ?? {}, sessions.get(name).json) });
    } catch (error) {
        say({ id, error: error instanceof Refused ? tagged(error, sessions.get(name).json) : { uri: null, text: String(error) } });
    }
}

async function join(client, name, options) {
    const json = options.serializer === 'json';
    const session = { json, registrations: new Map(), subscriptions: new Map(), unanswered: new Map(), calls: new Map() };
    sessions.set(name, session);
    session.notify = (notice) => say({ session: name, ...tagged(notice, json) });
    Object.assign(session, await client.join(session, options));
    const { id, socket, welcome: { authid, authrole, authmethod } } = session;
    const who = { authid, authrole, authmethod };
    return { session_id: id, who, subprotocol: socket.protocol ?? null, extensions: socket.extensions ? [socket.extensions.split(';')[0]] : [] };
}

// An ERROR of WAMP, from the router to the peer or from a procedure to the router.
class Refused {
    constructor(uri, args, kwargs) {
        this.uri = uri;
        this.args = args ?? [];
        this.kwargs = kwargs ?? {};
    }
}

// The procedures a session can offer: from args and kwargs to args and kwargs, or throwing Refused. Of the
// invocation's details they get who calls, what was called, and `progress`, which sends a piece of the result.
function behave(session, procedure, behaviour) {
    return {
        echo: (args, kwargs) => ({ args, kwargs }),
        add: (args) => ({ args: [args.reduce((sum, term) => sum + term)] }),
        fail: (args, kwargs) => { throw new Refused('com.example.error.refused', args, kwargs); },
        // Not `callee`: autobahn-python has that name for itself in results.
        tell: (args, kwargs, { procedure, caller, caller_authid, caller_authrole }) => ({
            args: [],
            kwargs: present({ answered_by: session.id, procedure, caller, caller_authid, caller_authrole }),
        }),
        count: (args, kwargs, details) => {
            for (let number = 1; number <= args[0]; number++) details.progress?.([number]);
            return { args: ['counted'] };
        },
        wait: (args, kwargs) => new Promise((resolve) => {
            session.unanswered.set(procedure, [...session.unanswered.get(procedure) ?? [], resolve]);
            session.notify({ invoked: { procedure, args: args ?? [], kwargs: kwargs ?? {} } });
        }),
    }[behaviour];
}

function answer(session, { procedure, args, kwargs }) {
    session.unanswered.get(procedure).shift()({ args, kwargs });
}

// What the router tells of an event, beside its topic.
function told({ publisher, publisher_authid, publisher_authrole, retained, ppt_scheme, ppt_serializer }) {
    const details = { publisher, publisher_authid, publisher_authrole, ppt_scheme, ppt_serializer };
    return present({ ...details, retained: retained || undefined }); // autobahn-js says false where nothing is said
}

// The cookie that each server has set, as a browser keeps it: by host and port.
const cookies = new Map();

// A WebSocket class as the clients want it: constructed with address and subprotocols only.
function webSocketClass(deflate, opened) {
    const perMessageDeflate = deflate ? { threshold: 0 } : false;
    return class extends WebSocket {
        constructor(url, protocols) {
            const { host } = new URL(url);
            const headers = cookies.has(host) ? { Cookie: cookies.get(host) } : {};
            super(url, protocols, { perMessageDeflate, headers });
            this.on('upgrade', ({ headers: { 'set-cookie': set } }) => {
                if (set) cookies.set(host, set[0].split(';')[0]);
            });
            opened(this);
        }
    };
}

// Runs `open`, which connects a RawSocket, and hands the socket that it made to `opened`.
function capturingSocket(opened, open) {
    const connect = net.connect;
    net.connect = (...options) => {
        const socket = connect(...options);
        opened(socket);
        return socket;
    };
    try {
        open();
    } finally {
        net.connect = connect;
    }
}

function say(line) {
    process.stdout.write(JSON.stringify(line) + '\n');
}

// JSON has no bytes: by WAMP's convention they are a string of NUL and base64. Neither client knows it,
// so over JSON an application that wants bytes does what these two functions do.
function tagged(value, json) {
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
    if (json && typeof value === 'string' && value[0] === '\0') return { $bytes: value.slice(1) };
    if (typeof value === 'bigint') return { $int: String(value) };
    if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) <= 2 ** 64) return { $int: String(BigInt(value)) };
    if (Array.isArray(value)) return value.map((item) => tagged(item, json));
    if (value && typeof value === 'object') return mapped(value, (item) => tagged(item, json));
    return value;
}

function untagged(value, json) {
    if (Array.isArray(value)) return value.map((item) => untagged(item, json));
    if (!value || typeof value !== 'object') return value;
    if ('$bytes' in value) return json ? '\0' + value.$bytes : Buffer.from(value.$bytes, 'base64');
    if ('$int' in value) return BigInt(value.$int);
    return mapped(value, (item) => untagged(item, json));
}

function mapped(object, f) {
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]));
}

function present(object) {
    return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

module.exports = { serve, Refused, behave, answer, told, webSocketClass, capturingSocket };
