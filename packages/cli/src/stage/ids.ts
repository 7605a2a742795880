import { givenId } from '@rollcall/kit/internal/contracts/fields';

/** An id as a person wrote it: a UUID in the case that it is kept in, anything else as it is. */
export const asKept = (id: string): string => givenId.safeParse(id).data ?? id;
