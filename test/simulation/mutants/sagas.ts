import type { Mutant } from './mutant.ts';

const writes = 'packages/kit/src/messaging/process/writes.ts';
const advance = 'packages/kit/src/messaging/process/advance.ts';
const moves = 'packages/kit/src/messaging/process/moves.ts';
const attempts = 'packages/kit/src/messaging/process/attempts.ts';
const deadline = 'packages/kit/src/messaging/process/deadline.ts';

/** Mutants of processes. */
export const sagaMutants: Mutant[] = [
  {
    name: 'step-executed-twice',
    file: 'packages/kit/src/messaging/versioned-put.ts',
    from: "ConditionExpression: '#version = :before',",
    to: '',
  },
  {
    name: 'compensation-omitted',
    file: moves,
    from: 'const last = done.findLast((name) => stepOf(name).compensate);',
    to: 'const last = undefined;',
  },
  {
    name: 'late-success-not-compensated',
    file: advance,
    from: "if (action === 'undo' || !before.unknown.includes(step)) return undefined;",
    to: 'return undefined;',
  },
  {
    name: 'reply-of-an-expired-step-accepted',
    file: advance,
    from: 'if (awaited?.step === step && awaited.action === action) {',
    to: 'if (awaited) {',
  },
  {
    name: 'earlier-deadline-expires-a-later-step',
    file: advance,
    from: 'if (awaited.until > until) return { process, sends: false };',
    to: '',
  },
  {
    name: 'deadline-not-rescheduled',
    file: deadline,
    from: 'send: [message(until, { at: new Date(until), name: waiting.name })],',
    to: '',
  },
  {
    name: 'command-resent-without-a-reply',
    file: attempts,
    from: 'return { process: { ...process, progress: { state, awaits } }, sends: false };\n  }\n\n  /** Sends the command again',
    to: 'return { process: { ...process, progress: { state, awaits } }, sends: true };\n  }\n\n  /** Sends the command again',
  },
  {
    name: 'end-reported-twice',
    file: writes,
    from: 'const isFirstEnd = before.endedAt === undefined &&',
    to: 'const isFirstEnd =',
  },
].map((mutant) => ({ ...mutant, breaks: ['process'], world: 'sagas' }));
