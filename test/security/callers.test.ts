import { randomUUID } from 'node:crypto';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { OPERATOR } from '@rollcall/local/internal/iam/access';
import { signedBy } from '@rollcall/local/internal/iam/signature';
import { signedFetch } from '@rollcall/local/internal/iam/signed-fetch';
import { Sha256Node } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemberService } from '../../shared/contracts/generated/rollcall/members/v1/member_service_pb.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { rpcRoutes } from '../../shared/contracts/rpc.ts';
import { changedAssembly } from '../support/assembly.ts';
import { memberIdOf } from '../support/builders.ts';
import { cloudOf, eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
let somebody: string;
let another: string;
beforeAll(async () => {
  cloud = await startTestCloud();
  [somebody, another] = (await Promise.all([register(), register()])) as [string, string];
});
afterAll(() => cloud.stop());

async function register(): Promise<string> {
  const person = { phone: newPhone(), name: 'Lucía', locale: 'es' };
  return (await cloud.request('POST', '/v1/members', person, { authorization: '' })).body.id;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const read = async (id: string, token?: string) =>
  (
    await cloud.request(
      'GET',
      `/v1/members/${id}`,
      undefined,
      token === undefined ? { authorization: '' } : bearer(token),
    )
  ).status;
const tokenOf = (sub: string, scope?: string) => cloud.issuer.token({ sub, ...(scope !== undefined && { scope }) });

/** All routes about one member. */
const personal = Object.values(routes).filter(({ access }) => access !== 'public');
const BODIES: Record<string, object> = { PATCH: { locale: 'en' }, POST: { points: 1 } };
const ask = ({ method, path }: { method: string; path: string }, id: string, headers: Record<string, string>) =>
  cloud.request(method, path.replace('{id}', id), BODIES[method], { 'if-match': '"1"', ...headers });

describe('a route about one member', () => {
  it.each(personal)('$method $path requires a token', async (route) => {
    const { status, headers } = await ask(route, somebody, { authorization: '' });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it.each(personal)("$method $path is 404 with another member's token, as for an unknown member", async (route) => {
    const theirs = bearer(await tokenOf(another));
    const [found, missing] = [await ask(route, somebody, theirs), await ask(route, memberIdOf(99), theirs)];
    expect([found.status, missing.status]).toEqual([404, 404]);
    const problemOf = ({ detail, type }: { detail: string; type: string }) => [
      type,
      detail.replace(/[0-9a-f-]{36}/, 'ID'),
    ];
    expect(problemOf(found.body)).toEqual(problemOf(missing.body));
  });

  it('allows the member, and tokens with a scope for all members', async () => {
    const change = async (token: string) =>
      (await ask(routes.changeMember, somebody, { ...bearer(token), 'if-match': '"0"' })).status;
    const [own, reader, writer, neither] = await Promise.all([
      tokenOf(somebody),
      tokenOf('clerk', 'openid members:read'),
      tokenOf('clerk', 'members:write'),
      tokenOf('clerk', 'members:reading members members:read] [members:write'),
    ]);
    expect(await Promise.all([own, reader, writer, neither].map((token) => read(somebody, token)))).toEqual([
      200, 200, 404, 404,
    ]);
    // 412 means that the caller may change the member, but not from version 0.
    expect(await Promise.all([own, reader, writer, neither].map(change))).toEqual([412, 404, 412, 404]);
  });

  it("hides a member's operations from others", async () => {
    const own = bearer(await tokenOf(somebody));
    const path = `/v1/members/${somebody}/redemptions`;
    const { body } = await cloud.request('POST', path, { points: 1 }, { ...own, prefer: 'wait=15' });
    const statusFor = async (headers: Record<string, string>) =>
      (await cloud.request('GET', `/v1/operations/${body.id}`, undefined, headers)).status;
    expect([
      await statusFor(own),
      await statusFor(bearer(await tokenOf(another))),
      await statusFor({ authorization: '' }),
    ]).toEqual([200, 404, 401]);
  });
});

describe('a route with scopes', () => {
  it('accepts only tokens with one of the scopes, in the claim `scope`, or in `scp` if `scope` is missing', async () => {
    const assembly = await changedAssembly(['registration'], ({ Properties }) => {
      if (Properties?.RouteKey === 'GET /v1/members/{id}') Properties.AuthorizationScopes = ['see', 'members:read'];
    });
    const scoped = await cloudOf({ assembly });
    const { key, kid } = await scoped.issuer.signingKey();
    const statusOf = async (claims: object) => {
      const token = await new SignJWT({ sub: memberIdOf(1), ...claims })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setIssuer(scoped.issuer.url)
        .setAudience('rollcall')
        .setExpirationTime('1 minute')
        .sign(await importJWK(key, 'RS256'));
      return (await scoped.request('GET', `/v1/members/${memberIdOf(1)}`, undefined, bearer(token))).status;
    };
    // 404 means that the function was called, but the member does not exist.
    for (const claims of [{ scope: 'openid see' }, { scp: ['openid', 'members:read'] }, { scp: 'see' }])
      expect([claims, await statusOf(claims)]).toEqual([claims, 404]);
    for (const claims of [{}, { scope: 'seen members' }, { scope: 'openid', scp: 'see' }])
      expect([claims, await statusOf(claims)]).toEqual([claims, 403]);
  });
});

describe('a token', () => {
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const claims = () => ({
    iss: cloud.issuer.url,
    aud: 'rollcall',
    sub: somebody,
    iat: inSeconds(0),
    exp: inSeconds(60),
  });
  let foreignKey: { key: JWK; kid: string };
  beforeAll(async () => {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    foreignKey = { key: await exportJWK(privateKey), kid: randomUUID() };
  });
  /** Returns the issuer's signing key and its ID. */
  const issuerKey = () => cloud.issuer.signingKey();
  const signed = async (payload: object, { key, kid }: { key: JWK; kid: string }) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'RS256', kid }).sign(await importJWK(key, 'RS256'));

  it('from its issuer is accepted', async () => {
    expect(await read(somebody, await signed(claims(), await issuerKey()))).toBe(200);
  });

  it.each([
    ['of another issuer', { iss: 'https://login.example.com' }],
    ['for another audience', { aud: 'others' }],
    ['that has expired', { exp: inSeconds(-1) }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: inSeconds(600) }],
    ['that was issued in the future', { iat: inSeconds(3_600) }],
    ['whose issue time is not a number', { iat: 'now' }],
  ])('%s is refused', async (_, wrong) => {
    expect(await read(somebody, await signed({ ...claims(), ...wrong }, await issuerKey()))).toBe(401);
  });

  it('whose subject is not a string gives access to no member', async () => {
    expect(await read(somebody, await signed({ ...claims(), sub: { toString: somebody } }, await issuerKey()))).toBe(
      404,
    );
  });

  it('is refused if it does not name its key', async () => {
    const { key } = await issuerKey();
    const nameless = new SignJWT(claims()).setProtectedHeader({ alg: 'RS256' });
    expect(await read(somebody, await nameless.sign(await importJWK(key, 'RS256')))).toBe(401);
  });

  it('is refused if it is unsigned, is signed with a key that the issuer does not have, or was changed after signing', async () => {
    const unsecured = new UnsecuredJWT(claims()).encode();
    const { kid } = await issuerKey();
    const forged = await signed(claims(), { ...foreignKey, kid });
    const unknown = await signed(claims(), foreignKey);
    const [head = '', , signature = ''] = (await signed({ ...claims(), sub: another }, await issuerKey())).split('.');
    const changed = [head, Buffer.from(JSON.stringify(claims())).toString('base64url'), signature].join('.');
    const publicKey = await (await fetch(`${cloud.issuer.url}/jwks.json`)).text();
    const confused = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid }).sign(Buffer.from(publicKey));
    for (const token of [unsecured, forged, unknown, changed, confused, 'nonsense', '']) {
      expect(await read(somebody, token)).toBe(401);
    }
  });

  it('becomes invalid when the issuer replaces its key, and the new key is accepted without a deployment', async () => {
    const rotating = await cloudOf();
    const person = { phone: newPhone(), name: 'Ana', locale: 'en' };
    const { body } = await rotating.request('POST', '/v1/members', person);
    const ask = async (token: string) =>
      (await rotating.request('GET', `/v1/members/${body.id}`, undefined, bearer(token))).status;
    const before = await rotating.issuer.token({ sub: body.id });
    expect(await ask(before)).toBe(200);
    await rotating.issuer.rotate();
    const after = await rotating.issuer.token({ sub: body.id });
    await eventually(async () => (await ask(after)) === 200);
    expect(await ask(before)).toBe(401);
  });
});

describe('a call of RPC', () => {
  const rpcPaths = rpcRoutes.map(({ path }) => path);
  const call = async (caller: typeof fetch, path = rpcPaths[1] ?? '', method = 'POST') =>
    (
      await caller(`${cloud.apiUrl}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: somebody }),
      })
    ).status;
  const roleOf = (name: string) => `arn:aws:iam::000000000000:role/rollcall-dev-${name}`;
  const as = (name: string) => signedFetch(cloud.access.credentialsOf(roleOf(name), 'test'));

  it('requires a signature of a role that may call it, and accepts no token', async () => {
    const withToken = async () => fetchWithHeaders(bearer(await tokenOf(somebody, 'members:read members:write')));
    const fetchWithHeaders =
      (headers: Record<string, string>): typeof fetch =>
      (input, init) =>
        fetch(input, { ...init, headers: { ...init?.headers, ...headers } });
    expect(await call(as('rpc-client'))).toBe(200);
    expect(await call(signedFetch(OPERATOR))).toBe(200);
    expect(await call(fetch)).toBe(403);
    expect(await call(await withToken())).toBe(403);
    // A function of the same stage, whose role does not allow calls.
    expect(await call(as('points-consume'))).toBe(403);
    expect(await call(signedFetch({ ...OPERATOR, secretAccessKey: 'guessed' }))).toBe(403);
    expect(await call(signedFetch({ accessKeyId: 'nobody', secretAccessKey: 'x' }))).toBe(403);
  });

  it('is routed by method name', async () => {
    for (const path of rpcPaths) expect(await call(as('rpc-client'), path), path).not.toBe(403);
    expect(await call(as('rpc-client'), `${rpcPaths[0]}s`)).toBe(404);
    expect(await call(as('rpc-client'), rpcPaths[0], 'PUT')).toBe(404);
  });

  it('is refused if it was changed after signing, or is old', async () => {
    const { fetch: asClient, sent } = recording(cloud.access.credentialsOf(roleOf('rpc-client'), 'test'));
    await call(asClient);
    const { url, headers } = sent[0] as { url: string; headers: Record<string, string> };
    const body = JSON.stringify({ id: another });
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(403);
    const { 'x-amz-content-sha256': _, ...unhashed } = headers;
    expect((await fetch(url, { method: 'POST', headers: unhashed, body })).status).toBe(403);
    const own = { method: 'POST', body: JSON.stringify({ id: somebody }) };
    const { authorization = '' } = headers;
    for (const names of ['constructor', 'x-amz-date', 'x-amz-date;x-amz-nothing;host']) {
      const resigned = authorization.replace(/SignedHeaders=[^,]+/, `SignedHeaders=${names}`);
      expect((await fetch(url, { ...own, headers: { ...headers, authorization: resigned } })).status, names).toBe(403);
    }
    const old = { ...headers, 'x-amz-date': '20200101T000000Z' };
    expect((await fetch(url, { method: 'POST', headers: old, body: JSON.stringify({ id: somebody }) })).status).toBe(
      403,
    );
  });
});

describe('a signature', () => {
  const request = { method: 'POST', path: '/', body: '', headers: { host: 'api.example', 'x-amz-target': 'x' } };
  const signer = (region: string) =>
    new SignatureV4({ service: 'execute-api', region, sha256: Sha256Node, credentials: OPERATOR });
  const signedOver = async (region: string, unsigned: string[] = []) => {
    const { headers } = await signer(region).sign(
      { ...request, protocol: 'http:', hostname: 'api.example' },
      { unsignableHeaders: new Set(unsigned) },
    );
    return signedBy({ ...request, headers }, { service: 'execute-api', region: 'us-east-1' }, () => 'local');
  };

  it('must cover the host and all headers of AWS, and be for this region', async () => {
    expect(await signedOver('us-east-1')).toBe('local');
    expect(await signedOver('us-east-1', ['host'])).toBeUndefined();
    expect(await signedOver('us-east-1', ['x-amz-target'])).toBeUndefined();
    expect(await signedOver('eu-west-1')).toBeUndefined();
  });
});

/** Returns a function that signs and sends requests, and the list of the requests that it sent. */
function recording(credentials: { accessKeyId: string; secretAccessKey: string }) {
  const sent: Array<{ url: string; headers: Record<string, string> }> = [];
  const send: typeof fetch = (input, init) => {
    sent.push({ url: String(input), headers: { ...(init?.headers as Record<string, string>) } });
    return fetch(input, init);
  };
  return { fetch: signedFetch(credentials, 'us-east-1', send), sent };
}

describe('the audit trail', () => {
  const NAME = 'Xochiquétzal';
  const auditsOf = (id: string) =>
    [...cloud.functions.keys()]
      .flatMap((name) => cloud.logs(name))
      .filter((line) => line.includes('"message":"audit"') && line.includes(id))
      .map((line) => JSON.parse(line));
  const newMember = async (headers = {}) => {
    const person = { phone: newPhone(), name: NAME, locale: 'es' };
    const { body } = await cloud.request('POST', '/v1/members', person, { authorization: '', ...headers });
    return { id: body.id as string, phone: person.phone };
  };

  /** The body and the audited action of each change, by route. */
  const CHANGES: Record<string, { action: string; body?: object }> = {
    changeMember: { action: 'change', body: { name: `${NAME} II` } },
    changeMemberV2: { action: 'change', body: { name: `${NAME} III` } },
    redeem: { action: 'redeem', body: { points: 1 } },
    deactivateMember: { action: 'deactivate' },
    deactivateMemberV2: { action: 'deactivate' },
  };
  const changing = Object.entries(routes).filter(([name, { method }]) => method !== 'GET' && name !== 'register');

  it('records a registration as anonymous', async () => {
    const { id, phone } = await newMember({ 'idempotency-key': 'audited' });
    const again = { phone, name: NAME, locale: 'es' };
    expect((await cloud.request('POST', '/v1/members', again, { 'idempotency-key': 'audited' })).body.id).toBe(id);
    const audits = await eventually(async () => auditsOf(id).length > 0 && auditsOf(id));
    expect(audits).toMatchObject([{ actor: 'anonymous', authentication: 'none', action: 'register', member: id }]);
    expect(JSON.stringify(audits)).not.toMatch(new RegExp(`${NAME}|${phone.slice(1)}`));
  });

  it.each(changing)(
    'records actor, action and member of a change by %s, without personal data',
    async (name, { method, path }) => {
      const { action, body } = CHANGES[name] ?? { action: 'not in this test' };
      const { id, phone } = await newMember();
      const clerk = bearer(await tokenOf(`clerk of ${name}`, 'members:write'));
      const change = (headers: object) =>
        cloud.request(method, path.replace('{id}', id), body, { ...clerk, 'if-match': '"1"', ...headers });
      // A refused change is not audited.
      if (name !== 'redeem') expect((await change({ 'if-match': '"9"' })).status).toBe(412);
      expect((await change({})).status).toBeLessThan(300);
      const audits = await eventually(async () => auditsOf(id).length > 1 && auditsOf(id));
      expect(audits.filter((audit) => audit.action !== 'register')).toEqual([
        expect.objectContaining({ actor: `clerk of ${name}`, authentication: 'jwt', action, member: id }),
      ]);
      expect(JSON.stringify(audits)).not.toMatch(new RegExp(`${NAME}|${phone.slice(1)}`));
    },
  );

  it('records the session of the calling role for each RPC method that changes data', async () => {
    const role = 'arn:aws:iam::000000000000:role/rollcall-dev-rpc-client';
    const asClient = signedFetch(cloud.access.credentialsOf(role, 'shop'));
    const call = async (method: string, message: object) => {
      const response = await asClient(`${cloud.apiUrl}/${MemberService.typeName}/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(message),
      });
      expect(response.status, method).toBe(200);
      return response.json();
    };
    const phone = newPhone();
    const { member } = (await call('Register', { phone, name: NAME, locale: 'es' })) as { member: { id: string } };
    const { id } = member;
    const calls: Record<string, { action: string; message: object }> = {
      UpdateMember: { action: 'change', message: { id, version: 1, name: `${NAME} II` } },
      RedeemPoints: { action: 'redeem', message: { memberId: id, points: 1 } },
      DeactivateMember: { action: 'deactivate', message: { id } },
    };
    for (const [method, { message }] of Object.entries(calls)) await call(method, message);
    const actor = 'arn:aws:sts::000000000000:assumed-role/rollcall-dev-rpc-client/shop';
    const actions = ['register', ...Object.values(calls).map(({ action }) => action)];
    const audits = await eventually(async () => auditsOf(id).length === actions.length && auditsOf(id));
    expect(audits).toMatchObject(actions.map((action) => ({ actor, authentication: 'iam', action, member: id })));
    expect(JSON.stringify(audits)).not.toMatch(new RegExp(`${NAME}|${phone.slice(1)}`));
    const others = MemberService.methods.filter(
      ({ name, idempotency }) =>
        idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS && name !== 'Register' && !calls[name],
    );
    expect(others).toEqual([]);
  });
});

describe('every response', () => {
  it('forbids caching and sniffing, and requires TLS', async () => {
    const own = bearer(await tokenOf(somebody));
    const answers = [
      await cloud.request('GET', `/v1/members/${somebody}`, undefined, own),
      await cloud.request('GET', `/v1/members/${memberIdOf(99)}`, undefined, own),
      await cloud.request('POST', '/v1/members', { phone: '1' }),
      await cloud.request('PUT', '/nowhere'),
      await cloud.rpc('GetMember', { id: somebody }),
    ];
    for (const { headers } of answers) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{7,}/);
    }
    const { headers } = await cloud.request('GET', '/v1');
    expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-cache', 'nosniff']);
  });
});

describe('pages of other sites', () => {
  const from = (origin: string) => ({ origin, 'access-control-request-method': 'POST' });

  it('are refused with the default settings of the stages', async () => {
    const preflight = await cloud.request('OPTIONS', '/v1/members', undefined, from('https://www.example.com'));
    const read = await cloud.request('GET', '/v1', undefined, { origin: 'https://www.example.com' });
    for (const { status, headers } of [preflight, read])
      expect([status, headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  it('get no CORS permission from an emulator', async () => {
    const asked = [
      { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
      { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' },
    ];
    for (const headers of asked) {
      const origin = cloud.endpointUrl;
      const response = await signedFetch(OPERATOR)(cloud.endpointUrl, {
        method: 'POST',
        headers: { ...headers, origin },
        body: '{}',
      });
      expect(response.status).toBe(200);
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('are accepted only if the stage allows their origin', async () => {
    const site = 'https://www.example.com';
    const CorsConfiguration = {
      AllowOrigins: [site],
      AllowMethods: ['GET', 'POST'],
      AllowHeaders: ['authorization'],
      ExposeHeaders: ['location'],
    };
    const assembly = await changedAssembly(['foundation'], ({ Type, Properties }) => {
      if (Type === 'AWS::ApiGatewayV2::Api') Object.assign(Properties, { CorsConfiguration });
    });
    const open = await cloudOf({ assembly });
    const allowed = async (method: string, origin: string) => {
      const { status, headers } = await open.request(method, '/v1', undefined, from(origin));
      return [status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-methods')];
    };
    expect(await allowed('OPTIONS', site)).toEqual([204, site, 'GET,POST']);
    expect(await allowed('GET', site)).toEqual([200, site, null]);
    // `Origin` is added by CORS, `Accept` by the function.
    const { headers } = await open.request('GET', '/v1', undefined, from(site));
    expect(headers.get('vary')).toBe('Origin, Accept');
    for (const method of ['OPTIONS', 'GET'])
      expect(await allowed(method, 'https://evil.example')).toEqual([403, null, null]);
    // The CORS settings allow pages of other origins to use the API, but not other content at the address of the API.
    let isServed = false;
    open.serve((_, response) => {
      isServed = true;
      response.end();
      return true;
    });
    await open.request('GET', '/', undefined, { origin: site });
    expect(isServed).toBe(false);
  });
});
