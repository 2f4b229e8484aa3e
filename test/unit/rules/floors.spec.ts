import { expect } from 'chai';

import { circlesOf, filesImportedBy, sources } from './imports.js';

/** The rooms of `src/`, from the ground up. A room imports from its own floor and from lower ones. */
const FLOORS = [
	// The words that all share, and the ports of time, chance and the host.
	[
		...['debug', 'environment', 'errors', 'hint', 'lenient', 'options'],
		...['local-address', 'outcome', 'runtime', 'schema', 'system-lookup'],
		...['transport', 'version'],
	],
	['nodes', 'pacing', 'selection', 'state-file'],
	['decisions'],
	['transports', 'tunnel'],
	['agent'],
	['device', 'operator', 'telemetry'],
	['simulator', 'testing'],
	[
		...['cli', 'core', 'host', 'index', 'openvpn', 'openvpn-attached'],
		...['udp', 'websocket'],
	],
];

/**
 * What is to be mended yet: files that are in a circle, and arrows that run up. Take a line out when it holds no more;
 * the test fails while it stands here for nothing.
 */
const CIRCLES_YET: string[] = [];
const ARROWS_YET: string[] = [];
const FOLDERS_YET: string[] = [];

const roomOf = (file: string) => file.split('/')[0]!.replace(/\.ts$/, '');
const floorOf = (file: string) =>
	FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)));

const arrows = sources().flatMap((from) =>
	filesImportedBy(from).map((to) => [from, to] as const),
);

/** What imports what, where files stand for the place that they are in. */
function importsBetween(placeOf: (file: string) => string) {
	const between = new Map<string, string[]>();
	for (const [from, to] of arrows) {
		const [a, b] = [placeOf(from), placeOf(to)];
		if (a !== b && !ARROWS_YET.includes(`${from} -> ${to}`)) {
			between.set(a, [...(between.get(a) ?? []), b]);
		}
	}
	return between;
}

describe('the floors of the house', () => {
	it('have a place for every room', () => {
		const homeless = sources().filter((file) => floorOf(file) < 0);
		expect(homeless).to.deep.equal([]);
	});

	it('have no arrow from a lower one to a higher one', () => {
		const up = arrows
			.filter(([from, to]) => floorOf(from) < floorOf(to))
			.map(([from, to]) => `${from} -> ${to}`);
		expect(arrows.length).to.be.above(500);
		expect(up).to.have.members(ARROWS_YET);
	});

	it('have no circle of files', () => {
		const imports = new Map(
			sources().map((file) => [file, filesImportedBy(file)]),
		);
		expect(
			circlesOf(imports).map((circle) => circle.join(' ')),
		).to.have.members(CIRCLES_YET);
	});

	it('have no circle of rooms', () => {
		expect(circlesOf(importsBetween(roomOf))).to.deep.equal([]);
	});

	it('have no circle of folders inside of a room', () => {
		const inner = (file: string) => file.split('/').slice(0, 2).join('/');
		const circles = circlesOf(importsBetween(inner));
		const folders = circles
			.filter((circle) => circle.some((one) => !one.endsWith('.ts')))
			.map((circle) => circle.join(' '));
		expect(folders).to.deep.equal(FOLDERS_YET);
	});

	it('would be found broken if they were', () => {
		const imports = new Map([
			['a', ['b']],
			['b', ['c', 'd']],
			['c', ['a']],
			['d', []],
		]);
		expect(circlesOf(imports)).to.deep.equal([['a', 'b', 'c']]);
		expect(filesImportedBy('cli/program.ts')).to.include('cli/run/run.ts');
	});
});
