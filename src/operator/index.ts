/**
 * For whoever runs the nodes: who is let in when, what the others are told, and how a node is emptied. It needs no
 * other package and loads nothing of the agent. `docs/operating-openvpn.md` and `docs/operating-nodes.md` use it.
 */
export {
	LoginGate,
	type Admission,
	type LoginGateOptions,
} from './login-gate.js';
export {
	clientDeny,
	httpAnswer,
	reasonFileLine,
	upgradeAnswer,
	type Answer,
	type HttpAnswer,
} from './answers.js';
export {
	clientKill,
	echo,
	windowSeconds,
	type ClientKillOptions,
} from './windows.js';
export { parseStatus2, type OpenvpnClient } from './status2.js';
export {
	drain,
	type Cut,
	type DrainOptions,
	type DrainReport,
} from './drain.js';
