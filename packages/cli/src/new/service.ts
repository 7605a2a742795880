import type { App } from '../app-definition.ts';
import { operatorScopeOf } from '../stage/token.ts';
import { checkChannelIsFree, contractsFolder, withChannels } from './channel-list.ts';
import { manualSteps, newTexts } from './edits.ts';
import { applicationOf, checkName, singular } from './names.ts';
import type { Plan } from './plan.ts';
import { checkRouteIsFree } from './route-tables.ts';
import {
  apiHandler,
  contractsFile,
  publisherStatement,
  publishHandler,
  type ServiceNames,
  serviceTest,
} from './service-files.ts';
import { sourcesIn } from './sources.ts';
import { wire } from './wiring.ts';

/**
 * Adds a publishing service: its contracts, its handlers and a test.
 * @param aggregate the name of its aggregate, in the singular. Default: the name of the service without a final `s`
 * @throws {OperatorError} if a name is invalid, the topic or a route already exists, or the app has no name
 */
export function newService(root: string, service: string, aggregate: string | undefined, app: Partial<App>): Plan {
  const about = aggregate ?? singular(service);
  for (const name of [service, about]) checkName(name);
  const sources = sourcesIn(root, 'shared');
  const names = {
    app: applicationOf(app),
    service,
    aggregate: about,
    contracts: `${contractsFolder(sources)}/${service}.ts`,
    scope: operatorScopeOf(app),
  };
  checkChannelIsFree(sources, `${about}-events`);
  checkRouteIsFree(sources, { method: 'POST', path: `/${service}` });
  checkRouteIsFree(sources, { method: 'GET', path: `/${service}/{id}` });
  const events = `${about}Events`;
  const edits = [
    withChannels(sources, [events], names.contracts),
    wire(root, {
      imports: [{ names: [events, `${about}Routes`], from: names.contracts }],
      statements: (variable) => [publisherStatement(variable, names)],
    }),
  ];
  return {
    files: serviceFiles(names),
    edits: newTexts(edits),
    next: [
      ...manualSteps(edits),
      `Define the events of ${service} in ${names.contracts}, and the handlers of its requests in functions/${service}/api.handler.ts.`,
      `npx vitest run test/${service}.test.ts runs the test on an embedded cloud.`,
      `To add parts: rollcall new route NAME METHOD /${service}/… --of ${service}, and rollcall new subscriber NAME --of ${about}-events.`,
    ],
  };
}

export const serviceFiles = (names: ServiceNames): Plan['files'] => ({
  [names.contracts]: contractsFile(names),
  [`functions/${names.service}/api.handler.ts`]: apiHandler(names),
  [`functions/${names.service}/publish.handler.ts`]: publishHandler,
  [`test/${names.service}.test.ts`]: serviceTest(names),
});
