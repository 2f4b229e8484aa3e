import { chooseNode } from './choose.js';
import { createNodes } from './create.js';
import { isResolutionDue, withAddresses, withNodes } from './found.js';
import { nodeFailbackDue } from './failback.js';
import { rememberNodes } from './saved.js';
import { reportNode } from './report.js';

/** Where: what decisions ask of the choice of node. Handed to them, so that a device without a choice does not carry it. */
export const nodeChoice = {
	create: createNodes,
	remember: rememberNodes,
	withNodes,
	withAddresses,
	isResolutionDue,
	choose: chooseNode,
	report: reportNode,
	nodeFailbackDue,
};

export type NodeChoice = Readonly<typeof nodeChoice>;
