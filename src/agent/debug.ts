import createDebug from 'debug';

/** `DEBUG=cloudlink:agent`. What it is given never holds a secret. */
export const debug = createDebug('cloudlink:agent');
