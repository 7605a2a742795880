import type { Cloud } from '@rollcall/local';
import { createGuardedServer } from '@rollcall/local/internal/server/guard';
import { close, listen } from '@rollcall/local/internal/server/listen';
import type { App } from 'rollcall/app';
import { createConsole } from 'rollcall/internal/console/server';
import { openStage } from 'rollcall/internal/stage/stage';
import members from '../../rollcall.config.ts';

export interface TestConsole {
  url: string;
  stop(): Promise<void>;
}

/** Starts a console for a test's cloud. The console has a separate URL. */
export async function startConsole(
  cloud: Pick<Cloud, 'endpointUrl'>,
  page: Promise<string>,
  app: App = members,
): Promise<TestConsole> {
  const stage = openStage({ app: app.name, name: 'dev', endpoint: cloud.endpointUrl });
  const operatorConsole = await createConsole({ app, stage, page });
  const server = createGuardedServer((request, response) => {
    if (!operatorConsole.serve(request, response)) response.writeHead(404).end();
  });
  return {
    url: await listen(server, 0, 'the console'),
    async stop() {
      await operatorConsole.stop();
      await close(server);
    },
  };
}
