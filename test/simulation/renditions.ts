import type { Item } from '@rollcall/kit/internal/testing/simulation/expressions';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';

/**
 * Adds the first rendition of a registration to its outbox row, as a publisher does while readers migrate to the second
 * rendition. Each rendition is a message with a separate ID.
 */
export function inBothRenditions(row: Item): Item {
  const [newer] = row.messages as [{ body: string }];
  const event = JSON.parse(newer.body);
  if (event.type !== memberRegisteredV2.type) return row;
  const { displayName, givenName: _, familyName: __, ...data } = event.data;
  const [older, other] = [memberRegistered.type, memberRegisteredV2.type];
  const id = `${event.id} in v1`;
  const first = { ...event, id, type: older, alternatetype: other, data: { ...data, name: displayName } };
  return {
    ...row,
    messages: [
      { ...newer, body: JSON.stringify(first) },
      { ...newer, body: JSON.stringify({ ...event, alternatetype: older }) },
    ],
  };
}
