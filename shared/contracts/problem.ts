import * as z from 'zod';

/** RFC 9457. `type` is a URI reference; what follows its last slash is stable and may be tested for. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'Each invalid field, by JSON pointer (RFC 6901) as a URI fragment.' }),
  })
  .meta({ description: 'Why a request was not fulfilled.' });

export type ProblemDocument = z.output<typeof problem>;
