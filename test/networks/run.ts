/**
 * What the agent does on networks as devices really have them: `npm run test:networks` (root; Linux with namespaces).
 * One row for an event, one lab for a row and a carrier; prints the table of docs/networks.md with its targets, and exits
 * with 1 if one is missed. `npm run test:networks -- TEXT [CARRIER]` runs the rows whose name has the text.
 */
import { Bench } from './bench.js';
import type { Carrier } from './device.js';
import { ROWS, type Row } from './rows.js';

/** Several labs at a time: most of a row is waiting. */
const AT_ONCE = 6;

interface Cell {
	readonly row: Row;
	readonly carrier: Carrier;
	readonly seen: string;
	readonly met: boolean;
}

/** What the agent told, a line for an event. */
function timeline(bench: Bench | undefined): string {
	const lines = bench?.told.map(
		({ atMs, event, detail }) =>
			`\n    ${new Date(atMs).toISOString().slice(14, 23)} ${event} ${detail}`,
	);
	return lines?.join('') ?? '';
}

async function measure(row: Row, carrier: Carrier): Promise<Cell> {
	let bench: Bench | undefined;
	try {
		bench = await Bench.start(carrier);
		for (const step of row.steps) {
			await step(bench);
		}
		const value = await row.measure(bench);
		const seen = `${value.toFixed(value < 10 ? 1 : 0)} ${row.unit}`;
		const met = value <= row.target;
		if (!met) {
			console.error(`${row.event}, ${carrier}: ${seen}${timeline(bench)}`);
		}
		return { row, carrier, seen, met };
	} catch (error) {
		console.error(
			`${row.event}, ${carrier}: ${String(error)}${timeline(bench)}`,
		);
		return {
			row,
			carrier,
			seen: error instanceof Error ? error.message.split('\n')[0]! : '?',
			met: false,
		};
	} finally {
		await bench?.stop();
	}
}

async function main(): Promise<void> {
	if (process.getuid?.() !== 0) {
		throw new Error('This needs root: it makes network namespaces.');
	}
	const [, , wanted = '', only] = process.argv;
	const queue = ROWS.filter(({ event }) => event.includes(wanted))
		.flatMap((row) => row.carriers.map((carrier) => ({ row, carrier })))
		.filter(({ carrier }) => only === undefined || carrier === only);
	const cells: Cell[] = [];
	const worker = async () => {
		for (let next = queue.shift(); next; next = queue.shift()) {
			const cell = await measure(next.row, next.carrier);
			cells.push(cell);
			console.error(
				`${cell.met ? 'met   ' : 'MISSED'} ${cell.row.event}, ${cell.carrier}: ${cell.seen}`,
			);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	console.log('| event | carrier | seen | target |\n| --- | --- | --- | --- |');
	for (const row of ROWS) {
		for (const { carrier, seen, met } of cells.filter(
			(cell) => cell.row === row,
		)) {
			console.log(
				`| ${row.event} | ${carrier} | ${seen} | ${met ? '' : '**MISSED** '}at most ${row.target} ${row.unit} |`,
			);
		}
	}
	process.exitCode = cells.every(({ met }) => met) ? 0 : 1;
}

if (import.meta.url === `file://${process.argv[1]}`) {
	await main();
}
