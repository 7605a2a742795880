import type { Grant } from './policy.ts';

/** A call that is denied to a role, because the role lacks a permission or a policy denies the call explicitly. */
export interface Denial {
  /** The name of the session of the role. The session of a function has the function's name. */
  caller: string;
  action: string;
  resource: string;
  /** The permission that would allow the call; undefined: a policy denies the call explicitly. */
  missing?: Grant | undefined;
}

/** A denied call of a function, and its remedy. */
export interface DeniedCall {
  functionName: string;
  reason: string;
}

/**
 * The denied calls of functions since the last deployment. Each combination of function, action and resource is listed
 * once. Calls of other users of a function's role, such as a test, are left out.
 */
export class Denials {
  readonly #isFunction: (name: string) => boolean;
  readonly #denied = new Map<string, DeniedCall>();
  /** Invoked when an action on a resource is denied to a function for the first time. */
  onFirstDenial: (denied: DeniedCall) => void = () => {};

  constructor(isFunction: (name: string) => boolean) {
    this.#isFunction = isFunction;
  }

  record(denial: Denial): void {
    const { caller: functionName, action, resource } = denial;
    const key = `${functionName} ${action} ${resource}`;
    if (!this.#isFunction(functionName) || this.#denied.has(key)) return;
    const denied = { functionName, reason: `is not allowed to do ${action} on ${resource}: ${remedyOf(denial)}` };
    this.#denied.set(key, denied);
    this.onFirstDenial(denied);
  }

  /** A sentence for each denied call. */
  get all(): string[] {
    return [...this.#denied.values()].map(sentenceOf);
  }

  clear(): void {
    this.#denied.clear();
  }
}

export const sentenceOf = ({ functionName, reason }: DeniedCall): string => `${functionName} ${reason}`;

const TABLE = /^arn:[^:]+:dynamodb:[^/]+:table\/[^/]+(?:\/index\/([^/]+))?$/;

/** The remedy for a denial: a method of the kit's constructs if there is one, otherwise a policy statement. */
function remedyOf({ missing }: Denial): string {
  if (!missing) return 'change the policy that denies it explicitly';
  const [service, name = ''] = missing.action.split(':');
  const [isTable, index] = TABLE.exec(missing.resource) ?? [];
  if (service === 'dynamodb' && isTable) {
    const call = index === undefined ? `allow(fn, '${name}')` : `allowOnIndex(fn, '${index}', '${name}')`;
    return `grant it where the function is created, with table.${call} of its ServiceTable`;
  }
  const statement = `{ actions: ['${missing.action}'], resources: ['${missing.resource}'] }`;
  const grant = `grant it where the function is created, with fn.addToRolePolicy(new PolicyStatement(${statement}))`;
  return service === 'kms' ? `${grant}; or, if the key's own policy decides, with allow of its StageKey` : grant;
}
