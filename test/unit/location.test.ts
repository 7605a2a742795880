import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../../functions/registration/api.handler.ts';
import * as redemptions from '../../functions/registration/redemptions.handler.ts';
import { register } from '../../functions/registration/register.handler.ts';
import { memberIdOf } from '../support/builders.ts';
import { call } from '../support/http.ts';

const BASE_PATH = '/_aws/execute-api/abc123/$default';

const tables = await vi.hoisted(async () => {
  const support = await import('../support/http.ts');
  Object.assign(process.env, support.REGISTRATION_ENVIRONMENT, { BASE_PATH: '/_aws/execute-api/abc123/$default' });
  return new support.OneMemberTables();
});
vi.mock('@rollcall/kit/internal/aws/clients', () => ({ createDynamoDB: () => tables }));
vi.mock('@rollcall/kit/internal/discovery/subscribers', () => ({ createSubscribers: () => async () => ['sms'] }));
vi.mock('../../shared/pseudonyms.ts', () => ({
  createPseudonym: () => async (personal: string) => personal,
}));
beforeEach(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
afterEach(() => void vi.restoreAllMocks());

const headers = { 'content-type': 'application/json' };

describe('an API that is not at the root of its address', () => {
  const at = `http://127.0.0.1:4566${BASE_PATH}`;

  it('responds to a registration with the Location of the member', async () => {
    const body = JSON.stringify({ phone: '+34612345678', name: 'Lucía', locale: 'es' });
    const answer = await call(register, { method: 'POST', path: '/v1/members', headers, body });
    const { id } = JSON.parse(String(answer.body));
    expect(new URL(String(answer.headers?.location), `${at}/v1/members`).href).toBe(`${at}/v1/members/${id}`);
  });

  it('responds to a redemption with the Location of the operation', async () => {
    const body = JSON.stringify({ points: 1 });
    const answer = await call(redemptions.redeem, { method: 'POST', id: memberIdOf(1), headers, body });
    const { id } = JSON.parse(String(answer.body));
    expect(new URL(String(answer.headers?.location), at).href).toBe(`${at}/v1/operations/${id}`);
  });

  it('links a deactivation to its erasure', async () => {
    const answer = await call(api.deactivate, { method: 'DELETE', id: memberIdOf(1) });
    expect(answer.headers?.link).toBe(`<${BASE_PATH}/v1/members/${memberIdOf(1)}/erasure>; rel="status"`);
  });
});
