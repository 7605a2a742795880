import type * as z from 'zod';
import { apiRoot } from './api-root.ts';
import { erasure } from './erasure.ts';
import { guideJourney } from './guide-journey.ts';
import { member, memberV2, profileChange, registration } from './member.ts';
import { onboarding } from './onboarding.ts';
import { operation, redemption } from './operation.ts';
import { pointsAccount } from './points-account.ts';
import type { ProblemCode } from './problem.ts';
import type { routes } from './routes.ts';

/** The contract of a route of the public API. */
export interface RouteContract {
  summary: string;
  tag: 'Members' | 'Points' | 'Guide' | 'About';
  body?: NamedSchema;
  /** The responses by status. `body` is a schema, or a media type if the body is not a resource. */
  responses: Readonly<Record<number, { description: string; body?: NamedSchema | string }>>;
  problems: readonly ProblemCode[];
  /** Optional headers that the route processes, in addition to those of every route. */
  optionalHeaders?: ReadonlyArray<'Idempotency-Key' | 'If-Match' | 'If-None-Match' | 'Prefer'>;
  requiredHeaders?: ReadonlyArray<'If-Match'>;
  deprecated?: boolean;
}

/** A schema, and its name in documents. */
export interface NamedSchema {
  name: string;
  schema: z.ZodType;
}

/** The resources and request bodies of the API, by their names in documents. */
export const schemas = {
  ApiRoot: apiRoot,
  Registration: registration,
  ProfileChange: profileChange,
  Member: member,
  MemberV2: memberV2,
  Erasure: erasure,
  Onboarding: onboarding,
  Redemption: redemption,
  Operation: operation,
  PointsAccount: pointsAccount,
  GuideJourney: guideJourney,
} as const satisfies Record<string, z.ZodType>;

const namedSchema = (name: keyof typeof schemas): NamedSchema => ({ name, schema: schemas[name] });

const FAILURES = ['internal', 'busy'] as const;
const READ_PROBLEMS = ['not-acceptable', 'version-mismatch', ...FAILURES] as const;
const READ_ONE_PROBLEMS = ['not-found', ...READ_PROBLEMS] as const;
const CHANGE_PROBLEMS = ['not-found', 'version-mismatch', 'read-only', ...FAILURES] as const;
const BODY_PROBLEMS = ['malformed-json', 'body-too-large', 'unsupported-media-type', 'invalid'] as const;

export const api: Record<keyof typeof routes, RouteContract> = {
  readRoot: {
    summary: 'Entry point',
    tag: 'About',
    responses: { 200: { description: 'Links to all other resources.', body: namedSchema('ApiRoot') } },
    problems: READ_PROBLEMS,
  },
  register: {
    summary: 'Register as a member',
    tag: 'Members',
    body: namedSchema('Registration'),
    responses: { 201: { description: 'The registered member.', body: namedSchema('Member') } },
    problems: [
      ...BODY_PROBLEMS,
      'not-acceptable',
      'invalid-header',
      'phone-taken',
      'idempotency-key-reused',
      'too-many-requests',
      'read-only',
      ...FAILURES,
    ],
    optionalHeaders: ['Idempotency-Key'],
  },
  readMember: {
    summary: 'Read a member',
    tag: 'Members',
    responses: { 200: { description: 'The member.', body: namedSchema('Member') } },
    problems: READ_ONE_PROBLEMS,
    deprecated: true,
  },
  readMemberV2: {
    summary: 'Read a member, with the name in parts',
    tag: 'Members',
    responses: { 200: { description: 'The member.', body: namedSchema('MemberV2') } },
    problems: READ_ONE_PROBLEMS,
  },
  changeMember: {
    summary: 'Change name or locale',
    tag: 'Members',
    body: namedSchema('ProfileChange'),
    responses: { 200: { description: 'The changed member.', body: namedSchema('Member') } },
    problems: [...BODY_PROBLEMS, 'not-acceptable', 'precondition-required', ...CHANGE_PROBLEMS],
    optionalHeaders: ['If-None-Match'],
    requiredHeaders: ['If-Match'],
  },
  deactivateMember: {
    summary: 'Deactivate a member and erase its personal data',
    tag: 'Members',
    responses: { 204: { description: 'The member has left, by this request or an earlier one.' } },
    problems: CHANGE_PROBLEMS,
    optionalHeaders: ['If-Match', 'If-None-Match'],
  },
  changeMemberV2: {
    summary: 'Change name or locale, and get the name in parts',
    tag: 'Members',
    body: namedSchema('ProfileChange'),
    responses: { 200: { description: 'The changed member.', body: namedSchema('MemberV2') } },
    problems: [...BODY_PROBLEMS, 'not-acceptable', 'precondition-required', ...CHANGE_PROBLEMS],
    optionalHeaders: ['If-None-Match'],
    requiredHeaders: ['If-Match'],
  },
  deactivateMemberV2: {
    summary: 'Deactivate a member, with the path of version 2',
    tag: 'Members',
    responses: { 204: { description: 'The member has left, by this request or an earlier one.' } },
    problems: CHANGE_PROBLEMS,
    optionalHeaders: ['If-Match', 'If-None-Match'],
  },
  readErasure: {
    summary: 'Read the state of an erasure',
    tag: 'Members',
    responses: {
      200: { description: 'The services, and whether each has erased its data.', body: namedSchema('Erasure') },
    },
    problems: READ_ONE_PROBLEMS,
  },
  readOnboarding: {
    summary: 'Read the replies of subscribers to a registration',
    tag: 'Members',
    responses: { 200: { description: 'The replies received so far.', body: namedSchema('Onboarding') } },
    problems: READ_ONE_PROBLEMS,
  },
  readPoints: {
    summary: 'Read balance and ledger',
    tag: 'Points',
    responses: { 200: { description: 'The points account.', body: namedSchema('PointsAccount') } },
    problems: READ_ONE_PROBLEMS,
  },
  redeem: {
    summary: 'Redeem points',
    tag: 'Points',
    body: namedSchema('Redemption'),
    responses: {
      200: { description: 'The operation, which has ended.', body: namedSchema('Operation') },
      202: {
        description: 'The pending operation. To watch it, use `Location`.',
        body: namedSchema('Operation'),
      },
    },
    problems: [
      ...BODY_PROBLEMS,
      'not-acceptable',
      'invalid-header',
      'not-found',
      'idempotency-key-reused',
      'read-only',
      ...FAILURES,
    ],
    optionalHeaders: ['Idempotency-Key', 'Prefer'],
  },
  readOperation: {
    summary: 'Read the state of a redemption',
    tag: 'Points',
    responses: { 200: { description: 'The operation.', body: namedSchema('Operation') } },
    problems: READ_ONE_PROBLEMS,
    optionalHeaders: ['Prefer'],
  },
  readGuide: {
    summary: 'Read the guide in the inbox',
    tag: 'Guide',
    responses: { 200: { description: 'The guide.', body: namedSchema('GuideJourney') } },
    problems: READ_ONE_PROBLEMS,
  },
  readOpenApi: {
    summary: 'This document',
    tag: 'About',
    responses: { 200: { description: 'OpenAPI 3.1.', body: 'application/json' } },
    problems: READ_PROBLEMS,
  },
  readDocs: {
    summary: 'This document as a page',
    tag: 'About',
    responses: { 200: { description: 'A page.', body: 'text/html' } },
    problems: READ_PROBLEMS,
  },
};
