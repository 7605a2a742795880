import { CAPABILITY_METADATA, type CapabilityMetadata } from '@rollcall/kit/internal/contracts/capability';
import type { AssembledStack } from '@rollcall/local/internal/template/assembly';

/** The modes of each capability, without `on`. */
export type Capabilities = Record<string, string[]>;

/** The capabilities that functions declare in the metadata of their templates. */
export function capabilitiesIn(stacks: readonly AssembledStack[]): Capabilities {
  const resources = stacks.flatMap(({ template }) => Object.values(template.Resources ?? {}));
  const found = resources.flatMap(({ Metadata }) => {
    const declared = Metadata?.[CAPABILITY_METADATA] as CapabilityMetadata | undefined;
    return declared ? [declared] : [];
  });
  const byName = Map.groupBy(found, ({ name }) => name);
  return Object.fromEntries(
    [...byName]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, all]) => [name, [...new Set(all.flatMap(({ modes }) => modes))]]),
  );
}
