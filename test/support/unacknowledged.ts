import { registerHooks } from 'node:module';

// Preloaded before infra/app.ts. Removes the acknowledgements of AWS Solutions' rules in infra/ and in the constructs.
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!/\/(infra|packages\/cdk)\//.test(url) || loaded.source === null || loaded.source === undefined) return loaded;
    return { ...loaded, source: loaded.source.toString().replaceAll(/AwsSolutions-[A-Z]+\d+/g, 'NoSuchRule') };
  },
});
