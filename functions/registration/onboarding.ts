import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { pathOf } from '@rollcall/kit/http';
import type { Effect } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import type { OnboardingResource } from '../../shared/contracts/onboarding.ts';
import type { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { ActiveMember } from './member.ts';

type Step = Omit<z.output<typeof onboardingStepCompleted.data>, 'memberId'> & { source: string };

/** The time after a registration during which replies are expected. */
const DEADLINE_MS = 5 * 60_000;

const onboardingKey = (memberId: string) => ({ pk: `onboarding#${memberId}` });
const replyAttribute = ({ source, step }: Pick<Step, 'source' | 'step'>) => `answer#${source}#${step}`;

/**
 * Stores a subscriber's first reply about a step and ignores later replies. A reply contains no personal data, so it is
 * kept when the member leaves.
 */
export const stepOnce = (tableName: string, memberId: string, step: Step): NonNullable<Effect['setOnce']> => ({
  tableName,
  key: onboardingKey(memberId),
  attributes: { [replyAttribute(step)]: step },
});

export async function readSteps(
  client: DynamoDBDocumentClient,
  membersTable: string,
  memberId: string,
): Promise<Step[]> {
  const { Item = {} } = await client.send(
    new GetCommand({ TableName: membersTable, Key: onboardingKey(memberId), ConsistentRead: true }),
  );
  const { pk: _, ...replies } = Item;
  return Object.values(replies);
}

/** Creates the onboarding resource of the API from the replies that subscribers have sent so far. */
export function onboardingOf(
  { id, registeredAt }: ActiveMember,
  steps: readonly Step[],
  now: Date,
): OnboardingResource {
  const deadline = new Date(Date.parse(registeredAt) + DEADLINE_MS).toISOString();
  return {
    memberId: id,
    deadline,
    state: now.toISOString() < deadline ? 'collecting' : 'closed',
    steps: steps
      // DynamoDB returns attributes in an undefined order, but the entity tag depends on the order of the steps.
      .toSorted((a, b) => a.completedAt.localeCompare(b.completedAt) || a.source.localeCompare(b.source))
      .map(({ source, step, summary, completedAt }) => ({
        source,
        step,
        summary,
        completedAt,
        late: Date.parse(completedAt) > Date.parse(deadline),
      })),
    _links: {
      self: { href: pathOf(routes.readOnboarding, { id }) },
      member: { href: pathOf(routes.readMember, { id }) },
    },
  };
}
