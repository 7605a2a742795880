import { createHash } from 'node:crypto';
import { CloudError } from '../errors/cloud-error.ts';
import type { Denial } from './denials.ts';
import {
  type AccessRequest,
  checkStatement,
  type Decision,
  decide,
  type Grant,
  grantsOf,
  type PolicyDocument,
  type Statement,
  statementsOf,
} from './policy.ts';
import { type AskedFor, isWrite } from './requests.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

interface Role {
  name: string;
  trust: Statement[];
  statements: Statement[];
}

/**
 * The user of this machine, who has all permissions. An access key that belongs to no role is treated as this user's.
 */
export const OPERATOR: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface AccessOptions {
  region: string;
  accountId: string;
  /** The salt for the derived secrets of roles. */
  salt: string;
  /** Invoked for every denied call of a session of a role, except calls whose required permissions are unknown. */
  onDenied?: (denial: Denial) => void;
}

export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

/** The policies of a deployment. */
class Policies {
  /** Roles by ARN. */
  readonly roles = new Map<string, Role>();
  /** The roles of the previous deployment, whose functions may still be running. */
  previousRoles: ReadonlyMap<string, Role> = new Map();
  readonly ofResources = new Map<string, Statement[]>();
  /** The KMS key that encrypts each resource, by the resource's ARN. */
  readonly keys = new Map<string, string>();
  /** KMS keys by alias. */
  readonly aliases = new Map<string, string>();
}

/** All roles and resource policies of the deployment, and the permissions that calls have used. */
export class Access {
  readonly region: string;
  readonly #accountId: string;
  #current = new Policies();
  /** The policies of a deployment in progress; the current policies if no deployment is in progress. */
  #next = this.#current;
  readonly #salt: string;
  readonly #onDenied: (denial: Denial) => void;
  /** Sessions of roles, by access key. */
  readonly #sessions = new Map<string, { role: string; name: string }>();
  readonly #used = new Set<string>();
  readonly #decisions = new Map<string, Decision>();

  constructor({ region, accountId, salt, onDenied = () => {} }: AccessOptions) {
    this.region = region;
    this.#accountId = accountId;
    this.#salt = salt;
    this.#onDenied = onDenied;
  }

  /** Begins a deployment. Policies that are added from now on take effect when {@link finish} is called. */
  begin(): void {
    this.#next = new Policies();
  }

  /** Ends a deployment: its policies replace the policies of the previous deployment. */
  finish(): void {
    this.#next.previousRoles = this.#current.roles;
    this.#current = this.#next;
    this.#decisions.clear();
  }

  addRole(arn: string, name: string, trust: PolicyDocument): void {
    this.#next.roles.set(arn, { name, trust: checked(trust, name), statements: [] });
  }

  /** @param roleName the value of the role's `Ref` */
  attach(roleName: string, policy: PolicyDocument): void {
    this.#roleNamed(roleName).statements.push(...checked(policy, roleName));
  }

  addResourcePolicy(arn: string, policy: PolicyDocument): void {
    this.#next.ofResources.set(arn, [...(this.#next.ofResources.get(arn) ?? []), ...checked(policy, arn)]);
  }

  /**
   * Records the key of an encrypted resource. Only principals that may use the key can access the resource's data.
   * @param key ARN, id or alias
   */
  recordKey(arn: string, key: string): void {
    this.#next.keys.set(arn, key);
  }

  recordAlias(name: string, key: string): void {
    this.#next.aliases.set(name, key);
  }

  /**
   * @throws {CloudError} if a resource is encrypted with an unknown alias, or with the AWS managed key of another
   * service
   */
  checkKeys(): void {
    for (const [arn, key] of this.#current.keys) {
      const name = aliasIn(key);
      if (name === undefined || this.#current.aliases.has(name) || name === `alias/aws/${arn.split(':')[2]}`) continue;
      throw new CloudError(`${arn} is encrypted with ${name}, but no key in the embedded cloud has this alias.`);
    }
  }

  /** https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id */
  #keyArnOf(key: string): string {
    const named = this.#current.aliases.get(aliasIn(key) ?? '') ?? key;
    return named.startsWith('arn:') ? named : `arn:aws:kms:${this.region}:${this.#accountId}:key/${named}`;
  }

  /** Credentials for a session of a role. The credentials depend only on the role, the session and the salt. */
  credentialsOf(arn: string, session: string): Credentials {
    const derive = (what: string) => this.#digest(`${what} ${session}`, arn);
    const accessKeyId = `ASIA${derive('id').slice(0, 16).toUpperCase()}`;
    this.#sessions.set(accessKeyId, { role: arn, name: session });
    return { accessKeyId, secretAccessKey: derive('key') };
  }

  #digest(what: string, arn: string): string {
    return createHash('sha256').update(`${what} ${this.#salt} ${arn}`).digest('hex');
  }

  #roleOf(arn: string): Role | undefined {
    return this.#current.roles.get(arn) ?? this.#current.previousRoles.get(arn);
  }

  #sessionOf(accessKeyId: string) {
    const session = this.#sessions.get(accessKeyId);
    return session && this.#roleOf(session.role) ? session : undefined;
  }

  /** The ARN of the role with this access key; undefined: the key is treated as the operator's. */
  roleOf(accessKeyId: string): string | undefined {
    return this.#sessionOf(accessKeyId)?.role;
  }

  /**
   * The name of the session with this access key; undefined: the key belongs to no role. The session of a function has
   * the function's name.
   */
  functionOf(accessKeyId: string): string | undefined {
    return this.#sessionOf(accessKeyId)?.name;
  }

  /**
   * The identity of the principal with an access key
   * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable).
   */
  identityOf(accessKeyId: string): { userId: string; userArn: string } {
    const session = this.#sessionOf(accessKeyId);
    if (!session) return { userId: this.#accountId, userArn: `arn:aws:iam::${this.#accountId}:root` };
    const name = `${this.#roleOf(session.role)?.name}/${session.name}`;
    return {
      userId: `AROA${this.#digest('role id', session.role).slice(0, 17).toUpperCase()}:${session.name}`,
      userArn: `arn:aws:sts::${this.#accountId}:assumed-role/${name}`,
    };
  }

  /** The secret of an access key, to verify signatures; undefined if the key is unknown. */
  secretOf(accessKeyId: string): string | undefined {
    if (accessKeyId === OPERATOR.accessKeyId) return OPERATOR.secretAccessKey;
    const session = this.#sessionOf(accessKeyId);
    return session && this.credentialsOf(session.role, session.name).secretAccessKey;
  }

  /** @throws {AccessDenied} if the key belongs to a role without permission for the call */
  authorize(accessKeyId: string, required: () => readonly AskedFor[], service: string): void {
    const session = this.#sessionOf(accessKeyId);
    if (session) this.#authorize(session.role, session.name, required(), service);
  }

  #authorize(role: string, caller: string, required: readonly AskedFor[], service: string): void {
    if (required.length === 0)
      throw new AccessDenied(
        `${role} may not call ${service}, because the permissions that the call requires are unknown.`,
      );
    for (const { action, resource, context } of required) {
      const key = `${role} ${action} ${resource} ${JSON.stringify(context)}`;
      let decision = this.#decisions.get(key);
      if (!decision) {
        decision = this.decide({ principal: { role }, action, resource, ...(context && { context }) }, service);
        this.#decisions.set(key, decision);
      }
      if (decision.allowed) continue;
      this.#onDenied({ caller, action, resource, missing: decision.missing });
      const name = this.#roleOf(role)?.name;
      throw new AccessDenied(
        `User: arn:aws:sts::${this.#accountId}:assumed-role/${name} is not authorized to perform: ${action} on resource: ${resource} ${decision.because}`,
      );
    }
  }

  /**
   * Checks during the deployment whether a later call will be allowed. Use this method for calls whose denial would not
   * be visible: calls by AWS services, and calls that AWS makes with a role.
   * @throws {CloudError} if the principal lacks the permission
   */
  require(request: AccessRequest, errorPrefix: string): void {
    const decision = this.decide(request);
    if (decision.allowed) return;
    const { principal, action, resource } = request;
    const who = 'role' in principal ? principal.role : principal.service;
    throw new CloudError(`${errorPrefix}: ${who} is not allowed to do ${action} on ${resource}, ${decision.because}.`);
  }

  /** Whether any role has the permission for an action. */
  isAllowedToAnyRole(action: string, resource: string): boolean {
    return [...this.#current.roles.keys()].some(
      (role) => this.decide({ principal: { role }, action, resource }).allowed,
    );
  }

  /** @throws {CloudError} if the role does not exist, or does not trust the service to assume it */
  requireTrust(roleArn: string, service: string): void {
    const role = this.#current.roles.get(roleArn);
    if (!role) throw new CloudError(`there is no role ${roleArn}`);
    const decision = decide({ principal: { service }, action: 'sts:AssumeRole', resource: '' }, [], role.trust);
    if (!decision.allowed) throw new CloudError(`role ${role.name} does not trust ${service}`);
  }

  /**
   * Decides a request by all deployed policies. For an encrypted resource, the policy of the resource's key applies as
   * well.
   */
  decide(request: AccessRequest, service = request.action.split(':')[0] ?? ''): Decision {
    const decision = this.#decideOne(request, false);
    const key = this.#current.keys.get(bucketOf(request.resource).replace(/\/(index|stream)\/.*$/, ''));
    if (!decision.allowed || key === undefined) return decision;
    if (aliasIn(key)?.startsWith('alias/aws/'))
      return 'role' in request.principal ? decision : deniedByAwsManagedKey(request, key);
    const keyArn = this.#keyArnOf(key);
    // These condition keys are added only for a role. When a service calls by itself, it sends only the condition keys
    // that its documentation lists.
    const context = 'role' in request.principal && {
      'kms:ViaService': `${service}.${this.region}.amazonaws.com`,
      'kms:CallerAccount': this.#accountId,
    };
    for (const action of isWrite(request.action) ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt']) {
      const onKey = this.#decideOne(
        { principal: request.principal, action, resource: keyArn, ...(context && { context }) },
        true,
      );
      if (!onKey.allowed) return onKey;
    }
    return decision;
  }

  #decideOne(request: AccessRequest, isAuthoritative: boolean): Decision {
    const role = 'role' in request.principal ? this.#roleOf(request.principal.role) : undefined;
    const decision = decide(
      request,
      role?.statements ?? [],
      this.#current.ofResources.get(bucketOf(request.resource)) ?? [],
      isAuthoritative,
    );
    if (decision.allowed && role) this.#used.add(grantKey(role.name, decision.by));
    return decision;
  }

  #roleNamed(name: string): Role {
    const role = [...this.#next.roles.values()].find((each) => each.name === name);
    if (!role) throw new CloudError(`there is no role ${name}`);
    return role;
  }

  /** The permissions of all roles, and the permissions that any call has used. */
  grants(): { all: string[]; used: string[] } {
    const all = [...this.#current.roles.values()].flatMap(({ name, statements }) =>
      grantsOf(statements).map((grant) => grantKey(name, grant)),
    );
    return { all: [...new Set(all)], used: [...this.#used] };
  }
}

/**
 * The ARN of an object's bucket, because the bucket's policy and key apply to the object. Other ARNs stay unchanged.
 */
const bucketOf = (arn: string) => arn.replace(/^(arn:aws:s3:::[^/]+)\/.*$/s, '$1');

const aliasIn = (key: string): string | undefined => /^(?:arn:aws:kms:[^:]*:[^:]*:)?(alias\/.+)$/.exec(key)?.[1];

/**
 * The denial of a service's call because of an AWS managed key. Roles of the account that may use the encrypted
 * resource can use an AWS managed key, but services that call by themselves cannot
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html).
 */
const deniedByAwsManagedKey = ({ resource }: AccessRequest, key: string): Decision => ({
  allowed: false,
  because: `because services cannot use ${aliasIn(key)}, which encrypts ${resource}: use a customer managed key`,
});

const grantKey = (role: string, { action, resource }: Grant) => `${role}: ${action} on ${resource}`;

function checked(policy: PolicyDocument, where: string): Statement[] {
  const statements = statementsOf(policy);
  for (const statement of statements) checkStatement(statement, where);
  return statements;
}
