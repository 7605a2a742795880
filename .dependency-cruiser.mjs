/** Who may import whom: docs/architecture.md. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

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
      { path: '^(functions|shared)/' },
      { path: '^(infra|local|ops|bench|test)/' },
      'What is deployed knows nothing of where it runs or who looks after it.',
    ),
    rule(
      'deployed-code-without-tools',
      { path: '^(functions|shared)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
      'Licences, audits and the SBOM of what is deployed look at `dependencies` only.',
    ),
    rule('kit-knows-no-service', { path: '^shared/' }, { path: '^functions/' }, 'The kit serves any application.'),
    rule('messaging-without-http', { path: '^packages/kit/src/messaging/' }, { path: '^packages/kit/src/http/' }, 'Messages need no web.'),
    rule(
      'infra-knows-contracts-only',
      { path: '^infra/' },
      { path: '^(shared|functions|local|ops|bench|test)/', pathNot: '^shared/(contracts|config)/' },
      'Infrastructure refers to handlers by path.',
    ),
    rule(
      'cloud-apart',
      { path: '^local/' },
      { path: '^(functions|shared|infra|ops|bench|test)/', pathNot: '^packages/kit/src/discovery/' },
      'It runs any synthesized app; its SMS gateways register themselves as others would.',
    ),
    rule('no-orphan-types', {}, { couldNotResolve: true }, 'Every import leads somewhere.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
