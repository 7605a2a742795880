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
    | 'security/outsiders'
    | 'security/personal-data'
    | 'security/phones'
    | 'security/texts'
    | 'unit/erasing'
    | 'unit/guard'
    | 'unit/senders'
    | 'unit/services'
    | 'unit/message'
    | 'unit/replies'
    | 'unit/subscriber'
    | 'unit/webhooks'
    | 'integration/commands'
    | 'integration/subscriber-store'
    | 'unit/tracing'
    | 'integration/console'
    | 'integration/registration';
}

const api = 'infra/constructs/api.ts';
const authorizers = 'local/authorizers.ts';
const access = 'shared/http/member-access.ts';
const signature = 'local/signature.ts';
const policy = 'local/iam/policy.ts';
const guard = 'local/guard.ts';
const encryption = 'infra/constructs/encryption.ts';
const queue = 'infra/constructs/stage-queue.ts';
const topic = 'infra/constructs/event-topic.ts';
const parking = 'shared/messaging/parking.ts';
const phone = 'shared/contracts/phone.ts';
const release = 'shared/messaging/release.ts';

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
    from: "this.addToResourcePolicy(onlyOwnRoles(this, stage, ['sqs:*'], this.queueArn));",
    to: '',
    test: 'security/outsiders',
  },
  {
    name: 'queues for the dead letters of any queue',
    file: queue,
    from: '      redriveAllowPolicy: deadLettersTaken(scope, id, deadLettersOf),\n',
    to: '',
    test: 'security/outsiders',
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
    from: 'this.addToResourcePolicy(onlyOwnRoles(this, stage, [...CHANGING, ...READING], this.topicArn));',
    to: '',
    test: 'security/outsiders',
  },
  {
    name: 'the topic for whoever may subscribe',
    file: topic,
    from: '[...CHANGING, ...READING]',
    to: 'CHANGING.concat(READING.slice(1))',
    test: 'security/outsiders',
  },
  {
    name: "the alarms' topic for every role",
    file: 'infra/stacks/operations.ts',
    from: 'this.alarms.addToResourcePolicy(onlyOwnRoles(this.alarms, stage, CHANGING, this.alarms.topicArn));',
    to: '',
    test: 'security/outsiders',
  },
  {
    name: 'queues and topic for whoever deploys anything',
    file: 'infra/constructs/own-roles.ts',
    from: 'return Fn.sub(cloudFormationExecutionRole);',
    to: "return 'arn:*:iam::*:role/cdk-*';",
    test: 'security/outsiders',
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
    from: 'if (!maySend(channel, envelope))',
    to: 'if (!maySend(channel, envelope) && !envelope)',
    test: 'security/access',
  },
  {
    name: 'messages of anybody, redriven',
    file: release,
    from: 'const envelope = readParked(parked);',
    to: 'const envelope = JSON.parse(parked.body);',
    test: 'security/access',
  },
  {
    name: 'messages of anybody, tried again',
    file: release,
    from: 'return await applier.apply(readParked(parked), how);',
    to: 'return await applier.apply(JSON.parse(parked.body), how);',
    test: 'unit/subscriber',
  },
  {
    name: "messages of some service that are another's to send",
    file: 'shared/contracts/channel.ts',
    from: 'return sendersOf[contract?.type ?? type] ?? senders;',
    to: 'return (contract && senders) ?? sendersOf[type] ?? senders;',
    test: 'unit/subscriber',
  },
  {
    name: 'messages in the name of another service',
    file: 'shared/messaging/subscriber.ts',
    from: 'if (senderPrefix !== undefined && !isSentBy(source, senderId, senderPrefix))',
    to: 'if (senderPrefix !== undefined && !isSentBy(source, `AROA:${senderPrefix}${source.slice(10)}-${senderId}`, senderPrefix))',
    test: 'integration/commands',
  },
  {
    name: 'sessions of whoever is called like a function',
    file: 'shared/messaging/sender-id.ts',
    from: "roleId.startsWith('AROA') && ",
    to: 'roleId !== session && ',
    test: 'unit/subscriber',
  },
  {
    name: 'functions that are not told whose messages to take',
    file: 'infra/constructs/consumer.ts',
    from: '...(stage.verifySenders && { SENDER_PREFIX: `rollcall-${stage.name}-` }),',
    to: '',
    test: 'integration/commands',
  },
  {
    name: "answers to another member's operation",
    file: 'functions/registration/replies.ts',
    from: 'if (operation && operation.memberId !== subject)',
    to: 'if (operation && operation.memberId === subject && !operation)',
    test: 'unit/replies',
  },
  {
    name: 'answers about other points',
    file: 'functions/registration/replies.ts',
    from: 'if (operation && operation.points !== data.points)',
    to: 'if (operation && operation.points === data.points && !operation)',
    test: 'unit/replies',
  },
  {
    name: 'confirmations that nobody asked for',
    file: 'functions/registration/replies.ts',
    from: 'if (!erasure) throw new PermanentError(',
    to: 'if (!erasure) return {}; if (!erasure) throw new PermanentError(',
    test: 'unit/replies',
  },
  {
    name: 'data about another subject',
    file: 'shared/messaging/message.ts',
    from: '  if (!agree(contract, envelope.subject, data.data))\n',
    to: '  if (data.error)\n',
    test: 'unit/message',
  },
  {
    name: 'phones in keys',
    file: 'shared/aws/pseudonyms.ts',
    from: ".digest('base64url');",
    to: ".digest('base64url') && personal;",
    test: 'security/personal-data',
  },
  {
    name: 'one spelling of a phone',
    file: phone,
    from: 'return parsed.number === value && E164.test(value) ?',
    to: 'return E164.test(value) ?',
    test: 'security/phones',
  },
  {
    name: 'phones by their kind',
    file: phone,
    from: 'if (!types.some((taken) => taken === type)) {',
    to: 'if (types.length === 0) {',
    test: 'security/phones',
  },
  {
    name: 'who did it',
    file: 'shared/http/audit.ts',
    from: "logger.info('audit', { ...by, ...change,",
    to: "logger.info('audit', { ...change,",
    test: 'security/callers',
  },
  {
    name: 'the first text has the name that a stranger wrote',
    file: 'functions/sms/welcome.ts',
    from: '...welcomeText(data.locale),',
    to: '...welcomeText(data.locale), short: `Welcome, ${data.name}!`,',
    test: 'security/texts',
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
    file: 'functions/registration/register.handler.ts',
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
    from: "remove: ['phone', 'locale', 'phonePseudonym'],",
    to: "remove: ['locale', 'phonePseudonym'],",
    test: 'security/personal-data',
  },
  {
    name: 'the pseudonym of who left',
    file: 'functions/sms/welcome.ts',
    from: "remove: ['phone', 'locale', 'phonePseudonym'],",
    to: "remove: ['phone', 'locale'],",
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
    from: '        await phoneRelease(phone, member.deactivatedAt),\n',
    to: '',
    test: 'security/personal-data',
  },
  {
    name: 'whom a phone belonged to',
    file: 'functions/registration/store.ts',
    from: 'Item: { ...key, ...mark }',
    to: 'Item: { ...key, ...mark, memberId: phone }',
    test: 'security/personal-data',
  },
  {
    name: 'a phone is forgotten with its member',
    file: 'functions/registration/store.ts',
    from: 'if (phonesRememberedDays === null) return',
    to: 'if (phonesRememberedDays !== undefined) return',
    test: 'integration/registration',
  },
  {
    name: 'a bonus for each registration of a phone',
    file: 'functions/points/account.ts',
    from: 'rule.oncePerPhone && data.returning === true;',
    to: 'rule.oncePerPhone && data.returning === false;',
    test: 'unit/services',
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
    from: 'if (parked.version < last.version) return one.drop(parked, how);',
    to: '',
    test: 'security/personal-data',
  },
  {
    name: 'what was dropped of who left',
    file: release,
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
    name: 'what claims to come later of who left',
    file: 'shared/messaging/cursor.ts',
    from: "if (cursor.erased) return { action: 'acknowledge' };",
    to: "if (cursor.erased && version <= cursor.version) return { action: 'acknowledge' };",
    test: 'unit/erasing',
  },
  {
    name: 'what is next of who left',
    file: 'shared/messaging/dynamodb-subscriber-store.ts',
    from: "'#version = :after AND attribute_not_exists(erased)'",
    to: "'#version = :after'",
    test: 'integration/subscriber-store',
  },
  {
    name: 'rows of who left that claim a later version',
    file: 'shared/messaging/dynamodb-subscriber-store.ts',
    from: 'for (const { pk, sk } of Items) {',
    to: 'for (const { pk, sk } of Items.filter(({ version }) => version < 9)) {',
    test: 'integration/subscriber-store',
  },
  {
    name: 'what a crash left of who left',
    file: 'shared/messaging/applier.ts',
    from: 'if (isErasing({ type }, contracts)) await store.eraseLeft(place.aggregateId);',
    to: '',
    test: 'unit/erasing',
  },
  {
    name: 'what was discarded while they left',
    file: 'shared/messaging/discard.ts',
    from: 'if ((await store.cursor(key.aggregateId))?.erased) await store.eraseLeft(key.aggregateId);',
    to: '',
    test: 'unit/erasing',
  },
  {
    name: 'the event that erases, discarded',
    file: 'shared/messaging/discard.ts',
    from: "if (parked.reason !== 'unsent' && isErasing(parked, contracts)) {",
    to: "if (parked.reason === 'unsent' && isErasing(parked, contracts)) {",
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
  {
    name: 'webhooks of the generic gateway by any signature',
    file: 'functions/sms/webhooks/http-gateway.ts',
    from: "signatures.split(' ').some((signature) => equals(signature, expected)) ? sentAt : undefined",
    to: 'expected && signatures ? sentAt : undefined',
    test: 'unit/webhooks',
  },
  {
    name: 'webhooks of the generic gateway of any age',
    file: 'functions/sms/webhooks/http-gateway.ts',
    from: ' || !(Math.abs(now.getTime() - sentAt.getTime()) <= TOLERANCE_MS)',
    to: '',
    test: 'unit/webhooks',
  },
  {
    name: 'webhooks of Twilio by any signature',
    file: 'functions/sms/webhooks/twilio.ts',
    from: "request.headers['x-twilio-signature'] ?? ''",
    to: 'signatureOf(request.url, parameters, authToken)',
    test: 'unit/webhooks',
  },
  {
    name: 'webhooks of Twilio for whatever host they name',
    file: 'functions/sms/webhooks/webhook.ts',
    from: 'url: rawQueryString ? `${url}?${rawQueryString}` : url,',
    to: 'url: `https://${headers.host}${new URL(url).pathname}?${rawQueryString}`,',
    test: 'unit/webhooks',
  },
  {
    name: 'webhooks of Alibaba Cloud without a token',
    file: 'functions/sms/webhooks/alibaba.ts',
    from: "if (!equals(query.get('token') ?? '', key)) return undefined;",
    to: '',
    test: 'unit/webhooks',
  },
  {
    name: "a provider's words about a text are kept as they are",
    file: 'functions/sms/provider-events.ts',
    from: "REASON.test(String(reason ?? '')) ? String(reason) : 'unknown'",
    to: 'String(reason)',
    test: 'unit/webhooks',
  },
  {
    name: 'receipts by AWS of any account',
    file: 'infra/constructs/sms-events.ts',
    from: "        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },\n",
    to: '',
    test: 'security/access',
  },
  {
    name: 'texts to who has opted out',
    file: 'functions/sms/limits.ts',
    from: 'if (hasOptedOut) throw new KnownOptOutError();',
    to: '',
    test: 'integration/commands',
  },
];
