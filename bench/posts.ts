import type { Broken, CloudDescription } from '@rollcall/local/internal/control/control';
import { requestToken } from 'rollcall/internal/token';
import { generatePeople } from '../ops/demo/input.ts';
import { registerAll } from '../ops/demo/registrations.ts';
import { EVERY_MEMBER } from '../ops/every-member.ts';

const CONCURRENCY = 32;
/** The number of registrations before the measurement, which let V8 compile the code of the function. */
const WARM_UP = 200;

/**
 * Measures only `POST /v1/members`: registers members while all event sources of a running embedded cloud are stopped.
 * @returns the seconds until all responses have arrived, and the number of AWS calls by `service:Operation`
 */
export async function measurePosts(
  endpoint: string,
  members: number,
): Promise<{ seconds: number; awsCalls: Record<string, number> }> {
  const control = async <T>(path: string, method = 'GET') => {
    const response = await fetch(`${endpoint}/_rollcall${path}`, { method });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const { functions } = await control<Broken>('/broken');
  await Promise.all(Object.keys(functions).map((name) => control(`/broken/${encodeURIComponent(name)}`, 'PUT')));
  const { apiUrl } = await control<CloudDescription>('');
  const token = await requestToken(endpoint, EVERY_MEMBER);
  const register = async (count: number) => {
    const options = { apiUrl, token, concurrency: CONCURRENCY, changeEvery: 0, onProgress: () => {} };
    const { accepted } = await registerAll(generatePeople(count, Math.random), options);
    if (accepted.length !== count) throw new Error(`${count - accepted.length} of ${count} registrations were refused`);
  };
  await register(WARM_UP);
  const { calls: before } = await control<CloudDescription>('');
  const start = performance.now();
  await register(members);
  const seconds = (performance.now() - start) / 1000;
  const { calls: after } = await control<CloudDescription>('');
  const awsCalls = Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const),
  );
  return { seconds, awsCalls };
}
