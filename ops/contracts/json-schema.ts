import * as z from 'zod';

/** The schema of what is written, which readers must handle, as JSON Schema 2020-12. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  // A transformed value is described by its input; what JSON Schema cannot express becomes any value.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // A field that must be absent.
    override({ zodSchema, jsonSchema: made }) {
      if (zodSchema._zod.def.type === 'undefined') made.not = {};
    },
  });
  // zod omits examples when it describes input.
  const { examples } = z.globalRegistry.get(schema) ?? {};
  return { ...rest, ...(examples !== undefined && { examples }) };
}
