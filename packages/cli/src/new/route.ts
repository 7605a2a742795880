import type { Route } from '@rollcall/kit/internal/contracts/route';
import { type Edit, manualSteps, newTexts } from './edits.ts';
import { checkKey } from './names.ts';
import type { Plan } from './plan.ts';
import { emptyHandlerFile, handlerOf, withHandler } from './route-handler.ts';
import {
  checkKeyIsFree,
  checkPath,
  checkRouteIsFree,
  type RouteTable,
  routeLine,
  tableOf,
  withRoute,
} from './route-tables.ts';
import { checkService } from './services.ts';
import { sourcesIn } from './sources.ts';

/**
 * Adds a route to a service, with its handler.
 * @param key name of the export that implements the route
 * @throws {OperatorError} if the key or the path is invalid or taken, or there is no such service
 */
export function newRoute(root: string, service: string, key: string, route: Route): Plan {
  checkKey(key);
  checkPath(route.path);
  checkService(root, service);
  const shared = sourcesIn(root, 'shared');
  checkRouteIsFree(shared, route);
  const sources = sourcesIn(root, `functions/${service}`);
  const isPublisher = publishes(root, service);
  const table = tableOf(shared, sources, isPublisher);
  if (table) checkKeyIsFree(table, key);
  const file = `functions/${service}/api.handler.ts`;
  const existingFile = sources.find((one) => one.file === file);
  const fileEdit = withHandler(existingFile ?? { file, text: emptyHandlerFile(service) }, key, handlerOf(key, route));
  const tableEdit = editTable(table, key, route);
  return {
    files: newTexts(existingFile ? [] : [fileEdit]),
    edits: newTexts(existingFile ? [tableEdit, fileEdit] : [tableEdit]),
    next: [
      ...manualSteps([tableEdit, fileEdit]),
      ...(isPublisher ? [] : stackSteps(service, key, route, table)),
      `Implement ${key} in ${file}. jsonEndpoint(logger, SCHEMA, …) validates the body of a request.`,
    ],
  };
}

function editTable(table: RouteTable | undefined, key: string, route: Route): Edit {
  if (table) return { file: table.file, text: withRoute(table, key, route) };
  return { where: "the service's table of routes", lines: [routeLine(key, route)] };
}

/**
 * Whether `app.publisher` creates the service. If so, it also creates the function of each route, and the API rejects
 * tokens without the scope of the route.
 */
function publishes(root: string, service: string): boolean {
  const publisher = new RegExp(`\\.publisher\\(\\s*['"]${service}['"]`);
  return sourcesIn(root, 'infra').some(({ text }) => publisher.test(text));
}

/** The steps for a service that is not a publisher. */
function stackSteps(service: string, key: string, { access }: Route, table: RouteTable | undefined): string[] {
  const lines = [
    `const ${key} = new ServiceFunction(stack, '${key}', {`,
    `  stage, name: '${service}-${key}', entry: 'functions/${service}/api.handler.ts', handler: '${key}',`,
    '});',
    `api.addServiceRoute(stack, '${key}Route', ${table?.variable ?? 'routes'}.${key}, ${key});`,
  ];
  return [
    ...manualSteps([{ where: `the stack of ${service} in infra/`, lines }]),
    ...(access === 'read' || access === 'write'
      ? [
          'The API accepts every token of the stage. The handler must check that the token allows access to the requested resource.',
        ]
      : []),
  ];
}
