import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import * as z from 'zod';
import { readBody } from '../server/read-body.ts';
import type { State } from '../state/state.ts';

/** JWT authorizers of HTTP APIs accept only algorithms with RSA. */
const ALGORITHM = 'RS256';
const LIFETIME_SECONDS = 3_600;

const tokenRequest = z.strictObject({
  /** The name of the caller, which can be any text. */
  sub: z.string().optional(),
  /** Such as `orders:read orders:write`. */
  scope: z.string().optional(),
  audience: z.string().optional(),
  /** Seconds from now. */
  expiresIn: z.int().positive().optional(),
});

export type TokenRequest = z.output<typeof tokenRequest>;

/**
 * The first key of all in-memory clouds in this process. The clouds share this key, because creating a key takes a
 * tenth of a second.
 */
let sharedKey: Promise<JWK> | undefined;

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: ALGORITHM, use: 'sig' };
}

/** The storage of an issuer's keys. The last key is the newest, and the issuer signs with this key. */
export interface KeyStore {
  all(): JWK[];
  /** Adds a key. @param isOnly whether the key replaces all other keys */
  add(key: JWK, isOnly?: boolean): void;
}

/** The keys of an embedded cloud's issuer. */
export function keysIn({ database }: Pick<State, 'database'>): KeyStore {
  const select = database.prepare('SELECT jwk FROM issuer_keys ORDER BY rowid');
  const insert = database.prepare('INSERT OR IGNORE INTO issuer_keys (kid, jwk) VALUES (?, ?)');
  return {
    all: () => select.all().map(({ jwk }) => JSON.parse(String(jwk)) as JWK),
    add(key, isOnly) {
      if (isOnly) database.exec('DELETE FROM issuer_keys');
      insert.run(key.kid as string, JSON.stringify(key));
    },
  };
}

/**
 * An OpenID provider that issues tokens for any subject to every process on this machine. The issuer is served at
 * `/issuer` of the embedded cloud's AWS endpoint, or runs as a separate server.
 */
export class Issuer {
  readonly #keys: KeyStore;
  readonly #isPersistent: boolean;
  readonly #url: () => string;
  /** The default audience of tokens, which is the audience of the deployed authorizer. */
  audience = '';

  /** @param isPersistent whether the keys outlive the process */
  constructor(keys: KeyStore, isPersistent: boolean, url: () => string) {
    this.#keys = keys;
    this.#isPersistent = isPersistent;
    this.#url = url;
  }

  get url(): string {
    return this.#url();
  }

  /** All keys. Creates the first key if there is no key. */
  async #allKeys(): Promise<JWK[]> {
    if (this.#keys.all().length === 0) {
      sharedKey ??= newKey();
      this.#keys.add(await (this.#isPersistent ? newKey() : sharedKey));
    }
    return this.#keys.all();
  }

  /**
   * Replaces all keys by a new key. A JWT authorizer accepts tokens that were signed with an older key until it fetches
   * the new key. It fetches the keys when it gets a token that was signed with the new key, or when it gets any token
   * at least ten minutes after its last fetch.
   */
  async rotate(): Promise<void> {
    this.#keys.add(await newKey(), true);
  }

  async signingKey(): Promise<{ key: JWK; kid: string }> {
    const key = (await this.#allKeys()).at(-1) as JWK;
    return { key, kid: key.kid as string };
  }

  async token({
    sub = 'operator',
    scope,
    audience = this.audience,
    expiresIn = LIFETIME_SECONDS,
  }: TokenRequest): Promise<string> {
    const { key, kid } = await this.signingKey();
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...(scope !== undefined && { scope }) })
      .setProtectedHeader({ alg: ALGORITHM, kid })
      .setIssuer(this.url)
      .setAudience(audience)
      .setSubject(sub)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + expiresIn)
      .sign(await importJWK(key, ALGORITHM));
  }

  /** Handles a request. @param path relative to the issuer's URL */
  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = ((await readBody(request)) ?? '').toString();
    const [status, found] = await this.#resource(`${request.method} ${path}`, body);
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(found));
  }

  async #resource(route: string, body: string): Promise<[number, object]> {
    switch (route) {
      case 'GET /.well-known/openid-configuration':
        return [
          200,
          {
            issuer: this.url,
            jwks_uri: `${this.url}/jwks.json`,
            token_endpoint: `${this.url}/token`,
            id_token_signing_alg_values_supported: [ALGORITHM],
            response_types_supported: ['token'],
            subject_types_supported: ['public'],
          },
        ];
      case 'GET /jwks.json':
        return [
          200,
          { keys: (await this.#allKeys()).map(({ kty, n, e, kid, alg, use }) => ({ kty, n, e, kid, alg, use })) },
        ];
      case 'POST /token': {
        const wanted = tokenRequest.safeParse(jsonIn(body));
        if (!wanted.success) {
          return [400, { error: 'invalid_request', error_description: z.prettifyError(wanted.error) }];
        }
        const { expiresIn = LIFETIME_SECONDS } = wanted.data;
        return [200, { access_token: await this.token(wanted.data), token_type: 'Bearer', expires_in: expiresIn }];
      }
      default:
        return [404, { message: 'Not Found' }];
    }
  }
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body || '{}');
  } catch {
    return undefined;
  }
}
