import { Script } from 'node:vm';
import { serviceOf } from '@rollcall/kit/internal/contracts/channel';
import type { App } from '../app-definition.ts';
import { OperatorError } from '../stage/errors.ts';

// Names of functions have 64 characters at most. The longest: APP-STAGE-SERVICE-commands-consume, APP-STAGE-SERVICE-KEY.
const MAX_CHARACTERS = 20;
const MAX_KEY_CHARACTERS = 16;
/** RollcallApp.publisher refuses them. */
const TAKEN = { services: ['circuits', 'later', 'outbox', 'switches'], keys: ['consume', 'sweep'] };

/** @throws {OperatorError} if it cannot name an app or a service: it becomes part of names and of `source` */
export function checkName(name: string): void {
  if (serviceOf(`/app/${name}`) !== name || name.length > MAX_CHARACTERS)
    throw new OperatorError(
      `"${name}" cannot be a name: one word of lower-case letters and digits, ${MAX_CHARACTERS} at most, a letter first.`,
    );
  if (TAKEN.services.includes(name))
    throw new OperatorError(`"${name}" cannot be a name: every app has tables of that name.`);
  refuseReserved(name);
}

/** @throws {OperatorError} if it cannot name a message, which becomes part of its type */
export function checkMessageName(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name))
    throw new OperatorError(
      `"${name}" cannot name a message: words of lower-case letters and digits, joined by hyphens, such as charge or refund-order.`,
    );
  refuseReserved(variableOf(name));
}

/** @throws {OperatorError} if it cannot be the key of a route, which is an export and part of a function's name */
export function checkKey(key: string): void {
  if (!/^[a-z][A-Za-z0-9]*$/.test(key) || key.length > MAX_KEY_CHARACTERS)
    throw new OperatorError(
      `"${key}" cannot name a route: letters and digits, ${MAX_KEY_CHARACTERS} at most, a lower-case letter first, such as cancel or readItem.`,
    );
  if (TAKEN.keys.includes(key))
    throw new OperatorError(`"${key}" cannot name a route: functions of consumers are called so.`);
  refuseReserved(key);
}

/** @returns `refundOrder` of `refund-order` */
export const variableOf = (name: string): string =>
  name.replaceAll(/-(\w)/g, (_, first: string) => first.toUpperCase());

/** `item` of `items`; a name that ends otherwise stays as it is. */
export const singular = (name: string): string => name.replace(/(?<=[^su])s$/, '');

/** @throws {OperatorError} if the app does not say how it is called */
export function applicationOf({ name }: Partial<App>): string {
  if (name !== undefined) return name;
  throw new OperatorError('No rollcall.config.ts beside cdk.json says how the app is called: defineApp({ name }).');
}

function refuseReserved(name: string): void {
  try {
    new Script(`'use strict'; async () => { const ${name} = 0; };`);
  } catch (cause) {
    throw new OperatorError(
      `"${name}" cannot be a name: it is a word of TypeScript, and no variable can be called so.`,
      {
        cause,
      },
    );
  }
}
