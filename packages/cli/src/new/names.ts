import { Script } from 'node:vm';
import { serviceOf } from '@rollcall/kit/internal/contracts/channel';
import type { App } from '../app-definition.ts';
import { OperatorError } from '../stage/errors.ts';

// AWS limits a function name to 64 characters. The longest names are APP-STAGE-SERVICE-commands-consume and
// APP-STAGE-SERVICE-KEY.
const MAX_CHARACTERS = 20;
const MAX_KEY_CHARACTERS = 16;
/** RollcallApp.publisher refuses these names. */
const RESERVED = { services: ['circuits', 'later', 'outbox', 'switches'], keys: ['consume', 'sweep'] };

/**
 * Checks the name of an app or a service. The name becomes part of resource names and of the `source` of messages.
 * @throws {OperatorError} if the name is invalid
 */
export function checkName(name: string): void {
  if (serviceOf(`/app/${name}`) !== name || name.length > MAX_CHARACTERS)
    throw new OperatorError(
      `"${name}" is not a valid name: use one word of lower-case letters and digits, starting with a letter, at most ${MAX_CHARACTERS} characters.`,
    );
  if (RESERVED.services.includes(name))
    throw new OperatorError(
      `"${name}" is not a valid name: the environment variable ${name.toUpperCase()}_TABLE is reserved.`,
    );
  checkNotReserved(name);
}

/**
 * Checks the name of a message. The name becomes part of the message's type.
 * @throws {OperatorError} if the name is invalid
 */
export function checkMessageName(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name))
    throw new OperatorError(
      `"${name}" is not a valid name of a message: use words of lower-case letters and digits, joined by hyphens, such as charge or refund-order.`,
    );
  checkNotReserved(variableOf(name));
}

/**
 * Checks the key of a route. The key becomes the name of an export, and part of a function's name.
 * @throws {OperatorError} if the key is invalid
 */
export function checkKey(key: string): void {
  if (!/^[a-z][A-Za-z0-9]*$/.test(key) || key.length > MAX_KEY_CHARACTERS)
    throw new OperatorError(
      `"${key}" is not a valid name of a route: use letters and digits, starting with a lower-case letter, at most ${MAX_KEY_CHARACTERS} characters, such as cancel or readItem.`,
    );
  if (RESERVED.keys.includes(key))
    throw new OperatorError(`"${key}" is not a valid name of a route: functions of consumers have this name.`);
  checkNotReserved(key);
}

/** @returns `refundOrder` for `refund-order` */
export const variableOf = (name: string): string =>
  name.replaceAll(/-(\w)/g, (_, first: string) => first.toUpperCase());

/** `item` for `items`. A name that does not end in a plural s, such as `stock`, `status` or `address`, is unchanged. */
export const singular = (name: string): string => name.replace(/(?<=[^su])s$/, '');

/** @throws {OperatorError} if the app has no name */
export function applicationOf({ name }: Partial<App>): string {
  if (name !== undefined) return name;
  throw new OperatorError('The app has no name. Set it in rollcall.config.ts beside cdk.json: defineApp({ name }).');
}

function checkNotReserved(name: string): void {
  try {
    new Script(`'use strict'; async () => { const ${name} = 0; };`);
  } catch (cause) {
    throw new OperatorError(`"${name}" is not a valid name: it is a reserved word of TypeScript.`, {
      cause,
    });
  }
}
