// The provider's own client core, pointed at the stand-in: its signatures are those that the
// stand-in demands, and every call that pawl makes is answered. Arguments: pawl, and the directory
// that `install` has put the package into.
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { createRequire } = require('node:module');
const path = require('node:path');

const [program, directory] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(directory), 'package.json'));
const core = '@huaweicloud/huaweicloud-sdk-core';
const { BasicCredentials } = load(core);
// What the package's ClientBuilder puts together; that one needs a module that the package forgets.
const { HcClient } = load(`${core}/HcClient`);
const { DefaultHttpClient } = load(`${core}/http/DefaultHttpClient`);

const accessKey = 'AKEXAMPLE0123456789X';
const secretKey = 'skExample0123456789abcdefghijklmnopqrst';
const projectId = '0483b6b16e954cb88930a360d2c4e663';

/** Starts the stand-in; its address and the way to end it. */
function startStandIn() {
  const child = spawn(program, ['simulate', '--port', '0', '--auth', 'aksk', '--instances', '3',
    '--check-polls', '0', '--upgrade-polls', '0', '--backup-time', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const address = said.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (said.includes('\n') && address) resolve({ url: address[0], stop: () => child.kill() });
    });
    child.on('exit', (code) => reject(new Error(`the stand-in ended with ${code}: ${said}`)));
  });
}

function clientOf(url, sk) {
  const credentials = new BasicCredentials().withAk(accessKey).withSk(sk).withProjectId(projectId);
  const options = { headers: {} };
  return new HcClient(new DefaultHttpClient(options, [url]), options)
    .withEndpoints([url]).withCredential(credentials);
}

/** One call in the form in which the SDK's generated code makes it. */
function ask(client, method, url, queryParams = {}, data = undefined) {
  return client.sendRequest({
    method, url, contentType: 'application/json', queryParams,
    pathParams: { project_id: projectId }, headers: {}, data,
  });
}

/** Until a task of the instance has ended. */
async function ended(client, base, action) {
  for (let tries = 0; tries < 100; ++tries) {
    const status = await ask(client, 'GET', `${base}/status`, { action });
    if (status.status !== 'running') return status;
  }
  throw new Error(`the ${action} does not end`);
}

async function everyCall(url) {
  const client = clientOf(url, secretKey);
  const list = await ask(client, 'GET', '/v3/{project_id}/instances',
    { datastore_type: 'PostgreSQL', offset: 0, limit: 100 });
  assert.strictEqual(list.total_count, 3);
  const { id, name } = list.instances[0];
  const one = await ask(client, 'GET', '/v3/{project_id}/instances', { id });
  assert.strictEqual(one.total_count, 1);
  const named = await ask(client, 'GET', '/v3/{project_id}/instances',
    { datastore_type: 'PostgreSQL', name: `*${name}`, offset: 0, limit: 100 });
  assert.ok(named.total_count >= 1);

  const { instance_dr_relations: relations } = await ask(client, 'GET',
    '/v3/{project_id}/instances/disaster-recovery-relation');
  assert.deepStrictEqual(relations, []);

  const base = `/v3/{project_id}/instances/${id}/major-version`;
  const { available_versions: versions } = await ask(client, 'GET', `${base}/available-version`);
  const target = versions.find((version) => version.startsWith('14'));
  assert.ok(target, `no 14 among ${versions}`);
  const check = await ask(client, 'POST', `${base}/inspection`, {}, { target_version: target });
  assert.ok(check.report_id);
  assert.strictEqual((await ended(client, base, 'check')).status, 'success');
  const checks = await ask(client, 'GET', `${base}/inspection-histories`,
    { offset: 0, limit: 100, order: 'DESC', sort_field: 'check_time' });
  assert.strictEqual(checks.inspection_reports[0].id, check.report_id);
  const upgrade = await ask(client, 'POST', `${base}/upgrade`, {}, {
    target_version: target, is_change_private_ip: true,
    statistics_collection_mode: 'before_change_private_ip',
  });
  assert.ok(upgrade.job_id);
  assert.strictEqual((await ended(client, base, 'upgrade')).status, 'success');
  const upgrades = await ask(client, 'GET', `${base}/upgrade-histories`,
    { offset: 0, limit: 100, order: 'DESC', sort_field: 'start_time' });
  assert.ok(upgrades.upgrade_reports[0].dst_instance_id);
}

/** The backup before an upgrade, as pawl makes it, finds it by its name, and waits for it. */
async function backup(url) {
  const client = clientOf(url, secretKey);
  const list = await ask(client, 'GET', '/v3/{project_id}/instances', { offset: 0, limit: 100 });
  const { id } = list.instances[2];
  const name = 'pawl-fleet-1_in03';
  const { backup: made } = await ask(client, 'POST', '/v3/{project_id}/backups', {},
    { instance_id: id, name, description: 'before the upgrade to 14.6 (pawl)' });
  assert.strictEqual(made.name, name);
  const { backups } = await ask(client, 'GET', '/v3/{project_id}/backups',
    { instance_id: id, backup_type: 'manual', offset: 0, limit: 100 });
  assert.deepStrictEqual(backups.map((one) => [one.id, one.name]), [[made.id, name]]);
  for (let tries = 0; tries < 100; ++tries) {
    const { backups: [one] } = await ask(client, 'GET', '/v3/{project_id}/backups',
      { instance_id: id, backup_id: made.id });
    if (one.status === 'COMPLETED') return;
  }
  throw new Error('the backup does not end');
}

async function projectLookUp(url) {
  const projects = await ask(clientOf(url, secretKey), 'GET', '/v3/projects', { name: 'eu-de' });
  assert.ok(projects.projects.some((project) => project.id === projectId));
}

async function wrongSecret(url) {
  await assert.rejects(ask(clientOf(url, `${secretKey}x`), 'GET', '/v3/{project_id}/instances'),
    (error) => error.httpStatusCode === 401 && error.errorCode === 'APIGW.0301');
}

async function main() {
  const standIn = await startStandIn();
  try {
    for (const test of [everyCall, backup, projectLookUp, wrongSecret]) {
      await test(standIn.url);
      console.log(`ok ${test.name}`);
    }
    const stats = await (await fetch(`${standIn.url}/_stats`)).json();
    assert.strictEqual(stats.by_endpoint.refused, 1);
    assert.strictEqual(stats.upgrades, 1);
  } finally {
    standIn.stop();
  }
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
