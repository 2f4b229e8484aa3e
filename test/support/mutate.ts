import type { SeededRandom } from '../../src/testing/seeded-random.js';

/** Values on which parsers of lengths and numbers stumble. */
const EDGES = [0, 1, 0x0a, 0x22, 0x2c, 0x3a, 0x7f, 0x80, 0xfe, 0xff];
const LONGEST = 4096;

/** An input that is like those of a corpus, and is not one of them: some bytes changed, gone, doubled, or taken from another. */
export function mutate(
	random: SeededRandom,
	corpus: readonly Buffer[],
): Buffer {
	const below = (limit: number) => Math.floor(random() * limit);
	const pick = () => corpus[below(corpus.length)]!;
	let bytes = Buffer.from(pick());
	for (let left = 1 + below(4); left > 0; left--) {
		const at = below(bytes.length + 1);
		const to = Math.min(bytes.length, at + 1 + below(8));
		switch (below(5)) {
			case 0:
				if (at < bytes.length) {
					bytes[at] = below(256);
				}
				break;
			case 1:
				if (at < bytes.length) {
					bytes[at] = EDGES[below(EDGES.length)]!;
				}
				break;
			case 2:
				bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
				break;
			case 3:
				bytes = Buffer.concat([
					bytes.subarray(0, to),
					bytes.subarray(at, to),
					bytes.subarray(to),
				]);
				break;
			default: {
				const other = pick();
				const from = below(other.length + 1);
				bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from)]);
			}
		}
	}
	return bytes.subarray(0, LONGEST);
}
