import { setTimeout as delay } from 'node:timers/promises';
import { callableAgainFrom, MessagingError, TransientError } from '@rollcall/kit/messaging';
import {
  BulkheadFullError,
  type createNodes,
  createRemoteService,
  type createStageBreaker,
  OutOfTimeError,
  PacedError,
  RemoteError,
  type RemoteService,
  timeLeft,
  UnavailableError,
} from '@rollcall/kit/resilience';
import type { SmsLimits } from './limits.ts';
import { KnownOptOutError, OptedOutError, type OptOuts } from './opt-outs.ts';
import type { Pace } from './pace.ts';
import type { SmsProvider, TextMessage } from './providers/provider.ts';
import { oneSegment } from './segments.ts';

/** A provider, with its instances and its circuit breaker. */
export interface ConfiguredProvider {
  name: string;
  provider: SmsProvider;
  nodes?: ReturnType<typeof createNodes> | undefined;
  breaker: ReturnType<typeof createStageBreaker>;
}

export interface TextingOptions {
  /**
   * The providers in order. An attempt calls the next provider only if the previous one certainly did not send the SMS.
   */
  providers: readonly ConfiguredProvider[];
  timeoutMs: number;
  atOnce: number;
  /** Undefined if no rate is agreed with the providers. */
  pace: Pace | undefined;
  limits: Pick<SmsLimits, 'check'>;
  optOuts: Pick<OptOuts, 'add'>;
  mode: () => Promise<string>;
  /** Called for each SMS that a provider has accepted. */
  onSent: (provider: string, country: string | undefined) => void;
  /** Called for each SMS that is not sent because its phone has opted out. */
  onOptedOut: () => void;
  now: () => Date;
}

/** Facts about an SMS before it is sent. */
export interface SendContext {
  /** When the SMS was requested. */
  requestedAt: Date;
  /** Whether an operator has released the SMS, so that no limit applies to it. */
  released: boolean;
  /** Whether a provider may already have received the SMS. */
  outcomeUnknown: boolean;
}

/** `opted out` means that the phone has opted out, so no provider is called again for the SMS. */
export type SendResult = 'accepted' | 'opted out';

/**
 * Sends an SMS through a provider, unless the phone has opted out.
 * @throws {HeldError} if a limit does not allow the SMS; {@link RemoteError} if no provider is known to have accepted
 * the SMS; {@link TransientError} after any other error, for example if a table or a secret of the service could not be
 * reached
 */
export type SendText = (text: TextMessage & { short?: string }, about: SendContext) => Promise<SendResult>;

/** Maximum number of calls to the same provider. Only a provider that honours idempotency keys is called repeatedly. */
const MAX_TRIES = 2;
/** The longest wait for a slot inside the function. If the slot is later, the SMS returns to its queue. */
const PATIENCE_MS = 1_500;

export function createTexting(options: TextingOptions): SendText {
  const { providers, timeoutMs, atOnce, pace, limits, optOuts, mode, onSent, onOptedOut, now } = options;

  async function awaitSlot(name: string): Promise<void> {
    const patience = Math.max(0, Math.min(PATIENCE_MS, timeLeft() - timeoutMs));
    const waitMs = (await pace?.(name, patience)) ?? 0;
    if (waitMs > 0) await delay(waitMs);
  }

  /** Creates a client of the first provider. If this provider fails, the client may call the others. */
  function createChain([first, ...others]: readonly ConfiguredProvider[]): RemoteService<Text, void> | undefined {
    if (!first) return undefined;
    const { name, provider, nodes, breaker } = first;
    const next = createChain(others);
    return createRemoteService<Text, void>({
      name,
      async call(text, attempt) {
        await provider.send(text, attempt).catch(async (error: Error) => {
          if (error instanceof OptedOutError) await optOuts.add(text.to, now(), name);
          throw error;
        });
        onSent(name, text.country);
      },
      nodes,
      timeoutMs,
      atOnce,
      admit: async (text) => {
        await provider.ready?.();
        await limits.check(text);
        await awaitSlot(name);
      },
      breaker,
      retry: { tries: MAX_TRIES, isIdempotent: () => provider.honoursKey },
      async fallback(text, cause) {
        if (!next || !mayUseNextProvider(cause)) {
          // An attempt after an unknown outcome uses only providers that honour idempotency keys. This prevents a
          // duplicate only if this provider honours them. Otherwise, the outcome is not reported as unknown.
          if (cause instanceof UnavailableError) cause.outcomeUnknown &&= provider.honoursKey;
          throw cause;
        }
        await next(text).catch((error: Error) => {
          throw moreInformative(cause, error, now());
        });
      },
    });
  }

  const send = createChain(providers) as RemoteService<Text, void>;
  // An SMS with an unknown outcome is sent again only through providers that honour idempotency keys, if there are any.
  const sendAgain = createChain(providers.filter(({ provider }) => provider.honoursKey)) ?? send;

  return async ({ short, ...text }, { outcomeUnknown, ...about }) => {
    const isShort = (await mode()) === 'short-text';
    try {
      await (outcomeUnknown ? sendAgain : send)({
        ...text,
        ...about,
        ...(isShort && { text: oneSegment(short ?? text.text) }),
      });
      return 'accepted';
    } catch (error) {
      if (error instanceof OptedOutError || error instanceof KnownOptOutError) {
        onOptedOut();
        return 'opted out';
      }
      if (error instanceof RemoteError || error instanceof MessagingError) throw error;
      throw new TransientError((error as Error).message, { cause: error });
    }
  };
}

type Text = TextMessage & Omit<SendContext, 'outcomeUnknown'>;

/**
 * Whether the next provider may be called after a provider failed. The failed provider must certainly not have sent the
 * SMS. An SMS also stays with its provider if it only has to wait for its slot, for the end of concurrent calls or for
 * the next invocation.
 */
const mayUseNextProvider = (cause: Error): boolean =>
  cause instanceof UnavailableError &&
  !cause.outcomeUnknown &&
  !(cause instanceof PacedError || cause instanceof BulkheadFullError || cause instanceof OutOfTimeError);

/**
 * Returns the more informative of two failures: the second failure if it is permanent or its outcome is unknown,
 * otherwise the failure with the earlier retry time.
 */
function moreInformative(first: Error, second: Error, now: Date): Error {
  if (!(second instanceof UnavailableError)) return second;
  const [one, other] = [callableAgainFrom(first, now), callableAgainFrom(second, now)];
  if (second.outcomeUnknown || !one) return second;
  return other && other < one ? second : first;
}
