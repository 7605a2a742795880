// The rules for imports between folders. See docs/architecture.md.

const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

/** For each folder of the kit, the folders that it may import. */
const KIT = {
  contracts: [],
  aws: ['contracts'],
  discovery: ['contracts', 'aws'],
  observability: ['contracts', 'aws'],
  resilience: ['contracts', 'aws', 'discovery', 'observability'],
  messaging: ['contracts', 'aws', 'observability', 'resilience'],
  http: ['contracts', 'aws', 'observability', 'resilience'],
  testing: ['contracts', 'aws', 'observability', 'resilience', 'messaging'],
};

/**
 * For each folder of the embedded cloud, the folders that it may import. Files outside these folders, such as
 * `cloud.ts`, may import any folder.
 */
const LOCAL = {
  errors: [],
  faults: ['errors'],
  messages: [],
  observability: [],
  server: ['errors'],
  state: ['errors'],
  iam: ['errors'],
  template: ['errors'],
  beside: ['iam', 'template'],
  metering: ['messages'],
  emulators: ['errors', 'messages', 'server'],
  lambda: ['faults', 'metering'],
  'event-sources': ['lambda', 'metering', 'observability', 'state'],
  services: ['errors', 'event-sources', 'messages', 'server', 'state'],
  http: ['iam', 'lambda', 'metering', 'server'],
  control: ['event-sources', 'lambda', 'messages', 'observability', 'server', 'template'],
  endpoint: [
    'beside',
    'control',
    'errors',
    'faults',
    'iam',
    'lambda',
    'messages',
    'metering',
    'observability',
    'server',
    'services',
  ],
  resources: [
    'beside',
    'emulators',
    'errors',
    'event-sources',
    'faults',
    'http',
    'iam',
    'lambda',
    'metering',
    'observability',
    'services',
    'state',
    'template',
  ],
  inspection: ['emulators', 'errors', 'event-sources', 'messages', 'resources'],
  composition: [
    'beside',
    'control',
    'emulators',
    'endpoint',
    'errors',
    'event-sources',
    'faults',
    'http',
    'iam',
    'inspection',
    'lambda',
    'metering',
    'observability',
    'resources',
    'server',
    'services',
    'state',
  ],
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'no-circular',
      {},
      { circular: true },
      'Merge modules that import each other, or extract the part that both need.',
    ),
    rule(
      'services-apart',
      { path: '^functions/([^/]+)/' },
      { path: '^functions/', pathNot: '^functions/$1/' },
      'Services depend only on the contracts of other services.',
    ),
    rule(
      'deployed-code-apart',
      { path: '^(functions|shared|packages/kit)/' },
      { path: '^(infra|packages/(cdk|local|cli)|ops|bench|test)/' },
      'Deployed code does not depend on infrastructure, tools or tests.',
    ),
    rule(
      'deployed-code-without-tools',
      { path: '^(functions|shared|packages/kit)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
      'The checks of licences and vulnerabilities, and the SBOM, cover only `dependencies`.',
    ),
    rule(
      'shared-knows-no-service',
      { path: '^shared/' },
      { path: '^functions/' },
      'Code that all services share does not depend on one of them.',
    ),
    rule(
      'kit-knows-no-application',
      { path: '^packages/kit/' },
      { path: '^(infra|functions|shared|packages/(cdk|local|cli)|ops|bench|samples|test)/' },
      'The kit must work in any application.',
    ),
    ...Object.entries(KIT).map(([folder, below]) =>
      rule(
        `kit-${folder}`,
        { path: `^packages/kit/src/${folder}/` },
        { path: '^packages/kit/src/', pathNot: `^packages/kit/src/(${[folder, ...below].join('|')})/` },
        'A folder of the kit may import only the folders that KIT lists.',
      ),
    ),
    rule(
      'tests-only',
      { path: '^(functions|shared|infra|packages)/', pathNot: '^packages/kit/src/testing' },
      { path: '^packages/kit/src/testing' },
      'Deployed code does not contain test support.',
    ),
    rule(
      'infra-knows-contracts-only',
      { path: '^infra/' },
      {
        path: '^(packages|shared|functions|ops|bench|test)/',
        pathNot:
          '^(shared/(contracts|config)|packages/cdk|packages/kit/src/contracts[/.])|^functions/[^/]+/[^/]+[.]consumer[.]ts$',
      },
      'Infrastructure refers to handlers by path, and reads only the consumer descriptors of a service.',
    ),
    rule(
      'constructs-know-contracts-only',
      { path: '^packages/cdk/' },
      { path: '^(packages|functions|shared|infra|ops|bench|test)/', pathNot: '^packages/(cdk|kit/src/contracts)/' },
      'Constructs must work in any application.',
    ),
    rule(
      'cloud-apart',
      { path: '^packages/local/' },
      {
        path: '^(packages|functions|shared|infra|ops|bench|test)/',
        pathNot: '^packages/(local|kit/src/(contracts|discovery|messaging))/',
      },
      'The embedded cloud must run any synthesized app.',
    ),
    ...Object.entries(LOCAL).map(([folder, below]) =>
      rule(
        `local-${folder}`,
        { path: `^packages/local/src/${folder}/` },
        { path: '^packages/local/src/', pathNot: `^packages/local/src/(${[folder, ...below].join('|')})/` },
        'A folder of the embedded cloud may import only the folders that LOCAL lists.',
      ),
    ),
    rule(
      'local-folders-listed',
      { path: '^packages/local/src/[^/]+/', pathNot: `^packages/local/src/(${Object.keys(LOCAL).join('|')})/` },
      { path: '^packages/local/src/' },
      'LOCAL must list each folder of the embedded cloud.',
    ),
    rule(
      'cli-apart',
      { path: '^packages/cli/' },
      { path: '^(functions|infra|shared|ops|bench|test|samples|packages/cdk)/|^rollcall[.]config[.]ts$' },
      'The CLI must operate any app, and reads only what is deployed.',
    ),
    rule(
      'public-surface',
      { path: '^(functions|shared|infra|examples)/' },
      { path: '^packages/(kit/src/[^/]+/|cdk/src/(?!index[.])|local/src/(?!index[.])|cli/src/(?!app[.]))' },
      'Applications import only the public entry points of packages (docs/api).',
    ),
    rule(
      'examples-apart',
      // Coupons is the member application with one more subscriber.
      { path: '^examples/([^/]+)/', pathNot: '^examples/coupons/' },
      { path: '^(infra|functions|shared|ops|bench|test|samples)/|^examples/(?!$1/)' },
      'An example does not depend on the application or on other examples.',
    ),
    rule('imports-resolve', {}, { couldNotResolve: true }, 'Every import must resolve.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)cdk[.]out/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
