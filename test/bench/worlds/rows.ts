import { changes } from './changes.js';
import { memories } from './memory.js';
import { nodes } from './nodes.js';
import { outages } from './outages.js';
import { queues } from './queues.js';
import { refusals } from './refusals.js';
import type { World } from './world.js';

/** Every world, in the order of the table. By `draw` the values of T are drawn that no row names. */
export const worldsOf = (draw: string): readonly World[] => [
	...queues(draw),
	...outages(draw),
	...refusals(draw),
	...changes(draw),
	...memories(draw),
	...nodes(draw),
];
