import * as z from 'zod';

/** What a reader has to be ready for: the schema of what is written, as JSON Schema 2020-12. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  // What is transformed on its way in is described as it comes in; what JSON has no word for is anything.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // What must not be there.
    override({ zodSchema, jsonSchema: made }) {
      if (zodSchema._zod.def.type === 'undefined') made.not = {};
    },
  });
  // zod leaves examples out of what it describes as it comes in.
  const { examples } = z.globalRegistry.get(schema) ?? {};
  return { ...rest, ...(examples !== undefined && { examples }) };
}
