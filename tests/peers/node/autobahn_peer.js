// The autobahn-js peer: hosts sessions of the real client, driven by lines.js.
'use strict';

const autobahn = require('autobahn');
const serializers = require('autobahn/lib/serializer.js');
const { serve, Refused, behave, answer, told, webSocketClass, capturingSocket } = require('./lines.js');

const SERIALIZERS = {
    json: serializers.JSONSerializer,
    msgpack: serializers.MsgpackSerializer,
    cbor: serializers.CBORSerializer,
};

function join(peer, { url, realm, transport, serializer, deflate, proof }) {
    return new Promise((resolve, reject) => {
        const connection = new autobahn.Connection({
            realm,
            transports: [transport === 'websocket' ? websocket(url, serializer) : rawsocket(url)],
            on_user_error: () => {},
            ...proof && proving(proof),
        });
        let socket;
        connection.onopen = (session, details) => {
            resolve({ id: session.id, welcome: details, session, connection, socket });
        };
        connection.onclose = (_why, { reason }) => {
            peer.notify({ closed: { reason } });
            reject(new Refused(reason));
            return true; // do not connect again
        };
        const opened = (made) => { socket = made; };
        global.WebSocket = webSocketClass(deflate, opened);
        transport === 'websocket' ? connection.open() : capturingSocket(opened, () => connection.open());
    });
}

function proving({ method, authid, secret, methods = [method] }) {
    const answers = {
        ticket: () => secret,
        wampcra: ({ challenge, salt, iterations, keylen }) => {
            const key = salt ? autobahn.auth_cra.derive_key(secret, salt, iterations, keylen) : secret;
            return autobahn.auth_cra.sign(key, challenge);
        },
        cryptosign: (extra) => cryptosign.sign_challenge(key, extra),
    };
    const cryptosign = autobahn.auth_cryptosign;
    const key = method === 'cryptosign' && autobahn.nacl.sign.keyPair.fromSeed(Buffer.from(secret, 'hex'));
    // As the client's own `create_connection` for this method has it.
    const authextra = key ? { pubkey: cryptosign.public_key(key), challenge: null, channel_binding: null } : undefined;
    return { authid, authmethods: methods, authextra, onchallenge: (_session, asked, extra) => answers[asked](extra) };
}

function websocket(url, serializer) {
    return { type: 'websocket', url, serializers: [new SERIALIZERS[serializer]()] };
}

function rawsocket(url) {
    const { hostname, port } = new URL(url);
    return { type: 'rawsocket', host: hostname, port: Number(port) };
}

async function register({ session, registrations, ...peer }, { procedure, behaviour, ...options }) {
    const procedureBody = behave(peer, procedure, behaviour);
    const endpoint = async (args, kwargs, details) => {
        try {
            const result = await procedureBody(args, kwargs, details);
            return new autobahn.Result(result.args, result.kwargs);
        } catch (error) {
            throw error instanceof Refused ? new autobahn.Error(error.uri, error.args, error.kwargs) : error;
        }
    };
    registrations.set(procedure, await session.register(procedure, endpoint, options).catch(refuse));
}

async function unregister({ session, registrations }, { procedure }) {
    await session.unregister(registrations.get(procedure)).catch(refuse);
}

async function call({ session, calls, notify }, { procedure, args, kwargs, ...options }) {
    calls.set(procedure, session.call(procedure, args, kwargs, options));
    const onProgress = (result) => notify({ progress: { procedure, ...wrapped(result) } });
    return wrapped(await calls.get(procedure).then(undefined, refuse, onProgress));
}

// The client unwraps a lone argument, and makes null of none: a lone null cannot be told from nothing.
function wrapped(result) {
    if (result instanceof autobahn.Result) return { args: result.args, kwargs: result.kwargs };
    return { args: result === null ? [] : [result], kwargs: {} };
}

function cancel({ calls }, { procedure, ...options }) {
    calls.get(procedure).cancel(options);
}

async function subscribe({ session, subscriptions, notify }, { topic, ...options }) {
    const onEvent = (args, kwargs, details) => notify({ event: { topic: details.topic, args, kwargs, details: told(details) } });
    subscriptions.set(topic, await session.subscribe(topic, onEvent, options).catch(refuse));
    return { subscription: subscriptions.get(topic).id };
}

async function unsubscribe({ session, subscriptions }, { topic }) {
    await session.unsubscribe(subscriptions.get(topic)).catch(refuse);
}

async function publish({ session }, { topic, args, kwargs, ...options }) {
    const published = await session.publish(topic, args, kwargs, options)?.catch(refuse);
    return { publication: published?.id };
}

function leave({ connection }) {
    connection.close();
}

function die({ socket }) {
    socket.terminate ? socket.terminate() : socket.destroy();
}

function refuse(error) {
    throw error instanceof autobahn.Error ? new Refused(error.error, error.args, error.kwargs) : error;
}

serve({ join, register, unregister, answer, call, cancel, subscribe, unsubscribe, publish, leave, die });
