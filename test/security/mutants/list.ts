export interface SecurityMutant {
  /** The protection that is removed. */
  name: string;
  file: string;
  from: string;
  to: string;
  /** The test that is to notice. */
  test:
    | 'security/callers'
    | 'security/access'
    | 'security/personal-data'
    | 'unit/erasing'
    | 'unit/guard'
    | 'unit/senders'
    | 'unit/tracing';
}

const api = 'infra/constructs/api.ts';
const authorizers = 'local/authorizers.ts';
const access = 'shared/http/member-access.ts';
const signature = 'local/signature.ts';
const policy = 'local/iam/policy.ts';
const guard = 'local/guard.ts';
const encryption = 'infra/constructs/encryption.ts';
const queue = 'infra/constructs/fifo-queue.ts';
const topic = 'infra/constructs/event-topic.ts';
const parking = 'shared/messaging/parking.ts';

/** Each removes one protection: some test must fail. */
export const mutants: readonly SecurityMutant[] = [
  {
    name: 'routes about members take no token',
    file: api,
    from: 'this.#bySignature : this.#byToken;',
    to: 'this.#bySignature : undefined;',
    test: 'security/callers',
  },
  {
    name: 'RPC takes unsigned calls',
    file: api,
    from: "access === 'services' ? this.#bySignature",
    to: "access === 'services' ? undefined",
    test: 'security/callers',
  },
  {
    name: 'CORS is open',
    file: api,
    from: '...(origins.length > 0 && {',
    to: "...(origins.unshift('*') && {",
    test: 'security/callers',
  },
  { name: 'tokens of any issuer', file: authorizers, from: '        issuer,\n', to: '', test: 'security/callers' },
  { name: 'tokens for any audience', file: authorizers, from: '        audience,\n', to: '', test: 'security/callers' },
  {
    name: 'tokens without end',
    file: authorizers,
    from: "requiredClaims: ['exp']",
    to: 'requiredClaims: []',
    test: 'security/callers',
  },
  {
    name: 'signed calls by anybody',
    file: authorizers,
    from: 'if (role) access.authorize',
    to: 'if (role === resource) access.authorize',
    test: 'security/callers',
  },
  {
    name: "another member's token",
    file: access,
    from: 'sub === id ||',
    to: 'sub !== undefined ||',
    test: 'security/callers',
  },
  {
    name: 'any scope',
    file: access,
    from: "granted.split(' ').includes(scopes[access])",
    to: 'granted.includes(scopes[access].slice(0, 7))',
    test: 'security/callers',
  },
  {
    name: "others' operations",
    file: 'functions/registration/api.handler.ts',
    from: "(member) => mayAccess(event, member, 'read')",
    to: '() => true',
    test: 'security/callers',
  },
  {
    name: 'signatures of anything',
    file: signature,
    from: 'return timingSafeEqual(Buffer.from(found.padEnd(64)), Buffer.from(signature)) ? accessKeyId : undefined;',
    to: 'return timingSafeEqual(Buffer.from(found.padEnd(64)), Buffer.from(signature)) ? accessKeyId : accessKeyId;',
    test: 'security/callers',
  },
  {
    name: 'signatures over another body',
    file: signature,
    from: "if (hash !== undefined && hash !== createHash('sha256').update(body).digest('hex')) return undefined;",
    to: '',
    test: 'security/callers',
  },
  {
    name: 'answers may be stored',
    file: 'shared/http/secured.ts',
    from: '.use(headers).use(noStore)',
    to: '.use(headers)',
    test: 'security/callers',
  },
  {
    name: 'no HSTS, and sniffing',
    file: 'shared/http/secured.ts',
    from: '.use(headers).use(noStore)',
    to: '.use(noStore)',
    test: 'security/callers',
  },
  {
    name: 'roles are not enforced',
    file: 'local/endpoint.ts',
    from: 'if (role) options.access.authorize(role, asked(), service);',
    to: '',
    test: 'security/access',
  },
  {
    name: 'a deny does not count',
    file: policy,
    from: 'if (denial) {',
    to: 'if (denial && !denial) {',
    test: 'security/access',
  },
  {
    name: 'conditions do not count',
    file: policy,
    from: '|| !holds(statement, context)',
    to: '',
    test: 'security/access',
  },
  {
    name: 'a grant on every table',
    file: 'infra/constructs/service-table.ts',
    from: 'resources: [resource]',
    to: "resources: [resource && '*']",
    test: 'security/access',
  },
  {
    name: 'a grant of every action',
    file: 'infra/constructs/queue-source.ts',
    from: "actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']",
    to: "actions: ['sqs:*']",
    test: 'security/access',
  },
  {
    name: 'the rules of AWS Solutions',
    file: 'infra/app.ts',
    from: 'Validations.of(app).addPlugins(new AwsSolutionsChecks(app));',
    to: '',
    test: 'security/access',
  },
  {
    name: 'queues for every role',
    file: queue,
    from: 'this.addToResourcePolicy(onlyOwnRoles(stage, TAKE_AND_GIVE, this.queueArn));',
    to: '',
    test: 'security/access',
  },
  {
    name: 'queues without TLS',
    file: queue,
    from: 'enforceSSL: true',
    to: 'enforceSSL: false',
    test: 'security/access',
  },
  {
    name: 'queues in the clear',
    file: queue,
    from: 'QueueEncryption.SQS_MANAGED',
    to: 'QueueEncryption.UNENCRYPTED',
    test: 'security/access',
  },
  {
    name: 'the topic for every role',
    file: topic,
    from: "this.addToResourcePolicy(onlyOwnRoles(stage, ['sns:Publish'], this.topicArn));",
    to: '',
    test: 'security/access',
  },
  {
    name: 'the topic without TLS',
    file: topic,
    from: 'enforceSSL: true',
    to: 'enforceSSL: false',
    test: 'security/access',
  },
  {
    name: 'the topic without the key',
    file: topic,
    from: '...(masterKey && { masterKey }),',
    to: '',
    test: 'security/access',
  },
  {
    name: 'a key for every role',
    file: encryption,
    from: "        ArnLike: { 'aws:PrincipalArn': ownRoles(stage) },\n",
    to: '',
    test: 'security/access',
  },
  {
    name: 'a key that SNS may not use',
    file: encryption,
    from: "new ServicePrincipal('sns.amazonaws.com')",
    to: "new ServicePrincipal('ses.amazonaws.com')",
    test: 'security/access',
  },
  {
    name: 'a key that alarms may not use',
    file: encryption,
    from: "new ServicePrincipal('cloudwatch.amazonaws.com')",
    to: "new ServicePrincipal('ses.amazonaws.com')",
    test: 'security/access',
  },
  {
    name: 'messages of anybody',
    file: 'shared/messaging/subscriber.ts',
    from: 'if (maySend({ senders }, envelope.source)) return envelope;',
    to: 'if (maySend({ senders }, envelope.source) || envelope) return envelope;',
    test: 'security/access',
  },
  {
    name: 'messages of anybody, redriven',
    file: parking,
    from: 'const envelope = readParked(parked.body);',
    to: 'const envelope = readEnvelope(parked.body);',
    test: 'security/access',
  },
  {
    name: 'phones in keys',
    file: 'shared/aws/pseudonyms.ts',
    from: ".digest('base64url');",
    to: ".digest('base64url') && personal;",
    test: 'security/personal-data',
  },
  {
    name: 'problems repeat every path',
    file: 'shared/http/problems.ts',
    from: '...(isOurs(instance) && { instance }),',
    to: 'instance: isOurs(instance) ? instance : instance,',
    test: 'security/personal-data',
  },
  {
    name: 'who registers is logged',
    file: 'functions/registration/api.handler.ts',
    from: 'if (!replayed) count({ Registrations: 1 });',
    to: "if (!replayed) logger.info('registered', { phone: member.phone });",
    test: 'security/personal-data',
  },
  {
    name: 'errors of providers are logged with the text',
    file: 'shared/messaging/subscriber-functions.ts',
    from: "else logger.warn('message given back', { ...about, error });",
    to: "else logger.warn('message given back', { ...about, error, outcomes, body: givenBack[0]?.record.body });",
    test: 'security/personal-data',
  },
  {
    name: 'the phone of who left',
    file: 'functions/sms/welcome.ts',
    from: "remove: ['phone', 'locale'],",
    to: "remove: ['locale'],",
    test: 'security/personal-data',
  },
  {
    name: 'the name of who left',
    file: 'functions/guide/journey.ts',
    from: "remove: ['journeyLocale', 'addressee', 'startedAt'],",
    to: "remove: ['journeyLocale', 'startedAt'],",
    test: 'security/personal-data',
  },
  {
    name: 'the guard of who left',
    file: 'functions/registration/store.ts',
    from: '        { Delete: { TableName: membersTable, Key: await guardKey(phone) } },\n',
    to: '',
    test: 'security/personal-data',
  },
  {
    name: 'operations of who left',
    file: 'functions/registration/replies.ts',
    from: '      await store.eraseOf(memberId);\n',
    to: '',
    test: 'security/personal-data',
  },
  {
    name: 'what is parked of who left',
    file: parking,
    from: 'if (parked.version < last.version) return drop(parked, how);',
    to: '',
    test: 'security/personal-data',
  },
  {
    name: 'what was dropped of who left',
    file: parking,
    from: "const discarded = { ...rest, body: '',",
    to: 'const discarded = { ...rest,',
    test: 'unit/erasing',
  },
  {
    name: 'what was discarded of who left',
    file: 'shared/messaging/dynamodb-subscriber-store.ts',
    from: 'for (const beginning of [DISCARDED, PARKED]) {',
    to: 'for (const beginning of [PARKED]) {',
    test: 'security/personal-data',
  },
  {
    name: 'who left, below a baseline',
    file: 'shared/messaging/cursor.ts',
    from: "  if (cursor.erased) return { action: 'acknowledge' };\n",
    to: '',
    test: 'unit/erasing',
  },
  {
    name: 'the event that erases, discarded',
    file: 'shared/messaging/discard.ts',
    from: "parked.reason !== 'unsent' &&\n",
    to: "parked.reason === 'unsent' &&\n",
    test: 'unit/erasing',
  },
  {
    name: 'the event that erases, switched off',
    file: parking,
    from: 'if (queue.some(erases)) return undefined;',
    to: '',
    test: 'unit/erasing',
  },
  {
    name: 'spans repeat what any error says',
    file: 'shared/observability/spans.ts',
    from: 'const isOurs = error instanceof MessagingError || error instanceof RemoteError;',
    to: 'const isOurs = true;',
    test: 'unit/tracing',
  },
  {
    name: 'spans tell what is asked for by any id',
    file: 'shared/http/endpoint.ts',
    from: "const id = pathId(event, 'member');",
    to: "aboutAggregate(event.pathParameters?.id ?? '');\n  const id = pathId(event, 'member');",
    test: 'security/personal-data',
  },
  {
    name: 'pages elsewhere that say where they are are answered',
    file: guard,
    from: 'if (origin !== undefined && origin !== `http://${host}`',
    to: 'if (origin === host',
    test: 'unit/guard',
  },
  {
    name: 'pages elsewhere of which the browser says so are answered',
    file: guard,
    from: "(site === 'cross-site' || site === 'same-site')",
    to: "site === 'never'",
    test: 'unit/guard',
  },
  {
    name: 'any name may mean this machine',
    file: guard,
    from: 'if (!HERE.test(host))',
    to: "if (host === 'nobody')",
    test: 'unit/guard',
  },
  {
    name: 'the header is believed where the target says another host',
    file: guard,
    from: '  request.headers.host = host;\n',
    to: '',
    test: 'unit/guard',
  },
  {
    name: 'whom the API is opened to may use the console',
    file: 'local/http-api.ts',
    from: 'if (refusalOf(request.headers) === undefined && this.site?.(',
    to: 'if (this.site?.(',
    test: 'security/callers',
  },
  {
    name: 'a message does not say who sent it',
    file: 'local/emulators/fauxqs-worker.ts',
    from: 'senderId: sending.getStore(),',
    to: 'senderId: undefined,',
    test: 'unit/senders',
  },
  {
    name: 'a call that nobody can tell is allowed',
    file: 'local/iam/access.ts',
    from: 'if (asked.length === 0) throw',
    to: 'if (asked.length < 0) throw',
    test: 'security/access',
  },
  {
    name: 'tokens that name no key',
    file: authorizers,
    from: 'protectedHeader.kid === undefined || ',
    to: '',
    test: 'security/callers',
  },
  {
    name: 'tokens from the future',
    file: authorizers,
    from: " || typeof iat !== 'number' || iat > Date.now() / 1000",
    to: '',
    test: 'security/callers',
  },
  {
    name: 'scopes with a bracket',
    file: access,
    from: "replace(/^\\[(.*)\\]$/, '$1')",
    to: "replace(/^\\[|\\]$/g, '')",
    test: 'security/callers',
  },
  {
    name: 'signatures without host',
    file: signature,
    from: "name === 'host' || ",
    to: '',
    test: 'security/callers',
  },
  {
    name: 'signatures for any region',
    file: signature,
    from: ' || signedIn !== region',
    to: '',
    test: 'security/callers',
  },
];
