/** Who may import whom: docs/architecture.md. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

/** What a folder of the kit may import. */
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

/** What a folder of the embedded cloud may import; `cloud.ts` puts them together. */
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
    rule('no-circular', {}, { circular: true }, 'Modules that need one another are one module, or hide a third.'),
    rule(
      'services-apart',
      { path: '^functions/([^/]+)/' },
      { path: '^functions/', pathNot: '^functions/$1/' },
      'Services know one another by their contracts only.',
    ),
    rule(
      'deployed-code-apart',
      { path: '^(functions|shared|packages/kit)/' },
      { path: '^(infra|packages/(cdk|local|cli)|ops|bench|test)/' },
      'What is deployed knows nothing of where it runs or who looks after it.',
    ),
    rule(
      'deployed-code-without-tools',
      { path: '^(functions|shared|packages/kit)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
      'Licences, audits and the SBOM of what is deployed look at `dependencies` only.',
    ),
    rule('shared-knows-no-service', { path: '^shared/' }, { path: '^functions/' }, 'It serves all of them.'),
    rule(
      'kit-knows-no-application',
      { path: '^packages/kit/' },
      { path: '^(infra|functions|shared|packages/(cdk|local|cli)|ops|bench|samples|test)/' },
      'The kit serves any application.',
    ),
    ...Object.entries(KIT).map(([folder, below]) =>
      rule(
        `kit-${folder}`,
        { path: `^packages/kit/src/${folder}/` },
        { path: '^packages/kit/src/', pathNot: `^packages/kit/src/(${[folder, ...below].join('|')})/` },
        'Folders of the kit depend one way.',
      ),
    ),
    rule(
      'tests-only',
      { path: '^(functions|shared|infra|packages)/', pathNot: '^packages/kit/src/testing' },
      { path: '^packages/kit/src/testing' },
      'What is deployed carries nothing of what tests it.',
    ),
    rule(
      'infra-knows-contracts-only',
      { path: '^infra/' },
      {
        path: '^(packages|shared|functions|ops|bench|test)/',
        pathNot:
          '^(shared/(contracts|config)|packages/cdk|packages/kit/src/contracts[/.])|^functions/[^/]+/[^/]+[.]consumer[.]ts$',
      },
      'Infrastructure refers to handlers by path, and reads what a service says of its consumers.',
    ),
    rule(
      'constructs-know-contracts-only',
      { path: '^packages/cdk/' },
      { path: '^(packages|functions|shared|infra|ops|bench|test)/', pathNot: '^packages/(cdk|kit/src/contracts)/' },
      'Constructs serve any application.',
    ),
    rule(
      'cloud-apart',
      { path: '^packages/local/' },
      {
        path: '^(packages|functions|shared|infra|ops|bench|test)/',
        pathNot: '^packages/(local|kit/src/(contracts|discovery|messaging))/',
      },
      'It runs any synthesized app; what runs beside it registers as others would.',
    ),
    ...Object.entries(LOCAL).map(([folder, below]) =>
      rule(
        `local-${folder}`,
        { path: `^packages/local/src/${folder}/` },
        { path: '^packages/local/src/', pathNot: `^packages/local/src/(${[folder, ...below].join('|')})/` },
        'Folders of the embedded cloud depend one way.',
      ),
    ),
    rule(
      'local-folders-listed',
      { path: '^packages/local/src/[^/]+/', pathNot: `^packages/local/src/(${Object.keys(LOCAL).join('|')})/` },
      { path: '^packages/local/src/' },
      'LOCAL, above, says what each of them may import.',
    ),
    rule(
      'cli-apart',
      { path: '^packages/cli/' },
      { path: '^(functions|infra|shared|ops|bench|test|samples|packages/cdk)/|^rollcall[.]config[.]ts$' },
      'It operates any app, by what is deployed.',
    ),
    rule(
      'public-surface',
      { path: '^(functions|shared|infra|examples)/' },
      { path: '^packages/(kit/src/[^/]+/|cdk/src/(?!index[.])|local/src/(?!index[.])|cli/src/(?!app[.]))' },
      'An application uses what others can: what packages export by name (docs/api).',
    ),
    rule(
      'examples-apart',
      // Coupons is the member application, and a subscriber more.
      { path: '^examples/([^/]+)/', pathNot: '^examples/coupons/' },
      { path: '^(infra|functions|shared|ops|bench|test|samples)/|^examples/(?!$1/)' },
      'An example is an application of its own.',
    ),
    rule('no-orphan-types', {}, { couldNotResolve: true }, 'Every import leads somewhere.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)cdk[.]out/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
