// Chromium as a peer, driven by lines.js: wampy.js in pages that it has opened, with the WebSocket and the cookies of a browser.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const puppeteer = require('puppeteer-core');
const { serve, Refused } = require('./lines.js');

// As pages have it, which cannot require it.
const WAMPY = path.resolve(path.dirname(require.resolve('wampy')), '../browser/wampy.min.js');

const CHROMIUM = process.env.PATH.split(path.delimiter).map((folder) => path.join(folder, 'chromium')).find(fs.existsSync);

// Started when somebody joins: most of the tests need none.
let browser;

async function join(peer, { url, realm, page: address = pageOf(url), proof }) {
    browser ??= puppeteer.launch({
        executablePath: CHROMIUM,
        pipe: true, // it ends with this process
        args: process.getuid() === 0 ? ['--no-sandbox'] : [], // root has none
    });
    const page = await (await browser).newPage();
    await page.goto(address);
    await page.addScriptTag({ path: WAMPY });
    const { refused, ...joined } = await page.evaluate(joinInPage, url, realm, proof);
    if (refused) {
        await page.close();
        throw refused.uri ? new Refused(refused.uri) : new Error(refused.text);
    }
    return { ...joined, page };
}

// The router's own page, of the same origin as its WebSocket.
function pageOf(url) {
    return new URL('/', url.replace(/^ws/, 'http')).href;
}

// Runs in the page.
async function joinInPage(url, realm, { authid, methods, secret }) {
    globalThis.session = new globalThis.Wampy(url, {
        realm,
        authid,
        authmethods: methods,
        onChallenge: () => secret,
        autoReconnect: false,
    });
    try {
        const { authid, authrole, authmethod } = await globalThis.session.connect();
        const socket = { protocol: 'wamp.2.json' };
        return { id: globalThis.session.getSessionId(), welcome: { authid, authrole, authmethod }, socket };
    } catch (error) {
        return { refused: { uri: error.errorUri, text: String(error) } };
    }
}

async function leave({ page }) {
    await page.evaluate(() => globalThis.session.disconnect());
    await page.close();
}

async function end() {
    await (await browser)?.close();
}

serve({ join, leave, end });
