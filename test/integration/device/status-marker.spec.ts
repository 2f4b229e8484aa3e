import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	watch,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { StatusMarker } from '../../../src/device/status-marker.js';
import { VirtualClock } from '../../../src/testing/index.js';
import {
	FakeAgent,
	statusIn,
	upStatus,
} from '../../unit/telemetry/fake-agent.js';
import { eventually } from './eventually.js';

describe('status marker', () => {
	let root: string;
	let folder: string;
	let path: string;
	let problems: Error[];
	let clock: VirtualClock;
	let marker: StatusMarker;

	beforeEach(() => {
		root = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		folder = join(root, 'vpn_status');
		path = join(folder, 'active');
		mkdirSync(folder);
		problems = [];
		clock = new VirtualClock();
		marker = new StatusMarker({
			path,
			clock,
			retryMs: 1000,
			onProblem: (problem) => problems.push(problem),
		});
	});

	afterEach(() => {
		marker.set(false);
		expect(clock.pending).to.equal(0);
		rmSync(root, { recursive: true, force: true });
	});

	it('is there while the link is up or draining, and gone at once when it is not', () => {
		const agent = new FakeAgent();
		const unfollow = marker.follow(agent);
		expect(existsSync(path)).to.equal(false);
		agent.become(upStatus());
		expect(readFileSync(path, 'utf8')).to.equal('cloudlink-agent\n');
		agent.become({ ...upStatus(), state: 'draining' });
		expect(existsSync(path)).to.equal(true);
		agent.become(statusIn('connecting'));
		expect(existsSync(path)).to.equal(false);
		agent.become(upStatus());
		unfollow();
		expect(existsSync(path)).to.equal(false);
		expect(agent.listeners).to.equal(0);
		expect(problems).to.have.length(0);
	});

	it('sweeps at the start what a run that was killed has left', () => {
		marker.set(true);
		const unfollow = marker.follow(new FakeAgent());
		expect(existsSync(path)).to.equal(false);
		unfollow();
	});

	it('never removes the one that the scripts of another openvpn have made', () => {
		writeFileSync(path, '');
		const unfollow = marker.follow(new FakeAgent());
		unfollow();
		expect(existsSync(path)).to.equal(true);
	});

	it('takes over the one that the up script of its own openvpn has made, for a killed openvpn runs no down script', () => {
		const agent = new FakeAgent();
		const unfollow = marker.follow(agent);
		writeFileSync(path, '');
		agent.become(upStatus());
		agent.become(statusIn('connecting'));
		expect(existsSync(path)).to.equal(false);
		unfollow();
	});

	it('makes it again when it is gone while the link is up, and leaves it alone while it is there', () => {
		marker.set(true);
		const { mtimeMs, ino } = statSync(path);
		clock.advance(60_000);
		expect(statSync(path)).to.include({ mtimeMs, ino });
		rmSync(path);
		clock.advance(1000);
		expect(existsSync(path)).to.equal(true);
	});

	it('waits for no pipe in its place, and leaves it there', () => {
		execFileSync('mkfifo', [path]);
		marker.set(true);
		marker.set(false);
		expect(statSync(path).isFIFO()).to.equal(true);
		expect(problems).to.have.length(1);
	});

	it('never touches the folder, which the supervisor watches', async () => {
		const inode = statSync(folder).ino;
		const events: string[] = [];
		const watcher = watch(folder, (_event, name) => {
			events.push(String(name));
		});
		const agent = new FakeAgent();
		const unfollow = marker.follow(agent);
		agent.become(upStatus());
		unfollow();
		await eventually('two events of the watcher', () => events.length >= 2);
		watcher.close();
		expect(new Set(events)).to.deep.equal(new Set(['active']));
		expect(statSync(folder).ino).to.equal(inode);
	});

	it('never makes the folder; waits for it while the link is up, and complains once', () => {
		rmSync(folder, { recursive: true });
		marker.set(true);
		clock.advance(10_000);
		expect(existsSync(folder)).to.equal(false);
		expect(problems).to.have.length(1);
		expect(problems[0]).to.have.property('code', 'ENOENT');
		mkdirSync(folder);
		clock.advance(1000);
		expect(existsSync(path)).to.equal(true);
	});

	it('does not make up for a link that is gone by the time the folder is there', () => {
		rmSync(folder, { recursive: true });
		marker.set(true);
		marker.set(false);
		mkdirSync(folder);
		clock.advance(10_000);
		expect(existsSync(path)).to.equal(false);
	});

	it('follows no symbolic link that somebody put in its place', () => {
		const victim = join(root, 'victim');
		writeFileSync(victim, 'precious');
		symlinkSync(victim, path);
		marker.set(true);
		expect(readFileSync(victim, 'utf8')).to.equal('precious');
		expect(problems[0]).to.have.property('code', 'ELOOP');
		marker.set(false);
		expect(readFileSync(victim, 'utf8')).to.equal('precious');
	});
});
