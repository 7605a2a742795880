import { defineProcess } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { pointsCommands, registrationOutcomes } from '../../shared/contracts/channels.ts';
import { redemption } from '../../shared/contracts/operation.ts';
import { pointsReturned } from '../../shared/contracts/points-returned.v1.ts';
import { redeemPoints } from '../../shared/contracts/redeem-points.v1.ts';
import { redemptionSettled } from '../../shared/contracts/redemption-settled.v1.ts';
import { returnPoints } from '../../shared/contracts/return-points.v1.ts';

const DAY = 24 * 3600;

const data = redemption.extend({
  operationId: z.string(),
  memberId: z.string(),
  deadline: z.string(),
  answer: redemptionSettled.data.optional(),
});
export type RedemptionData = z.output<typeof data>;

const matches = (reply: { points: number }, { points }: RedemptionData) => reply.points === points;

/**
 * Redeems points within a time limit. If the reply that the points were taken arrives after the limit, the process
 * returns the points. An overdue process expires when the process is read, so the deadline needs no scheduled message.
 */
export const redemptionProcess = defineProcess('redemption', { data, replies: registrationOutcomes }, (step) => [
  step('redeem', {
    send: [pointsCommands, redeemPoints],
    by: ({ memberId, points, deadline }) => ({ memberId, points, deadline }),
    reply: redemptionSettled,
    matches,
    ok: ({ outcome }) => outcome === 'succeeded',
    keep: (answer) => ({ answer }),
    within: ({ expiresIn }) => expiresIn,
    compensate: {
      send: [pointsCommands, returnPoints],
      by: ({ memberId, points, operationId }) => ({ memberId, points, redemption: operationId }),
      reply: pointsReturned,
      matches,
      within: DAY,
    },
  }),
]);
