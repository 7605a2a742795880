import * as z from 'zod';

/** What a reader has to be ready for: the schema of what is written, as JSON Schema 2020-12. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  // What is transformed on its way in is described as it comes in; what JSON has no word for is anything.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
