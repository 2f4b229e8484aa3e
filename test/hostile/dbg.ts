import { assault } from './assault.ts';
import { startServices } from './hostile-node.ts';
import { ATTACKS } from './attacks.ts';
const services = await startServices();
const module = new URL('../../dist/index.js', import.meta.url).href;
for (const a of ATTACKS.filter(a => a.name.includes('1,000 streams that nobody reads, one to')))
  console.log(await assault(a, 'websocket', services, { module, longestMs: 9000, execPath: process.argv[2] }));
services.stop();
process.exit();
