import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';

import {
	CONFIG_JSON_LIMIT_BYTES,
	changedParts,
	parseConfigJson,
	readConfigJson,
} from '../../../src/device/config-json.js';
import { CloudlinkError } from '../../../src/errors.js';

const KEY = 'deadbeefcafe0123deadbeefcafe0123';
const UUID = 'a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4';
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const parse = (value: unknown) =>
	parseConfigJson(JSON.stringify(value), '/mnt/boot/config.json');

function checked(error: unknown): CloudlinkError {
	expect(error).to.be.instanceOf(CloudlinkError);
	expect(error).to.have.property('code', 'ERR_CLOUDLINK_INVALID_CONFIG');
	expect(inspect(error, { depth: 5 })).not.to.include(KEY);
	return error as CloudlinkError;
}

function problemOf(run: () => unknown): CloudlinkError {
	let accepted: unknown;
	try {
		accepted = run();
	} catch (error) {
		return checked(error);
	}
	throw new Error(`accepted as ${inspect(accepted)}`);
}

describe('config.json', () => {
	it('is read as balenaOS writes it, whatever else is in it', () => {
		expect(
			parse({
				uuid: UUID,
				deviceApiKey: KEY,
				vpnEndpoint: 'cloudlink.balena-cloud.com',
				vpnPort: 443,
				balenaRootCA: Buffer.from(PEM).toString('base64'),
				applicationId: 1,
				os: { network: { connectivity: {} } },
				cloudlink: { services: [8080] },
			}),
		).to.deep.equal({
			file: '/mnt/boot/config.json',
			uuid: UUID,
			deviceApiKey: KEY,
			vpnEndpoint: 'cloudlink.balena-cloud.com',
			vpnPort: 443,
			rootCa: PEM,
			cloudlink: { services: [8080] },
		});
	});

	it('may have its port as a string, as old images do', () => {
		expect(parse({ vpnPort: '443' }).vpnPort).to.equal(443);
		for (const vpnPort of ['', 'https', 0, 65536, '1.5', null, {}]) {
			expect(problemOf(() => parse({ vpnPort })).message).to.include(
				'`vpnPort`',
			);
		}
	});

	it('names the file and each key whose value cannot be used, and what to do', () => {
		const { message } = problemOf(() =>
			parse({ uuid: 5, deviceApiKey: ['x'], vpnEndpoint: '' }),
		);
		expect(message).to.include('/mnt/boot/config.json');
		expect(message).to.include('`uuid`');
		expect(message).to.include('`deviceApiKey`');
		expect(message).to.include('`vpnEndpoint`');
		expect(message).to.include('Correct it');
	});

	it('takes no key that could break a header or a prompt, and never shows it', () => {
		for (const deviceApiKey of [`${KEY}\n`, `${KEY} x`, `${KEY}é`]) {
			problemOf(() => parse({ deviceApiKey }));
		}
	});

	it('tells the line of a JSON mistake without quoting it: that may be the key', () => {
		const broken = `{\n  "uuid": "${UUID}",\n  "deviceApiKey": "${KEY}" oops\n}`;
		const { message } = problemOf(() =>
			parseConfigJson(broken, '/mnt/boot/config.json'),
		);
		expect(message).to.include('not valid JSON');
		expect(message).to.include('line 3');
		problemOf(() => parseConfigJson(KEY, '/x'));
		problemOf(() => parse([1]));
		problemOf(() => parse(null));
	});

	it('takes no root CA that is not a certificate', () => {
		expect(
			problemOf(() => parse({ balenaRootCA: 'bm90IGEgY2VydA==' })).message,
		).to.include('`balenaRootCA`');
		expect(parse({ balenaRootCA: '' }).rootCa).to.equal(undefined);
	});

	it('tells which parts differ between two readings', () => {
		const base = {
			uuid: UUID,
			deviceApiKey: KEY,
			vpnEndpoint: 'a',
			vpnPort: 1,
		};
		const changed = (change: object) =>
			changedParts(parse(base), parse({ ...base, ...change }));
		expect(changed({})).to.deep.equal([]);
		expect(changed({ hostname: 'x' })).to.deep.equal([]);
		expect(changed({ deviceApiKey: 'other' })).to.deep.equal(['key']);
		expect(changed({ vpnEndpoint: 'b' })).to.deep.equal(['endpoint']);
		expect(changed({ vpnPort: 2, uuid: 'b1b2c3d4' })).to.deep.equal([
			'uuid',
			'endpoint',
		]);
		expect(changed({ cloudlink: { grace: 1 } })).to.deep.equal(['settings']);
		expect(
			changed({ balenaRootCA: Buffer.from(PEM).toString('base64') }),
		).to.deep.equal(['ca']);
	});

	describe('as a file', () => {
		let folder: string;

		beforeEach(async () => {
			folder = await mkdtemp(join(tmpdir(), 'cloudlink-'));
		});

		afterEach(async () => {
			await rm(folder, { recursive: true });
		});

		const rejection = async (file: string) =>
			checked(
				await readConfigJson(file).then(
					() => undefined,
					(error: unknown) => error,
				),
			);

		it('says how to name another when there is none', async () => {
			const file = join(folder, 'none.json');
			const { message, cause } = await rejection(file);
			expect(message).to.include(file).and.to.include('--config');
			expect(cause).to.have.property('code', 'ENOENT');
		});

		it('is not read where it is no config.json by its size', async () => {
			const file = join(folder, 'big.json');
			await writeFile(file, ' '.repeat(CONFIG_JSON_LIMIT_BYTES + 1));
			expect((await rejection(file)).message).to.include('larger than');
		});

		it('says why it cannot be read', async () => {
			expect((await rejection(folder)).message).to.include('EISDIR');
		});
	});
});
