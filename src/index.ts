/** Hearsay: an embeddable gossip network that you can watch converge. */
export { clusterIdOf, loadSeeds, parseSeeds } from './config/seeds-file.ts';
export { type Address, formatAddress, parseAddress } from './core/address.ts';
export {
  type PeerOptions,
  type Profile,
  peerDefaults,
  quorumOf,
  type SeedOptions,
  seedDefaults,
} from './core/config.ts';
export { type ErrorCode, HearsayError } from './core/errors.ts';
export type * from './core/events.ts';
export type {
  Ballot,
  ContentType,
  GossipMessage,
  Incarnation,
  LinkId,
  MessageId,
  NodeId,
  PeerEntry,
  PeerId,
  SeedId,
} from './core/messages.ts';
export type { Overrides } from './core/options.ts';
export { packageVersion } from './core/version.ts';
export {
  GossipNode,
  type NeighbourInfo,
  type PeerNodeEvent,
  type PeerStatistics,
  type PublishOptions,
  type StopOptions,
} from './nodes/gossip-node.ts';
export type { MessageStream, MessageStreamOptions } from './nodes/message-stream.ts';
export type { LifecycleState, Observer, StartOptions } from './nodes/network-node.ts';
export type {
  AutomaticGossip,
  CommonPeerOptions,
  GossipNodeOptions,
  NodeDependencies,
  PeerNodeOptions,
  SeedNodeOptions,
} from './nodes/options.ts';
export { type JsonValue, type Payload, payloadOf, textOf } from './nodes/payload.ts';
export { PeerNode } from './nodes/peer-node.ts';
export { SeedNode, type SeedNodeEvent, type SeedStatistics } from './nodes/seed-node.ts';
export type { ObservatoryControl } from './observatory/control.ts';
export { type ModelLimits, modelLimits } from './observatory/model/limits.ts';
export { NetworkModel } from './observatory/model/network-model.ts';
export type { Convergence, Spread } from './observatory/model/spread.ts';
export {
  type Observatory,
  type ObservatoryOptions,
  serveObservatory,
  serveReplay,
} from './observatory/observatory.ts';
export type { ObservedNode } from './observatory/watch.ts';
export { type Clock, systemClock } from './runtime/clock.ts';
export { memoryStorage } from './storage/memory.ts';
export { sqliteStorage } from './storage/sqlite.ts';
export type { SeedStorage } from './storage/storage.ts';
export { type Description, describeEvent, type LogLevel } from './telemetry/describe.ts';
export type { ExposedPeer } from './telemetry/discovery.ts';
export { type EventFile, readEventFile } from './telemetry/event-file.ts';
export {
  type EventFileHeader,
  type EventRecord,
  eventOf,
  formatEventFileHeader,
  formatEventRecord,
  type RecordedEvent,
  type RecordedMessage,
  recordEvent,
} from './telemetry/event-record.ts';
export type { GraphEdge, GraphNode, NetworkGraph } from './telemetry/graph.ts';
export {
  type ServedNode,
  serveTelemetry,
  type TelemetryServer,
  type TelemetryServerOptions,
} from './telemetry/http.ts';
export { attachLog, type Logger, type Observable } from './telemetry/log.ts';
export { digestNumber } from './telemetry/metrics/digest-number.ts';
export {
  attachMetrics,
  type MeasuredNode,
  type MetricsOptions,
  type Statistics,
} from './telemetry/metrics.ts';
export { MetricsHistory } from './telemetry/metrics-history.ts';
export {
  attachTracing,
  type TracedNode,
  type TraceInstrument,
  type TracingOptions,
} from './telemetry/tracing.ts';
export { Switchboard } from './transport/switchboard.ts';
export { tcpTransport } from './transport/tcp.ts';
export type { Transport } from './transport/transport.ts';
