import * as z from 'zod';

/**
 * Converts a zod schema to JSON Schema 2020-12. The result describes the input of the zod schema: the data as it is
 * sent.
 */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  // A transformed value is described by its input. A schema that JSON Schema cannot express becomes "any value".
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // `undefined` means that the field must be absent.
    override({ zodSchema, jsonSchema: made }) {
      if (zodSchema._zod.def.type === 'undefined') made.not = {};
    },
  });
  // zod omits examples when it describes input.
  const { examples } = z.globalRegistry.get(schema) ?? {};
  return { ...rest, ...(examples !== undefined && { examples }) };
}
