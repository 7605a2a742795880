import type { CallFault, Faults, TextFault } from '../../local/faults.ts';

/** What the process of the cloud tells: one JSON object a line. */
export type Report =
  | { ready: { apiUrl: string; smsUrl: string; endpointUrl: string } }
  | { fault: string; at: string }
  | { published: Array<{ aggregateId: string; version: number }> };

/** `storm`: everything may go wrong; `repairing`: only what the gateway refuses for good; `calm`: nothing. */
export type Weather = 'storm' | 'repairing' | 'calm';

const CALLS = 0.04;
const DEATHS = 0.003;
const TEXTS: Array<[TextFault, number]> = [
  ['fails', 0.03],
  ['answer lost', 0.01],
  ['hangs', 0.003],
];
/** One text of so many is refused for good. */
const REFUSED_OF = 200;
/** Now and then a service fails for two seconds at every other call: more than the SDK's own retries outlast. */
const SQUALLS = 0.000_3;
const SQUALL_MS = 2_000;
const CALLS_IN_SQUALL = 0.5;
/** What the cloud needs to start, and what would only hold a message back for a minute, does not go wrong. */
const SPARED = /^(Create|Describe|Update(Table|Time)|Set|Subscribe|List|Get(Queue|Caller)|ReceiveMessage)/;
const KINDS: Array<CallFault['kind']> = ['refused', 'refused', 'throttled', 'answer lost', 'answer lost', 'delayed'];
/** Up to this; the SDK gives up waiting after two seconds. */
const LONGEST_DELAY_MS = 2_500;

export interface FaultsOptions {
  random: () => number;
  weather: () => Weather;
  report: (report: Report) => void;
}

/** Faults by chance, at the rates above. */
export function createFaults({ random, weather, report }: FaultsOptions): Faults {
  const squalls = new Map<string, number>();
  const happens = <F extends string>(fault: F, what: string): F => {
    report({ fault: `${what}: ${fault}`, at: new Date().toISOString() });
    return fault;
  };

  function rateOf(service: string): number {
    if (random() < SQUALLS) squalls.set(service, Date.now() + SQUALL_MS);
    return (squalls.get(service) ?? 0) > Date.now() ? CALLS_IN_SQUALL : CALLS;
  }

  return {
    call(service, operation) {
      if (weather() !== 'storm' || SPARED.test(operation) || random() > rateOf(service)) return undefined;
      const special = {
        TransactWriteItems: 'conflict',
        BatchWriteItem: 'partly done',
        PublishBatch: 'partly done',
      } as const;
      const kinds = operation in special ? [...KINDS, special[operation as keyof typeof special]] : KINDS;
      const kind = happens(kinds[Math.floor(random() * kinds.length)] ?? 'refused', `${service} ${operation}`);
      return kind === 'delayed' ? { kind, ms: random() * LONGEST_DELAY_MS } : { kind };
    },

    death(functionName) {
      if (weather() !== 'storm' || random() > DEATHS) return undefined;
      happens('dies', functionName);
      return random() * 50;
    },

    text(idempotencyKey = '') {
      if (weather() === 'calm') return undefined;
      if (Number.parseInt(idempotencyKey.slice(-4), 16) % REFUSED_OF === 0) return happens('refuses', 'gateway');
      if (weather() === 'repairing') return undefined;
      let chance = random();
      for (const [fault, rate] of TEXTS) {
        chance -= rate;
        if (chance < 0) return happens(fault, 'gateway');
      }
      return undefined;
    },

    answered(operation, request, response) {
      if (operation !== 'PublishBatch' || response.includes('<Failed><member>')) return;
      const form = [...new URLSearchParams(request)];
      const published = form
        .filter(([name]) => /\.Message$/.test(name))
        .map(([, body]) => JSON.parse(body) as { subject: string; sequence: string })
        .map(({ subject, sequence }) => ({ aggregateId: subject, version: Number(sequence) }));
      report({ published });
    },
  };
}

/** Mulberry32: small, quick and good enough to choose faults by; the seed fixes the sequence. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
