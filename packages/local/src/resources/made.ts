import type { Deployed, ResourceInput, ResourceProvider } from '../template/resource.ts';

/** A resource as it was made: its properties, with intrinsics resolved, and what it is to the others. */
export type Made = ResourceInput & Deployed;

/** The same providers, which also note what they made. */
export const noting = (providers: Record<string, ResourceProvider>, made: Made[]): Record<string, ResourceProvider> =>
  Object.fromEntries(
    Object.entries(providers).map(([type, provide]): [string, ResourceProvider] => [
      type,
      async (resource) => {
        const deployed = await provide(resource);
        made.push({ ...resource, ...deployed });
        return deployed;
      },
    ]),
  );
