import { CAPABILITY_METADATA, type CapabilityMetadata } from '@rollcall/kit/internal/contracts/capability';
import type { AssembledStack } from '@rollcall/local/internal/template/assembly';

/** By capability: what it can be switched to, besides `on`. */
export type Capabilities = Record<string, string[]>;

/** What functions say in the metadata of their templates that they look at before they do something. */
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
