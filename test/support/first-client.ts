/**
 * A client that was written for the first version of the API. Do not change this file, because it represents clients
 * that the project cannot change.
 */
export interface FirstMember {
  id: string;
  phone: string;
  name: string;
  locale: string;
  version: number;
  registeredAt: string;
}

const FIELDS = {
  id: 'string',
  phone: 'string',
  name: 'string',
  locale: 'string',
  version: 'number',
  registeredAt: 'string',
};

export class FirstClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async register(person: { phone: string; name: string; locale: string }): Promise<FirstMember> {
    return this.#member(await this.#send('POST', '/v1/members', person), 201);
  }

  async read(id: string): Promise<FirstMember> {
    return this.#member(await this.#send('GET', `/v1/members/${id}`), 200);
  }

  async rename(member: FirstMember, name: string): Promise<FirstMember> {
    const headers = { 'if-match': `"${member.version}"` };
    return this.#member(await this.#send('PATCH', `/v1/members/${member.id}`, { name }, headers), 200);
  }

  async points(id: string): Promise<{ balance: number; state: string } | undefined> {
    const response = await this.#send('GET', `/v1/members/${id}/points`);
    return response.status === 404 ? undefined : ((await response.json()) as { balance: number; state: string });
  }

  async guideSteps(id: string): Promise<string[] | undefined> {
    const response = await this.#send('GET', `/v1/members/${id}/guide`);
    if (response.status === 404) return undefined;
    return ((await response.json()) as { steps: Array<{ title: string }> }).steps.map(({ title }) => title);
  }

  async leave(id: string): Promise<void> {
    const { status } = await this.#send('DELETE', `/v1/members/${id}`);
    if (status !== 204) throw new Error(`DELETE returned ${status}`);
  }

  #send(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.#url + path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async #member(response: Response, expected: number): Promise<FirstMember> {
    if (response.status !== expected) throw new Error(`the API returned ${response.status}`);
    const member = (await response.json()) as Record<string, unknown>;
    for (const [field, type] of Object.entries(FIELDS)) {
      if (typeof member[field] !== type) throw new Error(`${field} is not a ${type}`);
    }
    return member as unknown as FirstMember;
  }
}
