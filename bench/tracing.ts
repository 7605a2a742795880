import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundling } from '@rollcall/cdk/internal/bundling';
import { startCloud } from '@rollcall/local/internal/cloud';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import { build } from 'esbuild';
import { percentile } from 'rollcall/internal/percentile';
import { atLeast } from '../ops/demo/options.ts';
import { smsSandbox } from '../ops/sms-sandbox/sandbox.ts';

// Measures the cost of tracing for a function: bundle size, cold start and invocation. Runs with and without tracing
// alternate.
const { rounds } = new Command('npm run bench:tracing --')
  .description('Measures the cost of tracing: bundle size, cold start and invocation.')
  .option('--rounds <n>', 'number of invocations with tracing, and the same number without', atLeast(10), 500)
  .parse()
  .opts<{ rounds: number }>();

const ENTRY = 'functions/guide/events.handler.ts';
const TRACING = /node_modules\/@opentelemetry\/|packages\/kit\/src\/observability\/(tracing|spans)\.ts/;
const STARTS = 20;
const root = join(import.meta.dirname, '..');

async function bytesOfTracing(outdir: string): Promise<{ all: number; tracing: number }> {
  const { metafile } = await build({
    ...bundling,
    absWorkingDir: root,
    entryPoints: { index: ENTRY },
    outdir,
    metafile: true,
  });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output?.inputs ?? {}).filter(([path]) => TRACING.test(path));
  return { all: output?.bytes ?? 0, tracing: inputs.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0) };
}

/** Measures the milliseconds for loading a bundle, in a separate process. */
function coldStart(bundle: string, environment: Record<string, string>): number {
  const script = `const start = performance.now(); await import(${JSON.stringify(bundle)}); console.log(performance.now() - start); process.exit()`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...environment },
  });
  return Number(output.toString());
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
try {
  const { all, tracing } = await bytesOfTracing(folder);
  const assembly = await synthesize(join(folder, 'dev'));
  const clouds = {
    without: await startCloud({ assembly, beside: [smsSandbox()], environment: { OTEL_SDK_DISABLED: 'true' } }),
    with: await startCloud({ assembly, beside: [smsSandbox()] }),
  };
  const invocations = { with: [] as number[], without: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const variant of ['with', 'without'] as const) {
      const start = performance.now();
      await (await fetch(`${clouds[variant].apiUrl}/v1`)).arrayBuffer();
      invocations[variant].push(performance.now() - start);
    }
  }
  const starts = { with: [] as number[], without: [] as number[] };
  const { environment } = clouds.with.functions.get('rollcall-dev-guide-consume')?.settings ?? { environment: {} };
  for (let round = 0; round < STARTS; round++) {
    for (const variant of ['with', 'without'] as const) {
      starts[variant].push(
        coldStart(join(folder, 'index.mjs'), { ...environment, OTEL_SDK_DISABLED: String(variant === 'without') }),
      );
    }
  }
  for (const cloud of Object.values(clouds)) await cloud.stop();
  const p50 = (values: number[]) => percentile(values, 0.5);
  const compare = (what: string, { with: on, without: off }: typeof starts) => ({
    what,
    with: `${p50(on).toFixed(1)} ms`,
    without: `${p50(off).toFixed(1)} ms`,
    ratio: (p50(on) / p50(off)).toFixed(2),
  });
  console.table([
    {
      what: `bundle of ${ENTRY}`,
      with: `${(all / 1024).toFixed(0)} KB`,
      without: `${((all - tracing) / 1024).toFixed(0)} KB`,
      ratio: (all / (all - tracing)).toFixed(2),
    },
    compare('cold start: loading the bundle', starts),
    compare('GET /v1, one span', invocations),
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
