export { seededRandom, type SeededRandom } from './seeded-random.js';
export { settle, VirtualClock } from './virtual-clock.js';
