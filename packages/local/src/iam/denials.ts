import type { Grant } from './policy.ts';

/** A call that a role does not allow. */
export interface Denial {
  /** Name of the session; for a function, the function's name. */
  caller: string;
  action: string;
  resource: string;
  /** The permission that would allow it; undefined: a policy denies it explicitly. */
  missing?: Grant | undefined;
}

/** A denied call of a function, and its remedy. */
export interface DeniedCall {
  functionName: string;
  reason: string;
}

/**
 * Denied calls of functions: each action on each resource once, until the next deployment. Calls that another caller
 * makes in a function's role, as tests do, are left out.
 */
export class Denials {
  readonly #isFunction: (name: string) => boolean;
  readonly #denied = new Map<string, DeniedCall>();
  /** Called for each when it is first denied. */
  onFirstDenial: (denied: DeniedCall) => void = () => {};

  constructor(isFunction: (name: string) => boolean) {
    this.#isFunction = isFunction;
  }

  record(denial: Denial): void {
    const { caller: functionName, action, resource } = denial;
    const key = `${functionName} ${action} ${resource}`;
    if (!this.#isFunction(functionName) || this.#denied.has(key)) return;
    const denied = { functionName, reason: `may not do ${action} on ${resource}: ${remedyOf(denial)}` };
    this.#denied.set(key, denied);
    this.onFirstDenial(denied);
  }

  /** One sentence each. */
  get all(): string[] {
    return [...this.#denied.values()].map(sentenceOf);
  }

  clear(): void {
    this.#denied.clear();
  }
}

export const sentenceOf = ({ functionName, reason }: DeniedCall): string => `${functionName} ${reason}`;

const TABLE = /^arn:[^:]+:dynamodb:[^/]+:table\/[^/]+(?:\/index\/([^/]+))?$/;

/** The method of a kit's construct that grants it, where there is one. */
function remedyOf({ missing }: Denial): string {
  if (!missing) return 'a policy denies it explicitly, change that policy';
  const [service, name = ''] = missing.action.split(':');
  const [isTable, index] = TABLE.exec(missing.resource) ?? [];
  if (service === 'dynamodb' && isTable) {
    const call = index === undefined ? `allow(fn, '${name}')` : `allowOnIndex(fn, '${index}', '${name}')`;
    return `grant it where the function is made, with table.${call} of its ServiceTable`;
  }
  const statement = `{ actions: ['${missing.action}'], resources: ['${missing.resource}'] }`;
  const grant = `grant it where the function is made, with fn.addToRolePolicy(new PolicyStatement(${statement}))`;
  return service === 'kms' ? `${grant}; or, where the key's own policy decides, with allow of its StageKey` : grant;
}
