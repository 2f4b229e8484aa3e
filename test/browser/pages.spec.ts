import { expect } from 'chai';

import {
	CLUSTER_SCENARIOS,
	clusterAsScenario,
	clusterPage,
	HERD_DEFAULTS,
	herdAsScenario,
	herdPage,
	POLICIES,
	policyNamed,
	recommend,
	runCluster,
	runScenario,
	SCENARIOS,
	scenarioNamed,
	scenarioPage,
	simulateHerd,
	sweepPage,
	type SweepCell,
	type HerdSetup,
} from '../../src/simulator/index.js';
import { Chromium, hasChromium } from './chromium.js';
import { INSPECT, type Inspection } from './inspect.js';

/** Small fleets: what is looked at is the page. */
const DEVICES = 200;

function herd(): string {
	const setup: HerdSetup = {
		...HERD_DEFAULTS,
		devices: DEVICES,
		acceptRate: 10,
		outageSeconds: 20,
		policy: policyNamed('agent'),
		stockPolicy: policyNamed('balena-tcp-reset'),
	};
	const runs = POLICIES.map((policy) => simulateHerd({ ...setup, policy }));
	return herdPage(setup, runs, recommend(herdAsScenario(setup), 1));
}

function scenario(name: string): string {
	const bundled = scenarioNamed(name);
	const small = {
		...bundled,
		devices: DEVICES,
		nodes: { ...bundled.nodes, acceptRatePerSecond: 1 },
		...(bundled.authentication && {
			authentication: { ...bundled.authentication, workersPerNode: 2 },
		}),
	};
	const runs = small.compare.map((line) => runScenario(small, line, 1));
	return scenarioPage(small, runs, recommend(small, 1, runs), 1);
}

function cluster(name: string): string {
	const bundled = CLUSTER_SCENARIOS.find((each) => each.name === name)!;
	const small = { ...bundled, devices: DEVICES };
	const results = small.variants.map((variant) =>
		runCluster(bundled, variant, 1, DEVICES),
	);
	return clusterPage(small, results, recommend(clusterAsScenario(small), 1), 1);
}

function sweep(): string {
	const setup: HerdSetup = {
		...HERD_DEFAULTS,
		devices: 100,
		policy: policyNamed('agent'),
		stockPolicy: policyNamed('balena-tcp-reset'),
	};
	const cells = ['5', '10', '1000'].flatMap((rate) =>
		['agent', 'mqttjs'].map((policy): SweepCell => ({
			at: { 'accept-rate': rate },
			result: simulateHerd({
				...setup,
				acceptRate: Number(rate),
				policy: policyNamed(policy),
			}).result,
		})),
	);
	return sweepPage(setup, ['accept-rate'], cells);
}

const PAGES: ReadonlyArray<readonly [name: string, make: () => string]> = [
	['a herd under every policy', herd],
	...SCENARIOS.map(({ name }) => [name, () => scenario(name)] as const),
	...CLUSTER_SCENARIOS.map(({ name }) => [name, () => cluster(name)] as const),
];

const FLAWLESS = {
	wide: [],
	small: [],
	pale: [],
	faint: [],
	overlapping: [],
	clipped: [],
	unnamed: 0,
	requests: [],
};

describe('the pages of simulate --html, in Chromium', function () {
	this.timeout(60_000);
	let browser: Chromium | undefined;

	before(async function () {
		if (!hasChromium) {
			if (process.env['CI']) {
				throw new Error('chromium is missing.');
			}
			console.log('chromium is not installed: skipped.');
			this.skip();
		}
		browser = await Chromium.start();
	});
	after(async () => {
		await browser?.stop();
	});

	for (const [name, make] of PAGES) {
		describe(name, () => {
			let html: string;
			before(() => {
				html = make();
			});
			for (const width of [360, 1280]) {
				for (const scheme of ['light', 'dark'] as const) {
					it(`can be read at ${width} px in ${scheme}`, async () => {
						await browser!.show(html, { width, scheme });
						const seen = (await browser!.evaluate(INSPECT)) as Inspection;
						expect(seen.texts).to.be.above(50);
						expect(seen.charts).to.be.above(3);
						expect(seen).to.deep.include({ scrolls: false, ...FLAWLESS });
					});
				}
			}

			it('answers four questions before anything else', async () => {
				await browser!.show(html, { width: 1280, scheme: 'light' });
				const questions = await browser!.evaluate(
					`[...document.querySelectorAll('h2')].slice(0, 4).map((each) => each.textContent)`,
				);
				expect(questions).to.deep.equal([
					'How long until all are back?',
					'How many are refused?',
					'What does it cost the nodes?',
					'What should be set?',
				]);
			});
		});
	}

	for (const width of [360, 1280]) {
		it(`include a sweep's, which can be read at ${width} px`, async () => {
			await browser!.show(sweep(), { width, scheme: 'light' });
			const seen = (await browser!.evaluate(INSPECT)) as Inspection;
			expect(seen.charts).to.equal(2);
			expect(seen).to.deep.include({ scrolls: false, ...FLAWLESS });
		});
	}

	it('would be found out if they were unreadable', async () => {
		const broken = `<!doctype html><html><body style="background:#fff"><div style="width:500px">wide</div><p style="color:#999">pale</p>
			<p style="font-size:9px">small</p><svg viewBox="0 0 300 20" width="300"><path class="line" style="stroke:#ccc" d="M0 0L9 9"/><text x="0" y="15">one</text><text x="4" y="15">two</text><text x="290" y="15">three</text></svg></body></html>`;
		await browser!.show(broken, { width: 360, scheme: 'light' });
		const seen = (await browser!.evaluate(INSPECT)) as Inspection;
		expect(seen.scrolls).to.equal(true);
		for (const part of [seen.wide, seen.pale, seen.small, seen.faint]) {
			expect(part).to.have.length(1);
		}
		expect(seen.overlapping).to.deep.equal(['one / two']);
		expect(seen.clipped).to.deep.equal(['three']);
		expect(seen.unnamed).to.equal(1);
	});
});
