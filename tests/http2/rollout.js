// Rollouts against a server that speaks HTTP/2 and HTTP/1.1, in front of the stand-in: questions
// share a connection of HTTP/2, and what must not repeat has one of its own, of HTTP/1.1.
// Arguments: pawl, and a directory with key.pem and ca.pem.
'use strict';

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const path = require('node:path');

const [program, directory] = process.argv.slice(2);
const instances = 20;

function startStandIn() {
  const child = spawn(program, ['simulate', '--port', '0', '--instances', String(instances),
    '--check-polls', '1', '--upgrade-polls', '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const address = said.match(/http:\/\/127\.0\.0\.1:(\d+)/);
      if (said.includes('\n') && address) resolve({ port: Number(address[1]), child });
    });
    child.on('exit', (code) => reject(new Error(`the stand-in ended with ${code}: ${said}`)));
  });
}

/**
 * Passes every call on, and keeps of each its method, its version and its connection. From the
 * call `dumbFrom` on it answers none that comes over HTTP/2.
 */
function startFront(behind, calls, dumbFrom) {
  const front = http2.createSecureServer({
    allowHTTP1: true,
    key: fs.readFileSync(path.join(directory, 'key.pem')),
    cert: fs.readFileSync(path.join(directory, 'ca.pem')),
  }, (request, response) => {
    calls.push({ method: request.method, url: request.url, version: request.httpVersion,
      connection: request.socket.remotePort });
    if (request.httpVersion === '2.0' && calls.length > dumbFrom) return;
    const headers = {};
    for (const name of ['content-type', 'content-length']) {
      if (request.headers[name]) headers[name] = request.headers[name];
    }
    const on = http.request({ host: '127.0.0.1', port: behind, method: request.method,
      path: request.url, headers }, (answer) => {
      response.statusCode = answer.statusCode;
      for (const name of ['content-type', 'date', 'x-request-id']) {
        if (answer.headers[name]) response.setHeader(name, answer.headers[name]);
      }
      answer.pipe(response);
    });
    request.pipe(on);
  });
  return new Promise((resolve) => front.listen(0, '127.0.0.1', () => resolve(front)));
}

function run(plan, store) {
  const child = spawn(program, ['run', plan, '--store', store, '--log-level', 'error', '--ca-file',
    path.join(directory, 'ca.pem')], { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.on('exit', resolve));
}

/** A rollout to its end: every call that it made. */
async function rollout(name, dumbFrom, timeouts) {
  const standIn = await startStandIn();
  const calls = [];
  const front = await startFront(standIn.port, calls, dumbFrom);
  const plan = path.join(directory, `${name}.yaml`);
  const store = path.join(directory, `${name}.db`);
  fs.writeFileSync(plan, `
name: ${name}
cloud:
  endpoint: "https://127.0.0.1:${front.address().port}"
  project_id: 0483b6b16e954cb88930a360d2c4e663
  calls_per_minute: 1000000
target_version: "14"
cutover: true
instances: [{select: {tags: {env: prod}}}]
polling: {first: 20ms, min: 20ms, max: 50ms}
timeouts: ${timeouts}
`);
  try {
    assert.strictEqual(await run(plan, store), 0);
    const verified = spawnSync(program, ['audit', 'verify', '--store', store]);
    assert.strictEqual(verified.status, 0, String(verified.stderr));
    return calls;
  } finally {
    standIn.child.kill();
    front.close();
  }
}

const versionsOf = (calls) => new Set(calls.map((call) => call.version));

/** Submits are of HTTP/1.1, and an upgrade is the only call of its connection. */
function checkSubmits(calls) {
  const used = new Map();
  for (const { connection } of calls) used.set(connection, (used.get(connection) ?? 0) + 1);
  const submits = calls.filter((call) => call.method === 'POST');
  assert.strictEqual(submits.length, 2 * instances);
  assert.deepStrictEqual(versionsOf(submits), new Set(['1.1']));
  const upgrades = submits.filter((call) => call.url.endsWith('/upgrade'));
  assert.strictEqual(upgrades.length, instances);
  for (const { connection } of upgrades) assert.strictEqual(used.get(connection), 1);
}

async function questionsShareAConnection() {
  const calls = await rollout('shared', Infinity, '{request: 20s, settle: 60s}');
  checkSubmits(calls);
  const questions = calls.filter((call) => call.method === 'GET');
  assert.ok(questions.length > 10 * instances);
  assert.deepStrictEqual(versionsOf(questions), new Set(['2.0']));
  const connections = new Set(questions.map((call) => call.connection)).size;
  assert.ok(4 * connections < questions.length, `${connections} connections`);
}

async function aDumbConnectionIsLeft() {
  const calls = await rollout('dumb', 100, '{request: 2s, settle: 10s}');
  checkSubmits(calls);
  const lost = calls.filter((call, at) => call.version === '2.0' && at >= 100).length;
  assert.ok(lost > 0 && lost <= instances, `${lost} questions were lost`);
  assert.strictEqual(calls.at(-1).version, '1.1');
}

async function main() {
  for (const test of [questionsShareAConnection, aDumbConnectionIsLeft]) {
    await test();
    console.log(`ok ${test.name}`);
  }
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
