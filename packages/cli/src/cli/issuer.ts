import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGuardedServer } from '@rollcall/local/internal/server/guard';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { Issuer, type KeyStore } from '@rollcall/local/internal/services/issuer';
import { Command } from 'commander';
import pc from 'picocolors';
import { OperatorError } from '../stage/errors.ts';
import { ISSUER_PATH, ISSUER_PORT } from '../stage/issuer.ts';
import { onStopSignal, stopWithNpm } from '../stop-signals.ts';
import { type CommonOptions, port, url } from './command.ts';
import { printJson } from './output.ts';

/**
 * Stores the keys in a file that only its owner can read. The keys outlive the process, because API Gateway caches
 * fetched keys for up to two hours: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
function keysIn(folder: string): KeyStore {
  const file = join(folder, 'issuer.keys');
  const all = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
  return {
    all,
    add(key, isOnly = false) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify(isOnly ? [key] : [...all(), key]), { mode: 0o600 });
      chmodSync(file, 0o600);
    },
  };
}

interface IssuerOptions {
  port: number;
  url?: string;
  data: string;
  audience?: string;
}

export const issuer = new Command('issuer')
  .description('issue tokens to every process on this machine, until Ctrl-C: for a stage without an OpenID provider')
  .option('--port <port>', 'port on 127.0.0.1', port, ISSUER_PORT)
  .option('--url <url>', 'URL of the issuer, if the cloud uses another name for this machine', url)
  .option('--data <dir>', 'folder for the keys of the issuer', '.rollcall')
  .option('--audience <name>', 'audience of the tokens (default: the name of the app)')
  .addHelpText(
    'after',
    '\nSet the parameter TokenIssuer of the stage to the URL of this issuer. An embedded cloud has an issuer of its own.\nExample: npm run ops -- issuer, and in another terminal: npm run --silent ops -- token --stage localstack --endpoint http://127.0.0.1:4566',
  )
  .action(async (_: IssuerOptions, command: Command) => {
    const options = command.optsWithGlobals<IssuerOptions & CommonOptions>();
    const { port: wanted, url: publicUrl, data, json, app, folder } = options;
    const audience = options.audience ?? app ?? folder.name;
    if (audience === undefined) throw new OperatorError('Name the audience of the tokens: --audience NAME.');
    stopWithNpm();
    let issuerUrl = '';
    const tokenIssuer = new Issuer(keysIn(data), true, () => issuerUrl);
    tokenIssuer.audience = audience;
    const server = createGuardedServer((request, response) => {
      const path = request.url ?? '';
      if (!path.startsWith(`${ISSUER_PATH}/`)) return void response.writeHead(404).end();
      tokenIssuer.handle(path.slice(ISSUER_PATH.length), request, response).catch(() => response.destroy());
    });
    const address = `${await listen(server, wanted, 'the issuer')}${ISSUER_PATH}`;
    issuerUrl = publicUrl ?? address;
    if (json) printJson({ url: issuerUrl });
    else console.log(`${pc.green('ready')}  ${pc.cyan(issuerUrl)}\nA token: curl -X POST ${address}/token`);
    await new Promise<void>((resolve) => onStopSignal(resolve));
    await close(server);
  });
