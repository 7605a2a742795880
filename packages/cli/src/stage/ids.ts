import { givenId } from '@rollcall/kit/internal/contracts/fields';

/** Normalizes an id that a user typed: changes a UUID to lower case, as it is stored, and leaves any other id unchanged. */
export const normalizeId = (id: string): string => givenId.safeParse(id).data ?? id;
