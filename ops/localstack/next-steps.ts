import { resolvableHere } from 'rollcall/internal/stage/issuer';
import { reachable, shellWord } from './address.ts';
import { type Entry, entriesIn, type Outputs } from './directory.ts';

/** The deployed stage and its endpoint. */
export interface Deployed {
  endpoint: string;
  /** Base path of the API at the endpoint. */
  basePath: string;
  outputs: Outputs;
}

export function apiUrlOf({ endpoint, basePath, outputs }: Deployed): string {
  const apiUrl = Object.values(outputs).find((stack) => stack.ApiUrl)?.ApiUrl;
  if (apiUrl) return reachable(apiUrl, endpoint, basePath);
  throw new Error('No stack outputs an ApiUrl: the deployment is incomplete. Deploy again.');
}

/** Returns the entries for the directory, with reachable addresses. */
export function entriesOf({ endpoint, basePath, outputs }: Deployed): Entry[] {
  const working = (value: string) => reachable(value, endpoint, basePath);
  return entriesIn(outputs).map(({ attributes, ...entry }) => ({
    ...entry,
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, working(value)])),
  }));
}

/**
 * The URLs of the SMS sandbox and the token issuer on this machine. Undefined if the stage uses another gateway or
 * issuer.
 */
export interface LocalServices {
  sandbox?: string | undefined;
  issuer?: string | undefined;
}

/** Returns the next steps as text, with commands to paste into a shell. */
export function nextSteps(deployed: Deployed, { sandbox, issuer }: LocalServices): string {
  const apiUrl = apiUrlOf(deployed);
  const at = `--stage localstack --endpoint ${shellWord(deployed.endpoint)}`;
  const urlOption = issuer && issuer !== resolvableHere(issuer) ? ` --url ${shellWord(issuer)}` : '';
  const token = issuer ? `"$(npm run --silent ops -- token ${at})"` : '…';
  const lines = [
    `API  ${shellWord(apiUrl)}`,
    '',
    ...(sandbox
      ? ['The stage sends SMS to the SMS sandbox. Start it in another terminal:', '  npm run sms-sandbox', '']
      : []),
    ...(issuer
      ? [
          'The stage accepts tokens of a local issuer. Start it in another terminal:',
          `  npm run ops -- issuer${urlOption}`,
          '',
        ]
      : []),
    'Then:',
    `  curl -i ${shellWord(`${apiUrl}/v1/members`)} -H 'content-type: application/json' -d '{"phone":"+34612345678","name":"Lucía","locale":"es"}'`,
    `  API_URL=${shellWord(apiUrl)} API_TOKEN=${token} npm run test:deployed`,
    `  npm run ops -- doctor ${at}`,
  ];
  return lines.join('\n');
}
