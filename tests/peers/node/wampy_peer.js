// The wampy.js peer: hosts sessions of the real client, driven by lines.js.
'use strict';

const nacl = require('tweetnacl');
const { Wampy } = require('wampy');
const { JsonSerializer } = require('wampy/JsonSerializer.js');
const { MsgpackSerializer } = require('wampy/MsgpackSerializer.js');
const { CborSerializer } = require('wampy/CborSerializer.js');
const { serve, Refused, behave, answer, told, webSocketClass } = require('./lines.js');

const SERIALIZERS = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer };
const GOODBYE = 6;

async function join(peer, { url, realm, serializer, deflate, proof }) {
    let socket, reason = null;
    const wampy = new Wampy(url, {
        realm,
        serializer: new SERIALIZERS[serializer](),
        ws: webSocketClass(deflate, (opened) => { socket = opened; }),
        autoReconnect: false,
        // The client keeps the reason of a GOODBYE to itself; only its log shows it.
        debug: true,
        logger: ([, message]) => { if (message?.[0] === GOODBYE) reason = message[2]; },
        onClose: () => peer.notify({ closed: { reason } }),
        ...proof && await proving(proof),
    });
    const welcome = await wampy.connect().catch(refuse);
    return { id: wampy.getSessionId(), welcome, wampy, socket };
}

// Its WAMP-CRA is a module that cannot be required.
async function proving({ method, authid, secret }) {
    const plugin = {
        ticket: () => () => secret,
        wampcra: async () => (await import(require.resolve('wampy/wampcra.js'))).sign(secret),
        cryptosign: () => require('wampy/cryptosign.js').sign(secret),
    }[method];
    const authextra = method === 'cryptosign' ? { pubkey: publicKey(secret) } : undefined;
    return { authid, authmethods: [method], authextra, authMode: 'auto', authPlugins: { [method]: await plugin() } };
}

function publicKey(secret) {
    const { publicKey: octets } = nacl.sign.keyPair.fromSeed(Buffer.from(secret, 'hex'));
    return Buffer.from(octets).toString('hex');
}

async function register({ wampy, ...peer }, { procedure, behaviour, ...options }) {
    const procedureBody = behave(peer, procedure, behaviour);
    const rpc = async ({ argsList, argsDict, details, result_handler: sendResult }) => {
        const progress = (args) => sendResult({ argsList: args, options: { progress: true } });
        try {
            return payload(await procedureBody(argsList, argsDict, { procedure, ...details, progress }));
        } catch (error) {
            throw error instanceof Refused ? { error: error.uri, ...payload(error) } : error;
        }
    };
    await wampy.register(procedure, rpc, options).catch(refuse);
}

async function unregister({ wampy }, { procedure }) {
    await wampy.unregister(procedure).catch(refuse);
}

async function call({ wampy, calls, notify }, { procedure, args, kwargs, receive_progress: progressive, ...options }) {
    const onProgress = (result) => notify({ progress: { procedure, ...elements(result) } });
    const progress = progressive && { progress_callback: onProgress };
    const result = wampy.call(procedure, payload({ args, kwargs }), { ...options, ...progress });
    calls.set(procedure, wampy.getOpStatus().reqId);
    return elements(await result.catch(refuse));
}

async function callInPieces({ wampy }, { procedure, pieces }) {
    const { result, sendData } = wampy.progressiveCall(procedure, payload({ args: pieces[0] }), {});
    pieces.slice(1).forEach((args, index, rest) => sendData(payload({ args }), { progress: index < rest.length - 1 }));
    return elements(await result.catch(refuse));
}

function elements({ argsList, argsDict }) {
    return { args: argsList ?? [], kwargs: argsDict ?? {} };
}

function cancel({ wampy, calls }, { procedure, ...options }) {
    wampy.cancel(calls.get(procedure), options);
}

async function subscribe({ wampy, subscriptions, notify }, { topic, ...options }) {
    const onEvent = ({ details, ...payload }) => {
        notify({ event: { topic: details.topic ?? topic, ...elements(payload), details: told(details) } });
    };
    // The client can only unsubscribe from what it subscribed to without options.
    const advanced = Object.keys(options).length ? options : undefined;
    const { subscriptionId } = await wampy.subscribe(topic, onEvent, advanced).catch(refuse);
    subscriptions.set(topic, subscriptionId);
    return { subscription: subscriptionId };
}

async function unsubscribe({ wampy, subscriptions }, { topic }) {
    await wampy.unsubscribe(subscriptions.get(topic)).catch(refuse);
}

// The client acknowledges always, and leaves `exclude_me: false` and `retain` out; the suite does not ask it for these.
async function publish({ wampy }, { topic, args, kwargs, ...options }) {
    const { publicationId } = await wampy.publish(topic, payload({ args, kwargs }), options).catch(refuse);
    return { publication: publicationId };
}

async function leave({ wampy }) {
    await wampy.disconnect();
}

function die({ socket }) {
    socket.terminate();
}

// The client takes an object without either key for keyword arguments, and only `undefined` for no payload.
function payload({ args, kwargs }) {
    if (args === undefined && kwargs === undefined) return undefined;
    return { argsList: args, argsDict: kwargs };
}

function refuse(error) {
    throw error.errorUri ? new Refused(error.errorUri, error.argsList, error.argsDict) : error;
}

serve({ join, register, unregister, answer, call, call_in_pieces: callInPieces, cancel, subscribe, unsubscribe, publish, leave, die });
