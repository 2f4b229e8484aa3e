import { spawn, spawnSync } from 'node:child_process';
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';
import type { StatsCompilation } from 'webpack';

import { MockCloudlink } from '../../src/testing/index.js';
import { eventually } from '../integration/device/eventually.js';
import { bundle, nodeOf } from './bundle.js';
import { installPacked, type Packed } from './packed.js';

/** balena-supervisor's own settings, as far as they bear on a dependency. */
const COMPILER: ts.CompilerOptions = {
	module: ts.ModuleKind.Node20,
	target: ts.ScriptTarget.ES2022,
	moduleResolution: ts.ModuleResolutionKind.NodeNext,
	strict: true,
	strictPropertyInitialization: false,
	strictFunctionTypes: false,
	skipLibCheck: false,
	types: ['node'],
	typeRoots: [resolve('node_modules/@types')],
};

/** ws asks for these inside a try, and does without; so does debug for supports-color, which the supervisor has. */
const OPTIONAL = /Can't resolve '(bufferutil|utf-8-validate)'/;

/** What the supervisor would add to have the running openvpn paced, and no more. */
const ATTACHED = `
import { CloudlinkAgent, openvpn } from 'cloudlink-agent/openvpn-attached';

export const agent = new CloudlinkAgent({
	device: { uuid: 'a1b2c3d4' },
	transports: [openvpn({ attach: process.argv[2]! })],
});
agent.on('attempt', () => console.log('attempt'));
agent.once('retry', ({ outcome }) => {
	console.log(outcome.code);
	void agent.stop();
});
void agent.start();
`;

const APP = `
import { existsSync } from 'fs';
import { CloudlinkAgent, websocket } from 'cloudlink-agent/websocket';
import './cloudlink-dropin';
import { initVPN, isVPNActive, isVPNEnabled, setVPNEnabled, startVPN, stopVPN } from './cloudlink';

const [configPath, vpnStatusPath] = process.argv.slice(2);
const log = (message: string) => { console.log(message); };
const none = async () => { throw new Error('Unit openvpn.service not loaded.'); };

process.on('unhandledRejection', () => process.exit(9));
initVPN({
	log: { debug: log, info: log, warn: log, error: log },
	dbus: { startService: none, stopService: none, serviceActiveState: none },
	checkTruthy: (value) => value === 'true',
	configPath: configPath!,
	vpnStatusPath: vpnStatusPath!,
	makeAgent: ({ uuid, deviceApiKey: key, vpnEndpoint, vpnPort }) =>
		new CloudlinkAgent({
			device: { uuid: uuid!, key },
			nodes: [vpnEndpoint + ':' + vpnPort],
			transports: [websocket({ insecure: true })],
		}),
});
void (async () => {
	startVPN();
	await setVPNEnabled(process.env.SUPERVISOR_VPN_CONTROL);
	process.on('SIGTERM', () => {
		void (async () => {
			await stopVPN();
			console.log(await isVPNEnabled(), await isVPNActive(), existsSync(vpnStatusPath! + '/active'));
		})();
	});
})();
`;

function compile(folder: string): string[] {
	const program = ts.createProgram([join(folder, 'app.ts')], {
		...COMPILER,
		outDir: join(folder, 'build'),
	});
	program.emit();
	return ts
		.getPreEmitDiagnostics(program)
		.filter(({ file }) => !file?.fileName.includes('node_modules/@types/'))
		.map(
			({ file, messageText }) =>
				`${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
		);
}

describe('linked into the supervisor', function () {
	this.timeout(240_000);

	let packed: Packed;
	let elsewhere: string;
	let result: StatsCompilation;
	let problems: string[];

	before(async () => {
		packed = installPacked();
		writeFileSync(join(packed.folder, 'app.ts'), APP);
		for (const name of [
			'cloudlink.ts',
			'cloudlink-credentials.ts',
			'cloudlink-dropin.ts',
			'cloudlink-dropin-files.ts',
		]) {
			copyFileSync(
				join('examples/balena-supervisor', name),
				join(packed.folder, name),
			);
		}
		problems = compile(packed.folder);
		result = await bundle(packed.folder, './build/app.js');
		// Where there is no node_modules, the bundle stands alone.
		elsewhere = mkdtempSync(join(tmpdir(), 'cloudlink-supervisor-'));
		copyFileSync(
			join(packed.folder, 'dist', 'app.js'),
			join(elsewhere, 'app.js'),
		);
	});

	after(() => {
		packed.remove();
		rmSync(elsewhere, { recursive: true, force: true });
	});

	it('compiles as CommonJS with the settings of the supervisor, against the types of the tarball', () => {
		expect(problems).to.deep.equal([]);
	});

	it('becomes one file by webpack in production mode, with nothing left to resolve', () => {
		expect(result.errors).to.deep.equal([]);
		expect(
			result.warnings!.filter(
				({ message }) =>
					!OPTIONAL.test(message) &&
					!message.includes("Can't resolve 'supports-color'"),
			),
		).to.deep.equal([]);
		expect(readdirSync(join(packed.folder, 'dist'))).to.deep.equal(['app.js']);
	});

	describe('with nothing but an attached openvpn', () => {
		let app: string;
		let warnings: Array<{ message: string }>;

		before(async () => {
			const only = join(packed.folder, 'only');
			mkdirSync(only);
			writeFileSync(join(only, 'app.ts'), ATTACHED);
			expect(compile(only)).to.deep.equal([]);
			const built = await bundle(only, './build/app.js');
			expect(built.errors).to.deep.equal([]);
			warnings = built.warnings!;
			expect(readdirSync(join(only, 'dist'))).to.deep.equal(['app.js']);
			app = join(elsewhere, 'attached.js');
			copyFileSync(join(only, 'dist', 'app.js'), app);
		});

		it('adds at most 120 kB', () => {
			expect(statSync(app).size).to.be.at.most(120_000);
		});

		it('brings no new warning', () => {
			expect(
				warnings.filter(
					({ message }) => !message.includes("Can't resolve 'supports-color'"),
				),
			).to.deep.equal([]);
		});

		it('has all its parts, where there is no node_modules', () => {
			// Nobody is at the socket: it must be openvpn's part that says so.
			const { stdout, status } = spawnSync(
				process.execPath,
				[app, join(elsewhere, 'nobody.sock')],
				{ encoding: 'utf8', timeout: 60_000 },
			);
			expect(stdout).to.match(/^attempt\n(openvpn-|transport-failed)/);
			expect(status).to.equal(0);
		});
	});

	async function runOn(node: string): Promise<void> {
		const mock = await MockCloudlink.start({});
		const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
		const config = join(elsewhere, 'config.json');
		const statusPath = join(elsewhere, 'vpn_status');
		mkdirSync(statusPath, { recursive: true });
		writeFileSync(
			config,
			JSON.stringify({
				uuid: 'a1b2c3d4',
				deviceApiKey: 'key',
				vpnEndpoint,
				vpnPort,
			}),
		);
		const child = spawn(node, [join(elsewhere, 'app.js'), config, statusPath], {
			cwd: elsewhere,
			env: { ...process.env, SUPERVISOR_VPN_CONTROL: 'true', NODE_PATH: '' },
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		let printed = '';
		child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
		const ended = new Promise<number | null>((done) => {
			child.on('close', done);
		});
		try {
			await eventually('the marker', () =>
				existsSync(join(statusPath, 'active')),
			);
			expect(mock.stats().connected).to.equal(1);
			child.kill('SIGTERM');
			// It ends because nothing is left in it: there is no process.exit.
			expect(await ended).to.equal(0);
			expect(printed).to.include('VPN connection is active');
			expect(printed).to.include('true false false');
		} finally {
			child.kill('SIGKILL');
			await mock.stop();
		}
	}

	it('holds the tunnel and keeps the marker, and leaves nothing that keeps the process alive', async () => {
		await runOn(process.execPath);
	});

	it("does the same on Node 22, the supervisor's own", async function () {
		const node = nodeOf(22);
		if (node === undefined) {
			this.skip(); // Needs the npm registry.
		}
		await runOn(node);
	});

	it('is required as CommonJS by name', () => {
		const file = packed.script(
			'where.cjs',
			"console.log(require.resolve('cloudlink-agent'))",
		);
		expect(file.trim()).to.match(/dist\/index\.cjs$/);
	});
});
