/** What a node of the topology is. `functions` are several of one service that do the same for the flow. */
export type NodeKind =
  | 'client'
  | 'api'
  | 'functions'
  | 'function'
  | 'table'
  | 'topic'
  | 'queue'
  | 'dead letters'
  | 'provider';

export interface TopologyNode {
  /** Unique, such as `queue:rollcall-dev-sms.fifo`. */
  id: string;
  kind: NodeKind;
  /** As people call it, such as `sms.fifo` or `sms-consume`. */
  name: string;
  /** The stack that it belongs to, without the stage: `registration`, `sms`, … */
  service: string;
  /** Physical names of what it stands for. */
  resources: string[];
}

export interface TopologyEdge {
  /** `from→to` by their ids. */
  id: string;
  from: string;
  to: string;
  /** What goes along it, such as `requests`, `stream`, `publishes`, `delivers`, `consumes`, `writes`, `sets aside`. */
  label: string;
}

/** How messages flow through a stage, drawn from its templates. */
export interface Topology {
  nodes: TopologyNode[];
  edges: TopologyEdge[];
}
