import { givenId } from '@rollcall/kit/internal/contracts/fields';

/** An id as typed by a person: a UUID is normalized to the stored case; anything else is unchanged. */
export const asKept = (id: string): string => givenId.safeParse(id).data ?? id;
