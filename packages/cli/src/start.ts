import { watch } from 'node:fs';
import { join, relative } from 'node:path';
import { type Cloud, startCloud } from '@rollcall/local/cloud';
import { CloudError } from '@rollcall/local/errors/cloud-error';
import { synthesize } from '@rollcall/local/synthesize';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { buildConsole } from './console/build.ts';
import { createConsole } from './console/server.ts';
import { endWithNpm, onEnd } from './ending.ts';
import { openStage } from './stage/stage.ts';

endWithNpm();
// What it writes is personal, and holds keys: whoever starts it reads it, and nobody else.
process.umask(0o077);

const root = process.cwd();
const OUTDIR = join(root, 'cdk.out');
/** How long after a change others may follow that belong to it. */
const SETTLE_MS = 200;

const options = new Command('npm start --')
  .description('Runs Rollcall on this machine: no Docker, no account.')
  .option('--memory', 'keep no data')
  .option('--data <dir>', 'keep data in this folder', '.rollcall')
  .option(
    '--port <port>',
    'port of the API; gRPC takes the 20th after it, AWS the 566th, and what runs beside them others in between',
    port,
    4000,
  )
  .option('--watch', 'deploy again whenever infra/, functions/, shared/ or packages/ changes')
  .parse()
  .opts<{ memory?: boolean; data: string; port: number; watch?: boolean }>();

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_535 - 566) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 64968.');
}

const started = performance.now();
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

try {
  const cloud = await startCloud({
    assembly: synthesize(OUTDIR),
    ...(!options.memory && { data: options.data }),
    app: root,
    ports: { api: options.port, grpc: options.port + 20, aws: options.port + 566 },
  });
  // The page is built after the rest is there, so that nobody has to wait for it.
  const operatorConsole = await createConsole({
    stage: openStage({ name: 'dev', endpoint: cloud.endpointUrl }),
    page: buildConsole(),
  });
  cloud.serve(operatorConsole.serve);
  onEnd(async () => {
    await operatorConsole.stop();
    await cloud.stop();
    process.exit(0);
  });
  if (options.watch) watchSources(cloud);
  announce(cloud);
} catch (error) {
  if (!(error instanceof CloudError)) throw error;
  console.error(pc.red(error.message));
  process.exit(1);
}

function announce({ apiUrl, beside, grpcUrl, endpointUrl }: Cloud): void {
  const kept = options.memory ? 'in memory, gone when this ends' : relative(process.cwd(), options.data);
  console.log(`${pc.green(pc.bold('ready'))} in ${seconds(started)}

  console      ${pc.cyan(`${apiUrl}/`)}
  API          ${pc.cyan(`${apiUrl}/v1/members`)}
  gRPC         ${pc.cyan(grpcUrl)}
  SMS sandbox  ${pc.cyan(`${beside.sms}/messages`)}
  AWS          ${pc.cyan(endpointUrl)}
  data         ${kept}

Register a member:

  curl -i ${apiUrl}/v1/members -H 'content-type: application/json' -d '{"phone":"+34612345678","name":"Lucía","locale":"es"}'

The answer links to the member's points and guide, which want a token: npm run --silent ops -- token
The text is at the SMS sandbox. Ctrl-C ends it.`);
}

function watchSources(cloud: Cloud): void {
  let timer: NodeJS.Timeout | undefined;
  let busy = Promise.resolve();
  const redeploy = async () => {
    const start = performance.now();
    try {
      await cloud.redeploy(await synthesize(OUTDIR));
      console.log(pc.green(`deployed again in ${seconds(start)}`));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      console.error(pc.red(error.message));
    }
  };
  for (const folder of ['infra', 'functions', 'shared', 'packages']) {
    watch(join(root, folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        busy = busy.then(redeploy);
      }, SETTLE_MS);
    });
  }
}
