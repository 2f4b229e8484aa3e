import { debugLog } from '../debug.js';

/** `DEBUG=cloudlink:agent`. What it is given never holds a secret. */
export const debug = debugLog('cloudlink:agent');
