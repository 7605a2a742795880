import type { State } from '../state/state.ts';

const OPERATIONS = ['GetSecretValue', 'PutSecretValue'];

/** Secrets Manager, as far as it is used. Values survive a restart; they are in the clear. */
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

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html and PutSecretValue */
  answer(operation: string, request: string): { status: number; body: unknown } {
    const error = (type: string, Message: string) => ({ status: 400, body: { __type: type, Message } });
    if (!OPERATIONS.includes(operation))
      return error(
        'UnknownOperationException',
        `Of Secrets Manager, there are ${OPERATIONS.join(', ')}; not ${operation}.`,
      );
    const { SecretId = '', SecretString = '' } = JSON.parse(request) as Record<string, string>;
    const row = this.#database
      .prepare("SELECT arn FROM secrets WHERE arn = ? OR arn LIKE '%:secret:' || ?")
      .get(SecretId, SecretId);
    const ARN = (row as { arn: string } | undefined)?.arn;
    if (!ARN) return error('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    const about = { ARN, Name: ARN.split(':secret:')[1], VersionId: 'local' };
    if (operation === 'GetSecretValue') return { status: 200, body: { ...about, SecretString: this.#read(ARN) } };
    this.write(ARN, SecretString);
    return { status: 200, body: about };
  }
}
