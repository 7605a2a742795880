import type { Route } from '@rollcall/kit/internal/contracts/route';
import { type Edited, leftOf, textsOf } from './edits.ts';
import { checkKey } from './names.ts';
import type { Plan } from './plan.ts';
import { emptyHandlerFile, handlerOf, withHandler } from './route-handler.ts';
import { checkPath, type RouteTable, refuseKey, refuseRoute, routeLine, tableOf, withRoute } from './route-tables.ts';
import { checkService } from './services.ts';
import { sourcesIn } from './sources.ts';

/**
 * A route of a service, and its handler.
 * @param key the export that answers it
 * @throws {OperatorError} if a name cannot be one, or is taken; if the path is none; if there is no such service
 */
export function newRoute(root: string, service: string, key: string, route: Route): Plan {
  checkKey(key);
  checkPath(route.path);
  checkService(root, service);
  const shared = sourcesIn(root, 'shared');
  refuseRoute(shared, route);
  const sources = sourcesIn(root, `functions/${service}`);
  const isPublisher = publishes(root, service);
  const table = tableOf(shared, sources, isPublisher);
  if (table) refuseKey(table, key);
  const file = `functions/${service}/api.handler.ts`;
  const there = sources.find((one) => one.file === file);
  const inFile = withHandler(there ?? { file, text: emptyHandlerFile(service) }, key, handlerOf(key, route));
  const inContracts = inTable(table, key, route);
  return {
    files: textsOf(there ? [] : [inFile]),
    edits: textsOf(there ? [inContracts, inFile] : [inContracts]),
    next: [
      ...leftOf([inContracts, inFile]),
      ...(isPublisher ? [] : stackSteps(service, key, route, table)),
      `Decide in ${file} what ${key} answers. jsonEndpoint(logger, SCHEMA, …) checks a body.`,
    ],
  };
}

function inTable(table: RouteTable | undefined, key: string, route: Route): Edited {
  if (table) return { file: table.file, text: withRoute(table, key, route) };
  return { where: "the service's table of routes", lines: [routeLine(key, route)] };
}

/** A publisher's routes each have a function by convention, which a token without their scope does not reach. */
function publishes(root: string, service: string): boolean {
  const publisher = new RegExp(`\\.publisher\\(\\s*['"]${service}['"]`);
  return sourcesIn(root, 'infra').some(({ text }) => publisher.test(text));
}

/** What another service does about it. */
function stackSteps(service: string, key: string, { access }: Route, table: RouteTable | undefined): string[] {
  const lines = [
    `const ${key} = new ServiceFunction(stack, '${key}', {`,
    `  stage, name: '${service}-${key}', entry: 'functions/${service}/api.handler.ts', handler: '${key}',`,
    '});',
    `api.addServiceRoute(stack, '${key}Route', ${table?.variable ?? 'routes'}.${key}, ${key});`,
  ];
  return [
    ...leftOf([{ where: `the stack of ${service} in infra/`, lines }]),
    ...(access === 'read' || access === 'write'
      ? ['Every token of the stage is let in: whether it is good for that very resource, the handler decides.']
      : []),
  ];
}
