import type { State } from '../state/state.ts';

/**
 * The supported part of Secrets Manager. Values are stored unencrypted, and survive a restart if the cloud has a data
 * folder.
 */
export class Secrets {
  readonly #database: State['database'];

  constructor({ database }: State) {
    this.#database = database;
  }

  #read(arn: string): string | undefined {
    const row = this.#database.prepare('SELECT value FROM secrets WHERE arn = ?').get(arn);
    return (row as { value: string } | undefined)?.value;
  }

  write(arn: string, value: string): void {
    this.#database.prepare('INSERT OR REPLACE INTO secrets (arn, value) VALUES (?, ?)').run(arn, value);
  }

  has = (arn: string): boolean => this.#read(arn) !== undefined;

  /** GetSecretValue, PutSecretValue and ListSecrets: https://docs.aws.amazon.com/secretsmanager/latest/apireference/ */
  handle(operation: string, request: string): { status: number; body: unknown } {
    const parsed = JSON.parse(request) as SecretRequest;
    switch (operation) {
      case 'ListSecrets':
        return this.#list(parsed);
      case 'GetSecretValue':
        return this.#withSecret(parsed, (arn) => ({ SecretString: this.#read(arn) }));
      case 'PutSecretValue':
        return this.#withSecret(parsed, (arn) => {
          this.write(arn, parsed.SecretString ?? '');
          return {};
        });
      default:
        return error(
          'UnknownOperationException',
          `The embedded cloud supports only GetSecretValue, PutSecretValue and ListSecrets of Secrets Manager, not ${operation}.`,
        );
    }
  }

  /**
   * Responds to a request about one secret.
   * @param run handles the request, and returns the response fields that only this operation has
   */
  #withSecret({ SecretId = '' }: SecretRequest, run: (arn: string) => object): { status: number; body: unknown } {
    const row = this.#database
      .prepare("SELECT arn FROM secrets WHERE arn = ? OR arn LIKE '%:secret:' || ?")
      .get(SecretId, SecretId);
    const arn = (row as { arn: string } | undefined)?.arn;
    if (!arn) return error('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return { status: 200, body: { ARN: arn, Name: nameOf(arn), VersionId: VERSION, ...run(arn) } };
  }

  #list({ Filters = [], MaxResults = 100, NextToken = '' }: SecretRequest): { status: number; body: unknown } {
    const other = Filters.find(({ Key }) => Key !== 'name');
    if (other)
      return error('InvalidParameterException', `The embedded cloud filters secrets by name, not by ${other.Key}.`);
    const isWanted = (name: string) => Filters.every(({ Values }) => Values.some((prefix) => name.startsWith(prefix)));
    const rows = this.#database.prepare('SELECT arn FROM secrets WHERE arn > ? ORDER BY arn').all(NextToken);
    const all = rows.map(({ arn }) => String(arn)).filter((arn) => isWanted(nameOf(arn)));
    const SecretList = all.slice(0, MaxResults).map((ARN) => ({
      ARN,
      Name: nameOf(ARN),
      SecretVersionsToStages: { [VERSION]: ['AWSCURRENT'] },
    }));
    const more = all.length > MaxResults && { NextToken: SecretList.at(-1)?.ARN };
    return { status: 200, body: { SecretList, ...more } };
  }
}

interface SecretRequest {
  SecretId?: string;
  SecretString?: string;
  Filters?: Array<{ Key: string; Values: string[] }>;
  MaxResults?: number;
  NextToken?: string;
}

/** Each secret has only one version. */
const VERSION = 'local';

const nameOf = (arn: string): string => arn.split(':secret:')[1] ?? '';

const error = (type: string, Message: string) => ({ status: 400, body: { __type: type, Message } });
