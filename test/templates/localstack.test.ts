import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { type AssembledStack, readAssembly } from '@rollcall/local/internal/template/assembly';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

let folder: string;
let stacks: AssembledStack[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-localstack-'));
  stacks = readAssembly(await synthesize(folder, { stage: 'localstack' })).stacks;
});
afterAll(() => rm(folder, { recursive: true }));

const typesOf = (all: AssembledStack[]) =>
  new Set(all.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type)));

const functionsOf = (all: AssembledStack[]) =>
  all.flatMap(({ template }) =>
    Object.values<any>(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function'),
  );

describe('the stage localstack', () => {
  it('omits only resources that emulators do not support', () => {
    const [here, there] = [typesOf(stacks), typesOf(readAssembly(inject('dev')).stacks)];
    const isCloudMap = (type: string) => type.startsWith('AWS::ServiceDiscovery::');
    const leftOut = [...there].filter((type) => !here.has(type) && !isCloudMap(type) && !type.startsWith('Custom::'));
    expect(leftOut.sort()).toEqual(['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::Logs::MetricFilter']);
    expect([...here].filter((type) => isCloudMap(type) || !there.has(type))).toEqual([]);
    expect(JSON.stringify(stacks)).not.toContain('ArchivePolicy');
  });

  it('has an output for each entry of the stage dev in Cloud Map', () => {
    const registered = readAssembly(inject('dev')).stacks.flatMap(({ template }) =>
      Object.values<any>(template.Resources)
        .filter(({ Type }) => Type === 'AWS::ServiceDiscovery::Service')
        .map(({ Properties }) => Properties.Name.replaceAll('-', '')),
    );
    const outputs = stacks.flatMap(({ template }) => Object.keys(template.Outputs ?? {}));
    expect(registered.length).toBeGreaterThan(0);
    expect([...new Set(outputs.filter((name) => name.startsWith('Directory')))].sort()).toEqual(
      registered.map((name) => `Directory${name}`).sort(),
    );
    const instances = stacks.flatMap(({ name, template }) => {
      const { Value } = template.Outputs?.Directorymembereventssubscribers ?? {};
      return typeof Value === 'string' ? [[name, JSON.parse(Value).instance]] : [];
    });
    expect(Object.fromEntries(instances)).toEqual(
      Object.fromEntries(['guide', 'points', 'sms'].map((name) => [`rollcall-localstack-${name}`, name])),
    );
  });

  it('gives the base path of the API to functions that return addresses, unlike other stages', () => {
    const basePaths = functionsOf(stacks).flatMap(
      ({ Properties }) => Properties.Environment?.Variables?.BASE_PATH ?? [],
    );
    expect(basePaths.length).toBeGreaterThan(0);
    for (const path of basePaths) expect(JSON.stringify(path)).toMatch(/_aws\/execute-api\/.*ImportValue.*\/\$default/);
    for (const stage of ['dev', 'prod'] as const) {
      expect(JSON.stringify(functionsOf(readAssembly(inject(stage)).stacks))).not.toContain('BASE_PATH');
    }
  });
});
