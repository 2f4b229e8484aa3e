import { execFileSync, spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse as parseYaml } from 'yaml';

import { makeProgram } from '../../../src/cli/program.js';

const read = (name: string) => readFileSync(`examples/${name}`, 'utf8');

/** Whether the command line has this command with these flags. */
async function expectCommand(words: readonly string[]): Promise<void> {
	const program = await makeProgram(words[0]);
	const command = program.commands.find((one) => one.name() === words[0]);
	expect(command, words.join(' ')).not.to.equal(undefined);
	expect(command!.parseOptions(words.slice(1)).unknown).to.deep.equal([]);
}

interface Compose {
	readonly services: {
		readonly cloudlink: Readonly<Record<string, unknown>>;
	};
}

for (const name of ['cloudlink-agent', 'cloudlink-agent-attached']) {
	describe(`the unit ${name}`, () => {
		const unit = read(`systemd/${name}.service`);
		const value = (key: string) =>
			new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

		it('calls a command that there is', async () => {
			const [, ...words] = value('ExecStart')!.split(' ');
			await expectCommand(words);
		});

		it('is of the kind that the agent speaks to, and gives it more time to stop than its grace', () => {
			expect(value('Type')).to.equal('notify');
			expect(value('NotifyAccess')).to.equal('all');
			expect(parseInt(value('WatchdogSec')!, 10)).to.be.at.least(30);
			expect(parseInt(value('TimeoutStopSec')!, 10)).to.be.greaterThan(5);
		});

		it('starts on a read-only root: nothing of it has to be made by systemd on a disk', () => {
			expect(unit).not.to.match(/^(State|Cache|Logs)Directory=/m);
			expect(value('RuntimeDirectory')).to.match(/^cloudlink-agent\b/);
		});

		it('is accepted by systemd', function () {
			const folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
			const file = join(folder, `${name}.service`);
			writeFileSync(
				file,
				unit.replace('/usr/bin/cloudlink-agent', '/bin/true'),
			);
			try {
				const said = execFileSync(
					'sh',
					['-c', `systemd-analyze verify --man=no ${file} 2>&1`],
					{ encoding: 'utf8' },
				);
				expect(said).to.equal('');
			} catch (error) {
				const { status } = error as { status?: number };
				if (status === 127 && !process.env.CI) {
					this.skip(); // Needs systemd-analyze.
				}
				throw error;
			} finally {
				rmSync(folder, { recursive: true });
			}
		});
	});
}

describe('the unit of an agent with links of its own', () => {
	it('leaves openvpn, and the up script of balenaOS, the rights that they need', () => {
		const [, rights] = /^CapabilityBoundingSet=(.*)$/m.exec(
			read('systemd/cloudlink-agent.service'),
		)!;
		expect(rights!.split(' ')).to.have.members([
			'CAP_NET_ADMIN',
			'CAP_SETUID',
			'CAP_SETGID',
			'CAP_KILL',
			'CAP_DAC_OVERRIDE',
			'CAP_CHOWN',
		]);
	});

	it('clears a marker of its own after a kill, and none of others', () => {
		const [, command] = /^ExecStopPost=-\/bin\/sh -c '(.*)' /m.exec(
			read('systemd/cloudlink-agent.service'),
		)!;
		const folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		const marker = join(folder, 'active');
		const clear = () => spawnSync('sh', ['-c', command!, marker]);
		writeFileSync(marker, '');
		clear();
		expect(existsSync(marker)).to.equal(true);
		writeFileSync(marker, 'cloudlink-agent\n');
		clear();
		expect(existsSync(marker)).to.equal(false);
		rmSync(folder, { recursive: true });
	});
});

describe('the unit of an attached agent', () => {
	it("touches no marker, which is OpenVPN's", () => {
		expect(read('systemd/cloudlink-agent-attached.service')).not.to.match(
			/^ExecStop/m,
		);
	});
});

describe('the balena block', () => {
	const compose = parseYaml(read('balena-block/docker-compose.yml')) as Compose;
	const service = compose.services.cloudlink;
	const dockerfile = read('balena-block/Dockerfile');

	it('has exactly the label and the rights that it needs', () => {
		expect(service.labels).to.deep.equal({
			'io.balena.features.balena-api': '1',
		});
		expect(service.network_mode).to.equal('host');
		expect(service.cap_drop).to.deep.equal(['ALL']);
		expect(service.read_only).to.equal(true);
		for (const key of ['privileged', 'cap_add', 'devices', 'pid']) {
			expect(service, key).not.to.have.property(key);
		}
		expect(service.volumes).to.deep.equal([
			'cloudlink-state:/var/lib/cloudlink-agent',
		]);
	});

	it('sets only variables that the agent reads', async () => {
		const { SETTINGS } = await import('../../../src/cli/settings/table.js');
		const known = Object.values(SETTINGS).map(({ env }) => env);
		expect(known).to.include.members(
			Object.keys(service.environment as object),
		);
	});

	it('is a block by its balena.yml', () => {
		const contract = parseYaml(read('balena-block/balena.yml')) as {
			type: string;
			data: { defaultDeviceType: string; supportedDeviceTypes: string[] };
		};
		expect(contract.type).to.equal('sw.block');
		expect(contract).to.include.keys(
			'name',
			'version',
			'description',
			'assets',
		);
		expect(contract.data.supportedDeviceTypes).to.include(
			contract.data.defaultDeviceType,
		);
	});

	it('builds on a small image for many architectures, runs as nobody special, and ends on SIGTERM', () => {
		expect(dockerfile).to.match(/^FROM node:\d+-alpine$/m);
		expect(dockerfile).to.match(/^USER node$/m);
		expect(dockerfile).to.match(/^STOPSIGNAL SIGTERM$/m);
		expect(dockerfile).to.include('--ignore-scripts');
		expect(dockerfile).to.match(/^ENTRYPOINT \["tini"/m);
	});

	it('checks its health by a command that there is, and that passes for a device that waits', async () => {
		const [, health] = /HEALTHCHECK[^]*?CMD (\[.*\])/.exec(dockerfile)!;
		const [program, ...words] = JSON.parse(health!) as string[];
		expect(program).to.equal('cloudlink-agent');
		expect(words).to.include('--live');
		await expectCommand(words);
		const [, command] = /^CMD (\[.*\])$/m.exec(dockerfile)!;
		await expectCommand((JSON.parse(command!) as string[]).slice(1));
	});

	it("takes the device's identity from the supervisor, unless it is given, and keeps the API key to itself", () => {
		const run = (env: Record<string, string>) =>
			execFileSync(
				'sh',
				[
					'examples/balena-block/entrypoint.sh',
					'sh',
					'-c',
					'echo "${CLOUDLINK_UUID-none} ${CLOUDLINK_KEY-none} ${BALENA_API_KEY-none}"',
				],
				{ env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' },
			).trim();
		const given = { BALENA_DEVICE_UUID: 'uuid1', BALENA_API_KEY: 'key1' };
		expect(run(given)).to.equal('uuid1 key1 none');
		expect(
			run({ ...given, CLOUDLINK_UUID: 'uuid2', CLOUDLINK_KEY: 'key2' }),
		).to.equal('uuid2 key2 none');
		expect(run({ ...given, CLOUDLINK_KEY_FILE: '/key' })).to.equal(
			'uuid1 none none',
		);
		expect(run({})).to.equal('none none none');
	});
});
