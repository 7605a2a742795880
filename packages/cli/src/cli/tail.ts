import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import pc from 'picocolors';
import { type EmbeddedCloud, embeddedCloudOf } from '../stage/embedded-cloud.ts';
import { OperatorError } from '../stage/errors.ts';
import { normalizeId } from '../stage/ids.ts';
import type { SpanView } from '../stage/traces.ts';
import { onStopSignal, stopWithNpm } from '../stop-signals.ts';
import { onStage } from './command.ts';
import { sanitize } from './output.ts';

const POLL_INTERVAL_MS = 300;

interface Options {
  /** Only events about this aggregate. */
  aggregate?: string | undefined;
  service?: string;
  errors?: boolean;
  bodies?: boolean;
  past?: boolean;
}

function isWanted(
  { attributes, service, error, kind }: SpanView,
  { aggregate, service: only, errors }: Options,
): boolean {
  if (kind === 'internal' || (kind === 'consumer' && attributes['messaging.message.id'] === undefined)) return false;
  if (aggregate !== undefined && attributes['rollcall.aggregate'] !== aggregate) return false;
  return (only === undefined || service === only) && (!errors || error !== undefined);
}

function lineOf({ startMs, durationMs, service, name, attributes, error }: SpanView): string {
  const outcome = attributes['rollcall.outcome'] ?? attributes['http.response.status_code'] ?? '';
  const about = attributes['rollcall.aggregate'] ?? '';
  const at = new Date(startMs + durationMs).toISOString().slice(11, 23);
  const line = `${pc.dim(at)} ${service.padEnd(20)} ${name}  ${pc.dim(String(about))} ${error ? pc.red(sanitize(error)) : outcome}`;
  return line.trimEnd();
}

/** Prints new events until the signal is aborted. */
async function follow(cloud: EmbeddedCloud, options: Options & { json?: boolean }, signal: AbortSignal): Promise<void> {
  let after = options.past ? 0 : (await cloud.happened(Number.MAX_SAFE_INTEGER)).next;
  while (!signal.aborted) {
    const { next, spans, messages } = await cloud.happened(after);
    after = next;
    for (const span of spans.filter((one) => isWanted(one, options)))
      console.log(options.json ? JSON.stringify(span) : lineOf(span));
    const bodies = options.bodies ? messages.filter(({ body }) => body.includes(options.aggregate ?? '')) : [];
    for (const { at, channel, body } of bodies)
      console.log(
        options.json
          ? JSON.stringify({ at, channel, body })
          : `${pc.dim(at.slice(11, 23))} ${pc.bold(channel)} ${sanitize(body)}`,
      );
    await delay(POLL_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

/** @param name the app's name for an aggregate */
export const tailCommand = (name: string) =>
  new Command('tail')
    .description('follow messages and calls, until Ctrl-C')
    .option(`--${name} <id>`, `only events about this ${name}`, normalizeId)
    .option('--service <name>', 'only events of this service, such as payments')
    .option('--errors', 'only failures')
    .option('--bodies', 'include message bodies, which contain personal data')
    .option('--past', 'start with the past events that the cloud has kept')
    .addHelpText(
      'after',
      '\nWith --json, one JSON object per line. For an account, use CloudWatch: aws logs tail --follow /aws/lambda/APP-STAGE-FUNCTION\nExample: npm run ops -- tail --errors',
    )
    .action(
      onStage<Options & Record<string, unknown>, []>(async (stage, options) => {
        const cloud = await embeddedCloudOf(stage);
        if (!cloud) {
          throw new OperatorError(
            `${stage.endpoint ?? 'An account'} has no event feed. For an account, use CloudWatch: aws logs tail --follow /aws/lambda/${stage.table('FUNCTION')}`,
          );
        }
        const stopping = new AbortController();
        stopWithNpm();
        onStopSignal(() => stopping.abort());
        await follow(cloud, { ...options, aggregate: options[name] as string | undefined }, stopping.signal);
      }),
    );
