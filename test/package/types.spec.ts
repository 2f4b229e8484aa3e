import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';

import { expect } from 'chai';

import { ENTRIES, installPacked, manifest, type Packed } from './packed.js';

/** A file that names each entry, and takes something from each. */
const USES = `
import * as root from 'cloudlink-agent';
import * as simulator from 'cloudlink-agent/simulator';
import { LoginGate, drain, httpAnswer, parseStatus2, type DrainReport } from 'cloudlink-agent/operator';
import * as testing from 'cloudlink-agent/testing';
import { CloudlinkAgent, type AgentOptions } from 'cloudlink-agent/openvpn';
import { openvpn } from 'cloudlink-agent/openvpn';
import { websocket } from 'cloudlink-agent/websocket';
import { udp } from 'cloudlink-agent/udp';
import * as attached from 'cloudlink-agent/openvpn-attached';

const options: AgentOptions = {
	device: { uuid: 'a1b2', key: async () => 'key' },
	nodes: ['cloudlink.example.com:443'],
	transports: [openvpn({ protocol: 'udp' }), websocket({ insecure: true }), udp()],
	services: [{ port: 8080 }],
	pacing: { preset: 'cellular' },
};
const agent: root.CloudlinkAgent = new CloudlinkAgent(options);
agent.on('down', ({ outcome }) => {
	const kind: root.OutcomeKind = outcome.kind;
	console.log(kind);
});
new attached.CloudlinkAgent({
	device: { uuid: 'a1b2' },
	transports: [attached.openvpn({ attach: '/run/openvpn.sock' })],
});
const satellite: root.Transport = {
	name: 'satellite',
	needsNode: true,
	dial: ({ node }: root.DialRequest): Promise<root.Link> => Promise.reject(new Error(node?.name)),
};
new CloudlinkAgent({ ...options, transports: [satellite] });
void testing.MockCloudlink.start({ nodes: 2, throttle: 'slots' });
const scenario: simulator.Scenario = simulator.checkScenario({});
console.log(scenario.nodes.rejectCost.toFixed(), scenario.authentication?.slow.length);
const seconds: string | undefined = httpAnswer(new LoginGate({ perSecond: 1 }).admit('a1b2'))?.headers['Retry-After'];
const report: Promise<DrainReport<{ cid: string }>> = drain(parseStatus2(''), ({ cid }) => Promise.resolve(cid), { overMs: 1 });
console.log(seconds, report);
`;

const MISTAKES = `
import { CloudlinkAgent, websocket } from 'cloudlink-agent';
const needed = { device: { uuid: 'a1b2' }, transports: [websocket()] };
new CloudlinkAgent({ ...needed, pacing: { preset: 'celular' } });
new CloudlinkAgent({ ...needed, pacing: { atemptsPerHour: 1 } });
new CloudlinkAgent({ ...needed, servces: [] });
new CloudlinkAgent({ ...needed, transports: [websocket({ insecur: true })] });
`;

describe('the published types, where there is nothing but typescript and @types/node', function () {
	this.timeout(240_000);

	let packed: Packed;

	before(() => {
		const { typescript } = manifest.devDependencies;
		packed = installPacked([
			`typescript@${typescript}`,
			`@types/node@${manifest.devDependencies['@types/node']}`,
		]);
	});

	after(() => {
		packed.remove();
	});

	/** Compiles one file as the only one of a project in a folder of its own; gives what the compiler said. */
	function compile(
		name: string,
		text: string,
		options: { module: string; esm: boolean; skipLibCheck: boolean },
	): string {
		const folder = join(packed.folder, name);
		mkdirSync(folder);
		writeFileSync(
			join(folder, 'package.json'),
			JSON.stringify({ type: options.esm ? 'module' : 'commonjs' }),
		);
		writeFileSync(
			join(folder, 'tsconfig.json'),
			JSON.stringify({
				compilerOptions: {
					module: options.module,
					moduleResolution: options.module,
					target: 'ES2022',
					strict: true,
					noEmit: true,
					skipLibCheck: options.skipLibCheck,
				},
			}),
		);
		writeFileSync(join(folder, 'app.ts'), text);
		const { stdout, stderr } = spawnSync(
			process.execPath,
			[join(packed.folder, 'node_modules/typescript/bin/tsc'), '-p', folder],
			{ cwd: folder, encoding: 'utf8' },
		);
		return stdout + stderr;
	}

	it('are beside no other types', () => {
		const scope = join(packed.folder, 'node_modules/@types');
		expect(readdirSync(scope)).to.deep.equal(['node']);
	});

	it('compile as an ES module with NodeNext, strictly and without skipLibCheck', () => {
		const said = compile('esm', USES, {
			module: 'NodeNext',
			esm: true,
			skipLibCheck: false,
		});
		expect(said).to.equal('');
	});

	it('compile as CommonJS with Node16, strictly and without skipLibCheck', () => {
		const said = compile('commonjs', USES, {
			module: 'Node16',
			esm: false,
			skipLibCheck: false,
		});
		expect(said).to.equal('');
	});

	it('refuse a misspelt preset and misspelt options, with skipLibCheck too', () => {
		const said = compile('mistakes', MISTAKES, {
			module: 'NodeNext',
			esm: true,
			skipLibCheck: true,
		});
		expect(said).to.match(/\(4,.*'"celular"' is not assignable/);
		expect(said).to.match(/\(5,.*'atemptsPerHour' does not exist/);
		expect(said).to.match(/\(6,.*'servces' does not exist/);
		expect(said).to.match(/\(7,.*'insecur' does not exist/);
	});

	it('import nothing but what the package declares', () => {
		const folder = join(packed.folder, 'node_modules/cloudlink-agent/dist');
		const declared = [
			...Object.keys(manifest.dependencies),
			...builtinModules.flatMap((name) => [name, `node:${name}`]),
		];
		const files = readdirSync(folder).filter((name) => /\.d\.c?ts$/.test(name));
		expect(files).to.have.length.greaterThan(2 * ENTRIES.length - 1);
		const imported = files.flatMap((name) =>
			[
				...readFileSync(join(folder, name), 'utf8')
					// An example in a comment imports nothing.
					.replace(/\/\*[\s\S]*?\*\//g, '')
					.matchAll(/(?:from|import|require)\s*\(?\s*['"]([^'".][^'"]*)['"]/g),
			].map(([, module]) => module!),
		);
		expect(imported).to.include('node:net');
		expect(
			imported.filter((module) => !declared.includes(module)),
		).to.deep.equal([]);
		// ws brings no types of its own.
		expect(imported).not.to.include('ws');
	});
});
