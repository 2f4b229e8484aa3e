/**
 * A fleet on a virtual clock: how long it takes to come back, what it costs, and what other clients
 * would have made of it. `docs/simulation.md` walks through it.
 */
export { simulateHerd, type HerdRun } from './herd/simulate-herd.js';
export type { Progress } from './herd/run-herd.js';
export {
	BACKLOG_FULL,
	DOOR_KINDS,
	HERD_DEFAULTS,
	HINT_MODES,
	type DoorKind,
	type HerdChange,
	type HerdSetup,
	type HintMode,
} from './herd/setup.js';
export { STAGES, type Stage } from './engine/door.js';
export { OUTAGE_LOOKS, type OutageLook } from './engine/outage.js';
export type { BacklogFull } from './engine/queue-node.js';
export type {
	GroupRecovery,
	HerdResult,
	HerdTimeline,
	Recovery,
} from './herd/result.js';
export {
	POLICIES,
	policyNamed,
	type Pacer,
	type Patience,
	type Policy,
} from './policies/index.js';
export type { NodeCapacity } from './engine/token-bucket.js';
export { herdTable } from './report/herd-table.js';
export { herdPage } from './report/herd-page.js';
export {
	SCENARIOS,
	checkScenario,
	parseScenario,
	plainLine,
	runScenario,
	scenarioNamed,
	type DeployResult,
	type Scenario,
	type ScenarioInput,
	type ScenarioLine,
	type ScenarioResult,
	type ScenarioRun,
} from './scenarios/index.js';
export { scenarioTable } from './report/scenario-table.js';
export { scenarioPage } from './report/scenario-page.js';
export {
	CLUSTER_SCENARIOS,
	runCluster,
	type ClusterResult,
	type ClusterScenario,
} from './cluster/scripts.js';
export { Cluster, type ClusterOptions } from './cluster/cluster.js';
export { DEATHS, type Death } from './cluster/death.js';
export { clusterTable } from './report/cluster-table.js';
export { sweepTable, type SweepCell } from './report/sweep-table.js';
export { sweepPage } from './report/sweep-page.js';
export { clusterPage } from './report/cluster-page.js';
export {
	clusterAsScenario,
	herdAsScenario,
	recommend,
	type Advice,
	type AtDoor,
	type Choice,
	type Limiter,
	type Measured,
	type Outcome as AdviceOutcome,
	type Trial,
} from './advice/index.js';
