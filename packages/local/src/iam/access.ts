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

/** The user of this machine, who is allowed everything. An access key that belongs to no role counts as theirs. */
export const OPERATOR: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface AccessOptions {
  region: string;
  accountId: string;
  /** Salt from which the secrets of roles are derived. */
  salt: string;
  /** Called for every call that is denied to a session of a role. */
  onDenied?: (denial: Denial) => void;
}

export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

/** What a deployment allows. */
class Policies {
  /** By ARN. */
  readonly roles = new Map<string, Role>();
  /** Roles of the deployment before: functions of that may still run. */
  dropped: ReadonlyMap<string, Role> = new Map();
  readonly ofResources = new Map<string, Statement[]>();
  /** By resource: the key that encrypts it. */
  readonly keys = new Map<string, string>();
  /** By alias: the key. */
  readonly aliases = new Map<string, string>();
}

/** All roles and resource policies of the deployment, and the permissions that were used. */
export class Access {
  readonly region: string;
  readonly #accountId: string;
  #current = new Policies();
  /** Of a deployment under way; otherwise the current ones. */
  #next = this.#current;
  readonly #salt: string;
  readonly #onDenied: (denial: Denial) => void;
  /** By access key. */
  readonly #sessions = new Map<string, { role: string; name: string }>();
  readonly #used = new Set<string>();
  readonly #decisions = new Map<string, Decision>();

  constructor({ region, accountId, salt, onDenied = () => {} }: AccessOptions) {
    this.region = region;
    this.#accountId = accountId;
    this.#salt = salt;
    this.#onDenied = onDenied;
  }

  /** Begins a deployment: what is added from now on is in force once {@link finish} is called, and until then what was. */
  begin(): void {
    this.#next = new Policies();
  }

  /** Ends a deployment. */
  finish(): void {
    this.#next.dropped = this.#current.roles;
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
   * Records the key of an encrypted resource: only principals that may use the key can read its data. @param key ARN,
   * id or alias
   */
  recordKey(arn: string, key: string): void {
    this.#next.keys.set(arn, key);
  }

  recordAlias(name: string, key: string): void {
    this.#next.aliases.set(name, key);
  }

  /**
   * @throws {CloudError} if something is encrypted with an unknown alias, or with the AWS managed key of another
   * service
   */
  checkKeys(): void {
    for (const [arn, key] of this.#current.keys) {
      const name = aliasIn(key);
      if (name === undefined || this.#current.aliases.has(name) || name === `alias/aws/${arn.split(':')[2]}`) continue;
      throw new CloudError(`${arn} is encrypted with ${name}, of which the embedded cloud knows no key.`);
    }
  }

  /** https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id */
  #keyArnOf(key: string): string {
    const named = this.#current.aliases.get(aliasIn(key) ?? '') ?? key;
    return named.startsWith('arn:') ? named : `arn:aws:kms:${this.region}:${this.#accountId}:key/${named}`;
  }

  /** Credentials for a session of a role. The same as long as the salt is the same. */
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
    return this.#current.roles.get(arn) ?? this.#current.dropped.get(arn);
  }

  #sessionOf(accessKeyId: string) {
    const session = this.#sessions.get(accessKeyId);
    return session && this.#roleOf(session.role) ? session : undefined;
  }

  /** The role with this key; undefined: any other key, which counts as the operator's. */
  roleOf(accessKeyId: string): string | undefined {
    return this.#sessionOf(accessKeyId)?.role;
  }

  /** The function with this key; undefined: not a function. */
  functionOf(accessKeyId: string): string | undefined {
    return this.#sessionOf(accessKeyId)?.name;
  }

  /**
   * The identity behind a key
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

  /** The secret of a key, to verify signatures. */
  secretOf(accessKeyId: string): string | undefined {
    if (accessKeyId === OPERATOR.accessKeyId) return OPERATOR.secretAccessKey;
    const session = this.#sessionOf(accessKeyId);
    return session && this.credentialsOf(session.role, session.name).secretAccessKey;
  }

  /** @throws {AccessDenied} if the key belongs to a role without permission for the call */
  authorize(accessKeyId: string, asked: () => readonly AskedFor[], service: string): void {
    const session = this.#sessionOf(accessKeyId);
    if (session) this.#authorize(session.role, session.name, asked(), service);
  }

  #authorize(role: string, caller: string, asked: readonly AskedFor[], service: string): void {
    if (asked.length === 0) throw new AccessDenied(`${role} calls ${service}: required permissions unknown.`);
    for (const { action, resource, context } of asked) {
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

  /** @throws {CloudError} if a service, or a role whose call cannot be answered with an error, lacks a permission */
  require(request: AccessRequest, why: string): void {
    const decision = this.decide(request);
    if (decision.allowed) return;
    const { principal, action, resource } = request;
    const who = 'role' in principal ? principal.role : principal.service;
    throw new CloudError(`${why}: ${who} may not do ${action} on ${resource}, ${decision.because}.`);
  }

  /** Whether any role is allowed an action. */
  isAllowedToAnyRole(action: string, resource: string): boolean {
    return [...this.#current.roles.keys()].some(
      (role) => this.decide({ principal: { role }, action, resource }).allowed,
    );
  }

  /** @throws {CloudError} if a role does not trust Lambda to assume it */
  requireTrust(roleArn: string, service: string): void {
    const role = this.#current.roles.get(roleArn);
    if (!role) throw new CloudError(`there is no role ${roleArn}`);
    const decision = decide({ principal: { service }, action: 'sts:AssumeRole', resource: '' }, [], role.trust);
    if (!decision.allowed) throw new CloudError(`role ${role.name} does not trust ${service}`);
  }

  /** Whether a request is allowed by all deployed policies, including that of the key of an encrypted resource. */
  decide(request: AccessRequest, service = request.action.split(':')[0] ?? ''): Decision {
    const decision = this.#decideOne(request, false);
    const key = this.#current.keys.get(bucketOf(request.resource).replace(/\/(index|stream)\/.*$/, ''));
    if (!decision.allowed || key === undefined) return decision;
    if (aliasIn(key)?.startsWith('alias/aws/'))
      return 'role' in request.principal ? decision : deniedByAwsManagedKey(request, key);
    const keyArn = this.#keyArnOf(key);
    // For a service's own call, only the condition keys that it is documented to send are known.
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

  /** The permissions of all roles, and those that were ever used. */
  grants(): { all: string[]; used: string[] } {
    const all = [...this.#current.roles.values()].flatMap(({ name, statements }) =>
      grantsOf(statements).map((grant) => grantKey(name, grant)),
    );
    return { all: [...new Set(all)], used: [...this.#used] };
  }
}

/** The bucket of an object: its policy and key apply. */
const bucketOf = (arn: string) => arn.replace(/^(arn:aws:s3:::[^/]+)\/.*$/s, '$1');

const aliasIn = (key: string): string | undefined => /^(?:arn:aws:kms:[^:]*:[^:]*:)?(alias\/.+)$/.exec(key)?.[1];

/**
 * AWS managed keys are usable by principals of the account that may use the encrypted resource, and by no other service
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html).
 */
const deniedByAwsManagedKey = ({ resource }: AccessRequest, key: string): Decision => ({
  allowed: false,
  because: `because ${aliasIn(key)}, which encrypts ${resource}, lets no service use it: use a customer managed key`,
});

const grantKey = (role: string, { action, resource }: Grant) => `${role}: ${action} on ${resource}`;

function checked(policy: PolicyDocument, where: string): Statement[] {
  const statements = statementsOf(policy);
  for (const statement of statements) checkStatement(statement, where);
  return statements;
}
