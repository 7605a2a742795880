import { givenId } from '@rollcall/kit/internal/contracts/fields';

/** Normalizes an id that a user typed: changes a UUID to the stored case, and leaves any other id unchanged. */
export const normalizeId = (id: string): string => givenId.safeParse(id).data ?? id;
